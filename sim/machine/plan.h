// SPDX-License-Identifier: MIT
// What a run of the machine is to do: the scenarios, and what the command line says about them.
#ifndef SIM_MACHINE_PLAN_H
#define SIM_MACHINE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "irq.h"

#define PLAN_CPUS_MAX 1024u

struct plan {
    // The scenario's.
    const char *scenario;
    const char *summary;
    uint64_t irq_us;        // between two interrupts of a CPU, on average
    uint64_t stall_us;      // that a CPU is held up at most within a call, masked or not; 0: never
    size_t places;          // blocks that a task holds
    size_t size_max;        // of a request; of frames, in bytes too
    size_t kib_per_cpu;     // of the region, unless the command line says how much in all
    uint64_t calls;         // of all tasks together
    size_t steps_per_feast; // takes much and gives it back, every so many steps; 0: never
    bool crashes, unplugs, exhausts;
    bool frames;  // a pool of frames is used instead of a heap
    bool tallocs; // two heaps, as a task and its kernel use them
    // The command line's.
    size_t cpus;
    uint64_t seed;
    double seconds; // 0: as many calls as there are to be
    size_t region_mib;
    size_t stopped; // CPUs to be stopped for ever
    double patience_seconds;
    enum irq_glue glue;
};

// Reads the command line; ends the program with a sentence if it makes no sense.
struct plan plan_parse(int argc, char **argv);

size_t plan_region_bytes(const struct plan *self);

#endif
