// SPDX-License-Identifier: MIT
// Every schedule with at most so many preemptions (a CPU stops though it could go on), without any other reduction:
// most errors need one or two (Musuvathi & Qadeer, PLDI 2007). A CPU that ends is followed by each of the others.
#include "policies.h"

#include <stdlib.h>

struct choice {
    uint16_t cpu, read, choices;
    uint8_t free;        // the CPU before has ended: no preemption
    uint8_t preemptions; // up to here
    uint16_t before;     // the CPU before, CPU_NONE at the beginning
    uint64_t able;       // CPUs that could run
};

unsigned bounded_preemptions = 2;

static struct {
    struct choice *choices; // steps_most of them
    uint64_t depth, replayed, at;
} path;

static void bounded_begin(struct world *self) {
    if (path.choices == NULL) {
        path.choices = malloc((self->steps_most + 1) * sizeof *path.choices);
        if (path.choices == NULL)
            abort();
    }
    path.at = 0;
}

static uint64_t able(const struct world *self) {
    uint64_t set = 0;
    for (unsigned cpu = 0; cpu < self->cpus; cpu++)
        set |= (uint64_t)cpu_can_run(&self->cpu[cpu]) << cpu;
    return set;
}

static unsigned bounded_choose(struct world *self) {
    if (self->plan.victim != CPU_NONE && self->cpu[self->plan.victim].steps == self->plan.at)
        world_freeze(self->plan.victim);
    if (self->state.live == 0)
        return CPU_NONE;
    if (path.at < path.replayed)
        return path.choices[path.at].cpu;
    struct choice *it = &path.choices[path.at];
    const struct choice *last = path.at > 0 ? it - 1 : NULL;
    bool stays = last != NULL && cpu_can_run(&self->cpu[last->cpu]);
    uint64_t set = able(self);
    *it = (struct choice){.cpu = stays ? last->cpu : (uint16_t)__builtin_ctzll(set),
                          .able = set,
                          .choices = 1,
                          .free = !stays,
                          .preemptions = last != NULL ? last->preemptions : 0,
                          .before = last != NULL ? last->cpu : CPU_NONE};
    return it->cpu;
}

static unsigned bounded_choose_read(struct world *self, unsigned cpu, unsigned choices) {
    (void)self;
    (void)cpu;
    path.choices[path.at].choices = (uint16_t)choices;
    return path.choices[path.at].read;
}

// The next CPU to try instead: others in turn, beginning with CPU 0; CPU_NONE if all were.
static unsigned another(const struct choice *it) {
    bool from_all = !it->free && it->cpu == it->before;
    uint64_t left = from_all ? it->able : it->able & ~UINT64_C(1) << it->cpu;
    if (!it->free)
        left &= ~(UINT64_C(1) << it->before);
    return left != 0 ? (unsigned)__builtin_ctzll(left) : CPU_NONE;
}

static bool bounded_next(struct world *self) {
    path.depth = path.at;
    (void)self;
    while (path.depth > 0) {
        struct choice *it = &path.choices[path.depth - 1];
        path.replayed = path.depth;
        if (it->read + 1u < it->choices) {
            it->read++;
            return true;
        }
        unsigned cost = !it->free && it->cpu == it->before;
        unsigned cpu = it->preemptions + cost <= bounded_preemptions ? another(it) : CPU_NONE;
        if (cpu != CPU_NONE) {
            it->cpu = (uint16_t)cpu;
            it->read = 0;
            it->choices = 1;
            it->preemptions = (uint8_t)(it->preemptions + cost);
            return true;
        }
        path.depth--;
    }
    path.replayed = 0;
    return false;
}

static void bounded_performed(struct world *self, unsigned cpu, const struct access *access) {
    (void)self;
    (void)cpu;
    (void)access;
    path.at++;
}

const struct policy policy_bounded = {bounded_begin, bounded_choose, bounded_choose_read, bounded_performed,
                                      bounded_next};
