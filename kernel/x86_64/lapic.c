// SPDX-License-Identifier: MIT
// The local APIC of each CPU: its timer, and what one CPU sends another: interrupts, and the orders to start.
#include "cpu.h"
#include "machine.h"
#include "print.h"

enum { SPURIOUS = 0xf0, PRIORITY = 0x80, COMMAND = 0x300, COMMAND_TO = 0x310 };
enum { LVT_TIMER = 0x320, LVT_LINT0 = 0x350, LVT_ERROR = 0x370 };
enum { TIMER_COUNT = 0x380, TIMER_LEFT = 0x390, TIMER_DIVIDE = 0x3e0, DIVIDE_BY_1 = 0xb };
enum { ENABLED = 1 << 8, MASKED = 1 << 16, PENDING = 1 << 12 };
enum { TO_ALL_OTHERS = 0xc0000, ASSERT = 0x4000, INIT = 0x500, STARTUP = 0x600 };
enum { MSR_APIC_BASE = 0x1b, APIC_BASE_ON = 1 << 11 };
enum { PIT_HZ = 1193182, PIT_CHANNEL_2 = 0x42, PIT_COMMAND = 0x43, PIT_GATE = 0x61 };
enum { GATE_OPEN = 1, GATE_BITS = 3, GATE_DONE = 0x20 };
enum { PIC_MASKS_1 = 0x21, PIC_MASKS_2 = 0xa1 };
enum { CALIBRATIONS = 10, CALIBRATION_COUNT = PIT_HZ / 1000, RATIO_ONE = 1 << 24, POLLS_MAX = 1 << 20 };
#define APIC_BASE_BOOT_CPU (1ull << 8)
#define TICKS_MAX (1ull << 36) // far more than the timer counts, and times RATIO_ONE still a number

// Ticks a second of the time stamp counter, and the timer's counts a tick of it in 2^-24.
static uint64_t ticks_a_second, counts_a_tick;

static volatile uint32_t *reg(unsigned offset) {
    return (volatile uint32_t *)(uintptr_t)(LAPIC_BASE + offset);
}

// Counts both clocks while the PIT counts down once. Whatever holds this CPU up makes the figures larger, never
// smaller.
static void calibrate_once(uint64_t *ticks, uint64_t *counts) {
    port_out8(PIT_GATE, (port_in8(PIT_GATE) & 0xfc) | GATE_OPEN);
    if ((port_in8(PIT_GATE) & GATE_BITS) != GATE_OPEN) // a port that is not there reads as all ones: as done at once
        panic("there is no PIT with a channel 2, so the clock's rate cannot be found");
    port_out8(PIT_COMMAND, 0xb0); // channel 2, both bytes, one countdown
    port_out8(PIT_CHANNEL_2, CALIBRATION_COUNT & 0xff);
    *reg(TIMER_COUNT) = UINT32_MAX;
    uint64_t begin = clock_ticks();
    port_out8(PIT_CHANNEL_2, CALIBRATION_COUNT >> 8); // begins
    while (!(port_in8(PIT_GATE) & GATE_DONE))         // bound: the clock
        if (clock_ticks() - begin > 1ull << 34)
            panic("channel 2 of the PIT does not count, so the clock's rate cannot be found");
    *ticks = clock_ticks() - begin;
    *counts = UINT32_MAX - *reg(TIMER_LEFT);
    *reg(TIMER_COUNT) = 0;
}

// Under QEMU's -icount both clocks run at one count a nanosecond: rates this close are the same, so that conversion is
// exact.
static void calibrate(void) {
    uint64_t least_ticks = UINT64_MAX, least_counts = UINT64_MAX;
    for (int i = 0; i < CALIBRATIONS; i++) { // bound: CALIBRATIONS
        uint64_t ticks, counts;
        calibrate_once(&ticks, &counts);
        least_ticks = ticks < least_ticks ? ticks : least_ticks;
        least_counts = counts < least_counts ? counts : least_counts;
    }
    ticks_a_second = least_ticks * PIT_HZ / CALIBRATION_COUNT;
    uint64_t apart = least_ticks > least_counts ? least_ticks - least_counts : least_counts - least_ticks;
    counts_a_tick = apart < least_ticks / 128 ? RATIO_ONE : least_counts * RATIO_ONE / least_ticks;
}

