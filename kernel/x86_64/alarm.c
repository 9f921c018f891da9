// SPDX-License-Identifier: MIT
// The alarm: the first timer of the HPET, which the I/O APIC hands to the boot CPU as a non-maskable interrupt. It
// takes the PIT's place there, which keeps silent then: older boards wire it to no other pin.
// Intel, IA-PC HPET Specification 1.0a, and 82093AA I/O APIC.
#include "machine.h"
#include "print.h"

enum { CAPABILITIES = 0, SWITCH = 0x10, COUNTER = 0xf0, TIMER = 0x100, TIMER_COUNT = 0x108 }; // HPET, 64 bits each
enum { CAN_REPLACE_PIT = 1 << 15, RUN_FOR_PIT = 3, TIMER_ON = 1 << 2 };
enum { INDEX = 0, DATA = 0x10, PINS = 0x10, PIN_OF_PIT = 2, DELIVER_NMI = 4 << 8 }; // I/O APIC
#define SECOND_FS 1000000000000000u
#define PERIOD_FS_MAX 100000000u

static uint64_t counts_a_second; // 0: there is no such timer

static volatile uint64_t *timer_reg(unsigned offset) {
    return (volatile uint64_t *)(uintptr_t)(HPET_BASE + offset);
}

static void pin_set(uint32_t index, uint32_t value) {
    *(volatile uint32_t *)(uintptr_t)(IOAPIC_BASE + INDEX) = index;
    *(volatile uint32_t *)(uintptr_t)(IOAPIC_BASE + DATA) = value;
}

void alarm_init(void) {
    uint64_t capabilities = *timer_reg(CAPABILITIES), period = capabilities >> 32;
    if (period == 0 || period > PERIOD_FS_MAX || !(capabilities & CAN_REPLACE_PIT))
        return;
    *timer_reg(TIMER) = 0;
    *timer_reg(SWITCH) |= RUN_FOR_PIT;
    pin_set(PINS + 2 * PIN_OF_PIT + 1, (uint32_t)lapic_id() << 24);
    pin_set(PINS + 2 * PIN_OF_PIT, DELIVER_NMI);
    counts_a_second = SECOND_FS / period;
}

void alarm_in(uint64_t seconds) {
    if (counts_a_second == 0)
        return;
    *timer_reg(TIMER) &= ~(uint64_t)TIMER_ON;
    *timer_reg(TIMER_COUNT) = *timer_reg(COUNTER) + seconds * counts_a_second;
    *timer_reg(TIMER) |= TIMER_ON;
}
