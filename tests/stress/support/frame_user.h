// SPDX-License-Identifier: MIT
// Users of a pool of frames: they take frames in every way, share them, keep them in lists and put them, against a
// shadow of every frame's references and a pattern in every frame. A user calls nothing but the pool, so that it may
// act inside a signal handler as well.
#ifndef STRESS_FRAME_USER_H
#define STRESS_FRAME_USER_H

#include "rng.h"
#include "watch.h"

#include <stdatomic.h>
#include <wfheap/frame.h>

#define FRAME_YARD_BASE (FRAME_LIMIT_DMA32 - ((uint64_t)8 << 20)) // so that a limit cuts the memory into arenas
#define FRAME_YARD_FRAMES_MIN 6144u
#define FRAME_USER_PLACES 192u

enum { FRAME_YARD_BOXES = 64, FRAME_YARD_BALLAST = 8192 };

// Two nodes, a hole, and memory that is reclaimed later.
struct frame_yard {
    frame_pool *pool;
    void *storage;
    unsigned char *memory; // behind the frames
    size_t frames, cpus;
    uint64_t ballast[FRAME_YARD_BALLAST]; // runs of 64 frames
    size_t ballast_count;
    _Atomic uint32_t *references;             // the shadow
    _Atomic uint64_t boxes[FRAME_YARD_BOXES]; // 0, or a frame whose reference goes with it
};

void frame_yard_init(struct frame_yard *self, size_t frames, size_t cpus);
void frame_yard_destroy(struct frame_yard *self);

// Admits a part of what is to be reclaimed: the first `part` of `parts`.
void frame_yard_reclaim(struct frame_yard *self, size_t part, size_t parts);

// Takes runs of 64 frames out of use until no more than `free` are left, so that users meet the last resort. Before the
// first of them; frame_yard_settle puts them.
void frame_yard_load(struct frame_yard *self, size_t free);

// Every rule of the pool must hold. Quiescent.
void frame_yard_check(const struct frame_yard *self);

// Nothing runs any more, and users hold nothing: empties the boxes and drains every slot for which `skip` is NULL or
// says false. Answers how many managed frames are not free.
size_t frame_yard_settle(struct frame_yard *self, const bool *skip);

struct frame_run {
    uint64_t first;
    size_t count;
};

struct frame_user {
    struct frame_yard *yard;
    size_t cpu, index;
    size_t places, run_most; // runs held at a time, and their length
    struct rng rng;
    struct frame_run runs[FRAME_USER_PLACES];
    struct frame_list list;
    size_t failures;    // requests refused
    struct watch watch; // of its calls of the pool
};

// places: at most FRAME_USER_PLACES.
void frame_user_init(struct frame_user *self, struct frame_yard *yard, size_t index, size_t cpu, size_t places,
                     size_t run_most, uint64_t seed);

// One random operation.
void frame_user_step(struct frame_user *self);

// Puts everything that is held.
void frame_user_release(struct frame_user *self);

// Gives back one piece of what a slot hides; true while there is more.
bool frame_user_drain(struct frame_user *self, size_t cpu);

#endif
