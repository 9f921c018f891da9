// SPDX-License-Identifier: MIT
// Exceptions that nobody expected: their cause and all registers on the console, then panic.
#include "arch.h"
#include "cpu.h"
#include "parts.h"
#include "print.h"
#include "watchdog.h"

enum {
    VECTOR_SYNCHRONOUS = 0,
    VECTOR_FIQ = 2,
    CLASS_INSTRUCTION_ABORT = 0x21,
    CLASS_DATA_ABORT = 0x25,
    ABORT_IS_WRITE = 1 << 6,
    SPSR_IRQ_MASKED = 1 << 7
};

_Static_assert(sizeof(struct exception_frame) == 288, "SAVED_BYTES in vectors.S");

static const char *class_name(uint64_t class) {
    static const char *const names[64] = {
        [0x00] = "unknown instruction",
        [0x0e] = "illegal execution state",
        [0x15] = "system call",
        [0x18] = "trapped register",
        [CLASS_INSTRUCTION_ABORT] = "instruction abort",
        [0x22] = "misaligned PC",
        [CLASS_DATA_ABORT] = "data abort",
        [0x26] = "misaligned SP",
        [0x3c] = "breakpoint",
    };
    return names[class] != NULL ? names[class] : "exception";
}

static const char *fault_name(uint64_t status) {
    static const char *const names[] = {"wrong address size", "not mapped", "access flag", "not permitted"};
    return status < 16 ? names[status >> 2] : status == 0x21 ? "misaligned" : "external or other fault";
}

static void print_registers(const struct exception_frame *frame) {
    for (unsigned i = 0; i < 31; i++) // bound: registers
        print("x%u%s %016lx%s", i, i < 10 ? " " : "", frame->x[i], i % 4 == 3 ? "\n" : "  ");
    print("sp  %016lx\n", frame->sp);
    print("elr %016lx  spsr %016lx  esr %016lx  far %016lx\n", frame->elr, frame->spsr, frame->esr, frame->far);
}

// Without semihosting, asking for it is what brought us here.
static void look_at_exit(void) {
    if (SYSTEM_READ("elr_el1") == (uintptr_t)semihosting)
        power_off();
}

_Noreturn void exception_report(uint64_t vector, const struct exception_frame *frame) {
    static const char *const kinds[] = {"synchronous", "IRQ", "FIQ", "SError"};
    uint64_t class = frame->esr >> 26 & 63;
    look_at_exit();
    if (vector % 4 == VECTOR_FIQ)
        watchdog_look();
    if (vector % 4 == VECTOR_SYNCHRONOUS) {
        SYSTEM_WRITE("sp_el0", 0); // the report is over if on_exception goes on elsewhere
        on_exception((frame->spsr & SPSR_IRQ_MASKED) != 0);
        SYSTEM_WRITE("sp_el0", frame->sp);
    }
    panic_begin();
    print_registers(frame);
    if (vector % 4 != VECTOR_SYNCHRONOUS)
        panic("unexpected %s, vector %lu, at %016lx", kinds[vector % 4], vector, frame->elr);
    if (class == CLASS_INSTRUCTION_ABORT || class == CLASS_DATA_ABORT) {
        const char *access = class == CLASS_INSTRUCTION_ABORT     ? "execution"
                             : (frame->esr & ABORT_IS_WRITE) != 0 ? "write"
                                                                  : "read";
        const char *why = exception_is_overflow(frame->far, frame->sp) ? ": the stack has overflowed" : "";
        panic("%s: %s of %016lx, %s, by the instruction at %016lx%s", class_name(class), access, frame->far,
              fault_name(frame->esr & 63), frame->elr, why);
    }
    panic("%s, class %lx, vector %lu, at %016lx", class_name(class), class, vector, frame->elr);
}

// The report itself failed: only the console is left to trust, and only once.
_Noreturn void exception_again(void) {
    static bool was_said;
    look_at_exit();
    if (was_said)
        machine_exit(false);
    was_said = true;
    console_last_words("\npanic: another exception while one was reported\nFAIL: a panic\n");
}
