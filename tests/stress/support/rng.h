// SPDX-License-Identifier: MIT
// A small seeded generator (splitmix64), so that a run is repeated by its seed.
#ifndef STRESS_RNG_H
#define STRESS_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *self) {
    self->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = self->state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

// 0 <= answer < limit; limit is not 0.
static inline size_t rng_below(struct rng *self, size_t limit) {
    return (size_t)(rng_next(self) % limit);
}

static inline bool rng_percent(struct rng *self, size_t percent) {
    return rng_below(self, 100) < percent;
}

// 1 <= answer <= max, every power of two as likely as any other.
static inline size_t rng_log_uniform(struct rng *self, size_t max) {
    size_t width = 1;
    while (width < 63 && ((size_t)1 << width) <= max) {
        width++;
    }
    size_t low = (size_t)1 << rng_below(self, width);
    size_t value = low + rng_below(self, low);
    return value <= max ? value : low;
}

#endif
