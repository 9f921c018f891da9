// SPDX-License-Identifier: MIT
// Virtual CPUs, each a fiber with a clock of its own. The one that is behind all others runs, until it wants a line
// that it does not have, or wants to be seen by others; then all others catch up first. Work on lines that it has goes
// on for a while meanwhile. Nothing depends on the machine that it runs on: the same run gives the same figures.
#ifndef SIM_SCALE_ENGINE_H
#define SIM_SCALE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cost.h"
#include "fiber.h"
#include "line.h"

struct step_site;

struct engine_counts {
    uint64_t accesses; // plain ones and words
    uint64_t locked;   // atomic read-modify-writes
    struct line_counts lines;
};

struct virtual_cpu {
    struct fiber fiber;
    size_t index;
    ticks now;
    ticks stores_at;  // when all that it stored so far is in its lines
    ticks per_access; // what its instructions take
    void (*work)(void *argument);
    void *argument;
    uint16_t next_waiting; // behind it, on the same line
    // What it loaded last, to see that it spins.
    const struct step_site *load_site;
    const void *load_at;
    uint64_t load_value, load_accesses;
    struct engine_counts counts;
};

// work(argument) runs on each of `cpus` CPUs, argument being arguments[cpu]; it must not return. Ends with
// engine_stop.
void engine_run(const struct cost *cost, size_t cpus, void (*work)(void *argument), void *const *arguments);

// The places in the source whose words were waited for longest in the last run, worst first; answers how many there
// are.
struct engine_place {
    const struct step_site *site;
    uint64_t steps;
    ticks waited; // by all CPUs together
};
void engine_forget_places(void);
size_t engine_places(struct engine_place *places, size_t most);

// On a virtual CPU; NULL elsewhere.
struct virtual_cpu *engine_cpu(void);
struct virtual_cpu *engine_cpu_at(size_t index);
// All of them stop where they are, and engine_run returns.
_Noreturn void engine_stop(void);
// Time passes.
void engine_spend(double cycles);
// The running CPU's code makes so many instructions for each access from now on.
void engine_set_instructions(double instructions);

// A load waits for its line. A store does not: it lies in the CPU's store buffer meanwhile; one that publishes comes
// into its line after all before it. An atomic waits for all of them, and for its line.
enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_PUBLISH, ACCESS_LOCKED };
void engine_access(const void *address, size_t bytes, enum access access);

#endif
