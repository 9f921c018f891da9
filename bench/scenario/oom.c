// SPDX-License-Identifier: MIT
// oom: a task on each CPU that allocates under `primary only` until it gets NULL. Then it is aborted, as a kernel would
// abort it: under `primary then backup` the kernel's own code gets memory, frees everything that the task owned, and
// begins the next task. How long that takes, from NULL to the last free, is a recovery.
#include "scenario.h"

enum {
    OOM_OCTAVES = 14,
    OOM_BATCH = 64,
    OOM_ABORT_BYTES = 512, // that the kernel needs to abort a task
};

// What a task owns hangs in a list, as in a kernel that has to find it; the last byte tells damage too.
struct oom_block {
    struct oom_block *next;
    uint32_t size;
    uint32_t check;
};

static uint32_t oom_check_of(const struct oom_block *block) {
    return (uint32_t)((uintptr_t)block >> 3) ^ block->size ^ 0x5aa5c33cu;
}

static struct oom_block *oom_take(struct bench_env *env) {
    uint32_t size = (uint32_t)sizeof(struct oom_block) + bench_random_log(env, OOM_OCTAVES);
    struct oom_block *block = env->alloc(env->heap, env->cpu, size);
    env->ops++;
    if (block != NULL) {
        block->size = size;
        block->check = oom_check_of(block);
        ((volatile uint8_t *)block)[size - 1] = (uint8_t)block->check;
    }
    return block;
}

static void oom_give(struct bench_env *env, struct oom_block *block) {
    env->damaged += block->check != oom_check_of(block) ||
                    ((const volatile uint8_t *)block)[block->size - 1] != (uint8_t)block->check;
    env->free(env->heap, env->cpu, block);
    env->ops++;
}

// Runs a task until it gets NULL, or until time is up: false. Answers what it owns.
static bool oom_task(struct bench_env *env, struct oom_block **owned) {
    while (env->running(env)) {
        for (size_t i = 0; i < OOM_BATCH; i++) {
            struct oom_block *block = oom_take(env);
            if (block == NULL) {
                return true;
            }
            block->next = *owned;
            *owned = block;
        }
    }
    return false;
}

static void oom_abort(struct bench_env *env, struct oom_block *owned) {
    void *own = env->alloc(env->heap, env->cpu, OOM_ABORT_BYTES);
    env->failed += own == NULL; // primary and backup heap both empty: a kernel would have to end here
    env->ops++;
    while (owned != NULL) {
        struct oom_block *next = owned->next;
        oom_give(env, owned);
        owned = next;
    }
    env->free(env->heap, env->cpu, own);
    env->ops++;
}

static void oom_run(struct bench_env *env) {
    bool exhausted = true;
    while (exhausted) {
        struct oom_block *owned = NULL;
        env->talloc->primary_only(env);
        exhausted = oom_task(env, &owned);
        uint64_t start = env->now_ns(env);
        env->talloc->primary_then_backup(env);
        oom_abort(env, owned);
        if (exhausted) {
            env->recovered(env, env->now_ns(env) - start);
        }
    }
}

// Small, so that tasks come and go often.
static size_t oom_region(size_t variant) {
    (void)variant;
    return 16 * SCENARIO_MIB;
}

static const char *const oom_variants[] = {"log16384", NULL};

const struct scenario scenario_oom = {
    .name = "oom",
    .summary = "tasks that exhaust the primary heap of talloc, are aborted and lose all they own: time to recovery",
    .variants = oom_variants,
    .threads_min = 1,
    .threads_max = SIZE_MAX,
    .talloc = true,
    .region_bytes = oom_region,
    .run = oom_run,
};
