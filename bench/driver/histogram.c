// SPDX-License-Identifier: MIT
// Reading a log-linear histogram.
#include "histogram.h"

#include <string.h>

void histogram_clear(struct histogram *histogram) {
    memset(histogram, 0, sizeof *histogram);
}

void histogram_merge(struct histogram *into, const struct histogram *from) {
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        into->counts[i] += from->counts[i];
    }
    if (from->max > into->max) {
        into->max = from->max;
    }
}

uint64_t histogram_count(const struct histogram *histogram) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        count += histogram->counts[i];
    }
    return count;
}

static uint64_t bucket_middle(uint32_t bucket) {
    if (bucket < 2 * HISTOGRAM_LINEAR) {
        return bucket;
    }
    uint32_t shift = (bucket >> HISTOGRAM_BITS) - 1;
    uint64_t low = (uint64_t)(bucket - (shift << HISTOGRAM_BITS)) << shift;
    return low + ((uint64_t)1 << (shift - 1));
}

uint64_t histogram_quantile(const struct histogram *histogram, double share) {
    uint64_t count = histogram_count(histogram);
    uint64_t rank = (uint64_t)(share * (double)count);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen > rank) {
            uint64_t middle = bucket_middle(i);
            return middle < histogram->max ? middle : histogram->max;
        }
    }
    return histogram->max;
}
