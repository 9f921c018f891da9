// SPDX-License-Identifier: MIT
// Making a bump allocator, and its errors as sentences.
#include "bump/bump_state.h"

static enum bump_error bump_check_regions(const struct bump_range *regions, size_t count) {
    // bound: regions
    for (size_t i = 0; i < count; i++) {
        if (regions[i].start + regions[i].bytes < regions[i].start)
            return BUMP_ERR_OVERFLOW;
        // bound: regions
        for (size_t j = 0; j < i; j++) {
            if (regions[i].bytes != 0 && regions[j].bytes != 0 &&
                regions[i].start < regions[j].start + regions[j].bytes &&
                regions[j].start < regions[i].start + regions[i].bytes)
                return BUMP_ERR_OVERLAP;
        }
    }
    return BUMP_OK;
}

// The smallest units of which the region has so few that the additions of all CPUs together fit half a word.
static bool bump_region_init(struct bump_region *self, const struct bump_range *range, size_t cpus) {
    const uint64_t units_most = (UINT64_C(1) << BUMP_HALF) / (cpus + 2) - 1;
    unsigned shift = bits_log2_up(BUMP_UNIT_BYTES);
    // bound: 64
    while (range->bytes >> shift > units_most)
        shift++;
    uint64_t unit = UINT64_C(1) << shift;
    uint64_t start = (range->start + unit - 1) & ~(unit - 1);
    uint64_t end = (range->start + range->bytes) & ~(unit - 1);
    if (start < range->start || start >= end)
        return false;
    *self = (struct bump_region){.start = start, .units = (end - start) >> shift, .shift = shift};
    return true;
}

enum bump_error bump_init(const struct bump_range *regions, size_t count, size_t cpus, void *storage,
                          size_t storage_bytes, bump **made) {
    struct bump_region ignored;
    size_t usable = 0;
    if (made == NULL || storage == NULL || (regions == NULL && count > 0))
        return BUMP_ERR_NULL;
    if ((uintptr_t)storage % PORT_CACHE_LINE != 0)
        return BUMP_ERR_MISALIGNED;
    if (count > storage_bytes / sizeof(struct bump_region) || storage_bytes < BUMP_STORAGE_BYTES(count))
        return BUMP_ERR_STORAGE_TOO_SMALL;
    if (cpus == 0)
        return BUMP_ERR_NO_CPU;
    if (cpus > BUMP_CPUS_MAX)
        return BUMP_ERR_TOO_MANY_CPUS;
    enum bump_error error = bump_check_regions(regions, count);
    if (error != BUMP_OK)
        return error;
    // bound: regions
    for (size_t i = 0; i < count; i++)
        usable += bump_region_init(&ignored, &regions[i], cpus);
    if (usable == 0)
        return BUMP_ERR_NO_REGION;
    if (*made != NULL)
        return BUMP_ERR_TWICE;
    struct bump *self = storage;
    __builtin_memset(self, 0, sizeof *self);
    // bound: regions
    for (size_t i = 0; i < count; i++)
        self->count += bump_region_init(&self->regions[self->count], &regions[i], cpus);
    *made = self;
    return BUMP_OK;
}

const char *bump_strerror(enum bump_error error) {
    switch (error) {
    case BUMP_OK:
        return "All is well.";
    case BUMP_ERR_NULL:
        return "A required pointer is NULL.";
    case BUMP_ERR_MISALIGNED:
        return "The storage does not begin at a multiple of 64 bytes.";
    case BUMP_ERR_STORAGE_TOO_SMALL:
        return "The storage is too small for so many regions.";
    case BUMP_ERR_NO_REGION:
        return "No region has room for a single unit.";
    case BUMP_ERR_OVERFLOW:
        return "A region reaches the end of the address space, or beyond.";
    case BUMP_ERR_OVERLAP:
        return "Two regions overlap.";
    case BUMP_ERR_NO_CPU:
        return "A bump allocator needs at least one CPU.";
    case BUMP_ERR_TOO_MANY_CPUS:
        return "A bump allocator has at most 1024 CPUs.";
    case BUMP_ERR_TWICE:
        return "The handle is not NULL: it refers to a bump allocator already.";
    case BUMP_ERR_EMPTY:
        return "No bytes were asked for.";
    case BUMP_ERR_ALIGN:
        return "The alignment is not a power of two.";
    case BUMP_ERR_TOO_LARGE:
        return "No region could hold as much, even if it were new.";
    case BUMP_ERR_OUT_OF_MEMORY:
        return "No region has as much left at one piece.";
    case BUMP_ERR_OPEN:
        return "The bump allocator is not closed yet: its ranges may still change.";
    case BUMP_ERR_IN_FLIGHT:
        return "An allocation on another CPU has not ended yet.";
    case BUMP_ERR_ABSENT:
        return "There is no range of this number.";
    }
    return "This is no error code of the bump allocator.";
}
