// SPDX-License-Identifier: MIT
// Random users of frames under watch.
#include "frame_user.h"

#include "die.h"
#include "region.h"

#include <stdlib.h>
#include <string.h>

#define MIB ((uint64_t)1 << 20)
#define FRAME ((uint64_t)FRAME_BYTES)
#define BASE FRAME_YARD_BASE
#define RECLAIMED_AT (BASE + 12 * MIB)
#define RECLAIMED_BYTES MIB
#define LIST_MOST 64u

void frame_yard_init(struct frame_yard *self, size_t frames, size_t cpus) {
    const uint64_t second = BASE + 16 * MIB + 9 * FRAME;
    struct frame_region regions[] = {{BASE, second - BASE, FRAME_USABLE, 0},
                                     {BASE + 3 * MIB, 77 * FRAME, FRAME_RESERVED, 0},
                                     {RECLAIMED_AT, RECLAIMED_BYTES, FRAME_RECLAIMABLE, 0},
                                     {second, BASE + frames * FRAME - second, FRAME_USABLE, 1}};
    uint32_t *node_of_cpu = calloc(cpus, sizeof *node_of_cpu);
    *self = (struct frame_yard){.frames = frames, .cpus = cpus, .memory = region_map(frames * FRAME, 0)};
    self->references = calloc(frames, sizeof *self->references);
    if (node_of_cpu == NULL || self->references == NULL) {
        die_unusable("no memory for a shadow of %zu frames", frames);
    }
    for (size_t i = 0; i < cpus; i++) {
        node_of_cpu[i] = i % 2;
    }
    struct frame_config config = {.regions = regions,
                                  .region_count = sizeof regions / sizeof regions[0],
                                  .cpus = cpus,
                                  .nodes = 2,
                                  .node_of_cpu = node_of_cpu,
                                  .direct_map = (uintptr_t)self->memory - BASE};
    size_t bytes = frame_footprint(&config);
    self->storage = bytes == 0 ? NULL : aligned_alloc(FRAME_STORAGE_ALIGN, bytes);
    if (self->storage == NULL || frame_init(&config, self->storage, bytes, &self->pool) != FRAME_OK) {
        die_unusable("no pool of %zu frames", frames);
    }
    free(node_of_cpu);
}

void frame_yard_destroy(struct frame_yard *self) {
    free(self->storage);
    free((void *)self->references);
    region_unmap(self->memory, self->frames * FRAME);
}

void frame_yard_reclaim(struct frame_yard *self, size_t part, size_t parts) {
    (void)frame_reclaim(self->pool, RECLAIMED_AT, part * RECLAIMED_BYTES / parts);
}

void frame_yard_load(struct frame_yard *self, size_t free) {
    struct frame_stats stats;
    for (frame_stats(self->pool, &stats); stats.free > free; frame_stats(self->pool, &stats)) {
        if (self->ballast_count == FRAME_YARD_BALLAST ||
            frame_alloc_contiguous(self->pool, 0, 64, 0, &self->ballast[self->ballast_count]) != FRAME_OK) {
            die_unusable("%zu frames are left free, not %zu", stats.free, free);
        }
        self->ballast_count++;
    }
}

static unsigned char *bytes_of(const struct frame_yard *self, uint64_t frame) {
    return self->memory + (frame - BASE);
}

static _Atomic uint32_t *shadow_of(const struct frame_yard *self, uint64_t frame) {
    if (frame < BASE || (frame - BASE) / FRAME >= self->frames || frame % FRAME != 0) {
        die("frame %#llx does not exist", (unsigned long long)frame);
    }
    return &self->references[(frame - BASE) / FRAME];
}

