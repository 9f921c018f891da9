// SPDX-License-Identifier: MIT
// A pool of a few frames for scenarios: one arena, most of whose frames are in use for ever; memory behind them,
// watched frame by frame; and what each CPU holds. Every run of frames that a call handed out is entered, and given
// back in the end.
#ifndef FRAME_STAGE_H
#define FRAME_STAGE_H

#include "frame/frame_state.h"
#include "world.h"

#define FRAME_HANDS_MOST 8u // runs that a CPU holds at a time

struct frame_hand {
    uint64_t first;
    size_t count; // 0: vacant
};

struct frame_stage {
    frame_pool *pool;
    struct frame_limits limits;
    uint64_t base;      // of the arena; memory lies at base + pool->direct_map
    size_t frames;      // of the arena
    size_t pinned;      // in use for ever
    size_t hidden_most; // by a stopped call, beside its cache and what its CPU holds
};
extern struct frame_stage frame_stage;

// A pool with an arena of so many frames, a multiple of 64. `spare` answers whether a frame is not pinned.
void frame_stage_build(size_t frames, bool (*spare)(size_t frame));

// Called from `begin` of a scenario: nobody holds anything.
void frame_stage_begin(void);

static inline uint64_t frame_stage_address(size_t frame) {
    return frame_stage.base + frame * FRAME_BYTES;
}

// What a CPU got, or is about to give back.
void frame_stage_hold(unsigned cpu, uint64_t first, size_t count);
void frame_stage_release(unsigned cpu, uint64_t first, size_t count);
// Keeps the first `count` frames of what it got; the others are nobody's.
void frame_stage_part(unsigned cpu, uint64_t first, size_t count);

// Whole calls with their checks. A call that got nothing answers 0 frames.
struct frame_hand frame_stage_alloc(unsigned cpu);
struct frame_hand frame_stage_wish(unsigned cpu, size_t count, uint64_t align_bytes, uint64_t limit);
void frame_stage_put(unsigned cpu, struct frame_hand *hand);
void frame_stage_put_each(unsigned cpu, struct frame_hand *hand);
void frame_stage_drain(unsigned cpu);

// What the core and the scenario know of a CPU.
uint64_t frame_stage_digest(unsigned cpu);

// Everybody is done or stopped: gives back what the living hold, drains them, and expects every frame that is not
// pinned to be free, but for what stopped CPUs may hide, and every rule to hold.
void frame_stage_finish(void);

void frame_stage_name(const void *at, char *name, size_t bytes);

#endif
