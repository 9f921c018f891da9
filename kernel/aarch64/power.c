// SPDX-License-Identifier: MIT
// Starting CPUs by PSCI (ARM DEN 0022), and the machine's end by semihosting, which tells QEMU a status.
#include "arch.h"
#include "cpu.h"
#include "parts.h"

enum { STATUS_SUCCESS = 0, STATUS_FAILURE = 3 }; // 1 is QEMU's own
enum { SEMIHOSTING_EXIT_EXTENDED = 0x20, STOPPED_APPLICATION_EXIT = 0x20026 };
#define PSCI_SYSTEM_OFF 0x84000008u

_Static_assert(offsetof(struct cpu, stack_top) == 24, "CPU_STACK_TOP in boot.S");
_Static_assert(offsetof(struct cpu, interrupt_top) == 32, "CPU_INTERRUPT_TOP in vectors.S");

static int64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c) {
    return (machine.psci_by_smc ? call_by_smc : call_by_hvc)(function, a, b, c);
}

bool cpu_start(struct cpu *cpu) {
    __asm__ volatile("dsb ishst" ::: "memory"); // the record, and the tables with its stack, are there before it is
    return psci_call(machine.psci_cpu_on, cpu->hardware_id, (uintptr_t)secondary_entry, (uintptr_t)cpu) == 0;
}

// Says nothing of success: QEMU ends with status 0.
_Noreturn void power_off(void) {
    static bool was_tried;
    if (!was_tried) {
        was_tried = true;
        psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
    }
    for (;;) // bound: none, there is no way left to end the machine
        irq_wait();
}

_Noreturn void machine_exit(bool success) {
    const uint64_t block[] = {STOPPED_APPLICATION_EXIT, success ? STATUS_SUCCESS : STATUS_FAILURE};
    (void)irq_mask();
    semihosting(SEMIHOSTING_EXIT_EXTENDED, block);
    power_off();
}
