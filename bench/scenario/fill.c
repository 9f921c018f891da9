// SPDX-License-Identifier: MIT
// fill: a fresh region filled with blocks of one size until NULL, for sizes from 8 B to 1 MiB.
#include "space.h"

// Powers of two, and what lies between them awkwardly.
static const char *const fill_variants[] = {
    "8",     "16",    "24",    "32",    "40",    "48",     "64",     "100",    "128",    "200",     "256",   "400",
    "512",   "1000",  "1024",  "1500",  "2048",  "3000",   "4096",   "5000",   "8192",   "9000",    "12288", "16384",
    "17000", "24576", "32768", "40000", "65536", "100000", "131072", "262144", "524288", "1048576", NULL,
};

static size_t fill_size(size_t variant) {
    size_t size = 0;
    for (const char *digit = fill_variants[variant]; *digit != '\0'; digit++) {
        size = size * 10 + (size_t)(*digit - '0');
    }
    return size;
}

static void fill_run(struct bench_env *env) {
    size_t size = fill_size(env->variant);
    uint64_t start = env->now_ns(env);
    size_t count = space_fill(env, env->scratch, size);
    space_empty(env, env->scratch, count, size);
    struct bench_step step = {
        .label = fill_variants[env->variant],
        .ops = env->ops,
        .nanoseconds = env->now_ns(env) - start,
        .requested_bytes = count * size,
        .utilisation = env->region_bounds ? (double)(count * size) / (double)env->region_bytes : -1.0,
    };
    env->report(env, &step);
}

static size_t fill_scratch(size_t variant, size_t cpus, size_t region_bytes) {
    (void)cpus;
    return space_blocks_max(region_bytes, fill_size(variant)) * sizeof(void *);
}

const struct scenario scenario_fill = {
    .name = "fill",
    .summary = "a fresh region filled with blocks of one size until NULL: share usable",
    .variants = fill_variants,
    .threads_min = 1,
    .threads_max = 1,
    .counted = true,
    .frames = SCENARIO_FRAMES_TOO,
    .region_bytes = scenario_region_default,
    .scratch_bytes = fill_scratch,
    .run = fill_run,
};
