// SPDX-License-Identifier: MIT
// burst: 1,000 blocks of 64 bytes allocated, then freed newest first, oldest first or in random order.
#include "scenario.h"

enum { BURST_BLOCKS = 1000, BURST_BATCH = 50, BURST_BYTES = 64, BURST_VERIFY_EVERY = 16 };
enum burst_order { BURST_LIFO, BURST_FIFO, BURST_RANDOM };

struct burst {
    void *blocks[BURST_BLOCKS];
    uint16_t order[BURST_BLOCKS];
};

static void burst_prepare(struct bench_env *env) {
    struct burst *burst = env->scratch;
    for (size_t i = 0; i < BURST_BLOCKS; i++) {
        burst->order[i] = (uint16_t)(env->variant == BURST_LIFO ? BURST_BLOCKS - 1 - i : i);
    }
    for (uint32_t i = BURST_BLOCKS - 1; env->variant == BURST_RANDOM && i > 0; i--) {
        uint32_t j = bench_random_below(env, i + 1);
        uint16_t other = burst->order[j];
        burst->order[j] = burst->order[i];
        burst->order[i] = other;
    }
}

// Answers how many blocks there are: all, unless time is up. Calls may be slow (a lock with many waiters), so the clock
// is looked at on the way.
static size_t burst_fill(struct bench_env *env, struct burst *burst) {
    size_t count = 0;
    while (count < BURST_BLOCKS && env->running(env)) {
        for (size_t end = count + BURST_BATCH; count < end; count++) {
            uint8_t *p = env->alloc(env->heap, env->cpu, BURST_BYTES);
            burst->blocks[count] = p;
            if (p == NULL) {
                env->failed++;
            } else {
                *p = (uint8_t)count;
            }
        }
        env->ops += BURST_BATCH;
    }
    return count;
}

static void burst_free(struct bench_env *env, struct burst *burst, size_t i) {
    uint8_t *p = burst->blocks[i];
    if (i % BURST_VERIFY_EVERY == 0 && p != NULL) {
        env->damaged += *p != (uint8_t)i;
    }
    env->free(env->heap, env->cpu, p);
}

static void burst_empty(struct bench_env *env, struct burst *burst) {
    for (size_t i = 0; i < BURST_BLOCKS && env->running(env); i += BURST_BATCH) {
        for (size_t j = i; j < i + BURST_BATCH; j++) {
            burst_free(env, burst, burst->order[j]);
        }
        env->ops += BURST_BATCH;
    }
}

static void burst_run(struct bench_env *env) {
    while (burst_fill(env, env->scratch) == BURST_BLOCKS) {
        burst_empty(env, env->scratch);
    }
}

static size_t burst_scratch(size_t variant, size_t cpus, size_t region_bytes) {
    (void)variant, (void)cpus, (void)region_bytes;
    return sizeof(struct burst);
}

static const char *const burst_variants[] = {"lifo", "fifo", "random", NULL};

const struct scenario scenario_burst = {
    .name = "burst",
    .summary = "1,000 blocks of 64 B allocated, then freed: newest first, oldest first, in random order",
    .variants = burst_variants,
    .threads_min = 1,
    .threads_max = SIZE_MAX,
    .region_bytes = scenario_region_roomy,
    .scratch_bytes = burst_scratch,
    .prepare = burst_prepare,
    .run = burst_run,
};
