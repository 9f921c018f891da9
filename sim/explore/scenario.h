// SPDX-License-Identifier: MIT
// What virtual CPUs do, and what must be true afterwards.
#ifndef SCENARIO_H
#define SCENARIO_H

#include <stddef.h>
#include <stdint.h>

struct scenario {
    const char *name;
    const char *summary; // what each CPU does
    unsigned cpus_least, cpus_most;
    unsigned ops;                     // unless --ops says otherwise
    void (*build)(void);              // once: memory in the arena
    void (*begin)(void);              // before every schedule: what the scenario knows itself
    void (*run)(unsigned cpu);        // a CPU's program
    void (*finish)(void);             // all CPUs are done or frozen
    uint64_t (*digest)(unsigned cpu); // of what a CPU knows beside its stack and the words
    void (*name_word)(const void *at, char *name, size_t bytes);
};

// NULL: there is none.
const struct scenario *scenario_find(const char *name);
const struct scenario *scenario_at(size_t index);

#endif
