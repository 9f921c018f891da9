// SPDX-License-Identifier: MIT
// A test-and-set lock that tests before it sets: waiters read their own copy of the line until it looks free. No order
// among waiters, so one of them may wait for ever. The simplest lock there is, for comparison.
#ifndef LOCK_LOCK_SPIN_H
#define LOCK_LOCK_SPIN_H

#include "port/port.h"
#include "word.h"

struct lock_spin {
    _Alignas(PORT_CACHE_LINE) word_t held;
};

static inline void lock_spin_acquire(struct lock_spin *self) {
    // bound: none, waits for the holder
    // A lock_spin.acquire <- R lock_spin.release
    while (word_swap_seq(&self->held, 1) != 0) {
        // bound: none, waits for the holder
        // relaxed: only a hint, the swap decides
        while (word_load_relaxed(&self->held) != 0) {
        }
    }
}

static inline void lock_spin_release(struct lock_spin *self) {
    // R lock_spin.release -> A lock_spin.acquire
    word_store_release(&self->held, 0);
}

#endif
