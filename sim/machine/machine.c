// SPDX-License-Identifier: MIT
// Building the machine, letting it run, and seeing to it that every CPU gets on that is not stopped for ever.
#include "machine.h"

#include "stress/support/die.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 2000000 // between two looks at the CPUs
#define HANDLER_PLACES 12u
#define HANDLER_BYTES_MAX ((size_t)8192)
#define FEAST_BLOCKS 512u
#define STEPS_AFTER_STOPS 64u // at least, of every CPU, after the last one stopped

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void *zeroed(size_t count, size_t bytes) {
    void *p = calloc(count, bytes);
    if (p == NULL)
        die_unusable("machine: no memory for %zu times %zu bytes", count, bytes);
    return p;
}

static void machine_make_slots(struct machine *self) {
    const struct plan *plan = &self->plan;
    struct appetite task = {plan->places, plan->size_max, plan->steps_per_feast != 0 ? FEAST_BLOCKS : 0};
    struct appetite handler = {HANDLER_PLACES, HANDLER_BYTES_MAX, 0};
    self->slots = zeroed(plan->cpus, sizeof *self->slots);
    // bound: slots
    for (size_t slot = 0; slot < plan->cpus; slot++) {
        // bound: IRQ_LEVELS
        for (unsigned level = 0; level < IRQ_LEVELS; level++) {
            struct actor *actor = &self->slots[slot].actors[level];
            actor_init(actor, &self->world, slot * IRQ_LEVELS + level, slot, level == 0 ? task : handler, plan->seed);
            actor->watch.on_enter = irq_call_enter;
            actor->watch.on_leave = irq_call_leave;
        }
        registry_offer(self->registry, slot);
    }
    if (plan->frames)
        yard_make(self);
    if (plan->tallocs)
        tallocs_make(self);
}

// The doomed are the first of a random order.
static void machine_make_cpus(struct machine *self) {
    const struct plan *plan = &self->plan;
    struct rng rng = {plan->seed};
    self->cpu_count = plan->cpus + (plan->unplugs ? plan->cpus / 4 + 1 : 0);
    self->cpus = zeroed(self->cpu_count, sizeof *self->cpus);
    size_t doomed = plan->stopped;
    // bound: CPUs
    for (size_t i = 0; i < self->cpu_count; i++) {
        struct cpu *cpu = &self->cpus[i];
        *cpu = (struct cpu){.machine = self, .index = i, .slot = REGISTRY_NONE, .rng = {rng_next(&rng)}};
        cpu->state = CPU_WAITS;
        cpu->doomed_at = UINT64_MAX;
        if (doomed != 0 && rng_below(&rng, self->cpu_count - i) < doomed) {
            cpu->doomed_at = rng_below(&rng, plan->calls / plan->cpus / 2 + 1);
            doomed--;
        }
    }
}

void machine_make(struct machine *self, const struct plan *plan) {
    memset(self, 0, sizeof *self);
    self->plan = *plan;
    world_init(&self->world, plan_region_bytes(plan), 3, plan->cpus, plan->cpus * IRQ_LEVELS);
    wfh_limits(self->world.heap, &self->limits);
    self->registry = registry_make(plan->cpus);
    self->pin = pin_make();
    machine_make_slots(self);
    machine_make_cpus(self);
    meeting_init(&self->meeting, plan->cpus);
}

void machine_destroy(struct machine *self) {
    if (machine_stopped(self) != 0)
        return; // stopped threads lie in it still
    // bound: slots times IRQ_LEVELS
    for (size_t i = 0; i < self->plan.cpus * IRQ_LEVELS; i++)
        actor_destroy(&self->slots[i / IRQ_LEVELS].actors[i % IRQ_LEVELS]);
    if (self->plan.frames)
        yard_destroy(self);
    if (self->plan.tallocs)
        tallocs_destroy(self);
    meeting_destroy(&self->meeting);
    pin_destroy(self->pin);
    registry_destroy(self->registry);
    free(self->cpus);
    free(self->slots);
    world_destroy(&self->world);
}

bool machine_drain(struct machine *self, size_t slot) {
    if (self->plan.frames)
        return frame_drain(self->yard.pool, slot);
    if (self->plan.tallocs)
        return talloc_drain(self->tallocs.talloc, slot);
    return wfh_drain(self->world.heap, slot);
}

bool cpu_is_stopped(const struct cpu *self) {
    return __atomic_load_n(&self->irq.stopped, __ATOMIC_ACQUIRE); // A machine.look <- R irq.stop
}

size_t machine_stopped(const struct machine *self) {
    size_t stopped = 0;
    // bound: CPUs
    for (size_t i = 0; i < self->cpu_count; i++)
        stopped += cpu_is_stopped(&self->cpus[i]);
    return stopped;
}

// What the main thread has seen of a CPU.
struct glance {
    uint64_t steps;
    double changed; // when the steps changed last
    uint64_t goal;  // steps that it must reach once all stops have happened; 0: not known yet
};

