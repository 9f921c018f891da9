// SPDX-License-Identifier: MIT
// The alarm: the first timer of the HPET, which the I/O APIC hands to the boot CPU as a non-maskable interrupt.
// Intel, IA-PC HPET Specification 1.0a, and 82093AA I/O APIC.
#include "machine.h"
#include "print.h"

enum { CAPABILITIES = 0, SWITCH = 0x10, COUNTER = 0xf0, TIMER = 0x100, TIMER_COUNT = 0x108 }; // HPET, 64 bits each
enum { TIMER_ON = 1 << 2, TIMER_PIN_SHIFT = 9 };
enum { INDEX = 0, DATA = 0x10, VERSION = 1, PINS = 0x10, DELIVER_NMI = 4 << 8 }; // I/O APIC
enum { PIN_OF_PIT = 2 }; // whose ticks would be NMIs; there are boards where the HPET has no other
#define SECOND_FS 1000000000000000u
#define PERIOD_FS_MAX 100000000u

static uint64_t counts_a_second; // 0: there is no such timer

static volatile uint64_t *timer_reg(unsigned offset) {
    return (volatile uint64_t *)(uintptr_t)(HPET_BASE + offset);
}

static uint32_t pin_reg(uint32_t index) {
    *(volatile uint32_t *)(uintptr_t)(IOAPIC_BASE + INDEX) = index;
    return *(volatile uint32_t *)(uintptr_t)(IOAPIC_BASE + DATA);
}

static void pin_set(uint32_t index, uint32_t value) {
    (void)pin_reg(index);
    *(volatile uint32_t *)(uintptr_t)(IOAPIC_BASE + DATA) = value;
}

void alarm_init(void) {
    uint64_t period = *timer_reg(CAPABILITIES) >> 32, pins = *timer_reg(TIMER) >> 32;
    if (period == 0 || period > PERIOD_FS_MAX || pins == 0)
        return;
    uint32_t pin = 31 - (uint32_t)__builtin_clz((uint32_t)pins);
    if (pin <= PIN_OF_PIT || pin > (pin_reg(VERSION) >> 16 & 0xff))
        return;
    pin_set(PINS + 2 * pin + 1, (uint32_t)lapic_id() << 24);
    pin_set(PINS + 2 * pin, DELIVER_NMI);
    *timer_reg(TIMER) = (uint64_t)pin << TIMER_PIN_SHIFT;
    *timer_reg(SWITCH) |= 1;
    counts_a_second = SECOND_FS / period;
}

void alarm_in(uint64_t seconds) {
    if (counts_a_second == 0)
        return;
    *timer_reg(TIMER) &= ~(uint64_t)TIMER_ON;
    *timer_reg(TIMER_COUNT) = *timer_reg(COUNTER) + seconds * counts_a_second;
    *timer_reg(TIMER) |= TIMER_ON;
}
