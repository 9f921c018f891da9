// SPDX-License-Identifier: MIT
// The hand-over of what was used and what is left, and statistics.
#include "bump/bump_state.h"

static struct bump_range bump_units(const struct bump_region *region, uint64_t first, uint64_t units) {
    return (struct bump_range){region->start + (first << region->shift), units << region->shift};
}

// The pieces of a region: what is used at its beginning, what is free, what is used at its end.
static void bump_split(const struct bump_region *region, struct bump_range pieces[3]) {
    uint64_t last = bump_last(region);
    uint64_t low = bump_low(last), high = bump_high(last);
    pieces[0] = bump_units(region, 0, low);
    pieces[1] = bump_units(region, low, region->units - low - high);
    pieces[2] = bump_units(region, region->units - high, high);
}

static enum bump_error bump_find(const struct bump *self, size_t index, bool used, struct bump_range *range) {
    if (self == NULL || range == NULL)
        return BUMP_ERR_NULL;
    // bound: regions
    for (size_t i = 0; i < self->count; i++) {
        struct bump_range pieces[3];
        if (!bump_is_noted(&self->regions[i]))
            return BUMP_ERR_OPEN;
        bump_split(&self->regions[i], pieces);
        // bound: 3
        for (unsigned piece = used ? 0 : 1; piece < 3; piece += used ? 2 : 3) {
            if (pieces[piece].bytes != 0 && index-- == 0) {
                *range = pieces[piece];
                return BUMP_OK;
            }
        }
    }
    return BUMP_ERR_ABSENT;
}

enum bump_error bump_free_range(const bump *self, size_t index, struct bump_range *range) {
    return bump_find(self, index, false, range);
}

enum bump_error bump_used_range(const bump *self, size_t index, struct bump_range *range) {
    return bump_find(self, index, true, range);
}

void bump_stats(const bump *self, struct bump_stats *out) {
    *out = (struct bump_stats){
        .asked_bytes = word_load_relaxed(&self->asked), // relaxed: a statistic
        .freed_bytes = word_load_relaxed(&self->freed), // relaxed: a statistic
        .allocs = word_load_relaxed(&self->allocs),     // relaxed: a statistic
        .frees = word_load_relaxed(&self->frees),       // relaxed: a statistic
        .failures = word_load_relaxed(&self->failures), // relaxed: a statistic
    };
    // bound: regions
    for (size_t i = 0; i < self->count; i++) {
        struct bump_range pieces[3];
        bump_split(&self->regions[i], pieces);
        out->used_bytes += pieces[0].bytes + pieces[2].bytes;
        out->free_bytes += pieces[1].bytes;
        out->closed_bytes += bump_is_noted(&self->regions[i]) ? pieces[1].bytes : 0;
    }
    out->region_bytes = out->used_bytes + out->free_bytes;
}
