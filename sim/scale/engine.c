// SPDX-License-Identifier: MIT
// The clockwork; see engine.h.
#include "engine.h"

#include "step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AHEAD_CYCLES 200u  // that a CPU may be ahead of the others while it works on what it has
#define BUFFER_CYCLES 400u // that stores may stay in the store buffer before it is full

struct engine {
    struct cost cost;
    struct lines *lines;
    struct virtual_cpu *cpus;
    size_t count;
    struct virtual_cpu *running;
    struct fiber main;
    struct virtual_cpu **ready; // a heap by time, then by index: all that neither run nor spin
    size_t ready_count;
};

static struct engine engine;

#define PLACES 1024u // of a table by the site's address; there are far fewer sites

static struct engine_place places[PLACES];

static struct engine_place *place_of_site(const struct step_site *site) {
    size_t i = (uintptr_t)site / sizeof *site % PLACES;
    // bound: PLACES
    while (places[i].site != NULL && places[i].site != site)
        i = (i + 1) % PLACES;
    places[i].site = site;
    return &places[i];
}

void engine_forget_places(void) {
    memset(places, 0, sizeof places);
}

static int by_waiting(const void *a, const void *b) {
    const struct engine_place *x = a, *y = b;
    return (y->waited > x->waited) - (y->waited < x->waited);
}

// Leaves the table out of order, so that it serves no more until the next run.
size_t engine_places(struct engine_place *out, size_t most) {
    qsort(places, PLACES, sizeof places[0], by_waiting);
    size_t count = 0;
    // bound: most
    while (count < most && count < PLACES && places[count].waited != 0) {
        out[count] = places[count];
        count++;
    }
    return count;
}

static _Noreturn void give_up(const char *sentence) {
    fprintf(stderr, "wfsim scale: %s\n", sentence);
    exit(2);
}

static bool is_before(const struct virtual_cpu *a, const struct virtual_cpu *b) {
    return a->now < b->now || (a->now == b->now && a->index < b->index);
}

static void ready_swap(size_t i, size_t j) {
    struct virtual_cpu *kept = engine.ready[i];
    engine.ready[i] = engine.ready[j];
    engine.ready[j] = kept;
}

static void ready_add(struct virtual_cpu *cpu) {
    size_t i = engine.ready_count++;
    engine.ready[i] = cpu;
    // bound: log of the CPUs
    for (; i > 0 && is_before(engine.ready[i], engine.ready[(i - 1) / 2]); i = (i - 1) / 2)
        ready_swap(i, (i - 1) / 2);
}

static struct virtual_cpu *ready_take(void) {
    if (engine.ready_count == 0)
        give_up("all virtual CPUs spin, and nobody is left to write what they wait for");
    struct virtual_cpu *first = engine.ready[0];
    engine.ready[0] = engine.ready[--engine.ready_count];
    size_t i = 0;
    // bound: log of the CPUs
    for (;;) {
        size_t least = i;
        // bound: 2
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < engine.ready_count; child++) {
            if (is_before(engine.ready[child], engine.ready[least]))
                least = child;
        }
        if (least == i)
            return first;
        ready_swap(i, least);
        i = least;
    }
}

// Goes on with whoever is behind all others; the caller is among them, or waits on a line.
static void go_on(struct virtual_cpu *self) {
    struct virtual_cpu *next = ready_take();
    engine.running = next;
    if (next != self)
        fiber_switch(&self->fiber, &next->fiber);
}

// All others catch up.
static void await_others(struct virtual_cpu *self, ticks ahead) {
    if (engine.ready_count == 0 || self->now <= engine.ready[0]->now + ahead)
        return;
    ready_add(self);
    go_on(self);
}

// Those who spin on the line look again once it was written.
static void line_wake(struct line *line, ticks at) {
    // bound: CPUs
    while (line->waiting != LINE_NOBODY) {
        struct virtual_cpu *cpu = &engine.cpus[line->waiting];
        line->waiting = cpu->next_waiting;
        cpu->now = cpu->now < at ? at : cpu->now;
        ready_add(cpu);
    }
}

static ticks later(ticks a, ticks b) {
    return a > b ? a : b;
}

// All others have caught up. Answers when the access is done for those who wait for it.
static ticks line_fetch(struct virtual_cpu *self, struct line *line, enum access access) {
    bool here = line_is_here(line, self->index, access != ACCESS_READ);
    ticks from = access == ACCESS_PUBLISH ? later(self->now, self->stores_at) : self->now;
    ticks done =
        here ? from : line_move(engine.lines, line, self->index, access != ACCESS_READ, from, &self->counts.lines);
    if (access == ACCESS_READ || access == ACCESS_LOCKED) {
        self->now = done;
        return done;
    }
    const ticks buffer = BUFFER_CYCLES * (ticks)TICKS_PER_CYCLE;
    self->stores_at = later(self->stores_at, done);
    if (self->stores_at > self->now + buffer)
        self->now = self->stores_at - buffer;
    return done;
}

