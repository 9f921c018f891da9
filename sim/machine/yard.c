// SPDX-License-Identifier: MIT
// Frames on the machine: a pool instead of a heap, whose users are the task and the handlers of each slot. At the end
// everything is put, and the pool must have it all, but for what stopped CPUs hide; and a single CPU that takes frame
// after frame is refused only when next to nothing is left.
#include "machine.h"

#include "stress/support/die.h"

#include <stdio.h>
#include <stdlib.h>

#define CALL_FRAMES 64u // that a call has in hand beside what its user asked for, and as many as a gift in its word

void yard_make(struct machine *self) {
    const struct plan *plan = &self->plan;
    size_t frames = plan_region_bytes(plan) / FRAME_BYTES;
    frames = frames < FRAME_YARD_FRAMES_MIN ? FRAME_YARD_FRAMES_MIN : frames;
    frame_yard_init(&self->yard, frames, plan->cpus);
    frame_yard_reclaim(&self->yard, 1, 1);
    frame_yard_load(&self->yard, plan->cpus * 256 < frames ? plan->cpus * 256 : frames);
    // bound: slots
    for (size_t slot = 0; slot < plan->cpus; slot++) {
        struct frame_user *users = calloc(IRQ_LEVELS, sizeof *users);
        if (users == NULL)
            die_unusable("machine: no memory for the users of slot %zu", slot);
        self->slots[slot].users = users;
        // bound: IRQ_LEVELS
        for (unsigned level = 0; level < IRQ_LEVELS; level++) {
            frame_user_init(&users[level], &self->yard, slot * IRQ_LEVELS + level, slot, plan->places,
                            plan->size_max / FRAME_BYTES, plan->seed);
            users[level].watch.on_enter = irq_call_enter;
            users[level].watch.on_leave = irq_call_leave;
        }
    }
}

void yard_destroy(struct machine *self) {
    // bound: slots
    for (size_t slot = 0; slot < self->plan.cpus; slot++)
        free(self->slots[slot].users);
    frame_yard_destroy(&self->yard);
}

size_t yard_refusals(const struct machine *self) {
    size_t refusals = 0;
    // bound: slots times IRQ_LEVELS
    for (size_t i = 0; i < self->plan.cpus * IRQ_LEVELS; i++)
        refusals += self->slots[i / IRQ_LEVELS].users[i % IRQ_LEVELS].failures;
    return refusals;
}

// What a user that was stopped keeps: its runs, its list with the nodes of that, and what it was busy with.
static size_t user_keeps(const struct frame_user *user) {
    size_t frames = 2 * user->run_most + 7 * (user->list.count + 2);
    // bound: places
    for (size_t i = 0; i < user->places; i++)
        frames += user->runs[i].count;
    return frames;
}

// The living give back all that they hold. Answers what those who are stopped may keep and hide.
static size_t yard_release(struct machine *self, const bool *stopped) {
    struct frame_limits limits;
    size_t hidden = 0;
    frame_limits(self->yard.pool, &limits);
    // bound: slots times IRQ_LEVELS
    for (size_t i = 0; i < self->plan.cpus * IRQ_LEVELS; i++) {
        size_t slot = i / IRQ_LEVELS;
        struct frame_user *user = &self->slots[slot].users[i % IRQ_LEVELS];
        if (stopped[slot]) {
            hidden += user_keeps(user) + (i % IRQ_LEVELS == 0 ? limits.hidden_frames_per_cpu + 2 * CALL_FRAMES : 0);
            continue;
        }
        user->watch = (struct watch){.on_enter = NULL};
        frame_user_release(user);
    }
    return hidden;
}

// One CPU takes frame after frame until it is refused.
static void yard_exhaust(struct machine *self, const bool *stopped) {
    size_t slot = 0, taken = 0;
    struct frame_stats stats;
    // bound: slots
    while (slot + 1 < self->plan.cpus && stopped[slot])
        slot++;
    uint64_t *frames = calloc(self->yard.frames, sizeof *frames);
    if (frames == NULL)
        die_unusable("machine: no memory for a list of %zu frames", self->yard.frames);
    // bound: frames
    while (taken < self->yard.frames && frame_alloc(self->yard.pool, slot, &frames[taken]) == FRAME_OK)
        taken++;
    frame_stats(self->yard.pool, &stats);
    if (stats.free > machine_stopped(self) * CALL_FRAMES)
        die("OUT_OF_MEMORY: CPU %zu alone has taken %zu frames and was refused one more, though %zu are free", slot,
            taken, stats.free);
    // bound: what was taken
    while (taken > 0)
        frame_put(self->yard.pool, slot, frames[--taken]);
    free(frames);
}

void yard_reckon(struct machine *self) {
    bool *stopped = machine_stopped_slots(self);
    size_t count = machine_stopped(self);
    if (count == 0)
        frame_yard_check(&self->yard);
    size_t hidden = yard_release(self, stopped);
    size_t lost = frame_yard_settle(&self->yard, stopped);
    if (lost > hidden)
        die("lost: %zu frames are gone; %zu stopped CPUs may hide %zu", lost, count, hidden);
    yard_exhaust(self, stopped);
    lost = frame_yard_settle(&self->yard, stopped);
    if (lost > hidden)
        die("lost: %zu frames are gone after all were taken; %zu stopped CPUs may hide %zu", lost, count, hidden);
    if (count == 0)
        frame_yard_check(&self->yard);
    else
        printf("%zu stopped CPUs hide %zu frames of %zu that they may\n", count, lost, hidden);
    free(stopped);
}
