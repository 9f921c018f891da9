// SPDX-License-Identifier: MIT
// Random schedules, all of it drawn from the seed. A third goes from CPU to CPU at every step, a third in turns of
// random length, and a third by priorities that change at a few random steps (PCT: Burckhardt et al., ASPLOS 2010),
// which is what finds an error that needs a few things in a certain order.
#include "policies.h"

#define CHANGES_MOST 6u

enum { EVEN, TURNS, PRIORITIES, MANNERS };

static struct {
    struct rng rng;
    size_t manner;          // EVEN, TURNS or PRIORITIES
    unsigned stay_percent;  // TURNS
    unsigned stale_percent; // reads that do not see the latest store
    unsigned last;
    unsigned priority[CPUS_MAX]; // the highest goes first
    uint64_t change_at[CHANGES_MOST];
    unsigned lowest;
} state;

struct rng *policy_rng(void) {
    return &state.rng;
}

static void shuffle_priorities(unsigned cpus) {
    for (unsigned i = 0; i < cpus; i++) {
        unsigned j = (unsigned)rng_below(&state.rng, i + 1);
        state.priority[i] = state.priority[j];
        state.priority[j] = CPUS_MAX + i;
    }
    unsigned log2 = 4 + (unsigned)rng_below(&state.rng, 12);
    for (unsigned i = 0; i < CHANGES_MOST; i++)
        state.change_at[i] = rng_below(&state.rng, (size_t)1 << log2);
    state.lowest = CPUS_MAX;
}

void random_begin(struct world *self) {
    static const unsigned stays[] = {50, 80, 95, 99};
    static const unsigned stales[] = {5, 20, 50, 80};
    state.rng = (struct rng){self->plan.seed};
    state.manner = rng_below(&state.rng, MANNERS);
    state.stay_percent = stays[rng_below(&state.rng, 4)];
    state.stale_percent = stales[rng_below(&state.rng, 4)];
    state.last = 0;
    if (state.manner == PRIORITIES)
        shuffle_priorities(self->cpus);
}

static unsigned first_that_can(const struct world *self, unsigned from) {
    unsigned index = from;
    while (!cpu_can_run(&self->cpu[index]))
        index = index + 1 < self->cpus ? index + 1 : 0;
    return index;
}

static unsigned highest(const struct world *self) {
    unsigned best = CPU_NONE;
    for (unsigned i = 0; i < self->cpus; i++) {
        if (cpu_can_run(&self->cpu[i]) && (best == CPU_NONE || state.priority[i] > state.priority[best]))
            best = i;
    }
    return best;
}

static unsigned choose_by_priority(const struct world *self) {
    if (!cpu_can_run(&self->cpu[state.last]) || self->state.steps == 0)
        state.last = highest(self);
    for (unsigned i = 0; i < CHANGES_MOST; i++) {
        if (state.change_at[i] != self->state.steps)
            continue;
        state.priority[state.last] = --state.lowest;
        state.last = highest(self);
    }
    return state.last;
}

unsigned random_choose(struct world *self) {
    if (state.manner == PRIORITIES)
        return choose_by_priority(self);
    if (state.manner == TURNS && cpu_can_run(&self->cpu[state.last]) && rng_percent(&state.rng, state.stay_percent))
        return state.last;
    return state.last = first_that_can(self, (unsigned)rng_below(&state.rng, self->cpus));
}

unsigned random_choose_read(struct world *self, unsigned cpu, unsigned choices) {
    (void)self;
    (void)cpu;
    return rng_percent(&state.rng, state.stale_percent) ? (unsigned)rng_below(&state.rng, choices) : 0;
}

static bool random_next(struct world *self) {
    self->plan.seed++;
    return true;
}

const struct policy policy_random = {random_begin, random_choose, random_choose_read, NULL, random_next};
