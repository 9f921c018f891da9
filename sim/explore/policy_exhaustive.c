// SPDX-License-Identifier: MIT
// Every schedule that differs, once: source-DPOR with sleep sets (Abdulla, Aronis, Jonsson, Sagonas, POPL 2014). Two
// steps of different CPUs depend on each other if they are on the same word and one of them changes it; schedules that
// differ in the order of independent steps only are the same. A step that changes nothing counts as a look (what was
// there is what others saw before and after), and bits set or cleared without a result commute if they are others.
// With relaxed memory each message that a load may read is a schedule of its own.
#include "arena.h"
#include "policies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUS 8u // one bit each in the sets below
#define NO_EVENT UINT32_MAX

// A step on the current path, and what is known of the state before it.
struct event {
    uint32_t clock[CPUS]; // by CPU: 1 + its last step that happens before or is this one
    uint32_t location;
    uint32_t before; // the step before on the same location
    uint64_t mask;   // of bits set or cleared without a result, else 0
    uint16_t read, choices;
    uint8_t cpu, kind;
    bool writes;
    uint8_t backtrack, done, asleep; // sets of CPUs: to try, tried, tried elsewhere
};

static struct {
    struct event *events;
    uint32_t room, depth; // events on the path
    uint32_t replayed;    // those from the schedule before
    uint32_t at;          // in the schedule
    uint32_t *last;       // by location: its last event
    uint32_t locations;
    uint32_t own[CPUS][CPUS]; // clocks of the CPUs now
    uint64_t cut;
    bool is_cut;
} dpor;

static void *grow(void *p, size_t count, size_t bytes) {
    p = realloc(p, count * bytes);
    if (p == NULL) {
        (void)fprintf(stderr, "wfsim: no memory for the search.\n");
        exit(1);
    }
    return p;
}

static struct event *event_at(uint32_t index) {
    if (index >= dpor.room) {
        uint32_t room = dpor.room * 2 + 1024;
        dpor.events = grow(dpor.events, room, sizeof *dpor.events);
        dpor.room = room;
    }
    return &dpor.events[index];
}

static uint32_t *last_of(uint32_t location) {
    if (location >= dpor.locations) {
        uint32_t count = location * 2 + 64;
        dpor.last = grow(dpor.last, count, sizeof *dpor.last);
        memset(dpor.last + dpor.locations, 0xff, (count - dpor.locations) * sizeof *dpor.last);
        dpor.locations = count;
    }
    return &dpor.last[location];
}

void exhaustive_reset(void) {
    dpor.depth = dpor.replayed = 0;
    dpor.cut = 0;
    if (dpor.last != NULL)
        memset(dpor.last, 0xff, dpor.locations * sizeof *dpor.last);
}

uint64_t exhaustive_cut(void) {
    return dpor.cut;
}

static bool depend(uint64_t mask_a, uint8_t kind_a, bool writes_a, uint64_t mask_b, uint8_t kind_b, bool writes_b) {
    if (!writes_a && !writes_b)
        return false;
    return mask_a == 0 || mask_b == 0 || (kind_a != kind_b && (mask_a & mask_b) != 0);
}

static uint64_t mask_of(const struct step *step) {
    // Messages of relaxed memory carry what their writer knew: there every two writes differ by their order.
    if (world.memory != &memory_sc)
        return 0;
    return step->site->kind == STEP_OR ? step->a : step->site->kind == STEP_AND ? ~step->a : 0;
}

// The same for a step that a CPU has not done yet.
static bool next_depends(const struct event *event, unsigned cpu, uint64_t value_before) {
    const struct step *step = &world.cpu[cpu].next;
    bool writes = step_effect_on(step, value_before).value != value_before;
    if (world.memory != &memory_sc)
        writes = step->site->kind != STEP_LOAD;
    return depend(event->mask, event->kind, event->writes, mask_of(step), step->site->kind, writes);
}

static void exhaustive_begin(struct world *self) {
    (void)self;
    dpor.at = 0;
    dpor.is_cut = false;
    memset(dpor.own, 0, sizeof dpor.own);
    if (dpor.replayed == 0)
        event_at(0)->asleep = 0;
}

// A new state: goes on with the CPU that ran last if it is not asleep, else with the first that is not.
static unsigned choose_new(struct world *self) {
    struct event *event = event_at(dpor.at);
    unsigned last = dpor.at > 0 ? event_at(dpor.at - 1)->cpu : 0;
    for (unsigned i = 0; i < self->cpus; i++) {
        unsigned cpu = (last + i) % self->cpus;
        if (!cpu_can_run(&self->cpu[cpu]) || (event->asleep >> cpu & 1))
            continue;
        event->cpu = (uint8_t)cpu;
        event->read = 0;
        event->backtrack = (uint8_t)(1u << cpu);
        event->done = 0;
        return cpu;
    }
    dpor.is_cut = true;
    dpor.cut++;
    return CPU_NONE;
}

static unsigned exhaustive_choose(struct world *self) {
    if (self->plan.victim != CPU_NONE && self->cpu[self->plan.victim].steps == self->plan.at) {
        world_freeze(self->plan.victim);
        if (self->state.live == 0)
            return CPU_NONE;
    }
    return dpor.at < dpor.replayed ? event_at(dpor.at)->cpu : choose_new(self);
}

