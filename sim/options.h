// SPDX-License-Identifier: MIT
// The command line of `wfsim explore`.
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define WEAKENED_MOST 16u

struct options {
    const char *scenario, *adversary, *memory, *replay;
    unsigned cpus, ops, rival_ops; // 0: as the scenario has it
    unsigned preemptions;          // of an exhaustive search; OPTIONS_UNBOUNDED
    uint64_t seed, steps, schedules, victim;
    bool exhaustive, dpor, quiet;
    const char *weakened[WEAKENED_MOST];
    unsigned weakened_count;
};
#define OPTIONS_UNBOUNDED (~0u)

extern const char options_usage[];

// Ends the program with a sentence and exit code 2 if something is wrong.
void options_parse(struct options *self, int argc, char **argv);
_Noreturn void options_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
