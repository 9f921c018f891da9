// SPDX-License-Identifier: MIT
// What a thread does that stands for a CPU: the calls of its task, those of its interrupt handlers, and going away.
#include "machine.h"

#include <time.h>

#define STEPS_PER_INTERRUPT_SENT 32u // to another CPU
#define REPLUGS_PER_CPU 16u          // or so, if it goes by calls

static struct slot *cpu_slot(const struct cpu *self) {
    return &self->machine->slots[self->slot];
}

// One operation of the task, level 0, or of a handler.
static void cpu_step(struct cpu *self, unsigned level) {
    struct slot *slot = cpu_slot(self);
    if (self->machine->plan.frames)
        frame_user_step(&slot->users[level]);
    else if (self->machine->plan.tallocs)
        talloc_user_step(&slot->tenants[level]);
    else
        actor_step(&slot->actors[level]);
}

static bool cpu_is_over(const struct cpu *self) {
    return __atomic_load_n(&self->machine->over, __ATOMIC_RELAXED); // relaxed: only ends the loop
}

static void cpu_enter_state(struct cpu *self, enum cpu_state state) {
    __atomic_store_n(&self->state, state, __ATOMIC_RELEASE); // R cpu.state -> A machine.look
}

static void cpu_rest(struct cpu *self, size_t microseconds_most) {
    struct timespec rest = {.tv_nsec = 1000 * (long)(1 + rng_below(&self->rng, microseconds_most))};
    nanosleep(&rest, NULL);
}

// Interrupts stay masked; false if the run is over before there is a slot.
static bool cpu_plug(struct cpu *self) {
    cpu_enter_state(self, CPU_WAITS);
    // bound: none, until another CPU goes away or the run is over
    while ((self->slot = registry_take(self->machine->registry)) == REGISTRY_NONE) {
        if (cpu_is_over(self))
            return false;
        cpu_rest(self, 1000);
    }
    cpu_enter_state(self, CPU_RUNS);
    registry_put(self->machine->registry, self->slot, &self->thread);
    return true;
}

// Interrupts are masked. The cache is drained wholly, by a few pieces, or left to whoever comes next.
static void cpu_unplug(struct cpu *self) {
    registry_remove(self->machine->registry, self->slot);
    size_t pieces = rng_below(&self->rng, 3) == 0 ? SIZE_MAX : rng_below(&self->rng, 4);
    // bound: what the cache holds
    for (size_t i = 0; i < pieces && machine_drain(self->machine, self->slot); i++) {
    }
    registry_offer(self->machine->registry, self->slot);
    self->slot = REGISTRY_NONE;
    self->replugs += !cpu_is_over(self);
}

// Interrupts another CPU, chosen at random.
static void cpu_interrupt_other(struct cpu *self) {
    irq_mask(&self->irq);
    registry_interrupt(self->machine->registry, rng_below(&self->rng, self->machine->plan.cpus));
    irq_unmask(&self->irq);
}

static uint64_t steps_per_replug(const struct plan *plan) {
    uint64_t steps = plan->calls / plan->cpus / REPLUGS_PER_CPU;
    return steps < 20 ? 20 : steps;
}

// Interrupts are masked before and after.
static void cpu_live(struct cpu *self) {
    const struct plan *plan = &self->machine->plan;
    uint64_t steps = __atomic_load_n(&self->steps, __ATOMIC_RELAXED); // relaxed: written here only
    irq_unmask(&self->irq);
    // bound: none, until the run is over
    while (!cpu_is_over(self)) {
        cpu_step(self, 0);
        steps++;
        __atomic_store_n(&self->steps, steps, __ATOMIC_RELAXED); // relaxed: a sign of life
        self->irq.doomed = steps >= self->doomed_at;
        if (steps % STEPS_PER_INTERRUPT_SENT == 0)
            cpu_interrupt_other(self);
        if (plan->steps_per_feast != 0 && rng_below(&self->rng, plan->steps_per_feast) == 0)
            actor_feast(&cpu_slot(self)->actors[0]);
        if (plan->unplugs && rng_below(&self->rng, steps_per_replug(plan)) == 0)
            break;
    }
    irq_mask(&self->irq);
}

static void cpu_handle(void *context, unsigned level) {
    struct cpu *self = context;
    cpu_step(self, level);
    irq_unmask(&self->irq); // the next level
    cpu_step(self, level);
    cpu_step(self, level);
    irq_mask(&self->irq);
}

void *cpu_main(void *argument) {
    struct cpu *self = argument;
    const struct plan *plan = &self->machine->plan;
    self->thread = pthread_self();
    self->irq.handle = plan->exhausts ? exhaust_handle : cpu_handle;
    self->irq.context = self;
    self->irq.glue = plan->glue;
    self->irq.stall_ns = plan->stall_us * 1000;
    pin_thread(self->machine->pin, self->index);
    registry_enter();
    irq_open(&self->irq, rng_next(&self->rng), plan->irq_us * 1000);
    // bound: none, until the run is over
    while (!cpu_is_over(self) && cpu_plug(self)) {
        if (plan->exhausts)
            exhaust_live(self);
        else
            cpu_live(self);
        cpu_unplug(self);
        cpu_enter_state(self, CPU_WAITS);
        cpu_rest(self, 3000);
    }
    irq_close(&self->irq);
    registry_leave();
    cpu_enter_state(self, CPU_IS_DONE);
    return NULL;
}