void arch_interrupts_init(void) {
    port_out8(PIC_MASKS_1, 0xff);
    port_out8(PIC_MASKS_2, 0xff);
    uint64_t base = msr_read(MSR_APIC_BASE);
    if ((base & ~APIC_BASE_BOOT_CPU) != (LAPIC_BASE | APIC_BASE_ON))
        panic("the local APIC is off, in x2APIC mode or not at %x: its base register is %lx", LAPIC_BASE, base);
    exceptions_prepare(&boot_cpu);
    arch_interrupts_init_cpu();
    calibrate();
    alarm_init();
}

void arch_interrupts_init_cpu(void) {
    *reg(SPURIOUS) = ENABLED | VECTOR_SPURIOUS;
    *reg(LVT_LINT0) = MASKED;
    *reg(LVT_ERROR) = MASKED;
    *reg(TIMER_COUNT) = 0;
    *reg(TIMER_DIVIDE) = DIVIDE_BY_1;
    *reg(LVT_TIMER) = VECTOR_TIMER; // once
    *reg(PRIORITY) = 0;
}

uint64_t clock_hz(void) {
    return ticks_a_second;
}

// What the timer cannot count in its 32 bits ends early. Under QEMU's -icount shift=0 the interrupt comes
// after exactly `ticks` instructions of the caller (1 and more): the count is one more than asked for, and the return,
// which has to be the only instruction after the store, is that one.
void timer_once(uint64_t ticks) {
    uint64_t counts = (ticks < TICKS_MAX ? ticks : TICKS_MAX) * counts_a_tick / RATIO_ONE;
    counts += ticks != 0 && counts == 0; // 0 would disarm
    *reg(TIMER_COUNT) = (uint32_t)(counts < UINT32_MAX ? counts : UINT32_MAX);
}

// The command is two registers: nothing may come between them on this CPU.
static bool command(uint64_t to, uint32_t what) {
    irq_state_t state = irq_mask();
    *reg(COMMAND_TO) = (uint32_t)to << 24;
    *reg(COMMAND) = what;
    int polls = 0;
    while (polls < POLLS_MAX && (*reg(COMMAND) & PENDING)) // bound: POLLS_MAX
        polls++;
    irq_restore(state);
    return polls < POLLS_MAX;
}

void ipi_send(const struct cpu *to) {
    command(to->hardware_id, ASSERT | VECTOR_IPI);
}

static void wait_for(uint64_t ticks) {
    uint64_t end = clock_ticks() + ticks;
    while (clock_ticks() < end) { // bound: the clock; no `pause`, at which QEMU's -icount turns to every other CPU
    }
}

// All others are reset with the first, so that the long wait after that comes once.
bool cpu_start(struct cpu *cpu) {
    static bool others_reset;
    _Static_assert(offsetof(struct cpu, index) == 8 && offsetof(struct cpu, stack_top) == 24 && SELECTOR_TASKS == 24,
                   "boot.S has the same numbers");
    exceptions_prepare(cpu);
    __atomic_store_n(&ap_cpu, cpu, __ATOMIC_RELEASE); // R lapic.record -> A boot.record
    if (!others_reset) {
        others_reset = command(0, TO_ALL_OTHERS | ASSERT | INIT);
        wait_for(ticks_a_second / 100);
    }
    uint32_t start = ASSERT | STARTUP | (uint32_t)((uintptr_t)ap_page >> 12);
    bool sent = others_reset && command(cpu->hardware_id, start);
    wait_for(ticks_a_second / 5000);
    return sent && command(cpu->hardware_id, start); // the first may be lost; one that is up ignores it
}
