// SPDX-License-Identifier: MIT
// The heaps that are compared, under one signature.
#ifndef SIM_SCALE_HEAPS_H
#define SIM_SCALE_HEAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_kind {
    const char *name;
    bool frames;         // hands out whole frames, for scenarios that ask for them
    double instructions; // for each memory access within its calls; calibrated, see README.md
    // Calls to be measured, enough of them that the figures stand still: all CPUs use what is theirs alone many times,
    // or the queue of those who wait turns around often.
    uint64_t (*calls)(size_t cpus);
    void *(*open)(void *region, size_t bytes, size_t cpus);
    void *(*alloc)(void *heap, size_t cpu, size_t size);
    void (*free)(void *heap, size_t cpu, void *p);
};

// NULL-terminated.
extern const struct heap_kind *const heap_kinds[];

#endif
