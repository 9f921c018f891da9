// SPDX-License-Identifier: MIT
// phase: a region is filled with 64 B blocks and emptied, then with 4 KiB, 1 MiB and again 64 B ones. Memory that
// stays typed for what it served first shows as a region that cannot be used.
#include "space.h"

struct phase {
    const char *label;
    size_t size;
};

static const struct phase phases[] = {
    {"1:64", 64}, {"2:4096", 4096}, {"3:1048576", SCENARIO_MIB}, {"4:64", 64}, {NULL, 0},
};

static void phase_run(struct bench_env *env) {
    for (const struct phase *phase = phases; phase->label != NULL; phase++) {
        uint64_t ops = env->ops;
        uint64_t start = env->now_ns(env);
        size_t count = space_fill(env, env->scratch, phase->size);
        space_empty(env, env->scratch, count, phase->size);
        struct bench_step step = {
            .label = phase->label,
            .ops = env->ops - ops,
            .nanoseconds = env->now_ns(env) - start,
            .requested_bytes = count * phase->size,
            .utilisation = env->region_bounds ? (double)(count * phase->size) / (double)env->region_bytes : -1.0,
        };
        env->report(env, &step);
        env->drain(env);
    }
}

static size_t phase_scratch(size_t variant, size_t cpus, size_t region_bytes) {
    (void)variant, (void)cpus;
    return space_blocks_max(region_bytes, phases[0].size) * sizeof(void *);
}

static const char *const phase_variants[] = {"64-4096-1048576-64", NULL};

const struct scenario scenario_phase = {
    .name = "phase",
    .summary = "a region filled and emptied with 64 B, 4 KiB, 1 MiB and 64 B blocks: share usable each time",
    .variants = phase_variants,
    .threads_min = 1,
    .threads_max = 1,
    .counted = true,
    .region_bytes = scenario_region_default,
    .scratch_bytes = phase_scratch,
    .run = phase_run,
};
