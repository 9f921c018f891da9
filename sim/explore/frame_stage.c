// SPDX-License-Identifier: MIT
// A pool for scenarios; see frame_stage.h.
#include "frame_stage.h"

#include "account.h"
#include "arena.h"
#include "frame/frame_steps.h"
#include "names.h"
#include "shadow.h"
#include "snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_AT ((uint64_t)16 << 20) // where the frames' addresses begin

struct frame_stage frame_stage;
static struct frame_hand hands[CPUS_MAX][FRAME_HANDS_MOST];
static struct span_map watched; // no spans, only the arena's page map, for the account

static _Noreturn void give_up(const char *why) {
    (void)fprintf(stderr, "wfsim: %s\n", why);
    exit(1);
}

void frame_stage_build(size_t frames, bool (*spare)(size_t frame)) {
    struct frame_stage *self = &frame_stage;
    unsigned char *memory = arena_take(frames << PAGE_SHIFT, (size_t)64 << PAGE_SHIFT);
    struct frame_region region = {ARENA_AT, (uint64_t)frames << PAGE_SHIFT, FRAME_USABLE, 0};
    struct frame_config config = {.regions = &region,
                                  .region_count = 1,
                                  .cpus = world.cpus,
                                  .direct_map = (uintptr_t)memory - (uintptr_t)ARENA_AT};
    size_t bytes = frame_footprint(&config);
    void *storage = arena_take(bytes, FRAME_STORAGE_ALIGN);
    enum frame_error error = frame_init(&config, storage, bytes, &self->pool);
    if (error != FRAME_OK)
        give_up(frame_strerror(error));
    self->base = ARENA_AT;
    self->frames = frames;
    for (size_t frame = 0; frame < frames; frame++) {
        if (!spare(frame) && frame_mark_used(self->pool, frame_stage_address(frame), 1) != FRAME_OK)
            give_up("a frame cannot be pinned.");
        self->pinned += !spare(frame);
    }
    frame_limits(self->pool, &self->limits);
    self->hidden_most = BITS_WORD;
    watched.page = self->pool->arenas[0].map;
    account_watch(&watched);
    arena_keep(storage, bytes);
    snapshot_keep(hands, world.cpus * sizeof hands[0]);
    shadow_keep(memory, frames << PAGE_SHIFT, FRAME_BYTES);
}

void frame_stage_begin(void) {
    shadow_begin(FRAME_BYTES);
    memset(hands, 0, world.cpus * sizeof hands[0]);
}

static const void *memory_of(uint64_t frame) {
    return frame_reach(frame_stage.pool, frame);
}

void frame_stage_hold(unsigned cpu, uint64_t first, size_t count) {
    if (first < frame_stage.base || first + count * FRAME_BYTES > frame_stage_address(frame_stage.frames))
        world_fail("CPU %u was given frames that do not exist", cpu);
    shadow_enter(cpu, memory_of(first), count * FRAME_BYTES);
    for (unsigned i = 0; i < FRAME_HANDS_MOST; i++) {
        if (hands[cpu][i].count == 0) {
            hands[cpu][i] = (struct frame_hand){first, count};
            return;
        }
    }
    world_fail("CPU %u holds more than %u runs, which the scenario has no room for", cpu, FRAME_HANDS_MOST);
}

void frame_stage_release(unsigned cpu, uint64_t first, size_t count) {
    shadow_leave(cpu, memory_of(first), count * FRAME_BYTES);
    for (unsigned i = 0; i < FRAME_HANDS_MOST; i++) {
        struct frame_hand *hand = &hands[cpu][i];
        if (hand->count == 0 || hand->first != first)
            continue;
        hand->first += count * FRAME_BYTES; // what is left of it
        hand->count -= count;
        return;
    }
}

void frame_stage_part(unsigned cpu, uint64_t first, size_t count) {
    for (unsigned i = 0; i < FRAME_HANDS_MOST; i++) {
        struct frame_hand *hand = &hands[cpu][i];
        if (hand->count <= count || hand->first != first)
            continue;
        shadow_leave(cpu, memory_of(first + count * FRAME_BYTES), (hand->count - count) * FRAME_BYTES);
        hand->count = count;
    }
}

// The end of a call that allocates: a refusal must be true, and the frames are entered.
static struct frame_hand end_alloc(unsigned cpu, size_t count, enum frame_error error, uint64_t first) {
    size_t least = account_least(cpu) >> PAGE_SHIFT;
    call_end(cpu);
    if (error == FRAME_ERR_OUT_OF_MEMORY && least > frame_stage.limits.reserve_frames)
        world_fail("a false OUT_OF_MEMORY: CPU %u was refused %zu frames, though %zu that suit were free all the time",
                   cpu, count, least);
    if (error != FRAME_OK && error != FRAME_ERR_OUT_OF_MEMORY)
        world_fail("CPU %u: %s", cpu, frame_strerror(error));
    if (error != FRAME_OK)
        return (struct frame_hand){0, 0};
    frame_stage_hold(cpu, first, count);
    return (struct frame_hand){first, count};
}

