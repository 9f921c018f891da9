// SPDX-License-Identifier: MIT
// Lines in a hash table; see line.h.
#include "line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS ((size_t)1 << 20)
#define SLAB_LINES ((size_t)4096)

struct slab {
    struct slab *next;
    size_t used;
    struct line lines[SLAB_LINES];
};

struct lines {
    struct cost cost;
    size_t socket; // CPUs of one
    struct slab *slabs;
    struct line *buckets[BUCKETS];
};

static void *zeroed(size_t bytes) {
    void *p = calloc(1, bytes);
    if (p == NULL) {
        fputs("wfsim scale: no memory for cache lines\n", stderr);
        exit(2);
    }
    return p;
}

struct lines *lines_make(const struct cost *cost) {
    struct lines *self = zeroed(sizeof *self);
    self->cost = *cost;
    self->socket = cost->socket < 1 ? 1 : (size_t)cost->socket;
    return self;
}

void lines_destroy(struct lines *self) {
    // bound: slabs
    for (struct slab *slab = self->slabs; slab != NULL;) {
        struct slab *next = slab->next;
        free(slab);
        slab = next;
    }
    free(self);
}

static struct line *lines_new(struct lines *self, uintptr_t number) {
    if (self->slabs == NULL || self->slabs->used == SLAB_LINES) {
        struct slab *slab = zeroed(sizeof *slab);
        slab->next = self->slabs;
        self->slabs = slab;
    }
    struct line *line = &self->slabs->lines[self->slabs->used++];
    line->number = number;
    line->owner = LINE_NOBODY;
    line->waiting = LINE_NOBODY;
    return line;
}

struct line *lines_at(struct lines *self, const void *address) {
    uintptr_t number = (uintptr_t)address / LINE_BYTES;
    struct line **bucket = &self->buckets[(number * UINT64_C(0x9e3779b97f4a7c15)) >> 44];
    // bound: lines of the bucket
    for (struct line *line = *bucket; line != NULL; line = line->next) {
        if (line->number == number)
            return line;
    }
    struct line *line = lines_new(self, number);
    line->next = *bucket;
    *bucket = line;
    return line;
}

static bool shares(const struct line *self, size_t cpu) {
    return self->sharers[cpu / 64] >> cpu % 64 & 1;
}

bool line_is_here(const struct line *self, size_t cpu, bool writes) {
    return self->owner == cpu || (!writes && shares(self, cpu));
}

enum place { NOWHERE, NEAR, FAR };

static enum place place_of(const struct lines *lines, size_t a, size_t b) {
    return a / lines->socket == b / lines->socket ? NEAR : FAR;
}

// Bits of a word of sharers from CPU `first` on and before CPU `end`.
static uint64_t bits_of(size_t word, size_t first, size_t end) {
    size_t low = word * 64;
    uint64_t from = first <= low ? ~UINT64_C(0) : first - low < 64 ? ~UINT64_C(0) << (first - low) : 0;
    uint64_t to = end <= low ? 0 : end - low < 64 ? ~(~UINT64_C(0) << (end - low)) : ~UINT64_C(0);
    return from & to;
}

// Who shares it, this CPU apart: the nearest, or the farthest, of them.
static enum place place_of_sharers(const struct lines *lines, const struct line *self, size_t cpu, bool farthest) {
    size_t first = cpu / lines->socket * lines->socket;
    uint64_t near = 0, far = 0;
    // bound: LINE_CPUS_MAX / 64
    for (size_t word = 0; word < LINE_CPUS_MAX / 64; word++) {
        uint64_t here = bits_of(word, first, first + lines->socket);
        near |= self->sharers[word] & here & ~bits_of(word, cpu, cpu + 1);
        far |= self->sharers[word] & ~here;
    }
    if (near != 0 && far != 0)
        return farthest ? FAR : NEAR;
    return near != 0 ? NEAR : far != 0 ? FAR : NOWHERE;
}

// How long the line takes to come, and how it is counted.
static double line_cycles(const struct lines *lines, const struct line *self, size_t cpu, bool writes,
                          struct line_counts *counts) {
    const struct cost *cost = &lines->cost;
    bool owned = self->owner != LINE_NOBODY;
    enum place place = owned ? place_of(lines, cpu, self->owner) : place_of_sharers(lines, self, cpu, writes);
    if (place == FAR) {
        counts->far++;
        return cost->far;
    }
    if (place == NEAR && (owned || writes)) {
        counts->near++;
        return cost->near;
    }
    if (place == NEAR || shares(self, cpu)) {
        counts->shared++;
        return cost->shared;
    }
    counts->cold++;
    return cost->memory;
}

static ticks ticks_of(double cycles) {
    return (ticks)(cycles * TICKS_PER_CYCLE);
}

ticks line_move(const struct lines *lines, struct line *self, size_t cpu, bool writes, ticks now,
                struct line_counts *counts) {
    ticks begin = now > self->free_at ? now : self->free_at;
    bool alone = self->owner != LINE_NOBODY || writes;
    ticks end = begin + ticks_of(line_cycles(lines, self, cpu, writes, counts));
    // What is clean can be served to the next while it is still on its way to this one.
    self->free_at = alone ? end : begin + ticks_of(lines->cost.shared_gap);
    if (writes) {
        memset(self->sharers, 0, sizeof self->sharers);
        self->owner = (uint16_t)cpu;
        return end;
    }
    bool nobody = self->owner == LINE_NOBODY && place_of_sharers(lines, self, cpu, false) == NOWHERE;
    if (self->owner != LINE_NOBODY)
        self->sharers[self->owner / 64] |= UINT64_C(1) << self->owner % 64;
    self->sharers[cpu / 64] |= UINT64_C(1) << cpu % 64;
    self->owner = nobody ? (uint16_t)cpu : LINE_NOBODY;
    return end;
}
