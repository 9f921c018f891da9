// SPDX-License-Identifier: MIT
// The tests that run in the kernel, each from the boot CPU; results go to tap_expect.
#ifndef KERNEL_TEST_TESTS_H
#define KERNEL_TEST_TESTS_H

#include <stdbool.h>

// units.c: parts of the core, by all CPUs at once where they are shared.
void test_bits(void);
void test_bitset(void);
void test_pages(void);

// calls.c: what the calls of the heap promise, one at a time.
void test_init_errors(void);
void test_sizes_and_alignments(void);
void test_burst(void);
void test_realloc(void);
void test_add_memory(void);

// misuse.c: every kind of misuse is reported, and changes nothing.
void test_misuse_wf(void);
void test_misuse_old_block(void);
void test_misuse_tlsf(void);

// machine.c: the kernel itself, on every CPU.
void test_protection(void);
void test_interrupts(void);

// stress.c: all CPUs and their interrupt handlers in one small heap.
void test_stress(void);
void test_stress_retyping(void); // with hardly a page to spare
void test_stress_reentry(void);  // handlers interrupt calls, on CPU numbers of their own
void test_exhaustion(void);

// Modes of the kernel (options.h), of which modes.c has the list. Those from fail_main on have to end the machine as
// failed.
bool test_main(void);
bool tasks_main(void);          // tasks that are aborted, and what becomes of their memory
bool stress_main(void);         // under -icount shift=0: the stress, its CPUs interleaved by a seed
bool duels_main(void);          // the same: calls of the core, interrupted at every instruction by others
bool sweep_main(void);          // the same: the calls of the heap, interrupted at every instruction
bool fail_main(void);           // a TAP test that fails
bool panic_main(void);          // all CPUs panic at once
bool panic_twice_main(void);    // the report of a panic faults, where a fault is awaited
bool hang_main(void);           // the boot CPU spins for ever; the watchdog ends it
bool hang_masked_main(void);    // the same with interrupts masked; another CPU ends it, or the alarm
bool overflow_stack_main(void); // the last CPU calls itself until its stack ends
bool write_text_main(void);     // writes into the kernel's text
bool run_data_main(void);       // runs code in the heap
bool registers_main(void);      // an exception after many interrupts, with a number in every register
bool fault_masked_main(void);   // a task faults in what its end would leave half done
bool fault_handler_main(void);  // a handler misuses the heap, and the task that it interrupts must not answer for it
bool empty_main(void);          // both heaps are exhausted

#endif
