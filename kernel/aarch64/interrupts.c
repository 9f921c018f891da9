// SPDX-License-Identifier: MIT
// Interrupts of this CPU and others: GICv3 (ARM IHI 0069), with the CPU's side in system registers, and the virtual
// timer. Also the counter of instructions, which is set up on every CPU too.
#include "arch.h"
#include "cpu.h"
#include "parts.h"
#include "print.h"

enum { INTERRUPT_IPI = 0, INTERRUPT_SPECIAL = 1020 };

// Distributor.
enum { GICD_CTLR = 0, GICD_GROUP0 = 1 << 0, GICD_GROUP1 = 1 << 1, GICD_AFFINITY = 1 << 4 };
#define GICD_PENDING_WRITE (1u << 31)

// A CPU's redistributor: a frame for control, a frame for its interrupts, two more for virtual ones if it has them.
enum { GICR_FRAME = 0x10000, GICR_TYPER = 8, GICR_TYPER_VIRTUAL = 1 << 1, GICR_TYPER_LAST = 1 << 4 };
enum { GICR_WAKER = 0x14, GICR_WAKER_SLEEP = 1 << 1, GICR_WAKER_ASLEEP = 1 << 2 };
enum { GICR_GROUP = GICR_FRAME + 0x80, GICR_ENABLE = GICR_FRAME + 0x100, GICR_DISABLE = GICR_FRAME + 0x180 };
enum { GICR_PRIORITY = GICR_FRAME + 0x400 };

// CPU interface, which older assemblers do not know by name.
#define ICC_PMR "s3_0_c4_c6_0"
#define ICC_IAR1 "s3_0_c12_c12_0"
#define ICC_EOIR1 "s3_0_c12_c12_1"
#define ICC_BPR1 "s3_0_c12_c12_3"
#define ICC_CTLR "s3_0_c12_c12_4"
#define ICC_SRE "s3_0_c12_c12_5"
#define ICC_IGRPEN0 "s3_0_c12_c12_6"
#define ICC_IGRPEN1 "s3_0_c12_c12_7"
#define ICC_SGI1R "s3_0_c12_c11_5"

enum { TIMER_ON = 1, PMU_EVENT_INSTRUCTIONS = 8, PMCR_ON = 1 << 0, PMCR_LONG = 1 << 7 };

bool cpu_counts_instructions;

static volatile uint32_t *word_at(uint64_t base, uint64_t offset) {
    return (volatile uint32_t *)(base + offset);
}

// GICR_TYPER has the affinity in 32 bits.
static uint64_t find_redistributor(uint64_t affinity) {
    uint64_t packed = (affinity >> 32 << 24 | (affinity & 0xffffff));
    for (size_t region = 1; region < machine.gic.count; region++) { // bound: regions of redistributors
        uint64_t base = machine.gic.at[region].start, end = base + machine.gic.at[region].bytes;
        while (base < end) { // bound: frames of the region
            uint32_t type = *word_at(base, GICR_TYPER);
            if (*word_at(base, GICR_TYPER + 4) == packed)
                return base;
            if ((type & GICR_TYPER_LAST) != 0)
                break;
            base += (type & GICR_TYPER_VIRTUAL) != 0 ? 4 * GICR_FRAME : 2 * GICR_FRAME;
        }
    }
    panic("no redistributor of the interrupt controller belongs to CPU %lx", affinity);
}

// QEMU offers the event under -icount alone. A PMU of version 15 is one of the vendor's own making.
static bool can_count_instructions(void) {
    uint64_t version = SYSTEM_READ("id_aa64dfr0_el1") >> 8 & 15;
    return version != 0 && version != 15 && (SYSTEM_READ("pmceid0_el0") >> PMU_EVENT_INSTRUCTIONS & 1) != 0;
}

void arch_interrupts_init(void) {
    cpu_counts_instructions = can_count_instructions();
    uint64_t distributor = machine.gic.at[0].start;
    *word_at(distributor, GICD_CTLR) = GICD_AFFINITY | GICD_GROUP1 | GICD_GROUP0;
    while ((*word_at(distributor, GICD_CTLR) & GICD_PENDING_WRITE) != 0) { // bound: the device's time for a write
    }
    arch_interrupts_init_cpu();
}

