// SPDX-License-Identifier: MIT
// The kernel itself, on every CPU: what its page tables forbid, and its interrupts.
#include "arch.h"
#include "catch.h"
#include "cpus.h"
#include "kheap.h"
#include "protect.h"
#include "tap.h"
#include "tests.h"
#include "tick.h"

enum { TICKS = 3, TICKS_A_SECOND = 2000 };

static void allowed(void *arg) {
    *(volatile char *)arg = 1;
}

static const struct {
    const char *what;
    void (*act)(void *arg);
} forbidden[] = {
    {"a write to text", protect_write_text},      {"a write to read-only data", protect_write_rodata},
    {"a call into the heap", protect_run_heap},   {"a call into the stack", protect_run_stack},
    {"a call into static data", protect_run_bss}, {"a call into read-only data", protect_run_rodata},
    {"a write through NULL", protect_touch_null},
};

static void try_forbidden(void *arg) {
    (void)arg;
    size_t me = cpu_self()->index;
    char byte = 0, *code = kheap_alloc(PROTECT_CODE_BYTES, PROTECT_CODE_BYTES);
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) { // bound: the table
        tap_expect(catch_call(forbidden[i].act, code).end == CATCH_EXCEPTION, "CPU %zu lets %s through", me,
                   forbidden[i].what);
    }
    tap_expect(catch_call(allowed, &byte).end == CATCH_RETURNED && byte == 1, "CPU %zu may not write its stack", me);
    kheap_free(code);
}

void test_protection(void) {
    cpus_run(try_forbidden, NULL);
}

static size_t *letters; // one a CPU, taken by an IPI's handler

static void use_heap(void) {
    kheap_free(kheap_alloc(100, 8));
}

static void take_letter(void) {
    use_heap();
    __atomic_store_n(&letters[cpu_self()->index], 0, __ATOMIC_RELEASE); // R machine.answer -> A machine.wait
}

// Every CPU gets ticks of its own and an IPI from the CPU before it.
static void take_interrupts(void *arg) {
    (void)arg;
    struct cpu *me = cpu_self();
    uint64_t ticks = me->ticks;
    size_t next = (me->index + 1) % cpus_count();
    cpus_meet();
    __atomic_store_n(&letters[next], 1, __ATOMIC_RELAXED); // relaxed: the handler only clears it
    ipi_send(cpus_at(next));
    tick_set(clock_hz() * cpus_count() / TICKS_A_SECOND, use_heap);
    irq_state_t was = irq_mask();
    // A machine.wait <- R machine.answer; bound: the watchdog's deadline
    while (me->ticks < ticks + TICKS || __atomic_load_n(&letters[next], __ATOMIC_ACQUIRE) != 0)
        irq_wait();
    irq_restore(was);
    tick_reset();
}

void test_interrupts(void) {
    letters = kheap_zalloc(cpus_count() * sizeof *letters, 8);
    uint64_t calls = 0, ticks = 0, ipis = 0;
    for (size_t i = 0; i < cpus_count(); i++) { // bound: CPUs
        calls -= cpus_at(i)->masked[KHEAP_FREE].calls;
        ticks -= cpus_at(i)->ticks;
        ipis -= cpus_at(i)->ipis;
    }
    ipi_set(take_letter);
    cpus_run(take_interrupts, NULL);
    ipi_set(NULL);
    for (size_t i = 0; i < cpus_count(); i++) { // bound: CPUs
        calls += cpus_at(i)->masked[KHEAP_FREE].calls;
        ticks += cpus_at(i)->ticks;
        ipis += cpus_at(i)->ipis;
    }
    tap_expect(ticks >= TICKS * cpus_count(), "%lu ticks on %zu CPUs", ticks, cpus_count());
    tap_expect(ipis >= cpus_count(), "%lu IPIs on %zu CPUs", ipis, cpus_count());
    tap_expect(calls >= TICKS * cpus_count() + cpus_count(), "handlers used the heap only %lu times", calls);
    kheap_free(letters);
}
