// SPDX-License-Identifier: MIT
// The machine as hwloc sees it: in which order threads get its processing units, and what it is called.
#ifndef BENCH_DRIVER_MACHINE_H
#define BENCH_DRIVER_MACHINE_H

#include <stddef.h>

#define MACHINE_UNITS_MAX 1024

struct machine {
    size_t units;                 // processing units that this process may use
    int order[MACHINE_UNITS_MAX]; // the system's numbers: one unit of every core first, then their SMT siblings
    char description[256];        // processor, cores, units, NUMA nodes
    char kernel[256];
};

// NULL, or a sentence that says what went wrong.
const char *machine_look(struct machine *machine);

// Binds the calling thread to a unit. Threads beyond the number of units go round robin.
void machine_pin(int unit);

#endif
