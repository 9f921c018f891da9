// SPDX-License-Identifier: MIT
// The end of a run: everything is freed, and the heap must have it all, but for what stopped CPUs hide: what their
// caches can hold, what a call has in hand, and the block that each interrupted level was busy with.
#include "machine.h"

#include "stress/support/die.h"

#include <stdio.h>
#include <stdlib.h>

// What one call may have in hand: three spans of the greatest length, as in the argument for R(cpus).
#define IN_CALL_BYTES ((size_t)3 * 64 * WFH_PAGE_BYTES)

bool *machine_stopped_slots(const struct machine *self) {
    bool *stopped = calloc(self->plan.cpus, sizeof *stopped);
    if (stopped == NULL)
        die_unusable("machine: no memory for a table of slots");
    // bound: CPUs
    for (size_t i = 0; i < self->cpu_count; i++) {
        if (cpu_is_stopped(&self->cpus[i]))
            stopped[self->cpus[i].slot] = true;
    }
    return stopped;
}

static size_t reckon_first_alive(const struct machine *self, const bool *stopped) {
    size_t slot = 0;
    // bound: slots
    while (slot + 1 < self->plan.cpus && stopped[slot])
        slot++;
    return slot;
}

// Frees what all hold, on slots that nobody stands for any more.
static void reckon_release(struct machine *self, const bool *stopped) {
    size_t alive = reckon_first_alive(self, stopped);
    // Blocks that were mailed belong to the receiver, so the living come first. bound: 2 times slots times IRQ_LEVELS
    for (size_t i = 0; i < 2 * self->plan.cpus * IRQ_LEVELS; i++) {
        bool salvage = i >= self->plan.cpus * IRQ_LEVELS;
        size_t slot = i / IRQ_LEVELS % self->plan.cpus;
        struct actor *actor = &self->slots[slot].actors[i % IRQ_LEVELS];
        if (stopped[slot] != salvage)
            continue;
        actor->watch = (struct watch){.on_enter = NULL};
        actor->cpu = salvage ? alive : slot;
        if (salvage)
            actor_salvage(actor);
        else
            actor_release(actor);
    }
}

// A page that can become a span of any class with blocks up to its length suits every request that small.
static void reckon_nulls(const struct machine *self) {
    size_t least = SIZE_MAX;
    // bound: slots times IRQ_LEVELS
    for (size_t i = 0; i < self->plan.cpus * IRQ_LEVELS; i++) {
        size_t bytes = self->slots[i / IRQ_LEVELS].actors[i % IRQ_LEVELS].null_bytes_min;
        least = bytes < least ? bytes : least;
    }
    struct wfh_class_stats class = {.block_bytes = 0};
    // bound: classes
    for (size_t i = 0; wfh_class_stats(self->world.heap, i, &class) && class.block_bytes < least; i++) {
    }
    struct wfh_stats stats;
    wfh_stats(self->world.heap, &stats);
    size_t never_used = stats.managed_bytes - stats.peak_bytes;
    if (class.block_bytes >= least && class.span_pages == 1 && never_used > self->limits.reserve_bytes)
        die("NULL: %zu bytes were refused, though %zu bytes of pages were never in use; R(%zu) is %zu", least,
            never_used, self->plan.cpus, self->limits.reserve_bytes);
}

// Bytes of blocks and pages that are neither free nor held by a survivor.
static size_t reckon_hidden(const struct machine *self) {
    struct wfh_stats stats;
    wfh_stats(self->world.heap, &stats);
    size_t seen = stats.free_bytes + stats.span_bytes + stats.run_bytes;
    size_t hidden = stats.run_bytes + (stats.managed_bytes > seen ? stats.managed_bytes - seen : 0);
    struct wfh_class_stats class;
    // bound: classes
    for (size_t i = 0; wfh_class_stats(self->world.heap, i, &class); i++)
        hidden += (class.spans * class.blocks_per_span - class.free_blocks) * class.block_bytes;
    return hidden;
}

static size_t reckon_in_flight(const struct machine *self) {
    return IN_CALL_BYTES + (size_t)2 * IRQ_LEVELS * (self->plan.size_max + WFH_PAGE_BYTES);
}

static void reckon_expect_hidden(const struct machine *self, const char *when) {
    size_t hidden = reckon_hidden(self);
    size_t stopped = machine_stopped(self);
    size_t each = self->limits.hoard_bytes_per_cpu + reckon_in_flight(self);
    if (hidden > stopped * each)
        die("hidden %s: %zu bytes are gone; %zu stopped CPUs may hide %zu each", when, hidden, stopped, each);
    printf("%s: %zu stopped CPUs hide %zu bytes, %.1f %% of what they may (%zu each)\n", when, stopped, hidden,
           100.0 * (double)hidden / (double)(stopped * each), each);
}

static void reckon_drain(struct machine *self, const bool *stopped) {
    // bound: slots
    for (size_t slot = 0; slot < self->plan.cpus; slot++) {
        if (!stopped[slot])
            world_drain(&self->world, slot);
    }
}

// With CPUs in the middle of calls wfh_check says nothing; what is free must be there for the living nevertheless.
static void reckon_with_stopped(struct machine *self, const bool *stopped) {
    static const size_t sizes[] = {16, 64, 200, 4096, 17000, 40000, (size_t)1 << 18};
    size_t alive = reckon_first_alive(self, stopped);
    reckon_drain(self, stopped);
    reckon_expect_hidden(self, "all freed");
    // bound: sizes
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        fill_check(self, alive, sizes[i], machine_stopped(self) * IN_CALL_BYTES);
        reckon_drain(self, stopped);
    }
    reckon_expect_hidden(self, "all taken and freed again");
}

void machine_reckon(struct machine *self) {
    if (self->plan.frames) {
        yard_reckon(self);
        return;
    }
    if (self->plan.tallocs) {
        tallocs_reckon(self);
        return;
    }
    bool *stopped = machine_stopped_slots(self);
    reckon_nulls(self);
    if (machine_stopped(self) == 0)
        world_check(&self->world);
    reckon_release(self, stopped);
    if (machine_stopped(self) == 0)
        world_reckon(&self->world);
    else
        reckon_with_stopped(self, stopped);
    free(stopped);
}
