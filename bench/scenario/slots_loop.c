// SPDX-License-Identifier: MIT
// The loop that `slots` and `drift` share.
#include "slots_loop.h"

enum {
    SLOTS_SIZES = 16385, // precomputed, so that drawing a size costs one load; a multiple of SLOTS_ROUND
    SLOTS_ROUND = 5,     // replacements, of which one leaves its block to the next CPU
    SLOTS_ROUNDS = 8,    // rounds between two looks into the mailbox and at the clock
    SLOTS_LETTERS = 32,
};
_Static_assert(SLOTS_SIZES % SLOTS_ROUND == 0, "a round's sizes lie side by side");

struct slot {
    void *block;
    uint32_t size;
    uint8_t tag;
};

struct slots {
    uint32_t count;
    uint32_t size_next;
    uint16_t sizes[SLOTS_SIZES];
    struct slot slots[];
};

static uint32_t slots_count(size_t cpus) {
    return cpus < SLOTS_IN_ALL ? (uint32_t)(SLOTS_IN_ALL / cpus) : 1;
}

size_t slots_scratch_bytes(size_t variant, size_t cpus, size_t region_bytes) {
    (void)variant, (void)region_bytes;
    return sizeof(struct slots) + slots_count(cpus) * sizeof(struct slot);
}

void slots_prepare(struct bench_env *env) {
    struct slots *slots = env->scratch;
    slots->count = slots_count(env->cpus);
    for (size_t i = 0; i < SLOTS_SIZES; i++) {
        slots->sizes[i] = (uint16_t)bench_random_log(env, SLOTS_OCTAVES);
    }
}

static void slots_refill(struct bench_env *env, struct slot *slot, uint32_t size) {
    slot->size = size;
    slot->block = env->alloc(env->heap, env->cpu, size);
    if (slot->block == NULL) {
        env->failed++;
        return;
    }
    slot->tag = (uint8_t)size;
    bench_mark(slot->block, size, slot->tag);
}

// What the next CPU cannot take in time is freed here: nobody waits.
static void slots_hand_on(struct bench_env *env, struct slot *slot) {
    if (slot->block != NULL) {
        bench_verify(env, slot->block, slot->size, slot->tag);
    }
    if (!bench_mailbox_send(env->outbox, slot->block)) {
        env->free(env->heap, env->cpu, slot->block);
        env->ops++;
    }
}

// One slot is handed on, the other four are freed here: 20 %. What the loop needs stays in registers.
static void slots_round(struct bench_env *env, struct slots *slots) {
    const uint16_t *sizes = &slots->sizes[slots->size_next % SLOTS_SIZES];
    slots->size_next += SLOTS_ROUND;
    struct slot *slot = &slots->slots[bench_random_below(env, slots->count)];
    slots_hand_on(env, slot);
    slots_refill(env, slot, sizes[0]);
    uint64_t random = (uint64_t)bench_random(env) << 32 | bench_random(env);
    for (size_t i = 1; i < SLOTS_ROUND; i++) {
        slot = &slots->slots[((random & 0xffff) * slots->count) >> 16];
        random >>= 16;
        env->free(env->heap, env->cpu, slot->block);
        slots_refill(env, slot, sizes[i]);
    }
    env->ops += 2 * SLOTS_ROUND - 1;
}

static void slots_receive(struct bench_env *env) {
    void *letters[SLOTS_LETTERS];
    size_t count = bench_mailbox_take(env->inbox, letters, SLOTS_LETTERS);
    for (size_t i = 0; i < count; i++) {
        env->free(env->heap, env->cpu, letters[i]);
    }
    env->ops += count;
}

void slots_run(struct bench_env *env) {
    struct slots *slots = env->scratch;
    for (uint32_t i = 0; i < slots->count; i++) {
        slots_refill(env, &slots->slots[i], slots->sizes[i]);
    }
    while (env->running(env)) {
        for (size_t i = 0; i < SLOTS_ROUNDS; i++) {
            slots_round(env, slots);
        }
        slots_receive(env);
    }
}
