// SPDX-License-Identifier: MIT
// What a CPU can do by itself in a few instructions; common/arch.h tells what each call is for.
#ifndef KERNEL_AARCH64_ARCH_CPU_H
#define KERNEL_AARCH64_ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

#define ARCH_NAME "aarch64"
enum { ARCH_CPUS_MAX = 512 };

struct cpu;
typedef uint64_t irq_state_t; // DAIF

#define SYSTEM_READ(name)                                                                                              \
    ({                                                                                                                 \
        uint64_t value_;                                                                                               \
        __asm__ volatile("mrs %0, " name : "=r"(value_)::"memory");                                                    \
        value_;                                                                                                        \
    })
#define SYSTEM_WRITE(name, value) __asm__ volatile("msr " name ", %0" ::"r"((uint64_t)(value)) : "memory")

static inline irq_state_t irq_mask(void) {
    irq_state_t was = SYSTEM_READ("daif");
    __asm__ volatile("msr daifset, #2" ::: "memory");
    return was;
}

static inline void irq_restore(irq_state_t was) {
    SYSTEM_WRITE("daif", was);
}

static inline void irq_unmask(void) {
    __asm__ volatile("msr daifclr, #2" ::: "memory");
}

// wfi ends for a pending interrupt although it is masked.
static inline void irq_wait(void) {
    __asm__ volatile("dsb sy\n wfi\n msr daifclr, #2\n isb\n msr daifset, #2" ::: "memory");
}

static inline struct cpu *cpu_self(void) {
    return (struct cpu *)SYSTEM_READ("tpidr_el1");
}

static inline void page_forget(uintptr_t address) {
    __asm__ volatile("dsb ishst\n tlbi vaae1, %0\n dsb nsh\n isb" ::"r"(address / 4096) : "memory");
}

static inline void cpu_relax(void) {
    __asm__ volatile("yield" ::: "memory");
}

static inline uint64_t clock_ticks(void) {
    __asm__ volatile("isb" ::: "memory");
    return SYSTEM_READ("cntvct_el0");
}

// Whether the CPU can count retired instructions; QEMU's can under -icount alone. Without, instructions_now is 0.
extern bool cpu_counts_instructions;

// 64 bits from PMUv3p5 on (-cpu max), 32 before (neoverse-n1, cortex-a72): take differences as uint32_t.
static inline uint64_t instructions_now(void) {
    __asm__ volatile("isb" ::: "memory");
    return cpu_counts_instructions ? SYSTEM_READ("pmevcntr0_el0") : 0;
}

#endif
