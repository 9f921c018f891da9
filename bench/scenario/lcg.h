// SPDX-License-Identifier: MIT
// Random numbers of one multiplication each, the same from the same state: a linear congruential generator with the
// constants of Knuth's MMIX (TAOCP 2, 3.3.4). The high bits are good, the low ones are not.
#ifndef BENCH_SCENARIO_LCG_H
#define BENCH_SCENARIO_LCG_H

#include <stdint.h>

static inline uint64_t lcg_next(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state;
}

#endif
