// SPDX-License-Identifier: MIT
// Free memory, counted as it changes; see account.h.
#include "account.h"

#include "snapshot.h"
#include "world.h"

#include <string.h>

struct want {
    unsigned class, order;
    size_t least;
};

static const struct span_map *map;
static struct {
    size_t blocks[SIZE_CLASSES];
    size_t runs[PAGE_ORDERS]; // aligned, of 2^order pages
} free_now;
static struct want wants[CPUS_MAX];
static uint16_t waiting[CPUS_MAX]; // CPUs with a want
static unsigned waiting_count;

void account_watch(const struct span_map *watched) {
    map = watched;
    snapshot_keep(&free_now, sizeof free_now);
    snapshot_keep(&waiting_count, sizeof waiting_count);
    snapshot_keep(waiting, world.cpus * sizeof waiting[0]);
    snapshot_keep(wants, world.cpus * sizeof wants[0]);
}

static void count_blocks(size_t word, uint64_t before, uint64_t after) {
    uint16_t kind = map->kind[word / SPAN_WORDS].value;
    if (kind_is_class(kind))
        free_now.blocks[size_class_of_kind(kind)] += (size_t)bits_count(after) - bits_count(before);
}

static void count_pages(uint64_t before, uint64_t after) {
    for (unsigned order = 0; order < PAGE_ORDERS; order++)
        free_now.runs[order] +=
            (size_t)bits_count(bits_aligned_runs(after, order)) - bits_count(bits_aligned_runs(before, order));
}

void account_begin(void) {
    waiting_count = 0;
    memset(wants, 0, world.cpus * sizeof *wants);
    if (map == NULL)
        return;
    memset(&free_now, 0, sizeof free_now);
    for (size_t word = 0; word < map->pages * SPAN_WORDS; word++) {
        if (map->bits[word].value != 0)
            count_blocks(word, 0, map->bits[word].value);
    }
    for (size_t word = 0; word < map->page.words; word++)
        count_pages(0, map->page.free[word].value);
}

size_t account_suitable(unsigned class, unsigned order) {
    size_t blocks = class == GIFT_NO_CLASS ? 0 : free_now.blocks[class] * map->table.classes[class].block_bytes;
    return blocks + (free_now.runs[order] << (PAGE_SHIFT + order));
}

static void account_look(void) {
    for (unsigned i = 0; i < waiting_count; i++) {
        struct want *want = &wants[waiting[i]];
        size_t suitable = account_suitable(want->class, want->order);
        if (suitable < want->least)
            want->least = suitable;
    }
}

void account_note(const void *at, uint64_t before, uint64_t after) {
    if (map == NULL)
        return;
    const word_t *word = at;
    if (word >= map->bits && word < map->bits + map->pages * SPAN_WORDS)
        count_blocks((size_t)(word - map->bits), before, after);
    else if (word >= map->page.free && word < map->page.free + map->page.words)
        count_pages(before, after);
    else
        return;
    account_look();
}

void account_want(unsigned cpu, unsigned class, unsigned order) {
    if (map == NULL)
        return;
    wants[cpu] = (struct want){class, order, account_suitable(class, order)};
    waiting[waiting_count++] = (uint16_t)cpu;
}

size_t account_least(unsigned cpu) {
    for (unsigned i = 0; i < waiting_count; i++) {
        if (waiting[i] == cpu)
            waiting[i--] = waiting[--waiting_count];
    }
    return wants[cpu].least;
}

uint64_t account_digest(void) {
    uint64_t digest = 0;
    for (unsigned i = 0; i < waiting_count; i++) {
        const struct want *want = &wants[waiting[i]];
        digest += hash_mix(waiting[i] + 1u, want->least);
    }
    return digest;
}
