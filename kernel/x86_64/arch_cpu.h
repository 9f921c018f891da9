// SPDX-License-Identifier: MIT
// The CPU as common code sees it, inline; arch.h says what each function is for.
#ifndef KERNEL_X86_64_ARCH_CPU_H
#define KERNEL_X86_64_ARCH_CPU_H

#include <stdint.h>

#define ARCH_NAME "x86_64"
enum { ARCH_CPUS_MAX = 255 }; // local APIC ids 0 to 254; 255 addresses all of them

struct cpu;

typedef uint64_t irq_state_t; // RFLAGS

enum { RFLAGS_INTERRUPTS = 1 << 9, MSR_GS_BASE = (int)0xc0000101 };

static inline irq_state_t irq_mask(void) {
    irq_state_t state;
    __asm__ volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(state)::"memory");
    return state;
}

static inline void irq_unmask(void) {
    __asm__ volatile("sti" ::: "memory");
}

static inline void irq_restore(irq_state_t state) {
    if (state & RFLAGS_INTERRUPTS)
        irq_unmask();
}

// `sti` takes effect after the instruction that follows it: nothing comes between it and `hlt`.
static inline void irq_wait(void) {
    __asm__ volatile("sti\n\thlt\n\tcli" ::: "memory");
}

static inline struct cpu *cpu_self(void) {
    struct cpu *self;
    __asm__ volatile("movq %%gs:0, %0" : "=r"(self));
    return self;
}

static inline void msr_write(int msr, uint64_t value) {
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline void page_forget(uintptr_t address) {
    __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory");
}

static inline void cpu_relax(void) {
    __asm__ volatile("pause" ::: "memory");
}

static inline uint64_t clock_ticks(void) {
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

static inline uint64_t instructions_now(void) {
    return clock_ticks(); // under -icount shift=0 the time stamp counter advances by one an instruction
}

#endif
