// SPDX-License-Identifier: MIT
// Signals as interrupts; see irq.h. All of a CPU's state but `stopped` is used by its own thread only, by the code that
// runs and by the handlers that interrupt it, which leave `masked` as they find it.
#include "irq.h"

#include "stress/support/die.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define compiler_barrier() __asm__ volatile("" ::: "memory")

static _Thread_local struct irq *current; // NULL: this thread is no CPU
static bool glue_lock;

int irq_signal_number(void) {
    return SIGUSR1;
}

static void irq_arm(struct irq *self) {
    uint64_t ns = 1 + rng_below(&self->rng, 2 * self->mean_ns);
    struct itimerspec next = {.it_value = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)}};
    if (timer_settime(self->timer, 0, &next, NULL) != 0)
        die_unusable("machine: the system refuses to set a timer");
}

static void irq_stop_for_ever(struct irq *self) {
    __atomic_store_n(&self->stopped, true, __ATOMIC_RELEASE); // R irq.stop -> A machine.look
    sigset_t none;
    sigfillset(&none);
    // bound: none, this is the end of this CPU
    for (;;)
        sigsuspend(&none);
}

// Masked before and after.
static void irq_dispatch(struct irq *self) {
    unsigned level = ++self->level;
    self->counts.taken++;
    self->counts.nested += level > 1;
    if (level > self->counts.deepest)
        self->counts.deepest = level;
    irq_arm(self);
    self->handle(self->context, level);
    self->level = level - 1;
}

static void irq_stall(struct irq *self) {
    struct timespec rest = {.tv_nsec = (long)rng_below(&self->rng, self->stall_ns)};
    self->counts.stalls++;
    nanosleep(&rest, NULL);
}

static void irq_on_signal(int number) {
    (void)number;
    int kept = errno;
    struct irq *self = current;
    if (self == NULL)
        return;
    self->counts.inside += self->in_call;
    if (self->in_call && self->doomed)
        irq_stop_for_ever(self);
    if (self->in_call && self->stall_ns != 0)
        irq_stall(self);
    if (self->masked || self->level == IRQ_LEVELS - 1) {
        self->counts.deferred++;
        self->pending = true;
    } else {
        irq_mask(self);
        irq_dispatch(self);
        irq_unmask(self);
    }
    errno = kept;
}

void irq_mask(struct irq *self) {
    self->masked = true;
    compiler_barrier();
}

void irq_unmask(struct irq *self) {
    // bound: none, as long as interrupts come; each was some time in coming
    for (;;) {
        compiler_barrier();
        self->masked = self->level == IRQ_LEVELS - 1;
        compiler_barrier();
        if (!self->pending || self->masked)
            return;
        self->masked = true;
        compiler_barrier();
        self->pending = false;
        irq_dispatch(self);
    }
}

void irq_call_enter(void) {
    struct irq *self = current;
    bool was_masked = self->masked;
    if (self->glue != IRQ_GLUE_UNMASKED)
        irq_mask(self);
    self->was_masked[self->level] = was_masked;
    // bound: none, and that is what is wrong with locks. A irq.lock <- R irq.unlock
    while (self->glue == IRQ_GLUE_LOCKED && __atomic_exchange_n(&glue_lock, true, __ATOMIC_ACQUIRE))
        sched_yield();
    self->in_call = true;
    compiler_barrier();
}

void irq_call_leave(void) {
    struct irq *self = current;
    compiler_barrier();
    self->in_call = false;
    if (self->glue == IRQ_GLUE_LOCKED)
        __atomic_store_n(&glue_lock, false, __ATOMIC_RELEASE); // R irq.unlock -> A irq.lock
    if (self->glue != IRQ_GLUE_UNMASKED && !self->was_masked[self->level])
        irq_unmask(self);
}

void irq_install(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = irq_on_signal;
    action.sa_flags = SA_NODEFER | SA_RESTART; // whether another one nests is for the mask to say
    sigemptyset(&action.sa_mask);
    sigaction(irq_signal_number(), &action, NULL);
}

void irq_open(struct irq *self, uint64_t seed, uint64_t mean_ns) {
    self->rng.state = seed;
    self->mean_ns = mean_ns;
    self->masked = true;
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = irq_signal_number();
    event._sigev_un._tid = gettid(); // glibc has no other name for it
    if (timer_create(CLOCK_MONOTONIC, &event, &self->timer) != 0)
        die_unusable("machine: the system refuses a timer for each CPU");
    current = self;
    irq_arm(self);
}

void irq_close(struct irq *self) {
    irq_mask(self);
    timer_delete(self->timer);
    compiler_barrier();
    current = NULL;
}
