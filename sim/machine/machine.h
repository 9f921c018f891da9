// SPDX-License-Identifier: MIT
// The simulated machine: CPU slots, each with a task and three levels of interrupt handlers that use the heap, and the
// threads that stand for CPUs. One heap, one shadow of every block.
#ifndef SIM_MACHINE_MACHINE_H
#define SIM_MACHINE_MACHINE_H

#include "irq.h"
#include "meeting.h"
#include "pin.h"
#include "plan.h"
#include "registry.h"
#include "tallocs.h"

#include "stress/support/actor.h"
#include "stress/support/frame_user.h"

#include <pthread.h>

// Blocks of one size, chained through their first words; the second word says whose they are.
struct pile {
    void **newest;
    size_t count;
};

// What belongs to a CPU slot, whichever thread stands for it.
struct slot {
    struct actor actors[IRQ_LEVELS]; // the task and its handlers
    struct frame_user *users;        // likewise, in scenarios of frames
    struct talloc_user *tenants;     // likewise, in scenarios of two heaps
    struct pile piles[IRQ_LEVELS];   // of the scenario exhaust
};

// What a thread is about.
enum cpu_state {
    CPU_RUNS,
    CPU_WAITS, // for a slot, or for the others
    CPU_IS_DONE,
};

// A thread that stands for a CPU.
struct cpu {
    struct irq irq;
    struct machine *machine;
    size_t index;
    size_t slot; // REGISTRY_NONE: none
    pthread_t thread;
    struct rng rng;
    uint64_t doomed_at; // steps; UINT64_MAX: never
    uint64_t steps;     // done, ever
    enum cpu_state state;
    size_t replugs;
};

struct machine {
    struct plan plan;
    struct world world;
    struct frame_yard yard; // in scenarios of frames
    struct tallocs tallocs; // in scenarios of two heaps
    struct wfh_limits limits;
    struct slot *slots;
    struct cpu *cpus;
    size_t cpu_count; // some more than slots if CPUs are unplugged
    struct registry *registry;
    struct pin *pin;
    bool over;              // set by the main thread, seen by all
    size_t drained;         // slots that were drained while nobody stood for them
    struct meeting meeting; // of all CPUs and the main thread, in the scenario exhaust
    size_t fill_bytes;      // the size that is being taken; 0: handlers do nothing; seen by all
};

void machine_make(struct machine *self, const struct plan *plan);

// Runs all CPUs until they have done their work; ends the program if one gets stuck. Stopped CPUs stay where they are.
void machine_run(struct machine *self);

// What must hold at the end: everything is back but what stopped CPUs hide.
void machine_reckon(struct machine *self);

void machine_destroy(struct machine *self);

// Gives back a piece of what a slot hides; true while there is more.
bool machine_drain(struct machine *self, size_t slot);

// By slot: whether its CPU was stopped. To be freed.
bool *machine_stopped_slots(const struct machine *self);

// The parts of it in scenarios of frames.
void yard_make(struct machine *self);
void yard_reckon(struct machine *self);
void yard_destroy(struct machine *self);
size_t yard_refusals(const struct machine *self);

// Likewise of two heaps.
void tallocs_make(struct machine *self);
void tallocs_reckon(struct machine *self);
void tallocs_destroy(struct machine *self);
size_t tallocs_refusals(const struct machine *self);

size_t machine_stopped(const struct machine *self);
bool cpu_is_stopped(const struct cpu *self);

// What a thread runs; argument: struct cpu.
void *cpu_main(void *argument);

// The scenario exhaust: what a CPU does, what its interrupt handlers do, and the main thread's part.
void exhaust_live(struct cpu *self);
void exhaust_handle(void *context, unsigned level);
void exhaust_conduct(struct machine *self);

// Heap calls from the main thread, which is no CPU, on a slot that nobody uses: takes one size until NULL and demands
// that nothing is left that would have suited, but for `hidden` bytes; then gives everything back.
void fill_check(struct machine *self, size_t slot, size_t bytes, size_t hidden);

// Bytes that would suit a request of so many, outside all caches: at least. Quiescent.
size_t suitable_bytes(const struct machine *self, size_t bytes);

#endif
