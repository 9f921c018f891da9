// SPDX-License-Identifier: MIT
// larson: a server whose threads die. Each CPU works on a table of 1,000 blocks, replacing random ones; after a while
// its thread hands the table to the next CPU and ends, and a new thread goes on with the table of the CPU before.
// After Larson & Krishnan, Memory allocation for long-running server applications (ISMM 1998).
#include "scenario.h"

enum {
    LARSON_BLOCKS = 1000,
    LARSON_BYTES_MIN = 8,
    LARSON_BYTES_MAX = 1024,
    LARSON_BATCH = 32,
    LARSON_LIFE = 20000, // replacements that a thread lives for
    LARSON_VERIFY_EVERY = 8,
};

struct larson_block {
    void *block;
    uint32_t size;
    uint8_t tag;
};

struct larson {
    struct larson_block *table; // the table to begin with: this CPU's own; later the one that came by mail
    struct larson_block first[LARSON_BLOCKS];
};

static void larson_prepare(struct bench_env *env) {
    struct larson *larson = env->scratch;
    larson->table = larson->first;
}

static void larson_replace(struct bench_env *env, struct larson_block *entry, uint32_t turn) {
    if (entry->block != NULL) {
        if (turn % LARSON_VERIFY_EVERY == 0) {
            bench_verify(env, entry->block, entry->size, entry->tag);
        }
        env->free(env->heap, env->cpu, entry->block);
        env->ops++;
    }
    entry->size = LARSON_BYTES_MIN + bench_random_below(env, LARSON_BYTES_MAX - LARSON_BYTES_MIN + 1);
    entry->block = env->alloc(env->heap, env->cpu, entry->size);
    env->ops++;
    if (entry->block == NULL) {
        env->failed++;
        return;
    }
    entry->tag = (uint8_t)(turn * 7 + env->cpu);
    bench_mark(entry->block, entry->size, entry->tag);
}

// Waits for the table of the CPU before; false once time is up.
static bool larson_inherit(struct bench_env *env, struct larson *larson) {
    void *table = NULL;
    while (bench_mailbox_take(env->inbox, &table, 1) == 0) {
        env->pause(env);
        if (!env->running(env)) {
            return false;
        }
    }
    larson->table = table;
    return true;
}

static void larson_run(struct bench_env *env) {
    struct larson *larson = env->scratch;
    if (larson->table == NULL && !larson_inherit(env, larson)) {
        return;
    }
    for (uint32_t turn = 0; turn < LARSON_LIFE && env->running(env); turn += LARSON_BATCH) {
        for (uint32_t i = 0; i < LARSON_BATCH; i++) {
            larson_replace(env, &larson->table[bench_random_below(env, LARSON_BLOCKS)], turn + i);
        }
    }
    bool sent = bench_mailbox_send(env->outbox, larson->table); // one table a CPU is about: there is room
    bench_mailbox_publish(env->outbox);
    larson->table = sent ? NULL : larson->table;
}

static size_t larson_scratch(size_t variant, size_t cpus, size_t region_bytes) {
    (void)variant, (void)cpus, (void)region_bytes;
    return sizeof(struct larson);
}

static const char *const larson_variants[] = {"8-1024", NULL};

const struct scenario scenario_larson = {
    .name = "larson",
    .summary = "1,000 blocks of 8..1,024 B a thread, random ones replaced; threads die and hand their blocks on",
    .variants = larson_variants,
    .threads_min = 1,
    .threads_max = SIZE_MAX,
    .mortal = true,
    .mailbox_slots = 1024,
    .region_bytes = scenario_region_roomy,
    .scratch_bytes = larson_scratch,
    .prepare = larson_prepare,
    .run = larson_run,
};