static uint64_t cpu_steps(const struct cpu *self) {
    return __atomic_load_n(&self->steps, __ATOMIC_RELAXED); // relaxed: a sign of life
}

static void glance_at(struct glance *self, const struct cpu *cpu, double now) {
    const struct machine *machine = cpu->machine;
    enum cpu_state state = __atomic_load_n(&cpu->state, __ATOMIC_ACQUIRE); // A machine.look <- R cpu.state
    uint64_t steps = cpu_steps(cpu);
    if (steps != self->steps || state != CPU_RUNS || cpu_is_stopped(cpu) || self->changed == 0)
        self->changed = now;
    self->steps = steps;
    if (now - self->changed > machine->plan.patience_seconds)
        die("no progress: CPU %zu has made no step for %.0f s, with %zu of %zu CPUs stopped for ever", cpu->slot,
            now - self->changed, machine_stopped(machine), machine->plan.cpus);
}

// Whether every CPU got on after the last one had stopped.
static bool survivors_got_on(const struct machine *self, struct glance *glances) {
    if (machine_stopped(self) < self->plan.stopped)
        return false;
    bool all = true;
    // bound: CPUs
    for (size_t i = 0; i < self->cpu_count; i++) {
        struct glance *glance = &glances[i];
        if (glance->goal == 0)
            glance->goal = glance->steps + STEPS_AFTER_STOPS + self->plan.calls / self->plan.cpus / 4;
        all = all && (cpu_is_stopped(&self->cpus[i]) || glance->steps >= glance->goal);
    }
    return all;
}

static void machine_show(const struct machine *self, uint64_t steps, double elapsed, const char *end) {
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%s: %zu CPUs, %llu calls, %.0f a second, %zu stopped%s", self->plan.scenario,
                self->plan.cpus, (unsigned long long)steps, (double)steps / elapsed, machine_stopped(self), end);
}

// One look at all; true if the run may end.
static bool machine_look(const struct machine *self, struct glance *glances, double began) {
    double now = seconds_now();
    uint64_t steps = 0;
    // bound: CPUs
    for (size_t i = 0; i < self->cpu_count; i++) {
        glance_at(&glances[i], &self->cpus[i], now);
        steps += glances[i].steps;
    }
    machine_show(self, steps, now - began, "");
    bool enough = self->plan.seconds > 0 ? now - began >= self->plan.seconds : steps >= self->plan.calls;
    return enough && (self->plan.stopped == 0 || survivors_got_on(self, glances));
}

// A slot that nobody stands for is drained by the main thread, and left to others again.
static void machine_drain_vacant(struct machine *self) {
    size_t slot = registry_take(self->registry);
    if (slot == REGISTRY_NONE)
        return;
    // bound: what the cache holds
    while (machine_drain(self, slot)) {
    }
    registry_offer(self->registry, slot);
    self->drained++;
}

static void machine_conduct(struct machine *self) {
    struct glance *glances = zeroed(self->cpu_count, sizeof *glances);
    struct timespec pause = {.tv_nsec = LOOK_NS};
    double began = seconds_now();
    // bound: the run's length, and the patience with every CPU
    while (!machine_look(self, glances, began)) {
        nanosleep(&pause, NULL);
        if (self->plan.unplugs)
            machine_drain_vacant(self);
    }
    machine_show(self, 0, 1, "\n");
    __atomic_store_n(&self->over, true, __ATOMIC_RELAXED); // relaxed: only ends the loops
    free(glances);
}

static void machine_start(struct machine *self) {
    // bound: CPUs
    for (size_t i = 0; i < self->cpu_count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, cpu_main, &self->cpus[i]) != 0)
            die_unusable("machine: the system refused thread %zu of %zu", i + 1, self->cpu_count);
    }
}

// The CPUs that are not stopped end.
static void machine_join(struct machine *self) {
    struct timespec pause = {.tv_nsec = LOOK_NS};
    double began = seconds_now();
    // bound: CPUs
    for (size_t i = 0; i < self->cpu_count; i++) {
        struct cpu *cpu = &self->cpus[i];
        // bound: the patience; A machine.look <- R cpu.state
        while (!cpu_is_stopped(cpu) && __atomic_load_n(&cpu->state, __ATOMIC_ACQUIRE) != CPU_IS_DONE) {
            nanosleep(&pause, NULL);
            if (seconds_now() - began > self->plan.patience_seconds)
                die("no progress: CPU %zu does not come to an end", cpu->index);
        }
        if (!cpu_is_stopped(cpu))
            pthread_join(cpu->thread, NULL);
    }
}

void machine_run(struct machine *self) {
    irq_install();
    machine_start(self);
    if (self->plan.exhausts)
        exhaust_conduct(self);
    else
        machine_conduct(self);
    machine_join(self);
}
