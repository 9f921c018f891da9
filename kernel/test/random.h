// SPDX-License-Identifier: MIT
// Random numbers for tests: the same from the same state.
#ifndef KERNEL_TEST_RANDOM_H
#define KERNEL_TEST_RANDOM_H

#include <stdint.h>

// Uniform in [0, below).
static inline uint32_t random_below(uint64_t *state, uint32_t below) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*state >> 32) * below >> 32);
}

#endif
