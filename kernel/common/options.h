// SPDX-License-Identifier: MIT
// What a run of the kernel does: one mode and some numbers, chosen on the command line by words such as mode=bench.
#ifndef KERNEL_COMMON_OPTIONS_H
#define KERNEL_COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mode {
    const char *name;
    bool (*run)(void); // on the boot CPU, interrupts on, all CPUs up and parked; whether all was well
    bool small_heap;   // the primary heap is no larger than the backup, for it is to be exhausted
};

extern const struct mode modes[]; // kernel/test/modes.c; the first unless told; behind the last, one without a name

struct options {
    const struct mode *mode;
    uint64_t seed;    // seed=N, of whatever is random; 1 unless told
    uint64_t seconds; // seconds=N, of a measurement; 0 unless told: the mode's own choice
    uint64_t aborts;  // aborts=N, of tasks; 0 unless told: likewise
    uint64_t upper;   // upper=N, the most CPUs there may be; 0 unless told: as many as the machine says
};
extern struct options options;

// Reads the words of a line into `options`. An unknown word panics.
void options_read(const char *line);

// In kernel/bench/, for that list.
bool bench_main(void);
bool wcet_main(void);

#endif
