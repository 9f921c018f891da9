// SPDX-License-Identifier: MIT
// frag: a long random walk. The live volume wanders between a quarter and two thirds of the region, the sizes asked for
// wander from 64 B to 64 KiB; after every 100,000 turns the largest free run is noted. `utilisation` is the lowest
// share that this run ever had of all memory that nobody had asked for.
#include "scenario.h"

enum {
    FRAG_SLOTS = 32768,
    FRAG_STEPS = 20,
    FRAG_STEP_TURNS = 100000,
    FRAG_OCTAVES_MIN = 6,
    FRAG_OCTAVES_MAX = 16,
};

struct frag_slot {
    void *block;
    uint32_t size;
    uint8_t tag;
};

struct frag {
    uint64_t live_bytes;
    uint64_t target_bytes;
    uint32_t octaves;
    struct frag_slot slots[FRAG_SLOTS];
};

static void frag_release(struct bench_env *env, struct frag *frag, struct frag_slot *slot) {
    bench_verify(env, slot->block, slot->size, slot->tag);
    env->free(env->heap, env->cpu, slot->block);
    env->ops++;
    frag->live_bytes -= slot->size;
    slot->block = NULL;
}

static void frag_acquire(struct bench_env *env, struct frag *frag, struct frag_slot *slot) {
    slot->size = bench_random_log(env, frag->octaves);
    slot->block = env->alloc(env->heap, env->cpu, slot->size);
    env->ops++;
    if (slot->block == NULL) {
        env->failed++;
        return;
    }
    frag->live_bytes += slot->size;
    slot->tag = (uint8_t)env->ops;
    bench_mark(slot->block, slot->size, slot->tag);
}

static void frag_walk(struct bench_env *env, struct frag *frag) {
    uint32_t percent = 25 + bench_random_below(env, 42);
    frag->target_bytes = env->region_bytes / 100 * percent;
    frag->octaves = FRAG_OCTAVES_MIN + bench_random_below(env, FRAG_OCTAVES_MAX - FRAG_OCTAVES_MIN + 1);
    for (size_t i = 0; i < FRAG_STEP_TURNS; i++) {
        struct frag_slot *slot = &frag->slots[bench_random_below(env, FRAG_SLOTS)];
        if (slot->block != NULL) {
            frag_release(env, frag, slot);
        }
        if (frag->live_bytes < frag->target_bytes) {
            frag_acquire(env, frag, slot);
        }
    }
}

// The largest free run as a share of what nobody has asked for; negative if the allocator cannot tell.
static double frag_note(struct bench_env *env, const struct frag *frag, size_t step) {
    struct bench_figures figures;
    env->figures(env, &figures);
    if (!figures.space_known) {
        return -1.0;
    }
    env->series(env, (double)step, figures.largest_free_bytes);
    return (double)figures.largest_free_bytes / (double)(env->region_bytes - frag->live_bytes);
}

static void frag_empty(struct bench_env *env, struct frag *frag) {
    for (size_t i = 0; i < FRAG_SLOTS; i++) {
        if (frag->slots[i].block != NULL) {
            frag_release(env, frag, &frag->slots[i]);
        }
    }
    env->drain(env);
}

static void frag_run(struct bench_env *env) {
    struct frag *frag = env->scratch;
    struct bench_step result = {.label = "walk", .utilisation = -1.0};
    for (size_t step = 1; step <= FRAG_STEPS; step++) {
        uint64_t start = env->now_ns(env);
        frag_walk(env, frag);
        result.nanoseconds += env->now_ns(env) - start;
        double share = frag_note(env, frag, step);
        if (step == 1 || share < result.utilisation) {
            result.utilisation = share;
        }
        if (frag->live_bytes > result.requested_bytes) {
            result.requested_bytes = frag->live_bytes;
        }
    }
    result.ops = env->ops;
    frag_empty(env, frag);
    (void)frag_note(env, frag, FRAG_STEPS + 1); // empty again: one run
    env->report(env, &result);
}

static size_t frag_scratch(size_t variant, size_t cpus, size_t region_bytes) {
    (void)variant, (void)cpus, (void)region_bytes;
    return sizeof(struct frag);
}

static const char *const frag_variants[] = {"walk", NULL};

const struct scenario scenario_frag = {
    .name = "frag",
    .summary = "a long random walk of sizes and live volume: the largest free run, step by step",
    .variants = frag_variants,
    .threads_min = 1,
    .threads_max = 1,
    .counted = true,
    .region_bytes = scenario_region_default,
    .scratch_bytes = frag_scratch,
    .run = frag_run,
};
