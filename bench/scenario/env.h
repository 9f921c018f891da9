// SPDX-License-Identifier: MIT
// What a scenario sees of the world: one allocator, one CPU, its neighbours and a clock. Scenarios include this header
// and nothing else, so that the same sources run on host threads, in a simulator and in a bare kernel.
#ifndef BENCH_SCENARIO_ENV_H
#define BENCH_SCENARIO_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lcg.h"

#define BENCH_LINE_BYTES 64

// A bounded ring from one CPU to the next: one sender, one receiver. Both sides work on private copies of the indices
// and publish them in batches, so that the hand-over costs far less than the calls under test.
struct bench_mailbox {
    _Alignas(BENCH_LINE_BYTES) size_t tail; // published by the sender
    _Alignas(BENCH_LINE_BYTES) size_t written;
    size_t head_seen;
    _Alignas(BENCH_LINE_BYTES) size_t head; // published by the receiver
    _Alignas(BENCH_LINE_BYTES) size_t tail_seen;
    _Alignas(BENCH_LINE_BYTES) void **entries;
    size_t mask;       // entries - 1, entries being a power of two
    size_t batch_mask; // letters published at once - 1, a power of two again
};

// What the allocator says of itself; the fields are 0 where it cannot know them.
struct bench_figures {
    bool space_known;          // used, free and largest_free are valid
    size_t used_bytes;         // memory in use now, block sizes and what they pin
    size_t free_bytes;         // memory that any request may have
    size_t largest_free_bytes; // the longest piece of it
    size_t peak_bytes;         // the most memory in use at any moment so far
    bool cache_known;          // left_cache is valid
    uint64_t left_cache;       // calls that left the per-CPU cache so far
};

// One row of a scenario that does a fixed amount of work, and tells of it in several steps.
struct bench_step {
    const char *label;        // becomes the row's variant
    uint64_t ops;             // calls of alloc and free
    uint64_t nanoseconds;     // for these
    uint64_t requested_bytes; // live at the end of the step, 0 if that says nothing
    double utilisation;       // negative: not known
};

struct bench_env;

// Read-copy-update as the surroundings provide it; only scenarios that declare `rcu` have one.
struct bench_rcu {
    void (*read_begin)(struct bench_env *env);
    void (*read_end)(struct bench_env *env);
    // Frees p, whose first BENCH_RCU_HEAD_BYTES belong to the mechanism, after a grace period, on a CPU of its own.
    void (*retire)(struct bench_env *env, void *p);
};
#define BENCH_RCU_HEAD_BYTES 32

// talloc as the surroundings provide it, over the allocator under test and a small backup heap; only scenarios that
// declare `talloc` have it. It sets the policy of the caller's CPU.
struct bench_talloc {
    void (*primary_only)(struct bench_env *env);
    void (*primary_then_backup)(struct bench_env *env);
};

struct bench_env {
    // The allocator under test: the same indirect call for every one.
    void *(*alloc)(void *heap, size_t cpu, size_t size);
    void (*free)(void *heap, size_t cpu, void *p);
    void *heap;
    size_t cpu, cpus;
    uint64_t random_state;

    // Counted by the scenario, brought up to date before every call of running.
    uint64_t ops;     // calls of alloc and free
    uint64_t failed;  // allocs answered by NULL
    uint64_t damaged; // blocks whose bytes changed while they were ours

    size_t variant;      // index into the scenario's variants
    size_t region_bytes; // memory that the allocator may use
    bool region_bounds;  // whether it is held to that
    void *scratch;       // zeroed, prefaulted, this CPU's own
    void *shared;        // the same for all CPUs
    struct bench_mailbox *inbox, *outbox;
    const struct bench_rcu *rcu;
    const struct bench_talloc *talloc;

    bool (*running)(struct bench_env *env); // false once time is up; cheap, yet to be called every 64 operations or so
    void (*pause)(struct bench_env *env);   // lets other CPUs work
    uint64_t (*now_ns)(struct bench_env *env);
    void (*drain)(struct bench_env *env); // this CPU goes idle: gives back what its cache hides
    void (*figures)(struct bench_env *env, struct bench_figures *out);
    void (*report)(struct bench_env *env, const struct bench_step *step);
    void (*recovered)(struct bench_env *env, uint64_t nanoseconds);  // under talloc: a task was aborted in that time
    void (*series)(struct bench_env *env, double x, uint64_t bytes); // a point of a curve over time
};

// 32 random bits.
static inline uint32_t bench_random(struct bench_env *env) {
    return (uint32_t)(lcg_next(&env->random_state) >> 32);
}

// Uniform in [0, bound).
static inline uint32_t bench_random_below(struct bench_env *env, uint32_t bound) {
    return (uint32_t)(((uint64_t)bench_random(env) * bound) >> 32);
}

// Log-uniform in [1, 2^octaves], octaves <= 31: an octave, and within it 2^f - 1 = f (0.6563 + 0.3437 f), 0.3 % exact.
static inline uint32_t bench_random_log(struct bench_env *env, uint32_t octaves) {
    uint32_t octave = bench_random_below(env, octaves);
    uint64_t f = bench_random(env) >> 8; // 24 bits
    uint64_t slope = 11010867u + ((5766349u * f) >> 24);
    uint64_t rest = (f * slope) >> 24;
    return (uint32_t)((((uint64_t)1 << octave) * ((1u << 24) + rest) + (1u << 23)) >> 24);
}

// Marks the first and the last byte of a block, so that a block in two hands or out of bounds shows.
static inline void bench_mark(void *block, size_t size, uint8_t tag) {
    volatile uint8_t *bytes = block;
    bytes[0] = tag;
    bytes[size - 1] = tag;
}

static inline void bench_verify(struct bench_env *env, const void *block, size_t size, uint8_t tag) {
    const volatile uint8_t *bytes = block;
    env->damaged += bytes[0] != tag || bytes[size - 1] != tag;
}

static inline void bench_mailbox_publish(struct bench_mailbox *box) {
    __atomic_store_n(&box->tail, box->written, __ATOMIC_RELEASE);
}

// False when the ring is full: the receiver is behind, and p is still the sender's.
static inline bool bench_mailbox_send(struct bench_mailbox *box, void *p) {
    if (box->written - box->head_seen > box->mask) {
        box->head_seen = __atomic_load_n(&box->head, __ATOMIC_ACQUIRE);
        if (box->written - box->head_seen > box->mask) {
            bench_mailbox_publish(box);
            return false;
        }
    }
    box->entries[box->written++ & box->mask] = p;
    if ((box->written & box->batch_mask) == 0) {
        bench_mailbox_publish(box);
    }
    return true;
}

// Takes up to max letters, oldest first; answers how many.
static inline size_t bench_mailbox_take(struct bench_mailbox *box, void **out, size_t max) {
    size_t head = box->head;
    if (box->tail_seen == head) {
        box->tail_seen = __atomic_load_n(&box->tail, __ATOMIC_ACQUIRE);
    }
    size_t count = box->tail_seen - head;
    if (count > max) {
        count = max;
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = box->entries[(head + i) & box->mask];
    }
    if (count != 0) {
        __atomic_store_n(&box->head, head + count, __ATOMIC_RELEASE);
    }
    return count;
}

#endif
