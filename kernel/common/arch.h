// SPDX-License-Identifier: MIT
// What the kernel asks of an architecture. Each architecture's folder implements all of it, and nothing else of that
// folder is seen from outside. Calls are for any CPU at any time unless they say otherwise.
//
// The folder also holds `arch_cpu.h`, inline:
//   ARCH_NAME, ARCH_CPUS_MAX        "x86_64", 255; "aarch64", 512
//   irq_state_t irq_mask(void)      masks interrupts on this CPU; answers what was
//   void irq_restore(irq_state_t)   puts back what irq_mask answered
//   void irq_unmask(void)
//   void irq_wait(void)             interrupts masked: sleeps until one is pending, takes it, returns with them masked
//                                   again; none is lost between the caller's last look and the sleep
//   struct cpu *cpu_self(void)      this CPU's record (cpu.h), from GS or TPIDR_EL1
//   void page_forget(uintptr_t)     this CPU looks anew how that address is mapped
//   void cpu_relax(void)            a hint in a spinning loop of the kernel (never of the heap)
//   uint64_t clock_ticks(void)      monotonic; one rate for all CPUs
//   uint64_t instructions_now(void) instructions executed so far, by all CPUs together: exact under QEMU's -icount
//                                   shift=0, where a difference of two on one CPU counts what lies between them
#ifndef KERNEL_COMMON_ARCH_H
#define KERNEL_COMMON_ARCH_H

#include "arch_cpu.h"
#include "boot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The entry code of an architecture sets up a stack, clears .bss, puts the MMU and caches on over an early map, makes
// boot_cpu the CPU's record, lets exceptions be reported and calls kernel_main(record) on the boot CPU with interrupts
// masked; `record` is what the loader left: hvm_start_info (PVH, and our UEFI loader), or the device tree.
_Noreturn void kernel_main(uintptr_t record);

// Before anything is printed. console_put sends one byte, waiting for the device; callers serialise.
void console_init(void);
void console_put(char c);

// Reads the loader's record and the machine's tables into *boot: where memory is, which CPUs there are, the command
// line. No allocation. What the machine must have and lacks ends in panic with a sentence (no MADT, no memory).
void arch_read_boot(uintptr_t record, struct boot *boot);

// Page tables; pages.h has their format. arch_map_devices is called first of all: it calls pages_map for what the
// architecture needs beside memory. arch_load_pages goes over to page_root; secondaries do so in cpu_start.
void arch_map_devices(void);
void arch_load_pages(void);

// Exceptions, then the interrupt controller and the timer: once on the boot CPU, then _cpu once on every other.
void arch_interrupts_init(void);
void arch_interrupts_init_cpu(void);

// Starts the CPU of *cpu (its hardware id and stack are set); there it runs with the final page tables, its own stack
// and record, interrupts masked, and calls cpu_main. False if the machine refuses. Boot CPU only, one at a time; the
// caller waits until cpu_main was reached before it starts the next.
bool cpu_start(struct cpu *cpu);
_Noreturn void cpu_main(struct cpu *cpu);

// Interrupts of this kernel. The architecture acknowledges, then calls on_timer or on_ipi with interrupts masked.
// timer_once: one interrupt on this CPU after that many clock ticks, instead of what was armed before; 0 disarms.
void timer_once(uint64_t ticks);
void ipi_send(const struct cpu *to);
void on_timer(void);
void on_ipi(void);
uint64_t clock_hz(void); // ticks of clock_ticks() a second

// An interrupt that nothing masks, on the boot CPU or the one that asks, after so many seconds, instead of what was
// armed before: it calls watchdog_look. Where a machine has no such thing, nothing.
void alarm_in(uint64_t seconds);

// An exception: if an instruction caused it, the architecture calls on_exception first, and says whether interrupts
// were masked there; the call does not return if somebody awaits it (catch.h). Else the architecture prints the cause
// and all registers by print.h and calls panic. That runs on the stack where the exception happened, or, if that may
// have no room, on the CPU's stack of interrupts from its top: nobody awaits an exception of a handler, so none goes on
// there.
void on_exception(bool masked);

// Where code stands that does not run: its stack pointer; what else it needs lies there. context_new: code that begins
// with entry(), on a stack of its own that ends at `top`. context_switch: goes on there and returns when somebody
// switches back to what it leaves in *from. Interrupts masked.
void *context_new(void *top, void (*entry)(void));
void context_switch(void **from, void *to);

// For tests: registers_keep waits, a number of its own in every register, until *until is not 0, and then reads there,
// where nothing is mapped. registers_spoil changes all registers that a call may change.
_Noreturn void registers_keep(const uint64_t *until);
void registers_spoil(void);

// Whether an access that faulted means that the stack ends there: it was about where the stack pointer is.
static inline bool exception_is_overflow(uint64_t address, uint64_t stack_pointer) {
    return address - stack_pointer + 4096 < 2 * 4096;
}

// Ends the machine; QEMU's exit status tells: success or not. Never returns, from any state.
_Noreturn void machine_exit(bool success);

#endif
