// SPDX-License-Identifier: MIT
// What the build option WFH_CHECKED adds: a bit for every block that a caller holds, so that every double free is seen
// at the second free, wherever the block is meanwhile, and poison in freed blocks. Without the option, nothing.
#ifndef HEAP_CHECKED_H
#define HEAP_CHECKED_H

#include "heap/heap_state.h"

#ifdef WFH_CHECKED

#define CHECKED_POISON 0xdf

// Words of metadata: one for each word of block bits.
static inline size_t checked_words(size_t pages) {
    return pages * SPAN_WORDS;
}

// Notes that p, if any, goes to a caller; answers p.
void *checked_alloc(struct wfh *self, void *p);

// Notes that a caller gives p back; a fault if he does not hold it.
void checked_free(struct wfh *self, size_t cpu, void *p);

// A fault if no caller holds p.
void checked_expect(struct wfh *self, size_t cpu, const void *p);

#else

static inline size_t checked_words(size_t pages) {
    (void)pages;
    return 0;
}

static inline void *checked_alloc(struct wfh *self, void *p) {
    (void)self;
    return p;
}

static inline void checked_free(struct wfh *self, size_t cpu, void *p) {
    (void)self;
    (void)cpu;
    (void)p;
}

static inline void checked_expect(struct wfh *self, size_t cpu, const void *p) {
    (void)self;
    (void)cpu;
    (void)p;
}

#endif

#endif
