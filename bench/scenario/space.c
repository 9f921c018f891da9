// SPDX-License-Identifier: MIT
// Filling a region with blocks of one size and emptying it again.
#include "space.h"

enum { SPACE_PAGE_BYTES = 4096 };

static uint8_t space_tag(const void *block) {
    return (uint8_t)(((uintptr_t)block >> 3) * 0x9du >> 4);
}

size_t space_fill(struct bench_env *env, void **blocks, size_t size) {
    size_t count = 0;
    size_t max = space_blocks_max(env->region_bytes, size);
    while (count < max) {
        uint8_t *p = env->alloc(env->heap, env->cpu, size);
        env->ops++;
        if (p == NULL) {
            env->failed += env->region_bounds ? 0 : 1; // the end of a bounded region is what we look for
            break;
        }
        for (size_t offset = SPACE_PAGE_BYTES; offset < size; offset += SPACE_PAGE_BYTES) {
            *(volatile uint8_t *)(p + offset) = 0;
        }
        bench_mark(p, size, space_tag(p));
        blocks[count++] = p;
    }
    return count;
}

void space_empty(struct bench_env *env, void **blocks, size_t count, size_t size) {
    for (size_t i = 0; i < count; i++) {
        bench_verify(env, blocks[i], size, space_tag(blocks[i]));
        env->free(env->heap, env->cpu, blocks[i]);
    }
    env->ops += count;
}
