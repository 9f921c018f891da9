// SPDX-License-Identifier: MIT
// Time slices for QEMU's system mode under -icount, where one thread runs all vCPUs in turn and would let each run for
// millions of instructions: here a slice ends after 20 to 120 instructions, drawn from a seed, wherever it is, so that
// calls on different vCPUs truly overlap, and in the same way in every run.
#ifndef BENCH_PROBE_SLICES_H
#define BENCH_PROBE_SLICES_H

#include <stdbool.h>
#include <stdint.h>

// False if this QEMU does not export what it takes.
bool slices_begin(uint64_t seed);

// To be told of every block before it runs; ends the vCPU's slice after it if that has become long enough.
void slices_executed(unsigned vcpu, uint32_t insns);

// How often another vCPU went on so far.
uint64_t slices_switches(void);

#endif