static void init_redistributor(void) {
    uint64_t base = find_redistributor(cpu_self()->hardware_id);
    *word_at(base, GICR_WAKER) &= ~(uint32_t)GICR_WAKER_SLEEP;
    while ((*word_at(base, GICR_WAKER) & GICR_WAKER_ASLEEP) != 0) { // bound: the device's time to wake up
    }
    *word_at(base, GICR_DISABLE) = UINT32_MAX; // whatever the firmware used
    *word_at(base, GICR_GROUP) = ~(1u << machine.alarm_interrupt);
    for (unsigned i = 0; i < 32; i += 4) // bound: 8
        *word_at(base, GICR_PRIORITY + i) = 0x80808080;
    *word_at(base, GICR_PRIORITY + machine.alarm_interrupt / 4 * 4) ^= 0xc0u << machine.alarm_interrupt % 4 * 8; // 0x40
    *word_at(base, GICR_ENABLE) = 1u << INTERRUPT_IPI | 1u << machine.timer_interrupt | 1u << machine.alarm_interrupt;
}

static void init_instruction_counter(void) {
    if (cpu_counts_instructions) {
        SYSTEM_WRITE("pmevtyper0_el0", PMU_EVENT_INSTRUCTIONS);
        SYSTEM_WRITE("pmcntenset_el0", 1);
        SYSTEM_WRITE("pmcr_el0", PMCR_ON | PMCR_LONG);
    }
}

void arch_interrupts_init_cpu(void) {
    init_redistributor();
    SYSTEM_WRITE(ICC_SRE, SYSTEM_READ(ICC_SRE) | 1);
    __asm__ volatile("isb" ::: "memory");
    SYSTEM_WRITE(ICC_PMR, 0xff);
    SYSTEM_WRITE(ICC_BPR1, 0);
    SYSTEM_WRITE(ICC_CTLR, 0);
    timer_once(0);
    SYSTEM_WRITE("cntp_ctl_el0", 0); // no alarm but this kernel's
    init_instruction_counter();
    SYSTEM_WRITE(ICC_IGRPEN0, 1);
    SYSTEM_WRITE(ICC_IGRPEN1, 1);
    __asm__ volatile("isb" ::: "memory");
}

// The timer's line stays up until it is off, so it is off before the end of interrupt.
void interrupt_take(void) {
    uint32_t interrupt = (uint32_t)SYSTEM_READ(ICC_IAR1);
    if (interrupt >= INTERRUPT_SPECIAL)
        return;
    if (interrupt == machine.timer_interrupt)
        timer_once(0);
    __asm__ volatile("dsb sy" ::: "memory");
    SYSTEM_WRITE(ICC_EOIR1, interrupt);
    if (interrupt == machine.timer_interrupt)
        on_timer();
    else if (interrupt == INTERRUPT_IPI)
        on_ipi();
    else
        panic("interrupt %u was never enabled", interrupt);
}

void timer_once(uint64_t ticks) {
    if (ticks == 0) {
        SYSTEM_WRITE("cntv_ctl_el0", 0);
    } else {
        SYSTEM_WRITE("cntv_cval_el0", clock_ticks() + ticks);
        SYSTEM_WRITE("cntv_ctl_el0", TIMER_ON);
    }
    __asm__ volatile("isb" ::: "memory");
}

// The physical timer is in group 0, whose interrupts come as FIQ; no code masks those. Where group 0 is the firmware's
// own, it stays silent.
void alarm_in(uint64_t seconds) {
    SYSTEM_WRITE("cntp_cval_el0", SYSTEM_READ("cntpct_el0") + seconds * clock_hz());
    SYSTEM_WRITE("cntp_ctl_el0", TIMER_ON);
}

void ipi_send(const struct cpu *to) {
    uint64_t id = to->hardware_id, aff0 = id & 0xff;
    uint64_t request = (id >> 32 & 0xff) << 48 | (aff0 >> 4) << 44 | (id >> 16 & 0xff) << 32 |
                       (uint64_t)INTERRUPT_IPI << 24 | (id >> 8 & 0xff) << 16 | UINT64_C(1) << (aff0 & 15);
    __asm__ volatile("dsb ishst" ::: "memory"); // what was written before is seen by the handler
    SYSTEM_WRITE(ICC_SGI1R, request);
    __asm__ volatile("isb" ::: "memory");
}

uint64_t clock_hz(void) {
    return SYSTEM_READ("cntfrq_el0");
}
