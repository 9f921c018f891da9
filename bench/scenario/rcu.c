// SPDX-License-Identifier: MIT
// rcu: a table of objects that all CPUs read under read-copy-update. Writers replace objects and retire the old ones;
// one thread, not theirs, frees all of them after grace periods: a flood of frees from one side. Even CPUs write, odd
// CPUs read; a single CPU does both.
#include "scenario.h"

enum {
    RCU_OBJECTS = 1024,
    RCU_BYTES_MIN = 64,
    RCU_BYTES_MAX = 1024,
    RCU_BATCH = 64,
};

struct rcu_object {
    unsigned char head[BENCH_RCU_HEAD_BYTES]; // belongs to the mechanism once retired
    uint64_t size;
    uint64_t check; // ~size: a reader that sees anything else reads a block that was freed too early
};

struct rcu_table {
    struct rcu_object *objects[RCU_OBJECTS];
};

static void rcu_write(struct bench_env *env, struct rcu_table *table) {
    uint32_t size = RCU_BYTES_MIN + bench_random_below(env, RCU_BYTES_MAX - RCU_BYTES_MIN + 1);
    struct rcu_object *fresh = env->alloc(env->heap, env->cpu, size);
    env->ops++;
    if (fresh == NULL) {
        env->failed++;
        env->pause(env); // the freeing thread is behind
        return;
    }
    fresh->size = size;
    fresh->check = ~(uint64_t)size;
    struct rcu_object **place = &table->objects[bench_random_below(env, RCU_OBJECTS)];
    struct rcu_object *old = __atomic_exchange_n(place, fresh, __ATOMIC_ACQ_REL);
    if (old != NULL) {
        env->rcu->retire(env, old);
    }
}

static void rcu_read(struct bench_env *env, struct rcu_table *table) {
    env->rcu->read_begin(env);
    for (size_t i = 0; i < RCU_BATCH; i++) {
        struct rcu_object **place = &table->objects[bench_random_below(env, RCU_OBJECTS)];
        const volatile struct rcu_object *object = __atomic_load_n(place, __ATOMIC_ACQUIRE);
        env->damaged += object != NULL && object->check != ~object->size;
    }
    env->rcu->read_end(env);
}

static void rcu_run(struct bench_env *env) {
    bool writes = env->cpu % 2 == 0;
    bool reads = env->cpu % 2 == 1 || env->cpus == 1;
    while (env->running(env)) {
        for (size_t i = 0; writes && i < RCU_BATCH; i++) {
            rcu_write(env, env->shared);
        }
        if (reads) {
            rcu_read(env, env->shared);
        }
    }
}

static const char *const rcu_variants[] = {"64-1024", NULL};

const struct scenario scenario_rcu = {
    .name = "rcu",
    .summary = "objects of 64..1,024 B replaced by even CPUs, read by odd ones, all freed by one call_rcu thread",
    .variants = rcu_variants,
    .threads_min = 1,
    .threads_max = SIZE_MAX,
    .rcu = true,
    .region_bytes = scenario_region_roomy,
    .shared_bytes = sizeof(struct rcu_table),
    .run = rcu_run,
};
