// SPDX-License-Identifier: MIT
// What a run of the kernel does: one mode and some numbers, chosen on the command line by words such as mode=bench.
#ifndef KERNEL_COMMON_MODES_H
#define KERNEL_COMMON_MODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mode {
    const char *name;
    bool (*run)(void); // on the boot CPU, interrupts on, all CPUs up and parked; whether all was well
    bool small_heap;   // the primary heap is no larger than the backup, for it is to be exhausted
};

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

// In kernel/test/. The last eight have to end the machine as failed.
bool test_main(void);
bool tasks_main(void);          // tasks that are aborted, and what becomes of their memory
bool stress_main(void);         // under -icount shift=0: the stress, its CPUs interleaved by a seed
bool duels_main(void);          // the same: calls of the core, interrupted at every instruction by others
bool sweep_main(void);          // the same: the calls of the heap, interrupted at every instruction
bool fail_main(void);           // a TAP test that fails
bool panic_main(void);          // a panic
bool hang_main(void);           // the boot CPU spins for ever; the watchdog ends it
bool hang_masked_main(void);    // the same with interrupts masked; another CPU ends it, or the alarm
bool overflow_stack_main(void); // the last CPU calls itself until its stack ends
bool write_text_main(void);     // writes into the kernel's text
bool run_data_main(void);       // runs code in the heap
bool empty_main(void);          // both heaps are exhausted

// In kernel/bench/.
bool bench_main(void);
bool wcet_main(void);

#endif
