// SPDX-License-Identifier: MIT
// Parts below the spans: hint sets on two levels over a truth of their own, and runs of pages in one word of the map.
#include "arena.h"
#include "scenarios.h"
#include "shadow.h"
#include "snapshot.h"
#include "tiny.h"

#include <stdio.h>
#include <string.h>

#define MEMBERS 130u // three words, and a level above
#define TRUTHS 3u

static const size_t member[TRUTHS] = {0, 1, 64}; // two share a word, one has its own

static struct {
    struct bitset_shape shape;
    struct bitset set;
    word_t *truth; // as many things as each member has
    unsigned given[CPUS_MAX], taken[CPUS_MAX];
} hints;

static void bitset_build(void) {
    bitset_shape_init(&hints.shape, MEMBERS);
    word_t *words = arena_take((hints.shape.total_words + TRUTHS) * sizeof *words, sizeof *words);
    bitset_init(&hints.set, &hints.shape, words);
    hints.truth = words + hints.shape.total_words;
    arena_keep(words, (hints.shape.total_words + TRUTHS) * sizeof *words);
    snapshot_keep(hints.given, world.cpus * sizeof hints.given[0]);
    snapshot_keep(hints.taken, world.cpus * sizeof hints.taken[0]);
}

static void bitset_begin(void) {
    memset(hints.given, 0, sizeof hints.given);
    memset(hints.taken, 0, sizeof hints.taken);
}

static void give(unsigned cpu, unsigned i) {
    hints.given[cpu]++;
    (void)word_add_seq(&hints.truth[i], 1);
    bitset_put(&hints.set, member[i]);
}

// Takes all that the lowest member has, and withdraws it, unless something has come meanwhile.
static void take(unsigned cpu) {
    size_t found = bitset_find(&hints.set, 0);
    unsigned i = 0;
    while (i < TRUTHS && member[i] != found)
        i++;
    if (i == TRUTHS)
        return;
    hints.taken[cpu] += (unsigned)word_swap_seq(&hints.truth[i], 0);
    bitset_drop(&hints.set, found);
    if (word_load_seq(&hints.truth[i]) != 0)
        bitset_put(&hints.set, found);
}

static void bitset_run(unsigned cpu) {
    for (unsigned i = 0; i < world_ops(cpu); i++) {
        call_begin(cpu, cpu % 2 == 0 ? "give" : "take", 100);
        if (cpu % 2 == 0)
            give(cpu, (cpu / 2 + i) % TRUTHS);
        else
            take(cpu);
        call_end(cpu);
    }
}

static bool shown(size_t position) {
    for (unsigned level = 0; level < hints.shape.levels; level++) {
        uint64_t bits = hints.set.words[hints.shape.offset[level] + position / BITS_WORD].value;
        if (!(bits >> position % BITS_WORD & 1))
            return false;
        position /= BITS_WORD;
    }
    return true;
}

static void bitset_finish(void) {
    unsigned left = 0, given = 0, taken = 0;
    for (unsigned cpu = 0; cpu < world.cpus; cpu++) {
        given += hints.given[cpu];
        taken += hints.taken[cpu];
    }
    for (unsigned i = 0; i < TRUTHS; i++) {
        left += (unsigned)hints.truth[i].value;
        if (world.state.frozen == 0 && hints.truth[i].value != 0 && !shown(member[i]))
            world_fail("member %zu has something, and not every level shows it", member[i]);
    }
    if (world.state.frozen == 0 && taken + left != given)
        world_fail("%u given, %u taken, %u left", given, taken, left);
}

static uint64_t bitset_digest(unsigned cpu) {
    return hash_mix(hints.given[cpu], hints.taken[cpu]);
}

static void bitset_name(const void *at, char *name, size_t bytes) {
    size_t index = (size_t)((const word_t *)at - hints.set.words);
    if (index >= hints.shape.total_words)
        (void)snprintf(name, bytes, "truth[%zu]", member[index - hints.shape.total_words]);
    else if (index >= hints.shape.offset[1])
        (void)snprintf(name, bytes, "set level 1 word %zu", index - hints.shape.offset[1]);
    else
        (void)snprintf(name, bytes, "set level 0 word %zu", index);
}

const struct scenario scenario_bitset = {
    .name = "bitset",
    .summary = "even CPUs give to members of a two-level set and put them, odd ones find, take and drop",
    .cpus_least = 2,
    .cpus_most = CPUS_MAX,
    .ops = 1,
    .build = bitset_build,
    .begin = bitset_begin,
    .run = bitset_run,
    .finish = bitset_finish,
    .digest = bitset_digest,
    .name_word = bitset_name,
};

#define RUN_PAGES 8u

static void page_build(void) {
    tiny_build(world.cpus, RUN_PAGES, 0);
}

static size_t take_pages(unsigned cpu, unsigned turn, size_t *pages) {
    struct page_map *map = &tiny->map.page;
    switch ((cpu + turn) % 3) {
    case 0:
        *pages = 2;
        return page_take_aligned(map, 1, 0, cpu);
    case 1:
        *pages = 3;
        return page_take_run(map, 3, 1);
    default:
        *pages = 4;
        return page_scan_run(map, 4, 2);
    }
}

static void page_run(unsigned cpu) {
    for (unsigned i = 0; i < world_ops(cpu); i++) {
        size_t pages;
        call_begin(cpu, "take pages", 5000);
        size_t first = take_pages(cpu, i, &pages);
        call_end(cpu);
        if (first == PAGE_NONE)
            continue;
        const void *start = (const void *)(tiny->map.base + (first << PAGE_SHIFT));
        shadow_enter(cpu, start, pages << PAGE_SHIFT);
        shadow_leave(cpu, start, pages << PAGE_SHIFT);
        call_begin(cpu, "give pages", 500);
        if (!page_give(&tiny->map.page, first, pages))
            world_fail("pages that CPU %u gives back were free", cpu);
        call_end(cpu);
    }
}

// The last look through the map takes a whole word: that much a stopped one hides.
static void page_finish(void) {
    tiny_finish(RUN_PAGES);
}

const struct scenario scenario_page = {
    .name = "page",
    .summary = "takes 2, 3 or 4 of 8 pages: an aligned run by hints, any run by hints, or by a look at everything",
    .cpus_least = 1,
    .cpus_most = CPUS_MAX,
    .ops = 1,
    .build = page_build,
    .begin = tiny_begin,
    .run = page_run,
    .finish = page_finish,
    .digest = tiny_digest,
    .name_word = tiny_name_word,
};
