// SPDX-License-Identifier: MIT
// All CPUs together; see cpus.h.
#include "cpus.h"

#include "arch.h"
#include "memory.h"
#include "print.h"
#include "stack.h"
#include "tick.h"
#include "watchdog.h"

const char cpus_idle[] = "idle";
struct cpu boot_cpu = {
    .self = &boot_cpu, .stack_top = boot_stack_top, .interrupt_top = boot_stack_top, .doing = "boot"};
static struct cpu *cpus[ARCH_CPUS_MAX] = {&boot_cpu};
static size_t count = 1, up = 1;

// What CPUs run together. Written by the boot CPU while all others are parked.
static struct {
    uint64_t number; // of the latest
    void (*work)(void *arg);
    void *arg;
    size_t left;    // CPUs that are not done yet
    size_t arrived; // CPUs that wait in cpus_meet
    uint64_t meetings;
} run;

size_t cpus_count(void) {
    return count;
}

struct cpu *cpus_at(size_t index) {
    return cpus[index];
}

// Parks this CPU until a counter that others change has left, or has reached, a value.
static void wait_while(const uint64_t *word, bool is, uint64_t value) {
    irq_state_t was = irq_mask();
    // bound: the watchdog's deadline
    while ((__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) == is) // A cpus.wait <- R cpus.tell
        irq_wait();
    irq_restore(was);
}

static void finish(void) {
    // R cpus.tell -> A cpus.wait; the last one has seen all that the others did
    if (__atomic_sub_fetch(&run.left, 1, __ATOMIC_ACQ_REL) == 0) // A cpus.wait <- R cpus.tell
        ipi_send(cpus[0]);
}

void cpu_main(struct cpu *me) {
    arch_interrupts_init_cpu();
    tick_reset();
    __atomic_fetch_add(&up, 1, __ATOMIC_RELEASE); // R cpus.tell -> A cpus.wait
    ipi_send(cpus[0]);
    uint64_t done = 0;
    for (;;) { // bound: until the machine ends
        me->doing = cpus_idle;
        wait_while(&run.number, true, done);
        done = run.number;
        me->doing = "work";
        irq_unmask();
        run.work(run.arg);
        (void)irq_mask();
        finish();
    }
}

static void *make_stack(size_t cpu, size_t place) {
    return stack_map(cpu, place, (uintptr_t)memory_take(CPU_STACK_BYTES, FRAME_BYTES));
}

void cpus_make(const struct boot *boot) {
    count = boot->cpu_count;
    boot_cpu.hardware_id = boot->hardware_ids[0];
    boot_cpu.interrupt_top = make_stack(0, STACK_OF_INTERRUPTS);
    for (size_t i = 1; i < count; i++) { // bound: CPUs
        cpus[i] = memory_take(sizeof *cpus[i], CPU_LINE_BYTES);
        *cpus[i] = (struct cpu){
            .self = cpus[i],
            .index = i,
            .hardware_id = boot->hardware_ids[i],
            .stack_top = make_stack(i, STACK_OF_CPU),
            .interrupt_top = make_stack(i, STACK_OF_INTERRUPTS),
            .doing = "start",
        };
    }
}

size_t cpus_start(void) {
    for (size_t i = 1; i < count; i++) { // bound: CPUs
        watchdog_expect("the start of a CPU", WATCHDOG_SECONDS);
        size_t before = up;
        if (cpu_start(cpus[i]))
            wait_while(&up, true, before);
    }
    return up;
}

void cpus_run(void (*work)(void *arg), void *arg) {
    run.work = work;
    run.arg = arg;
    run.left = count;
    run.arrived = 0;
    __atomic_store_n(&run.number, run.number + 1, __ATOMIC_RELEASE); // R cpus.tell -> A cpus.wait
    cpus_interrupt_others();
    const char *was_doing = cpus[0]->doing;
    cpus[0]->doing = "work";
    work(arg);
    finish();
    wait_while(&run.left, false, 0);
    cpus[0]->doing = was_doing;
}

void cpus_meet(void) {
    struct cpu *me = cpu_self();
    uint64_t meetings = run.meetings;
    me->doing = "meet";
    // R cpus.tell -> A cpus.meet; the last one has seen all that the others did
    if (__atomic_add_fetch(&run.arrived, 1, __ATOMIC_ACQ_REL) < count) { // A cpus.meet <- R cpus.tell
        wait_while(&run.meetings, true, meetings);
    } else {
        run.arrived = 0;
        __atomic_store_n(&run.meetings, meetings + 1, __ATOMIC_RELEASE); // R cpus.tell -> A cpus.wait
        cpus_interrupt_others();
    }
    me->doing = "work";
}

void cpus_interrupt_others(void) {
    for (size_t i = 0; i < up; i++) // bound: CPUs
        if (cpus[i] != cpu_self())
            ipi_send(cpus[i]);
}
