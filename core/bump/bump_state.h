// SPDX-License-Identifier: MIT
// Within the bump layer: what a region's mark means.
//
// A mark is one word: units taken from the bottom in its lower half, from the top in its upper half. Whoever adds to it
// owns what the addition covers, if both halves together still fit the region. The first addition after which they do
// not fit is unique, for no later one can make them fit again: it alone notes the mark as it was before, which is all
// that was ever handed out. Halves cannot overflow: nobody adds who sees that it would not fit, so that each CPU
// overshoots a region once at most, by no more than the region and a unit, and units are chosen so large that all of it
// together stays below 2^32.
#ifndef BUMP_BUMP_STATE_H
#define BUMP_BUMP_STATE_H

#include <wfheap/bump.h>

#include "bits/bits.h"
#include "port/port.h"
#include "word.h"

#define BUMP_HALF 32u
#define BUMP_NOTED (UINT64_C(1) << 63) // of `before`; never set in a mark that fits

struct bump_region {
    _Alignas(PORT_CACHE_LINE) uint64_t start;
    uint64_t units;
    unsigned shift; // a unit has 2^shift bytes
    word_t mark;
    word_t before; // 0, or the last mark that fitted, and BUMP_NOTED
};

struct bump {
    _Alignas(PORT_CACHE_LINE) size_t count;
    word_t asked, freed, allocs, frees, failures;
    struct bump_region regions[]; // those with room for a unit
};

_Static_assert(sizeof(struct bump) == 64 && sizeof(struct bump_region) == 64, "BUMP_STORAGE_BYTES");

struct bump_request {
    uint64_t bytes, asked_align;
    bool from_top;
    bool is_possible;      // some region could hold it when new
    uint64_t units, align; // in the region that is being tried
    uint64_t address;      // where it lies there
};

static inline uint64_t bump_low(uint64_t mark) {
    return mark & bits_low(BUMP_HALF);
}

static inline uint64_t bump_high(uint64_t mark) {
    return mark >> BUMP_HALF;
}

static inline bool bump_is_noted(const struct bump_region *region) {
    return word_load_relaxed(&region->before) != 0; // relaxed: what was noted says all itself
}

// The last mark that fitted: all that was handed out, once no call runs. While the region is being closed, all of it.
static inline uint64_t bump_last(const struct bump_region *region) {
    uint64_t noted = word_load_relaxed(&region->before); // relaxed: as in bump_is_noted
    if (noted != 0)
        return noted & ~BUMP_NOTED;
    uint64_t mark = word_load_relaxed(&region->mark); // relaxed: an estimate, exact when quiescent
    return bump_low(mark) + bump_high(mark) <= region->units ? mark : region->units;
}

#endif
