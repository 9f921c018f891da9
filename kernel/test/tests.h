// SPDX-License-Identifier: MIT
// The tests that run in the kernel, each from the boot CPU; results go to tap_expect.
#ifndef KERNEL_TEST_TESTS_H
#define KERNEL_TEST_TESTS_H

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

#endif