// What a frame holds while its holders are who they should be.
static uint64_t pattern_of(uint64_t frame) {
    return frame * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

static void yard_enter(const struct frame_yard *self, uint64_t frame, bool zeroed) {
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

static void yard_leave(const struct frame_yard *self, uint64_t frame) {
    const uint64_t *words = (const uint64_t *)(const void *)bytes_of(self, frame);
    if (words[0] != pattern_of(frame) || words[FRAME / 8 - 1] != pattern_of(frame)) {
        die("somebody else wrote to frame %#llx", (unsigned long long)frame);
    }
    if (atomic_fetch_sub_explicit(shadow_of(self, frame), 1, memory_order_relaxed) == 0) {
        die("frame %#llx has no reference to put", (unsigned long long)frame);
    }
}

void frame_yard_check(const struct frame_yard *self) {
    struct frame_finding finding;
    if (!frame_check(self->pool, &finding)) {
        die("%s: frame %#llx, want %llu, have %llu", finding.rule, (unsigned long long)finding.frame,
            (unsigned long long)finding.want, (unsigned long long)finding.have);
    }
}

size_t frame_yard_settle(struct frame_yard *self, const bool *skip) {
    size_t alive = 0;
    while (skip != NULL && alive + 1 < self->cpus && skip[alive]) {
        alive++;
    }
    while (self->ballast_count > 0) {
        frame_put_contiguous(self->pool, alive, self->ballast[--self->ballast_count], 64);
    }
    for (size_t i = 0; i < FRAME_YARD_BOXES; i++) {
        uint64_t frame = atomic_load(&self->boxes[i]);
        if (frame != 0) {
            yard_leave(self, frame);
            frame_put(self->pool, alive, frame);
            atomic_store(&self->boxes[i], 0);
        }
    }
    for (size_t cpu = 0; cpu < self->cpus; cpu++) {
        while ((skip == NULL || !skip[cpu]) && frame_drain(self->pool, cpu)) {
        }
    }
    struct frame_stats stats;
    frame_stats(self->pool, &stats);
    return stats.managed - stats.free;
}

void frame_user_init(struct frame_user *self, struct frame_yard *yard, size_t index, size_t cpu, size_t places,
                     size_t run_most, uint64_t seed) {
    *self = (struct frame_user){.yard = yard, .cpu = cpu, .index = index, .places = places, .run_most = run_most};
    self->rng.state = seed + (uint64_t)index * 1000003u;
    (void)frame_list_init(&self->list, yard->pool);
}

static void user_put_one(struct frame_user *self, uint64_t frame) {
    watch_enter(&self->watch);
    frame_put(self->yard->pool, self->cpu, frame);
    watch_leave(&self->watch);
}

static void user_put(struct frame_user *self, struct frame_run *run, bool one_by_one) {
    struct frame_run put = *run;
    run->count = 0;
    for (size_t i = 0; i < put.count; i++) {
        yard_leave(self->yard, put.first + i * FRAME);
    }
    for (size_t i = 0; one_by_one && i < put.count; i++) {
        user_put_one(self, put.first + i * FRAME);
    }
    if (!one_by_one) {
        watch_enter(&self->watch);
        frame_put_contiguous(self->yard->pool, self->cpu, put.first, put.count);
        watch_leave(&self->watch);
    }
}

static enum frame_error user_wish(struct frame_user *self, struct frame_wish *wish, uint64_t *first) {
    struct rng *rng = &self->rng;
    wish->count = rng_percent(rng, 50) ? 1 : rng_log_uniform(rng, self->run_most);
    wish->align_bytes = rng_percent(rng, 70) ? 0 : FRAME << rng_below(rng, 8);
    wish->limit = rng_percent(rng, 80)   ? FRAME_LIMIT_NONE
                  : rng_percent(rng, 50) ? FRAME_LIMIT_DMA32
                                         : BASE + rng_below(rng, self->yard->frames * FRAME);
    wish->node = rng_percent(rng, 60) ? FRAME_NODE_OWN : (uint32_t)rng_below(rng, 2);
    wish->zeroed = rng_percent(rng, 10);
    watch_enter(&self->watch);
    enum frame_error error = frame_alloc_wish(self->yard->pool, self->cpu, wish, first);
    watch_leave(&self->watch);
    if (error == FRAME_OK &&
        (*first + wish->count * FRAME > wish->limit || (wish->align_bytes != 0 && *first % wish->align_bytes != 0))) {
        die("%zu frames at %#llx are not what was wished for", wish->count, (unsigned long long)*first);
    }
    return error;
}

static enum frame_error user_take_one(struct frame_user *self, uint64_t *frame) {
    watch_enter(&self->watch);
    enum frame_error error = frame_alloc(self->yard->pool, self->cpu, frame);
    watch_leave(&self->watch);
    return error;
}

// Takes a frame or a run into an empty place; false: no memory.
static bool user_take(struct frame_user *self, struct frame_run *run) {
    struct frame_wish wish = {.count = 1};
    uint64_t first;
    enum frame_error error = rng_percent(&self->rng, 60) ? user_take_one(self, &first) : user_wish(self, &wish, &first);
    if (error != FRAME_OK) {
        if (error != FRAME_ERR_OUT_OF_MEMORY && error != FRAME_ERR_TOO_LARGE && error != FRAME_ERR_ALIGN) {
            die("%s", frame_strerror(error));
        }
        self->failures++;
        return false;
    }
    for (size_t i = 0; i < wish.count; i++) {
        yard_enter(self->yard, first + i * FRAME, wish.zeroed);
    }
    *run = (struct frame_run){first, wish.count};
    return true;
}

// Puts another reference into a box, and the one found there away. Who turns out to be alone may write.
static void user_share(struct frame_user *self, uint64_t frame) {
    struct frame_yard *yard = self->yard;
    atomic_fetch_add_explicit(shadow_of(yard, frame), 1, memory_order_relaxed);
    watch_enter(&self->watch);
    frame_get(yard->pool, frame);
    watch_leave(&self->watch);
    uint64_t found =
        atomic_exchange_explicit(&yard->boxes[rng_below(&self->rng, FRAME_YARD_BOXES)], frame, memory_order_acq_rel);
    if (found == 0) {
        return;
    }
    if (frame_is_unique(yard->pool, found)) {
        memset(bytes_of(yard, found) + 8, (int)self->index, FRAME - 16);
    }
    struct frame_run run = {found, 1};
    user_put(self, &run, true);
}

static void user_unlist(struct frame_user *self, uint64_t offset, uint64_t frame) {
    yard_leave(self->yard, frame);
    watch_enter(&self->watch);
    enum frame_error error = frame_list_remove(&self->list, self->cpu, offset);
    watch_leave(&self->watch);
    if (error != FRAME_OK) {
        die("a frame of a list cannot be removed");
    }
}

static void user_list(struct frame_user *self) {
    uint64_t offset = rng_log_uniform(&self->rng, UINT64_C(1) << 30) * FRAME, frame;
    struct frame_run run = {0, 0};
    if (self->list.count < LIST_MOST && user_take(self, &run)) {
        enum frame_error error = FRAME_ERR_OCCUPIED;
        if (run.count == 1) {
            watch_enter(&self->watch);
            error = frame_list_insert(&self->list, self->cpu, offset, run.first);
            watch_leave(&self->watch);
        }
        if (error == FRAME_OK) {
            return;
        }
        user_put(self, &run, false);
    }
    if (frame_list_next(&self->list, offset, &offset, &frame) == FRAME_OK) {
        user_unlist(self, offset, frame);
    }
}

void frame_user_step(struct frame_user *self) {
    struct frame_run *run = &self->runs[rng_below(&self->rng, self->places)];
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

void frame_user_release(struct frame_user *self) {
    uint64_t offset, frame;
    for (size_t i = 0; i < self->places; i++) {
        user_put(self, &self->runs[i], false);
    }
    while (frame_list_first(&self->list, &offset, &frame) == FRAME_OK) {
        user_unlist(self, offset, frame);
    }
}

bool frame_user_drain(struct frame_user *self, size_t cpu) {
    watch_enter(&self->watch);
    bool more = frame_drain(self->yard->pool, cpu);
    watch_leave(&self->watch);
    return more;
}