static void line_use(struct virtual_cpu *self, const void *address, enum access access) {
    struct line *line = lines_at(engine.lines, address);
    bool here = line_is_here(line, self->index, access != ACCESS_READ);
    self->counts.lines.hits += here;
    if (here && access < ACCESS_PUBLISH) {
        await_others(self, AHEAD_CYCLES * (ticks)TICKS_PER_CYCLE);
        return;
    }
    if (access == ACCESS_LOCKED)
        self->now = later(self->now, self->stores_at);
    await_others(self, 0);
    ticks done = line_fetch(self, line, access);
    if (access == ACCESS_LOCKED) {
        done = self->now += (ticks)(engine.cost.locked * TICKS_PER_CYCLE);
        self->counts.locked++;
    }
    if (access != ACCESS_READ) {
        line->free_at = later(line->free_at, done);
        line_wake(line, done);
    }
}

void engine_access(const void *address, size_t bytes, enum access access) {
    struct virtual_cpu *self = engine.running;
    if (self == NULL)
        return;
    self->counts.accesses++;
    self->now += self->per_access;
    line_use(self, address, access);
    const char *last = (const char *)address + bytes - 1;
    if ((uintptr_t)last / LINE_BYTES != (uintptr_t)address / LINE_BYTES)
        line_use(self, last, access);
}

// The same load as before, and nothing in between: it spins, until the line is written.
static void spin(struct virtual_cpu *self, const void *at) {
    struct line *line = lines_at(engine.lines, at);
    self->next_waiting = line->waiting;
    line->waiting = (uint16_t)self->index;
    go_on(self);
}

static uint64_t on_load(struct virtual_cpu *self, const struct step *step) {
    engine_access(step->at, step->site->bytes, ACCESS_READ);
    uint64_t value = step_perform(step);
    if (self->load_site == step->site && self->load_at == step->at && self->load_value == value &&
        self->load_accesses + 1 == self->counts.accesses) {
        spin(self, step->at);
        self->load_site = NULL;
        return value;
    }
    self->load_site = step->site;
    self->load_at = step->at;
    self->load_value = value;
    self->load_accesses = self->counts.accesses;
    return value;
}

static uint64_t on_step(const struct step *step) {
    struct virtual_cpu *self = engine.running;
    if (self == NULL)
        return step_perform(step);
    struct engine_place *place = place_of_site(step->site);
    ticks since = self->now;
    uint64_t result;
    if (step->site->kind == STEP_LOAD) {
        result = on_load(self, step);
    } else {
        engine_access(step->at, step->site->bytes, step->site->kind == STEP_STORE ? ACCESS_PUBLISH : ACCESS_LOCKED);
        result = step_perform(step);
    }
    place->steps++;
    place->waited += self->now - since;
    return result;
}

struct virtual_cpu *engine_cpu(void) {
    return engine.running;
}

struct virtual_cpu *engine_cpu_at(size_t index) {
    return &engine.cpus[index];
}

void engine_spend(double cycles) {
    engine.running->now += (ticks)(cycles * TICKS_PER_CYCLE);
    await_others(engine.running, 0);
}

void engine_set_instructions(double instructions) {
    engine.running->per_access = (ticks)(instructions / engine.cost.ipc * TICKS_PER_CYCLE);
}

void engine_stop(void) {
    struct virtual_cpu *self = engine.running;
    engine.running = NULL;
    fiber_switch(&self->fiber, &engine.main);
    abort(); // nobody goes on with it
}

static void cpu_begin(void *argument) {
    struct virtual_cpu *self = argument;
    self->work(self->argument);
    give_up("a scenario returned on a virtual CPU");
}

static void engine_prepare(void (*work)(void *argument), void *const *arguments) {
    // bound: CPUs
    for (size_t i = 0; i < engine.count; i++) {
        struct virtual_cpu *cpu = &engine.cpus[i];
        *cpu = (struct virtual_cpu){.index = i, .work = work, .argument = arguments[i], .next_waiting = LINE_NOBODY};
        if (!fiber_map(&cpu->fiber))
            give_up("no memory for the stacks of virtual CPUs");
        fiber_prepare(&cpu->fiber, cpu_begin, cpu);
        ready_add(cpu);
    }
}

void engine_run(const struct cost *cost, size_t cpus, void (*work)(void *argument), void *const *arguments) {
    engine = (struct engine){.cost = *cost, .count = cpus};
    engine_forget_places();
    engine.lines = lines_make(cost);
    engine.cpus = calloc(cpus, sizeof *engine.cpus);
    engine.ready = calloc(cpus, sizeof(struct virtual_cpu *));
    if (engine.cpus == NULL || engine.ready == NULL)
        give_up("no memory for virtual CPUs");
    engine_prepare(work, arguments);
    step_handler = on_step;
    engine.running = ready_take();
    fiber_switch(&engine.main, &engine.running->fiber);
    step_handler = NULL;
    // bound: CPUs
    for (size_t i = 0; i < cpus; i++)
        fiber_unmap(&engine.cpus[i].fiber);
    lines_destroy(engine.lines);
    free(engine.cpus);
    free(engine.ready);
}
