// SPDX-License-Identifier: MIT
// Schedules that are unfair to one CPU, the victim, or to all the others; the rest of them is random. The victim, what
// happens at which of its steps, and the seed are the plan: they repeat a schedule.
#include "policies.h"

#define PATIENCE 2000u // steps that others get before a victim may go on although nothing has come between
#define MISSES 3u      // schedules in a row in which the victim ended before the step at which it was to stop

static struct {
    unsigned misses;
    uint64_t waited; // steps of others since the victim's last
    uint64_t crash_at[CPUS_MAX];
} state;

static void adversary_begin(struct world *self) {
    random_begin(self);
    state.waited = 0;
    struct rng *rng = policy_rng();
    for (unsigned cpu = 0; cpu < self->cpus; cpu++)
        state.crash_at[cpu] = rng_below(rng, (size_t)1 << rng_below(rng, 12));
}

// Every step of every CPU in turn, each with a few seeds; then again with others.
static bool freeze_next(struct world *self) {
    struct plan *plan = &self->plan;
    state.misses = self->cpu[plan->victim].frozen ? 0 : state.misses + 1;
    plan->seed++;
    plan->at++;
    if (state.misses < MISSES)
        return true;
    state.misses = 0;
    plan->at = 0;
    plan->victim = (plan->victim + 1) % self->cpus;
    return true;
}

static unsigned freeze_choose(struct world *self) {
    const struct plan *plan = &self->plan;
    if (self->cpu[plan->victim].steps == plan->at)
        world_freeze(plan->victim);
    return self->state.live > 0 ? random_choose(self) : CPU_NONE;
}

static bool adversary_next(struct world *self) {
    self->plan.seed++;
    self->plan.victim = (self->plan.victim + 1) % self->cpus;
    return true;
}

static unsigned crash_choose(struct world *self) {
    for (unsigned cpu = 0; cpu < self->cpus; cpu++) {
        if (cpu != self->plan.victim && self->cpu[cpu].steps == state.crash_at[cpu])
            world_freeze(cpu);
    }
    return self->state.live > 0 ? random_choose(self) : CPU_NONE;
}

static bool others_can_run(const struct world *self) {
    return self->state.live > cpu_can_run(&self->cpu[self->plan.victim]);
}

// Anybody but the victim, if there is anybody.
static unsigned choose_other(struct world *self) {
    struct cpu *victim = &self->cpu[self->plan.victim];
    bool frozen = victim->frozen;
    victim->frozen = true;
    unsigned cpu = random_choose(self);
    victim->frozen = frozen;
    return cpu;
}

static unsigned choose_victim_or_other(struct world *self, bool waits) {
    if (cpu_can_run(&self->cpu[self->plan.victim]) && (!waits || !others_can_run(self))) {
        state.waited = 0;
        return self->plan.victim;
    }
    state.waited++;
    return choose_other(self);
}

static unsigned starve_choose(struct world *self) {
    return choose_victim_or_other(self, state.waited < 1 + rng_below(policy_rng(), 400));
}

// Whether the victim is about to take something that is still there.
static bool has_something_to_lose(const struct step *next) {
    uint64_t now = step_word_load(next->site, next->at);
    switch ((enum step_kind)next->site->kind) {
    case STEP_CAS:
        return now == next->a;
    case STEP_SWAP:
        return now != 0;
    case STEP_LOAD: // a look that is about to find something
        return now != 0 && next->site->order != ORDER_RELAXED;
    default:
        return false;
    }
}

static unsigned lose_choose(struct world *self) {
    const struct cpu *victim = &self->cpu[self->plan.victim];
    bool waits = cpu_can_run(victim) && state.waited < PATIENCE && has_something_to_lose(&victim->next);
    return choose_victim_or_other(self, waits);
}

const struct policy policy_freeze = {adversary_begin, freeze_choose, random_choose_read, NULL, freeze_next};
const struct policy policy_crash = {adversary_begin, crash_choose, random_choose_read, NULL, adversary_next};
const struct policy policy_starve = {adversary_begin, starve_choose, random_choose_read, NULL, adversary_next};
const struct policy policy_lose = {adversary_begin, lose_choose, random_choose_read, NULL, adversary_next};
