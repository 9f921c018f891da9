// SPDX-License-Identifier: MIT
// pair: allocate 64 bytes, free them, at once. The shortest path there is.
#include "scenario.h"

enum { PAIR_BYTES = 64, PAIR_BATCH = 64 };

static void pair_run(struct bench_env *env) {
    while (env->running(env)) {
        for (size_t i = 0; i < PAIR_BATCH; i++) {
            void *p = env->alloc(env->heap, env->cpu, PAIR_BYTES);
            env->failed += p == NULL;
            env->free(env->heap, env->cpu, p);
        }
        env->ops += (uint64_t)2 * PAIR_BATCH;
    }
}

static const char *const pair_variants[] = {"64", NULL};

const struct scenario scenario_pair = {
    .name = "pair",
    .summary = "64 B allocated and freed at once",
    .variants = pair_variants,
    .threads_min = 1,
    .threads_max = SIZE_MAX,
    .region_bytes = scenario_region_roomy,
    .run = pair_run,
};
