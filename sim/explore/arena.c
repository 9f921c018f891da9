// SPDX-License-Identifier: MIT
// Shared memory of a scenario; see arena.h.
#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_AT ((void *)(uintptr_t)0x100000000000) // where nothing else lies on 64-bit systems
#define KEPT_MOST 520u                               // a piece for each CPU, and a few
#define NUMBER_BYTES 2u                              // the shortest word is a tag

static struct {
    unsigned char *base;
    size_t used;
    struct {
        unsigned char *start, *copy;
        size_t bytes;
    } kept[KEPT_MOST];
    unsigned kept_count;
    uint32_t *numbers; // by offset / NUMBER_BYTES; 0: none yet, else the number + 1
    uint32_t numbers_given;
} arena;

static void *map(void *at, size_t bytes) {
    void *p = mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED || (at != NULL && p != at)) {
        (void)fprintf(stderr, "wfsim: %zu bytes of address space cannot be had.\n", bytes);
        exit(1);
    }
    return p;
}

void arena_init(void) {
    arena.base = map(ARENA_AT, ARENA_BYTES);
    arena.numbers = map(NULL, ARENA_BYTES / NUMBER_BYTES * sizeof *arena.numbers);
}

void *arena_take(size_t bytes, size_t align) {
    size_t start = (arena.used + align - 1) & ~(align - 1);
    if (start + bytes > ARENA_BYTES) {
        (void)fprintf(stderr, "wfsim: the scenario wants more than %zu bytes.\n", ARENA_BYTES);
        exit(1);
    }
    arena.used = start + bytes;
    return arena.base + start;
}

void arena_keep(void *start, size_t bytes) {
    if (arena.kept_count == KEPT_MOST)
        abort();
    arena.kept[arena.kept_count].start = start;
    arena.kept[arena.kept_count].bytes = bytes;
    arena.kept[arena.kept_count].copy = map(NULL, bytes);
    arena.kept_count++;
}

void arena_save(void) {
    for (unsigned i = 0; i < arena.kept_count; i++)
        memcpy(arena.kept[i].copy, arena.kept[i].start, arena.kept[i].bytes);
}

void arena_restore(void) {
    for (unsigned i = 0; i < arena.kept_count; i++)
        memcpy(arena.kept[i].start, arena.kept[i].copy, arena.kept[i].bytes);
}

size_t arena_kept_bytes(void) {
    size_t bytes = 0;
    for (unsigned i = 0; i < arena.kept_count; i++)
        bytes += arena.kept[i].bytes;
    return bytes;
}

unsigned char *arena_copy_to(unsigned char *to) {
    for (unsigned i = 0; i < arena.kept_count; i++) {
        memcpy(to, arena.kept[i].start, arena.kept[i].bytes);
        to += arena.kept[i].bytes;
    }
    return to;
}

const unsigned char *arena_copy_from(const unsigned char *from) {
    for (unsigned i = 0; i < arena.kept_count; i++) {
        memcpy(arena.kept[i].start, from, arena.kept[i].bytes);
        from += arena.kept[i].bytes;
    }
    return from;
}

size_t arena_offset(const void *at) {
    size_t offset = (size_t)((const unsigned char *)at - arena.base);
    if (offset >= ARENA_BYTES) {
        (void)fprintf(stderr, "wfsim: a step on %p, which is no memory of the scenario.\n", at);
        abort();
    }
    return offset;
}

uint32_t arena_number(const void *at) {
    uint32_t *number = &arena.numbers[arena_offset(at) / NUMBER_BYTES];
    if (*number == 0)
        *number = ++arena.numbers_given;
    return *number - 1;
}

uint32_t arena_numbers(void) {
    return arena.numbers_given;
}
