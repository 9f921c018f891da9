// SPDX-License-Identifier: MIT
// `wfsim machine`: the release build of the heap on a simulated machine of threads and signals.
#include "machine.h"

#include "stress/support/die.h"

#include <signal.h>
#include <stdio.h>

static void report(const struct machine *self) {
    struct irq_counts sum = {0};
    uint64_t steps = 0;
    size_t nulls = 0, replugs = 0;
    // bound: CPUs
    for (size_t i = 0; i < self->cpu_count; i++) {
        const struct irq_counts *counts = &self->cpus[i].irq.counts;
        sum.taken += counts->taken;
        sum.deferred += counts->deferred;
        sum.inside += counts->inside;
        sum.nested += counts->nested;
        sum.stalls += counts->stalls;
        sum.deepest = counts->deepest > sum.deepest ? counts->deepest : sum.deepest;
        steps += __atomic_load_n(&self->cpus[i].steps, __ATOMIC_RELAXED); // relaxed: nobody runs
        replugs += self->cpus[i].replugs;
    }
    // bound: slots times IRQ_LEVELS
    for (size_t i = 0; i < self->plan.cpus * IRQ_LEVELS; i++)
        nulls += self->slots[i / IRQ_LEVELS].actors[i % IRQ_LEVELS].nulls;
    nulls += self->plan.frames ? yard_refusals(self) : self->plan.tallocs ? tallocs_refusals(self) : 0;
    printf("%s: %zu CPUs on %zu units, %llu steps, %zu requests refused; interrupts: %llu taken, %llu nested (%u "
           "deep), %llu deferred, %llu within a heap call, %llu held up there; %zu CPUs stopped, %zu hand-overs, %zu "
           "slots drained by "
           "others\n",
           self->plan.scenario, self->plan.cpus, pin_units(self->pin), (unsigned long long)steps, nulls,
           (unsigned long long)sum.taken, (unsigned long long)sum.nested, sum.deepest, (unsigned long long)sum.deferred,
           (unsigned long long)sum.inside, (unsigned long long)sum.stalls, machine_stopped(self), replugs,
           self->drained);
}

// A heap that is out of order may go anywhere.
static void on_bad_access(int number) {
    die("the heap was led to a bad address (signal %d)", number);
}

// No interrupt may come in between: it would use the heap, be led astray as well, and end the process without a word.
static void watch(int number) {
    struct sigaction action = {.sa_handler = on_bad_access};
    sigfillset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

int main(int argc, char **argv) {
    static struct machine machine;
    struct plan plan = plan_parse(argc, argv);
    watch(SIGSEGV);
    watch(SIGBUS);
    machine_make(&machine, &plan);
    machine_run(&machine);
    machine_reckon(&machine);
    report(&machine);
    machine_destroy(&machine);
    return 0;
}
