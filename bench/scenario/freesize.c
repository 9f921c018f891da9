// SPDX-License-Identifier: MIT
// freesize: nine tenths of a region allocated as 4 KiB blocks, then freed in random order, in regions of 16 MiB to
// 1 GiB. The latency of free must not depend on the region.
#include "space.h"

enum { FREESIZE_BYTES = 4096 };

static const size_t freesize_mib[] = {16, 64, 256, 1024};
static const char *const freesize_variants[] = {"16MiB", "64MiB", "256MiB", "1024MiB", NULL};

static size_t freesize_region(size_t variant) {
    return freesize_mib[variant] * SCENARIO_MIB;
}

static size_t freesize_blocks(size_t region_bytes) {
    return space_blocks_max(region_bytes, FREESIZE_BYTES) * 9 / 10;
}

static size_t freesize_fill(struct bench_env *env, uint8_t **blocks) {
    size_t want = freesize_blocks(env->region_bytes);
    size_t count = 0;
    for (size_t i = 0; i < want; i++) {
        uint8_t *p = env->alloc(env->heap, env->cpu, FREESIZE_BYTES);
        if (p == NULL) {
            env->failed++;
            continue;
        }
        *(volatile uint8_t *)p = (uint8_t)i;
        blocks[count++] = p;
    }
    env->ops += want;
    return count;
}

static void freesize_shuffle(struct bench_env *env, uint8_t **blocks, size_t count) {
    for (size_t i = count; i > 1; i--) {
        size_t j = bench_random_below(env, (uint32_t)i);
        uint8_t *other = blocks[j];
        blocks[j] = blocks[i - 1];
        blocks[i - 1] = other;
    }
}

static void freesize_run(struct bench_env *env) {
    uint8_t **blocks = env->scratch;
    uint64_t start = env->now_ns(env);
    size_t count = freesize_fill(env, blocks);
    uint64_t filled = env->now_ns(env);
    freesize_shuffle(env, blocks, count);
    uint64_t shuffled = env->now_ns(env);
    for (size_t i = 0; i < count; i++) {
        env->free(env->heap, env->cpu, blocks[i]);
    }
    env->ops += count;
    struct bench_step step = {
        .label = freesize_variants[env->variant],
        .ops = env->ops,
        .nanoseconds = env->now_ns(env) - shuffled + filled - start,
        .requested_bytes = count * FREESIZE_BYTES,
        .utilisation = -1.0,
    };
    env->report(env, &step);
}

static size_t freesize_scratch(size_t variant, size_t cpus, size_t region_bytes) {
    (void)variant, (void)cpus;
    return freesize_blocks(region_bytes) * sizeof(void *);
}

const struct scenario scenario_freesize = {
    .name = "freesize",
    .summary = "4 KiB blocks freed in random order in regions of 16 MiB to 1 GiB: latency of free",
    .variants = freesize_variants,
    .threads_min = 1,
    .threads_max = 1,
    .counted = true,
    .latency = true,
    .region_bytes = freesize_region,
    .scratch_bytes = freesize_scratch,
    .run = freesize_run,
};