static unsigned exhaustive_choose_read(struct world *self, unsigned cpu, unsigned choices) {
    (void)self;
    (void)cpu;
    event_at(dpor.at)->choices = (uint16_t)choices;
    return event_at(dpor.at)->read;
}

// CPUs that could begin a schedule in which what happened from `from` on, but not after it, comes first.
static unsigned initials(uint32_t from, uint32_t to, unsigned cpu, const uint32_t *clock) {
    unsigned set = 0, seen = 0;
    const unsigned owner = event_at(from)->cpu;
    for (uint32_t i = from + 1; i <= to; i++) {
        const struct event *event = event_at(i);
        unsigned who = i == to ? cpu : event->cpu;
        const uint32_t *knows = i == to ? clock : event->clock;
        if (knows[owner] > from || (seen >> who & 1)) // after it, or not the CPU's first
            continue;
        seen |= 1u << who;
        bool first = true;
        for (unsigned other = 0; other < world.cpus; other++)
            first = first && (other == who || knows[other] <= from);
        set |= first ? 1u << who : 0;
    }
    return set;
}

// The step `to` of `cpu` could have come before the step `from`: makes sure that some schedule tries that.
static void reverse(uint32_t from, uint32_t to, unsigned cpu, const uint32_t *clock) {
    struct event *event = event_at(from);
    unsigned first = initials(from, to, cpu, clock);
    if ((first & (event->backtrack | event->asleep)) != 0)
        return;
    unsigned chosen = first >> cpu & 1 ? cpu : (unsigned)__builtin_ctz(first);
    event->backtrack |= (uint8_t)(1u << chosen);
}

static void join(uint32_t *clock, const uint32_t *other) {
    for (unsigned i = 0; i < world.cpus; i++)
        clock[i] = clock[i] > other[i] ? clock[i] : other[i];
}

// Looks back over the steps on the same word, the latest first.
static void find_races(struct event *event, uint32_t index) {
    uint32_t *clock = dpor.own[event->cpu];
    for (uint32_t i = event->before; i != NO_EVENT; i = event_at(i)->before) {
        const struct event *other = event_at(i);
        if (clock[other->cpu] > i ||
            !depend(other->mask, other->kind, other->writes, event->mask, event->kind, event->writes))
            continue;
        reverse(i, index, event->cpu, clock);
        join(clock, other->clock);
    }
}

// Who sleeps in the next state: who slept here, unless this step meets his.
static void pass_sleep(uint32_t index, const struct access *access) {
    struct event *next = event_at(index + 1); // first: it may move the others
    const struct event *event = event_at(index);
    unsigned asleep = (event->asleep | event->done) & ~(1u << event->cpu);
    for (unsigned cpu = 0; cpu < world.cpus; cpu++) {
        if ((asleep >> cpu & 1) && cpu_can_run(&world.cpu[cpu]) &&
            arena_number(world.cpu[cpu].next.at) == event->location && next_depends(event, cpu, access->before))
            asleep &= ~(1u << cpu);
    }
    next->asleep = (uint8_t)asleep;
}

static void exhaustive_performed(struct world *self, unsigned cpu, const struct access *access) {
    uint32_t index = dpor.at++;
    struct event *event = event_at(index);
    if (index < dpor.replayed && index + 1 < dpor.replayed) {
        memcpy(dpor.own[cpu], event->clock, sizeof event->clock);
        return;
    }
    const struct step *step = &self->cpu[cpu].next;
    event->location = access->location;
    event->kind = step->site->kind;
    event->mask = mask_of(step);
    event->writes = access->writes;
    event->choices = (uint16_t)access->choices;
    event->before = *last_of(access->location);
    find_races(event, index);
    event = event_at(index);
    dpor.own[cpu][cpu] = index + 1;
    memcpy(event->clock, dpor.own[cpu], sizeof event->clock);
    *last_of(access->location) = index;
    dpor.depth = index + 1;
    pass_sleep(index, access);
}

// Takes the last step off the path.
static void pop(void) {
    struct event *event = event_at(--dpor.depth);
    *last_of(event->location) = event->before;
}

// The deepest state with something left to try.
static bool exhaustive_next(struct world *self) {
    (void)self;
    while (dpor.depth > 0) {
        struct event *event = event_at(dpor.depth - 1);
        if (event->read + 1u < event->choices) {
            pop();
            event->read++;
            dpor.replayed = dpor.depth + 1;
            return true;
        }
        event->done |= (uint8_t)(1u << event->cpu);
        unsigned left = event->backtrack & ~(unsigned)(event->done | event->asleep);
        pop();
        if (left == 0)
            continue;
        event->cpu = (uint8_t)__builtin_ctz(left);
        event->read = 0;
        dpor.replayed = dpor.depth + 1;
        return true;
    }
    return false;
}

const struct policy policy_exhaustive = {exhaustive_begin, exhaustive_choose, exhaustive_choose_read,
                                         exhaustive_performed, exhaustive_next};
