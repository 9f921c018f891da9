// SPDX-License-Identifier: MIT
// Exceptions: each tells its cause and all registers, and ends the machine as failed.
#include "cpu.h"
#include "machine.h"
#include "print.h"
#include "watchdog.h"

enum { VECTORS = 256, EXCEPTIONS = 32, ALARM = 2, DOUBLE_FAULT = 8, PAGE_FAULT = 14, MACHINE_CHECK = 18 };
enum { TASK_WORDS = 26, TASK_STACK = 9, TASK_IO_MAP = 25 }; // 32-bit words of a task state

struct gate {
    uint64_t low, high;
};

struct frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

static struct gate gates[VECTORS];
static uint32_t tasks[ARCH_CPUS_MAX][TASK_WORDS];

const struct __attribute__((packed)) {
    uint16_t limit;
    struct gate *first;
} exceptions_pointer = {sizeof gates - 1, gates}; // for boot.S too

static const char *const names[] = {"divide error",        "debug exception",    "non-maskable interrupt",
                                    "breakpoint",          "overflow",           "bound exceeded",
                                    "invalid opcode",      "FPU not available",  "double fault",
                                    "FPU segment overrun", "invalid task state", "segment not present",
                                    "stack fault",         "general protection", "page fault",
                                    "exception 15",        "FPU error",          "alignment check",
                                    "machine check",       "SIMD error",         "virtualization",
                                    "control protection"};

_Noreturn void exception(const struct frame *frame);

// An interrupt gate: interrupts are masked in there. `stack` 1 is that of the CPU's interrupts, 0 the one in use.
static void gate_set(size_t vector, const char *entry, uint64_t stack) {
    uint64_t address = (uintptr_t)entry;
    gates[vector].low = (address & 0xffff) | (uint64_t)SELECTOR_CODE << 16 | stack << 32 | 0x8e00ull << 32 |
                        (address >> 16 & 0xffff) << 48;
    gates[vector].high = address >> 32;
}

// A page fault may be a stack's end.
void exceptions_init(void) {
    msr_write(MSR_GS_BASE, (uintptr_t)&boot_cpu);
    for (size_t i = 0; i < EXCEPTIONS; i++) // bound: EXCEPTIONS
        gate_set(i, exception_entries + 16 * i, i == DOUBLE_FAULT || i == PAGE_FAULT);
    gate_set(VECTOR_TIMER, timer_entry, 1);
    gate_set(VECTOR_IPI, ipi_entry, 1);
    gate_set(VECTOR_SPURIOUS, spurious_entry, 0);
    exceptions_prepare(&boot_cpu);
    __asm__ volatile("ltr %w0\n\tlidt %1" ::"r"(SELECTOR_TASKS), "m"(exceptions_pointer) : "memory");
}

void exceptions_prepare(const struct cpu *cpu) {
    uint64_t top = (uintptr_t)cpu->interrupt_top;
    uint64_t task = (uintptr_t)tasks[cpu->index], limit = sizeof tasks[0] - 1;
    tasks[cpu->index][TASK_STACK] = (uint32_t)top;
    tasks[cpu->index][TASK_STACK + 1] = (uint32_t)(top >> 32);
    tasks[cpu->index][TASK_IO_MAP] = (uint32_t)sizeof tasks[0] << 16; // none
    uint64_t *descriptor = descriptors + SELECTOR_TASKS / 8 + 2 * cpu->index;
    descriptor[0] = limit | (task & 0xffffff) << 16 | 0x89ull << 40 | (task >> 24 & 0xff) << 56;
    descriptor[1] = task >> 32;
}

static void print_frame(const struct frame *f, uint64_t address) {
    print("rip %016lx cs %lx rflags %lx rsp %016lx ss %lx cr2 %016lx\n", f->rip, f->cs, f->rflags, f->rsp, f->ss,
          address);
    print("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    print("rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", f->rsi, f->rdi, f->rbp, f->r8);
    print("r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", f->r9, f->r10, f->r11, f->r12);
    print("r13 %016lx r14 %016lx r15 %016lx error %lx\n", f->r13, f->r14, f->r15, f->error);
}

void exception(const struct frame *frame) {
    uint64_t address;
    __asm__ volatile("movq %%cr2, %0" : "=r"(address));
    if (frame->vector == ALARM)
        watchdog_look();
    else if (frame->vector != MACHINE_CHECK)
        on_exception((frame->rflags & RFLAGS_INTERRUPTS) == 0);
    panic_begin();
    const char *name = frame->vector < sizeof names / sizeof names[0] ? names[frame->vector] : "reserved exception";
    print("exception %lu, %s, on the CPU with local APIC id %lu\n", frame->vector, name, lapic_id());
    print_frame(frame, address);
    if (frame->vector != PAGE_FAULT)
        panic("%s at rip %lx, error %lx", name, frame->rip, frame->error);
    const char *doing = frame->error & 16 ? "running" : frame->error & 2 ? "writing" : "reading";
    const char *what = frame->error & 1 ? "protected memory" : "memory that is not mapped";
    const char *why = exception_is_overflow(address, frame->rsp) ? ": the stack has overflowed" : "";
    panic("page fault: %s %s at address %lx, rip %lx%s", doing, what, address, frame->rip, why);
}
