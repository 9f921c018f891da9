// SPDX-License-Identifier: MIT
// Cache lines: who has each of them, and whether it is modified there or clean. Caches are as large as need be; what is
// modelled is what CPUs take from each other, and that a line can be in one place at a time only.
#ifndef SIM_SCALE_LINE_H
#define SIM_SCALE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cost.h"

#define LINE_BYTES 64u
#define LINE_CPUS_MAX 512u
#define LINE_NOBODY 0xffffu

typedef uint64_t ticks; // of virtual time: TICKS_PER_CYCLE a cycle
#define TICKS_PER_CYCLE 1000u

struct line {
    uintptr_t number; // address / LINE_BYTES
    ticks free_at;    // it moves until then
    struct line *next;
    uint16_t owner;   // has it alone, modified or not; LINE_NOBODY
    uint16_t waiting; // the first CPU that spins on it, LINE_NOBODY
    uint64_t sharers[LINE_CPUS_MAX / 64];
};

// What accesses came to.
struct line_counts {
    uint64_t hits, shared, near, far, cold;
};

struct lines;

struct lines *lines_make(const struct cost *cost);
void lines_destroy(struct lines *self);

struct line *lines_at(struct lines *self, const void *address);

// Whether the CPU can do it with what it has.
bool line_is_here(const struct line *self, size_t cpu, bool writes);

// Brings the line to the CPU, not before `now`; answers when it is there.
ticks line_move(const struct lines *lines, struct line *self, size_t cpu, bool writes, ticks now,
                struct line_counts *counts);

#endif
