// SPDX-License-Identifier: MIT
// Threads that take frames in every way, share them, keep them in lists and put them, against a shadow of every frame's
// references. After each round every thread moves to another CPU slot, so that slots are left behind full of cached
// frames, and drains one that was left; the first thread reclaims memory while the others go on working.
#include "support/args.h"
#include "support/crew.h"
#include "support/die.h"
#include "support/region.h"
#include "support/rng.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wfheap/frame.h>

#define MIB (UINT64_C(1) << 20)
#define FRAME ((uint64_t)FRAME_BYTES)
#define BASE (FRAME_LIMIT_DMA32 - 8 * MIB) // so that a limit cuts the memory into arenas

enum { PLACES = 192, MAILBOXES = 64, RUN_MOST = 300 };

struct stress {
    frame_pool *pool;
    unsigned char *memory; // behind the frames
    size_t frames, threads, rounds, steps_per_round;
    _Atomic uint32_t *references;        // the shadow
    _Atomic uint64_t mailbox[MAILBOXES]; // 0, or a frame whose reference goes with it
};

struct run {
    uint64_t first;
    size_t count;
};

struct user {
    struct stress *stress;
    size_t cpu, index;
    struct rng rng;
    struct run runs[PLACES];
    struct frame_list list;
    size_t failures;
};

static unsigned char *bytes_of(const struct stress *self, uint64_t frame) {
    return self->memory + (frame - BASE);
}

static _Atomic uint32_t *shadow_of(const struct stress *self, uint64_t frame) {
    if (frame < BASE || (frame - BASE) / FRAME >= self->frames || frame % FRAME != 0) {
        die("frame %#llx does not exist", (unsigned long long)frame);
    }
    return &self->references[(frame - BASE) / FRAME];
}

