// SPDX-License-Identifier: MIT
// All CPUs together: starting them, giving them work, meeting. Who has to wait is parked, never spins.
#ifndef KERNEL_COMMON_CPUS_H
#define KERNEL_COMMON_CPUS_H

#include "boot.h"
#include "cpu.h"

// A record and a stack for every CPU, of boot's memory.
void cpus_make(const struct boot *boot);

// Starts all of them; answers how many are up, the boot CPU among them. Every other CPU then waits for work, with
// interrupts on.
size_t cpus_start(void);

extern const char cpus_idle[]; // what a CPU that waits for work is doing
size_t cpus_count(void);
struct cpu *cpus_at(size_t index);

// Runs work(arg) on all CPUs at the same time, with interrupts on, and returns when all are done. From the boot CPU
// only. What was written before is seen by the work, and what the work wrote is seen afterwards.
void cpus_run(void (*work)(void *arg), void *arg);

// Within work: returns when all CPUs have called it. What they wrote before is seen afterwards.
void cpus_meet(void);

// Makes every other CPU look what is new: work, a meeting, or that the kernel has failed, at which it stops.
void cpus_interrupt_others(void);

#endif
