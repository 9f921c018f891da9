// SPDX-License-Identifier: MIT
// Interrupts of the timer and of other CPUs; see tick.h.
#include "tick.h"

#include "arch.h"
#include "cpus.h"
#include "kheap.h"
#include "print.h"
#include "watchdog.h"

enum { SLOW_CPUS = 128 }; // many emulated CPUs share few real ones: each ticks the more seldom

static void (*ipi_handler)(void);

void tick_set(uint64_t period, void (*handler)(void)) {
    struct cpu *me = cpu_self();
    irq_state_t was = irq_mask();
    me->tick_period = period;
    me->tick_handler = handler;
    timer_once(period);
    irq_restore(was);
}

void tick_reset(void) {
    tick_set(clock_hz() * (1 + cpus_count() / SLOW_CPUS), NULL);
}

static void nothing(void *arg) {
    (void)arg;
}

void ipi_set(void (*handler)(void)) {
    __atomic_store_n(&ipi_handler, handler, __ATOMIC_RELEASE); // R tick.set -> A tick.take
    cpus_run(nothing, NULL);                                   // whoever is in the former handler ends it first
}

// A handler is the kernel's code, whatever it interrupts: both heaps serve it, and nobody awaits its faults.
static void handle(struct cpu *me, void (*handler)(void)) {
    struct catch_point *catch = me->catch;
    enum talloc_policy policy = talloc_save(kheap_talloc(), me->index);
    me->catch = NULL;
    talloc_use_primary_then_backup(kheap_talloc(), me->index);
    if (handler != NULL)
        handler();
    talloc_restore(kheap_talloc(), me->index, policy);
    me->catch = catch;
}

void on_timer(void) {
    struct cpu *me = cpu_self();
    uint64_t since = clock_ticks();
    me->ticks++;
    watchdog_look();
    handle(me, me->tick_handler);
    if (me->tick_period != 0)
        timer_once(me->tick_period + (clock_ticks() - since));
}

void on_ipi(void) {
    cpu_self()->ipis++;
    panic_look();
    handle(cpu_self(), __atomic_load_n(&ipi_handler, __ATOMIC_ACQUIRE)); // A tick.take <- R tick.set
}
