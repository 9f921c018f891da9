// SPDX-License-Identifier: MIT
// A log-linear histogram: 32 buckets to a power of two, so that a value is known to 3 %; every sample is counted, and
// the largest is kept exactly.
#ifndef BENCH_DRIVER_HISTOGRAM_H
#define BENCH_DRIVER_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BITS 5u
#define HISTOGRAM_LINEAR (1u << HISTOGRAM_BITS)
#define HISTOGRAM_BUCKETS ((64u - HISTOGRAM_BITS + 1u) * HISTOGRAM_LINEAR)

struct histogram {
    uint64_t max;
    uint64_t counts[HISTOGRAM_BUCKETS];
};

// Values below 32 have a bucket each; above, the five bits after the leading one choose it.
static inline uint32_t histogram_bucket(uint64_t value) {
    if (value < HISTOGRAM_LINEAR) {
        return (uint32_t)value;
    }
    uint32_t shift = 63u - HISTOGRAM_BITS - (uint32_t)__builtin_clzll(value);
    return (shift << HISTOGRAM_BITS) + (uint32_t)(value >> shift);
}

static inline void histogram_add(struct histogram *histogram, uint64_t value) {
    histogram->counts[histogram_bucket(value)]++;
    if (value > histogram->max) {
        histogram->max = value;
    }
}

void histogram_clear(struct histogram *histogram);
void histogram_merge(struct histogram *into, const struct histogram *from);
uint64_t histogram_count(const struct histogram *histogram);

// The value that a share of all samples does not exceed: the middle of its bucket, never more than the maximum.
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
