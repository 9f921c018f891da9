// SPDX-License-Identifier: MIT
// Interrupts of a simulated CPU, which is a thread. A signal hits it between any two instructions. If interrupts are
// masked, it is pending until they are unmasked; else its handler runs at once, masked at first, and may unmask so that
// others nest. A signal that finds a heap call may hold the CPU up there for a while, as a hypervisor does that takes
// the processor away; masking does not help. A CPU that is doomed is stopped for ever by the next signal that finds it
// inside a heap call, masked or not, as by a machine check.
#ifndef SIM_MACHINE_IRQ_H
#define SIM_MACHINE_IRQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "stress/support/rng.h"

#define IRQ_LEVELS 4u // the task, and three handlers nested in it

// How a heap call is guarded. The last two are wrong, and there to show that it is seen.
enum irq_glue {
    IRQ_GLUE_MASKED,   // interrupts are masked around it, as a kernel does
    IRQ_GLUE_UNMASKED, // not at all
    IRQ_GLUE_LOCKED,   // masked, and behind one lock for all CPUs: whoever waits for a stopped CPU waits for ever
};

struct irq_counts {
    uint64_t taken;    // handlers run
    uint64_t deferred; // signals that found interrupts masked
    uint64_t inside;   // signals that found a heap call
    uint64_t nested;   // handlers that interrupted handlers
    uint64_t stalls;   // times it was held up within a heap call
    unsigned deepest;
};

struct irq {
    void (*handle)(void *context, unsigned level); // runs masked, level 1 and up
    void *context;
    enum irq_glue glue;
    volatile bool masked, pending, in_call;
    volatile unsigned level; // 0: the task
    bool was_masked[IRQ_LEVELS];
    struct rng rng;
    timer_t timer;
    uint64_t mean_ns;
    uint64_t stall_ns; // at most; 0: it is not held up
    struct irq_counts counts;
    volatile bool doomed;
    bool stopped; // for ever; seen by the main thread
};

// Once, before any CPU runs.
void irq_install(void);

// The calling thread becomes a CPU, with interrupts masked and a timer that goes off at random, every mean_ns or so.
// The fields up to glue, and stall_ns, are set.
void irq_open(struct irq *self, uint64_t seed, uint64_t mean_ns);
void irq_close(struct irq *self);

// On the CPU itself.
void irq_mask(struct irq *self);
void irq_unmask(struct irq *self); // what is pending runs first

// Around every heap call of the calling CPU.
void irq_call_enter(void);
void irq_call_leave(void);

// The signal that interrupts a CPU.
int irq_signal_number(void);

#endif
