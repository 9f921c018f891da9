// SPDX-License-Identifier: MIT
// Stacks of CPUs and tasks: each in a place of its own, twice as long, of which the lower half is never mapped. Nobody
// but the place's CPU looks at a stack that is unmapped again.
#ifndef KERNEL_COMMON_STACK_H
#define KERNEL_COMMON_STACK_H

#include "cpu.h"
#include "pages.h"

enum { STACK_FRAMES = CPU_STACK_BYTES / 4096 };
_Static_assert(STACK_PLACES * 2 * CPU_STACK_BYTES == STACKS_CPU_BYTES, "the places fill a CPU's addresses");

// Maps CPU_STACK_BYTES of memory at `frame` as a stack; answers its top. place: STACK_OF_CPU, STACK_OF_INTERRUPTS, or
// STACK_OF_TASKS and up, below STACK_PLACES.
void *stack_map(size_t cpu, size_t place, uint64_t frame);
// On the CPU itself, on another stack.
void stack_unmap(size_t place);

#endif
