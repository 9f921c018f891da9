// SPDX-License-Identifier: MIT
// What the files of this folder share: ports, descriptors, and where things lie.
#ifndef KERNEL_X86_64_MACHINE_H
#define KERNEL_X86_64_MACHINE_H

#include "arch.h"

enum { SELECTOR_CODE = 8, SELECTOR_TASKS = 24 }; // of the descriptor table in boot.S
enum { VECTOR_TIMER = 32, VECTOR_IPI = 33, VECTOR_SPURIOUS = 255 };

#define LAPIC_BASE 0xfee00000u // where every machine has it unless somebody moved it
#define IOAPIC_BASE 0xfec00000u
#define HPET_BASE 0xfed00000u
#define EARLY_MAP_END (4ull << 30)

static inline void port_out8(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static inline uint8_t port_in8(uint16_t port) {
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

struct cpuid {
    uint32_t a, b, c, d;
};

static inline struct cpuid cpuid(uint32_t leaf) {
    struct cpuid r;
    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
    return r;
}

static inline uint64_t lapic_id(void) {
    return cpuid(1).b >> 24;
}

static inline uint64_t msr_read(int msr) {
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

// boot.S
extern uint64_t descriptors[];          // three segments, then a task state of two words for each CPU
extern const char ap_start[], ap_end[]; // what a secondary CPU begins with, in real mode, at ap_page
extern char ap_page[];                  // kernel.ld; below 1 MiB
extern struct cpu *ap_cpu;              // whose record, stack in it, the next secondary takes
extern const char exception_entries[];  // vectors.S: 32 entries of 16 bytes
extern const char timer_entry[], ipi_entry[], spurious_entry[];

// exceptions.c: from the very first C code on. exceptions_prepare: the task state of a CPU that has not started, or
// what has changed of its record since.
void exceptions_init(void);
void exceptions_prepare(const struct cpu *cpu);

// alarm.c: once, on the boot CPU, which takes it.
void alarm_init(void);

#endif