// What a frame holds while its holders are who they should be.
static uint64_t pattern_of(uint64_t frame) {
    return frame * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

static void frame_enter(const struct stress *self, uint64_t frame, bool zeroed) {
    uint64_t *words = (uint64_t *)(void *)bytes_of(self, frame);
    uint32_t before = atomic_fetch_add_explicit(shadow_of(self, frame), 1, memory_order_relaxed);
    if (before != 0) {
        die("frame %#llx was handed out with %u references to it", (unsigned long long)frame, before);
    }
    if (zeroed && (words[0] != 0 || words[FRAME / 8 - 1] != 0)) {
        die("frame %#llx is not zeroed", (unsigned long long)frame);
    }
    words[0] = words[FRAME / 8 - 1] = pattern_of(frame);
}

static void frame_leave(const struct stress *self, uint64_t frame) {
    const uint64_t *words = (const uint64_t *)(const void *)bytes_of(self, frame);
    if (words[0] != pattern_of(frame) || words[FRAME / 8 - 1] != pattern_of(frame)) {
        die("somebody else wrote to frame %#llx", (unsigned long long)frame);
    }
    if (atomic_fetch_sub_explicit(shadow_of(self, frame), 1, memory_order_relaxed) == 0) {
        die("frame %#llx has no reference to put", (unsigned long long)frame);
    }
}

static void user_put(struct user *self, struct run *run, bool one_by_one) {
    for (size_t i = 0; i < run->count; i++) {
        frame_leave(self->stress, run->first + i * FRAME);
    }
    for (size_t i = 0; one_by_one && i < run->count; i++) {
        frame_put(self->stress->pool, self->cpu, run->first + i * FRAME);
    }
    if (!one_by_one) {
        frame_put_contiguous(self->stress->pool, self->cpu, run->first, run->count);
    }
    run->count = 0;
}

static enum frame_error user_wish(struct user *self, struct frame_wish *wish, uint64_t *first) {
    wish->count = rng_percent(&self->rng, 50) ? 1 : rng_log_uniform(&self->rng, RUN_MOST);
    wish->align_bytes = rng_percent(&self->rng, 70) ? 0 : FRAME << rng_below(&self->rng, 8);
    wish->limit = rng_percent(&self->rng, 80)   ? FRAME_LIMIT_NONE
                  : rng_percent(&self->rng, 50) ? FRAME_LIMIT_DMA32
                                                : BASE + rng_below(&self->rng, self->stress->frames * FRAME);
    wish->node = rng_percent(&self->rng, 60) ? FRAME_NODE_OWN : (uint32_t)rng_below(&self->rng, 2);
    wish->zeroed = rng_percent(&self->rng, 10);
    enum frame_error error = frame_alloc_wish(self->stress->pool, self->cpu, wish, first);
    if (error == FRAME_OK &&
        (*first + wish->count * FRAME > wish->limit || (wish->align_bytes != 0 && *first % wish->align_bytes != 0))) {
        die("%zu frames at %#llx are not what was wished for", wish->count, (unsigned long long)*first);
    }
    return error;
}

// Takes a frame or a run into an empty place; false: no memory.
static bool user_take(struct user *self, struct run *run) {
    struct frame_wish wish = {.count = 1};
    uint64_t first;
    enum frame_error error = rng_percent(&self->rng, 60) ? frame_alloc(self->stress->pool, self->cpu, &first)
                                                         : user_wish(self, &wish, &first);
    if (error != FRAME_OK) {
        if (error != FRAME_ERR_OUT_OF_MEMORY && error != FRAME_ERR_TOO_LARGE && error != FRAME_ERR_ALIGN) {
            die("%s", frame_strerror(error));
        }
        self->failures++;
        return false;
    }
    for (size_t i = 0; i < wish.count; i++) {
        frame_enter(self->stress, first + i * FRAME, wish.zeroed);
    }
    *run = (struct run){first, wish.count};
    return true;
}

// Puts another reference into a mailbox, and the one found there away. Who turns out to be alone may write.
static void user_share(struct user *self, uint64_t frame) {
    struct stress *stress = self->stress;
    atomic_fetch_add_explicit(shadow_of(stress, frame), 1, memory_order_relaxed);
    frame_get(stress->pool, frame);
    uint64_t found =
        atomic_exchange_explicit(&stress->mailbox[rng_below(&self->rng, MAILBOXES)], frame, memory_order_acq_rel);
    if (found == 0) {
        return;
    }
    if (frame_is_unique(stress->pool, found)) {
        memset(bytes_of(stress, found) + 8, (int)self->index, FRAME - 16);
    }
    struct run run = {found, 1};
    user_put(self, &run, true);
}

static void user_list(struct user *self) {
    uint64_t offset = rng_log_uniform(&self->rng, UINT64_C(1) << 30) * FRAME, frame;
    struct run run = {0, 0};
    if (self->list.count < 64 && user_take(self, &run)) {
        enum frame_error error =
            run.count == 1 ? frame_list_insert(&self->list, self->cpu, offset, run.first) : FRAME_ERR_OCCUPIED;
        if (error == FRAME_OK) {
            return;
        }
        user_put(self, &run, false);
    }
    if (frame_list_next(&self->list, offset, &offset, &frame) == FRAME_OK) {
        frame_leave(self->stress, frame);
        if (frame_list_remove(&self->list, self->cpu, offset) != FRAME_OK) {
            die("a frame of a list cannot be removed");
        }
    }
}

static void user_step(struct user *self) {
    struct run *run = &self->runs[rng_below(&self->rng, PLACES)];
    if (rng_percent(&self->rng, 10)) {
        user_list(self);
    } else if (run->count == 0) {
        (void)user_take(self, run);
    } else if (rng_percent(&self->rng, 15)) {
        user_share(self, run->first + rng_below(&self->rng, run->count) * FRAME);
    } else {
        user_put(self, run, rng_percent(&self->rng, 30));
    }
}

static size_t slot_in_round(const struct stress *self, size_t thread, size_t round) {
    return (2 * thread + round) % (2 * self->threads);
}

static void user_work(struct crew_member *member) {
    struct stress *stress = member->crew->context;
    struct user *self = calloc(1, sizeof *self);
    if (self == NULL) {
        die_unusable("no memory for a thread");
    }
    *self = (struct user){.stress = stress, .index = member->index, .rng = {member->index * 1000 + stress->rounds}};
    (void)frame_list_init(&self->list, stress->pool);
    for (size_t round = 0; round < stress->rounds; round++) {
        self->cpu = slot_in_round(stress, member->index, round);
        bool more = round > 0;
        for (size_t step = 0; step < stress->steps_per_round; step++) {
            user_step(self);
            if (more && step % 16 == 0) {
                more = frame_drain(stress->pool, slot_in_round(stress, member->index, round + 1));
            }
        }
        if (member->index == 0 && round % 2 == 1) {
            (void)frame_reclaim(stress->pool, 0, BASE + round * stress->frames * FRAME / stress->rounds);
        }
        crew_meet(member->crew);
    }
    for (size_t i = 0; i < PLACES; i++) {
        user_put(self, &self->runs[i], false);
    }
    uint64_t offset, frame;
    while (frame_list_first(&self->list, &offset, &frame) == FRAME_OK) {
        frame_leave(stress, frame);
        (void)frame_list_remove(&self->list, self->cpu, offset);
    }
    free(self);
}

// Nothing runs any more: every frame must come back.
static void reckon(struct stress *self, size_t *frames) {
    for (size_t i = 0; i < MAILBOXES; i++) {
        uint64_t frame = atomic_load(&self->mailbox[i]);
        if (frame != 0) {
            frame_leave(self, frame);
            frame_put(self->pool, 0, frame);
        }
    }
    for (size_t cpu = 0; cpu < 2 * self->threads; cpu++) {
        while (frame_drain(self->pool, cpu)) {
        }
    }
    struct frame_finding finding;
    struct frame_stats stats;
    if (!frame_check(self->pool, &finding)) {
        die("%s: frame %#llx, want %llu, have %llu", finding.rule, (unsigned long long)finding.frame,
            (unsigned long long)finding.want, (unsigned long long)finding.have);
    }
    frame_stats(self->pool, &stats);
    if (stats.free != stats.managed || stats.pending != 0) {
        die("%zu frames of %zu are free, %zu wait", stats.free, stats.managed, stats.pending);
    }
    *frames = stats.managed;
}

int main(int argc, char **argv) {
    struct arg args[] = {
        {"threads", 4, 1, 256}, {"ops", 400000, 1, 1000000000}, {"frames", 8192, 6144, 1 << 22}, {"rounds", 6, 1, 100}};
    size_t count = ARGS_COUNT(args);
    args_parse(args, count, argc, argv);
    static struct stress self;
    self.threads = args_get(args, count, "threads");
    self.rounds = args_get(args, count, "rounds");
    self.frames = args_get(args, count, "frames");
    self.steps_per_round = args_get(args, count, "ops") / self.threads / self.rounds + 1;
    self.memory = region_map(self.frames * FRAME, 0);
    self.references = calloc(self.frames, sizeof *self.references);
    struct frame_region regions[] = {{BASE, self.frames * FRAME, FRAME_USABLE, 0},
                                     {BASE + 3 * MIB, 77 * FRAME, FRAME_RESERVED, 0},
                                     {BASE + 12 * MIB, MIB, FRAME_RECLAIMABLE, 0},
                                     {BASE + 16 * MIB + 9 * FRAME, self.frames * FRAME, FRAME_USABLE, 1}};
    regions[0].bytes = 16 * MIB + 9 * FRAME;
    regions[3].bytes = self.frames * FRAME - regions[0].bytes;
    uint32_t node_of_cpu[512];
    for (size_t i = 0; i < 512; i++) {
        node_of_cpu[i] = i % 2;
    }
    struct frame_config config = {.regions = regions,
                                  .region_count = ARGS_COUNT(regions),
                                  .cpus = 2 * self.threads,
                                  .nodes = 2,
                                  .node_of_cpu = node_of_cpu,
                                  .direct_map = (uintptr_t)self.memory - BASE};
    size_t bytes = frame_footprint(&config), frames, failures = 0;
    void *storage = aligned_alloc(FRAME_STORAGE_ALIGN, bytes);
    if (self.references == NULL || storage == NULL || frame_init(&config, storage, bytes, &self.pool) != FRAME_OK) {
        die_unusable("no pool of %zu frames", self.frames);
    }
    struct crew crew;
    crew_start(&crew, self.threads, user_work, &self);
    crew_join(&crew);
    for (size_t cpu = 0; cpu < 2 * self.threads; cpu++) {
        struct frame_cpu_stats stats;
        failures += frame_cpu_stats(self.pool, cpu, &stats) ? (size_t)stats.failures : 0;
    }
    (void)frame_reclaim(self.pool, 0, UINT64_MAX);
    reckon(&self, &frames);
    printf("%zu threads, %zu steps each, %zu frames, %zu requests refused\n", self.threads,
           self.steps_per_round * self.rounds, frames, failures);
    free(storage);
    free((void *)self.references);
    region_unmap(self.memory, self.frames * FRAME);
    return 0;
}