struct frame_hand frame_stage_alloc(unsigned cpu) {
    uint64_t first = FRAME_NONE;
    call_begin_last(cpu, "frame_alloc", frame_stage.limits.alloc_steps_max, frame_stage.limits.last_resort_steps_max);
    account_want(cpu, GIFT_NO_CLASS, 0);
    enum frame_error error = frame_alloc(frame_stage.pool, cpu, &first);
    return end_alloc(cpu, 1, error, first);
}

struct frame_hand frame_stage_wish(unsigned cpu, size_t count, uint64_t align_bytes, uint64_t limit) {
    struct frame_wish wish = {count, align_bytes, limit, FRAME_NODE_OWN, false};
    uint64_t first = FRAME_NONE;
    const struct frame_limits *limits = &frame_stage.limits;
    call_begin_last(cpu, "frame_alloc_wish",
                    limit == FRAME_LIMIT_NONE ? limits->alloc_steps_max : limits->last_resort_steps_max,
                    limits->last_resort_steps_max);
    // What suits is counted as aligned runs; a wish for less than that, at least.
    bool is_counted = limit == FRAME_LIMIT_NONE && align_bytes <= FRAME_BYTES << bits_log2_up(count);
    account_want(cpu, GIFT_NO_CLASS, is_counted ? bits_log2_up(count) : PAGE_ORDERS - 1);
    enum frame_error error = frame_alloc_wish(frame_stage.pool, cpu, &wish, &first);
    struct frame_hand hand = end_alloc(cpu, count, error, first);
    if (hand.count != 0 && ((align_bytes != 0 && first % align_bytes != 0) || first + count * FRAME_BYTES > limit))
        world_fail("CPU %u was given %zu frames at %#llx, which it did not wish for", cpu, count,
                   (unsigned long long)first);
    return hand;
}

void frame_stage_put(unsigned cpu, struct frame_hand *hand) {
    if (hand->count == 0)
        return;
    struct frame_hand put = *hand;
    frame_stage_release(cpu, put.first, put.count);
    hand->count = 0;
    // A single run of up to 64 frames.
    call_begin(cpu, "frame_put_contiguous", 4 * put.count + 8 + 2 * frame_stage.limits.put_steps_max);
    frame_put_contiguous(frame_stage.pool, cpu, put.first, put.count);
    call_end(cpu);
}

void frame_stage_put_each(unsigned cpu, struct frame_hand *hand) {
    struct frame_hand put = *hand;
    hand->count = 0;
    for (size_t i = 0; i < put.count; i++) {
        uint64_t frame = put.first + i * FRAME_BYTES;
        frame_stage_release(cpu, frame, 1);
        call_begin(cpu, "frame_put", frame_stage.limits.put_steps_max);
        frame_put(frame_stage.pool, cpu, frame);
        call_end(cpu);
    }
}

void frame_stage_drain(unsigned cpu) {
    call_begin(cpu, "frame_drain", frame_stage.limits.drain_steps_max);
    (void)frame_drain(frame_stage.pool, cpu);
    call_end(cpu);
}

uint64_t frame_stage_digest(unsigned cpu) {
    uint64_t digest = hash_bytes(0, &frame_stage.pool->caches[cpu], sizeof frame_stage.pool->caches[cpu]);
    return hash_bytes(digest, hands[cpu], sizeof hands[cpu]);
}

static void check_rules(void) {
    struct frame_finding finding;
    if (!frame_check(frame_stage.pool, &finding))
        world_fail("broken rule: %s: frame %lld: want %llu, have %llu", finding.rule,
                   (long long)(finding.frame - frame_stage.base) / FRAME_BYTES, (unsigned long long)finding.want,
                   (unsigned long long)finding.have);
}

void frame_stage_finish(void) {
    size_t held = 0;
    if (world.state.frozen == 0)
        check_rules();
    for (unsigned cpu = 0; cpu < world.cpus; cpu++) {
        bool stopped = world.cpu[cpu].frozen;
        for (unsigned i = 0; i < FRAME_HANDS_MOST; i++) {
            struct frame_hand hand = hands[cpu][i];
            held += stopped ? hand.count : 0;
            if (stopped || hand.count == 0)
                continue;
            frame_stage_release(cpu, hand.first, hand.count);
            frame_put_contiguous(frame_stage.pool, cpu, hand.first, hand.count);
        }
        while (!stopped && frame_drain(frame_stage.pool, cpu)) {
        }
    }
    struct frame_stats stats;
    frame_stats(frame_stage.pool, &stats);
    size_t stopped = world.state.frozen;
    size_t hidden = stopped * (frame_stage.limits.hidden_frames_per_cpu + frame_stage.hidden_most) + held;
    if (stats.free + frame_stage.pinned + hidden < frame_stage.frames)
        world_fail("%s: %zu of %zu frames are free, with %zu CPUs stopped that may hide %zu",
                   stopped == 0 ? "lost" : "hidden", stats.free, frame_stage.frames - frame_stage.pinned, stopped,
                   hidden);
    if (stopped == 0)
        check_rules();
}

void frame_stage_name(const void *at, char *name, size_t bytes) {
    names_of_frames(frame_stage.pool, at, name, bytes);
}
