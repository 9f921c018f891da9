// SPDX-License-Identifier: MIT
// A CPU's record: all that belongs to one CPU alone.
#ifndef KERNEL_COMMON_CPU_H
#define KERNEL_COMMON_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPU_LINE_BYTES 64
enum { CPU_STACK_BYTES = 16384, STACK_PLACES = 8, STACK_OF_CPU = 0, STACK_OF_INTERRUPTS, STACK_OF_TASKS };

enum kheap_call { KHEAP_ALLOC, KHEAP_REALLOC, KHEAP_FREE, KHEAP_DRAIN, KHEAP_CALLS };

// Heap calls, and the longest time that one of them had interrupts masked.
struct kheap_masked {
    uint64_t calls, ticks_max;
};

struct catch_point;
struct task;

struct cpu {
    _Alignas(CPU_LINE_BYTES) struct cpu *self; // first: GS:0 on x86_64
    size_t index;                              // 0 .. cpu_count - 1, the slot in every heap
    uint64_t hardware_id;                      // LAPIC id, or MPIDR affinity
    void *stack_top;                           // 16-byte aligned
    void *interrupt_top; // of the stack on which interrupts are taken, so that no task's has to have room for them

    const char *doing; // for the watchdog's report

    uint64_t tick_period; // tick.c: clock ticks, 0 if nothing is armed again
    void (*tick_handler)(void);
    uint64_t ticks, ipis; // interrupts taken so far

    struct catch_point *catch; // catch.c: where a fault or an exception of this CPU is awaited

    struct task *task;                // task.c: the one that runs
    struct task *tasks[STACK_PLACES]; // and all, by their stacks' places
    void *context;                    // of who runs them, meanwhile
    size_t refuse_in;                 // for tests: the so many-th request of a task from now on is refused; 0: none

    struct kheap_masked masked[KHEAP_CALLS]; // kheap.c: of each kind of call
};

// Of the CPU that boots, and whole before anything runs: an exception may come at any time. Its stacks are the one that
// the entry code sets up.
extern struct cpu boot_cpu;
extern char boot_stack_top[];

#endif
