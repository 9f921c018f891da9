// SPDX-License-Identifier: MIT
// A port that counts: the native operations, each one step of the thread that makes it. Compare-exchanges may be made
// to lose now and then, as if another CPU had been faster.
#ifndef STRESS_COUNTED_WORD_H
#define STRESS_COUNTED_WORD_H

#include "port/native/word.h"
#include "scenario/lcg.h"

struct counted {
    uint64_t steps;
    uint64_t state;        // of a small generator
    unsigned lost_percent; // of the compare-exchanges
};

extern _Thread_local struct counted counted;

static inline bool counted_loses(void) {
    return (lcg_next(&counted.state) >> 33) % 100 < counted.lost_percent;
}

#define word_load_relaxed(self) (counted.steps++, word_load_relaxed(self))
#define word_load_acquire(self) (counted.steps++, word_load_acquire(self))
#define word_load_seq(self) (counted.steps++, word_load_seq(self))
#define word_store_relaxed(self, value) (counted.steps++, word_store_relaxed(self, value))
#define word_store_release(self, value) (counted.steps++, word_store_release(self, value))
#define word_swap_seq(self, value) (counted.steps++, word_swap_seq(self, value))
#define word_swap_acquire(self, value) (counted.steps++, word_swap_acquire(self, value))
#define word_swap_relaxed(self, value) (counted.steps++, word_swap_relaxed(self, value))
#define word_add_seq(self, value) (counted.steps++, word_add_seq(self, value))
#define word_add_acq_rel(self, value) (counted.steps++, word_add_acq_rel(self, value))
#define word_add_relaxed(self, value) (counted.steps++, word_add_relaxed(self, value))
#define word_or_seq(self, bits) (counted.steps++, word_or_seq(self, bits))
#define word_and_seq(self, bits) (counted.steps++, word_and_seq(self, bits))
#define word_or_relaxed(self, bits) (counted.steps++, word_or_relaxed(self, bits))
#define word_and_relaxed(self, bits) (counted.steps++, word_and_relaxed(self, bits))
#define word_cas_once_seq(self, expected, desired)                                                                     \
    (counted.steps++, !counted_loses() && word_cas_once_seq(self, expected, desired))
#define word_cas_once_relaxed(self, expected, desired)                                                                 \
    (counted.steps++, !counted_loses() && word_cas_once_relaxed(self, expected, desired))
#define word_cas_once_release(self, expected, desired)                                                                 \
    (counted.steps++, !counted_loses() && word_cas_once_release(self, expected, desired))
#define word_take_bit_seq(self, bit) (counted.steps++, word_take_bit_seq(self, bit))
#define word_put_bit_seq(self, bit) (counted.steps++, word_put_bit_seq(self, bit))

#endif
