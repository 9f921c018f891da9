// SPDX-License-Identifier: MIT
// Runs that have to end as failed: they show that a kernel which fails, panics, hangs or writes where it must not does
// not pass.
#include "arch.h"
#include "catch.h"
#include "cpu.h"
#include "cpus.h"
#include "kheap.h"
#include "options.h"
#include "pages.h"
#include "print.h"
#include "protect.h"
#include "tap.h"
#include "task.h"
#include "tests.h"
#include "tick.h"
#include "watchdog.h"

enum { HANG_SECONDS = 2, EMPTY_BYTES = 4096, TICKS = 100, TICKS_A_SECOND = 1000 };

static void two_and_two(void) {
    tap_expect(2 + 2 == 5, "2 + 2 is %d, not 5", 2 + 2);
}

bool fail_main(void) {
    tap_begin();
    tap_test("a test that fails", two_and_two);
    return tap_end();
}

static void fail(void *arg) {
    (void)arg;
    cpus_meet();
    panic("asked for on the command line");
}

bool panic_main(void) {
    cpus_run(fail, NULL);
    return true;
}

static void fail_badly(void *arg) {
    panic("the text at %p is %s", arg, (const char *)arg);
}

bool panic_twice_main(void) {
    (void)catch_call(fail_badly, (void *)8);
    return true;
}

bool hang_main(void) {
    watchdog_expect("a boot CPU that spins", HANG_SECONDS);
    for (;;) // bound: the watchdog's deadline
        cpu_relax();
}

bool hang_masked_main(void) {
    (void)irq_mask();
    return hang_main();
}

// Takes a stack to its end, and beyond.
static __attribute__((noinline)) unsigned overflow(unsigned depth) {
    volatile unsigned char room[256];
    room[depth % sizeof room] = 1;
    return depth == 0 ? 0 : overflow(depth + 1) + room[depth % sizeof room];
}

static void overflow_last(void *arg) {
    (void)arg;
    if (cpu_self()->index == cpus_count() - 1)
        (void)overflow(1);
}

bool overflow_stack_main(void) {
    cpus_run(overflow_last, NULL);
    return true;
}

bool write_text_main(void) {
    protect_write_text(NULL);
    return true;
}

bool run_data_main(void) {
    protect_run_heap(kheap_alloc(PROTECT_CODE_BYTES, PROTECT_CODE_BYTES));
    return true;
}

static uint64_t nowhere;

static void spoil(void) {
    registers_spoil();
    if (cpu_self()->ticks > TICKS)
        __atomic_store_n(&nowhere, STACKS_START, __ATOMIC_RELAXED); // relaxed: for this CPU itself
}

bool registers_main(void) {
    tick_set(clock_hz() / TICKS_A_SECOND, spoil);
    registers_keep(&nowhere);
}

static void fault_masked(void *arg) {
    (void)arg;
    (void)irq_mask();
    (void)*(volatile char *)STACKS_START;
}

static void forget(const struct task *task) {
    (void)task;
}

bool fault_masked_main(void) {
    (void)task_start("faults in a call", fault_masked, NULL);
    task_run_all(forget);
    return true;
}

static void misuse(void) {
    kheap_free(&nowhere);
}

static void wait_for_misuse(void *arg) {
    (void)arg;
    tick_set(clock_hz() / TICKS_A_SECOND, misuse);
    for (;;) // bound: the first tick
        cpu_relax();
}

bool fault_handler_main(void) {
    (void)task_start("is interrupted", wait_for_misuse, NULL);
    task_run_all(forget);
    return true;
}

static void take_primary(void *arg) {
    (void)arg;
    for (;;) // bound: the heap
        *(char *)task_alloc(EMPTY_BYTES, EMPTY_BYTES) = 1;
}

// The kernel goes on asking while nothing of the task's has come back.
static void take_backup(const struct task *task) {
    cpu_self()->doing = task->name;
    for (;;) // bound: the heap
        *(char *)kheap_alloc(EMPTY_BYTES, EMPTY_BYTES) = 1;
}

bool empty_main(void) {
    (void)task_start("glutton", take_primary, NULL);
    task_run_all(take_backup);
    return true;
}
