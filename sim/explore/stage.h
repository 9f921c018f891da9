// SPDX-License-Identifier: MIT
// The heap that the scenarios of whole calls share, and what each CPU holds of it.
#ifndef STAGE_H
#define STAGE_H

#include "heap/heap_state.h"
#include "world.h"

#define PLACES 6u // blocks that a CPU holds at a time
#define GRANULE_BYTES 8u

// What a CPU does, in percent; the rest is giving back.
struct mix {
    unsigned take, resize, drain, mail;
    size_t size_least, size_most; // least 0: from 1 on
    unsigned pages;               // of memory at first, and as many more for each CPU
    unsigned pages_for_each;
    unsigned pages_later; // admitted by CPU 0, a few at a time
};

struct block {
    unsigned char *start; // NULL: vacant
    size_t size;
    uint64_t tag;
};

struct stage {
    const struct mix *mix;
    wfh *heap;
    struct wfh_limits limits;
    size_t managed, managed_first;
    unsigned char *later; // memory that is not admitted yet begins here
    struct block held[CPUS_MAX][PLACES];
    struct block mailed[CPUS_MAX]; // by receiver
    word_t *boxes;                 // 1: mailed[receiver] is full
    uint64_t tags;
};
extern struct stage stage;

static inline size_t stage_watched(size_t size) {
    return (size + GRANULE_BYTES - 1) & ~(size_t)(GRANULE_BYTES - 1);
}

// Takes a block out of the shadow; its contents must be as they were left.
void stage_leave(unsigned cpu, const struct block *block);

// Everybody is done or stopped: all is given back and drained, and every page must be free, or not more be missing than
// stopped CPUs may hide.
void stage_finish(void);

#endif
