// SPDX-License-Identifier: MIT
// prodcons: all blocks are allocated on even CPUs and freed on the next, odd one. A CPU without a partner (one CPU, or
// the last of an odd number) allocates a batch and frees it.
#include "scenario.h"

enum { PRODCONS_BYTES = 64, PRODCONS_BATCH = 64, PRODCONS_VERIFY_EVERY = 16 };

// A block carries its number, so that the consumer can tell a block that was handed out twice.
static uint64_t *prodcons_make(struct bench_env *env, uint64_t number) {
    uint64_t *p = env->alloc(env->heap, env->cpu, PRODCONS_BYTES);
    env->ops++;
    if (p == NULL) {
        env->failed++;
    } else {
        *p = number;
    }
    return p;
}

static void prodcons_produce(struct bench_env *env) {
    uint64_t sent = 0;
    while (env->running(env)) {
        for (size_t i = 0; i < PRODCONS_BATCH; i++) {
            void *p = prodcons_make(env, sent);
            if (p == NULL) {
                env->pause(env); // the consumer holds everything
                continue;
            }
            sent++;
            while (!bench_mailbox_send(env->outbox, p)) {
                env->pause(env);
                if (!env->running(env)) {
                    return;
                }
            }
        }
    }
}

static void prodcons_consume(struct bench_env *env) {
    void *letters[PRODCONS_BATCH];
    uint64_t received = 0;
    while (env->running(env)) {
        size_t count = bench_mailbox_take(env->inbox, letters, PRODCONS_BATCH);
        for (size_t i = 0; i < count; i++, received++) {
            if (i % PRODCONS_VERIFY_EVERY == 0) {
                env->damaged += *(const uint64_t *)letters[i] != received;
            }
            env->free(env->heap, env->cpu, letters[i]);
        }
        env->ops += count;
        if (count == 0) {
            env->pause(env);
        }
    }
}

static void prodcons_alone(struct bench_env *env) {
    uint64_t *blocks[PRODCONS_BATCH];
    while (env->running(env)) {
        for (size_t i = 0; i < PRODCONS_BATCH; i++) {
            blocks[i] = prodcons_make(env, i);
        }
        for (size_t i = 0; i < PRODCONS_BATCH; i++) {
            if (i % PRODCONS_VERIFY_EVERY == 0 && blocks[i] != NULL) {
                env->damaged += *blocks[i] != i;
            }
            env->free(env->heap, env->cpu, blocks[i]);
        }
        env->ops += PRODCONS_BATCH;
    }
}

static void prodcons_run(struct bench_env *env) {
    if (env->cpu % 2 == 1) {
        prodcons_consume(env);
    } else if (env->cpu + 1 < env->cpus) {
        prodcons_produce(env);
    } else {
        prodcons_alone(env);
    }
}

static const char *const prodcons_variants[] = {"64", NULL};

const struct scenario scenario_prodcons = {
    .name = "prodcons",
    .summary = "64 B blocks allocated on even CPUs, freed on odd ones",
    .variants = prodcons_variants,
    .threads_min = 1,
    .threads_max = SIZE_MAX,
    .mailbox_slots = 4096,
    .region_bytes = scenario_region_roomy,
    .run = prodcons_run,
};
