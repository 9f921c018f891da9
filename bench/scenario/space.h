// SPDX-License-Identifier: MIT
// Filling a region with blocks of one size and emptying it again; shared by `phase`, `fill` and `freesize`.
#ifndef BENCH_SCENARIO_SPACE_H
#define BENCH_SCENARIO_SPACE_H

#include "scenario.h"

// Most blocks of a size that a region can hold.
static inline size_t space_blocks_max(size_t region_bytes, size_t size) {
    return region_bytes / size;
}

// Allocates until the region is exhausted, or, where nothing bounds the allocator, until a region's worth is
// allocated. Touches every page, so that unbounded allocators show what they take. Answers the number of blocks.
size_t space_fill(struct bench_env *env, void **blocks, size_t size);

// Frees them in the order given, verifying what space_fill wrote.
void space_empty(struct bench_env *env, void **blocks, size_t count, size_t size);

#endif
