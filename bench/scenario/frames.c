// SPDX-License-Identifier: MIT
// frames: storms of whole frames on all CPUs at once. Each CPU fills a table with runs of 1, 8 or 512 frames, or of all
// three, then frees them in an order of its own, and so on: processes that begin, and end.
#include "scenario.h"

enum {
    FRAMES_BYTES = 4096,
    FRAMES_RUNS_MAX = 512,
    FRAMES_BATCH = 16,      // calls between two looks at the clock
    FRAMES_MARK_EVERY = 16, // runs, of which two neighbours are marked and verified
};

// A storm: how many runs of how many frames.
static const struct {
    uint32_t runs, frames;
} frames_storms[][3] = {
    {{512, 1}},
    {{128, 8}},
    {{4, 512}},
    {{448, 1}, {60, 8}, {4, 512}},
};

struct frames_run {
    uint8_t *first;
    uint32_t bytes;
    uint32_t middle; // the first byte of some frame of it, marked too: runs overlap anywhere
    uint8_t tag;
};

struct frames {
    uint32_t count;
    uint16_t order[FRAMES_RUNS_MAX]; // in which runs are freed
    struct frames_run runs[FRAMES_RUNS_MAX];
};

static void frames_shuffle(struct bench_env *env, uint16_t *numbers, uint32_t count) {
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = bench_random_below(env, i);
        uint16_t other = numbers[j];
        numbers[j] = numbers[i - 1];
        numbers[i - 1] = other;
    }
}

// The storm's runs in random order, as many of them as half of this CPU's share of the region holds.
static void frames_prepare(struct bench_env *env) {
    struct frames *frames = env->scratch;
    uint16_t sizes[FRAMES_RUNS_MAX];
    uint32_t count = 0;
    for (size_t kind = 0; kind < sizeof frames_storms[0] / sizeof frames_storms[0][0]; kind++) {
        for (uint32_t i = 0; i < frames_storms[env->variant][kind].runs; i++) {
            sizes[count++] = (uint16_t)frames_storms[env->variant][kind].frames;
        }
    }
    frames_shuffle(env, sizes, count);
    size_t room = env->region_bytes / 2 / env->cpus;
    for (uint32_t i = 0; i < count && (size_t)sizes[i] * FRAMES_BYTES <= room; i++) {
        room -= (size_t)sizes[i] * FRAMES_BYTES;
        frames->runs[i].bytes = sizes[i] * (uint32_t)FRAMES_BYTES;
        frames->order[i] = (uint16_t)i;
        frames->count = i + 1;
    }
    frames_shuffle(env, frames->order, frames->count);
}

static void frames_take(struct bench_env *env, struct frames_run *run, uint32_t i) {
    run->first = env->alloc(env->heap, env->cpu, run->bytes);
    if (run->first == NULL) {
        env->failed++;
        return;
    }
    if (i % FRAMES_MARK_EVERY < 2) {
        run->tag = (uint8_t)(env->ops + (uint64_t)3 * i + env->cpu * 31);
        run->middle = bench_random_below(env, run->bytes / FRAMES_BYTES) * FRAMES_BYTES;
        bench_mark(run->first, run->bytes, run->tag);
        bench_mark(run->first + run->middle, 1, run->tag);
    }
}

static void frames_give(struct bench_env *env, const struct frames_run *run, uint32_t i) {
    if (i % FRAMES_MARK_EVERY < 2 && run->first != NULL) {
        bench_verify(env, run->first, run->bytes, run->tag);
        bench_verify(env, run->first + run->middle, 1, run->tag);
    }
    env->free(env->heap, env->cpu, run->first);
}

// True if the storm went to its end. Calls may be slow (a lock with many waiters), so the clock is looked at on the
// way.
static bool frames_storm(struct bench_env *env, struct frames *frames, bool take) {
    for (uint32_t i = 0; i < frames->count;) {
        uint32_t end = i + FRAMES_BATCH < frames->count ? i + FRAMES_BATCH : frames->count;
        env->ops += end - i;
        for (; i < end; i++) {
            if (take) {
                frames_take(env, &frames->runs[i], i);
            } else {
                frames_give(env, &frames->runs[frames->order[i]], frames->order[i]);
            }
        }
        if (!env->running(env)) {
            return false;
        }
    }
    return frames->count != 0;
}

static void frames_run(struct bench_env *env) {
    while (frames_storm(env, env->scratch, true) && frames_storm(env, env->scratch, false)) {
    }
}

// Half a gigabyte for each of 16 CPUs, as machines have it; what caches may hide follows from that.
static size_t frames_region(size_t variant) {
    (void)variant;
    return (size_t)8192 * SCENARIO_MIB;
}

static size_t frames_scratch(size_t variant, size_t cpus, size_t region_bytes) {
    (void)variant, (void)cpus, (void)region_bytes;
    return sizeof(struct frames);
}

static const char *const frames_variants[] = {"1", "8", "512", "mix", NULL};

const struct scenario scenario_frames = {
    .name = "frames",
    .summary = "storms of runs of 1, 8, 512 frames, or of all three: allocated, then freed in random order",
    .variants = frames_variants,
    .threads_min = 1,
    .threads_max = SIZE_MAX,
    .frames = SCENARIO_FRAMES_ONLY,
    .sparse = true,
    .region_bytes = frames_region,
    .scratch_bytes = frames_scratch,
    .prepare = frames_prepare,
    .run = frames_run,
};
