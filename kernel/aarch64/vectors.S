// SPDX-License-Identifier: MIT
// Exceptions. Interrupts save what C may change and call interrupt_take, on a stack of their own. Everything else saves
// all registers and calls exception_report, on the same stack, or on that of interrupts if there is no room. If that
// fails in turn, the machine ends at once. There is no user mode, so its registers serve as scratch space: TPIDR_EL0 and
// TPIDRRO_EL0 hold x0 and x1, SP_EL0 the old SP of a report, which also says that it is under way.
#include "pairs.h"

#define CPU_INTERRUPT_TOP 32 // in struct cpu
#define SAVED_BYTES 288      // struct exception_frame
#define REPORT_BYTES 4096    // of stack, for a report; far less than lies unmapped, or read-only, below a stack

    .macro fatal number
    .balign 128
    msr     tpidr_el0, x0
    mov     x0, #\number
    b       fatal_entry
    .endm

    // Into the frame at SP, what C may change, x0 and x1 from where the entries put them, the old SP from x1. x0 stays.
    .macro save
    pairs   stp, 2, 19, 0
    pairs   stp, 28, 29, 0
    stp     x30, x1, [sp, #240]
    mrs     x2, tpidr_el0
    mrs     x3, tpidrro_el0
    stp     x2, x3, [sp]
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    stp     x2, x3, [sp, #256]
    .endm

    .text
    .balign 2048
    .globl  vectors
vectors: // four kinds (synchronous, IRQ, FIQ, SError) from: EL1 on SP_EL0, EL1, EL0 in AArch64, EL0 in AArch32
    .irp    number, 0, 1, 2, 3, 4
    fatal   \number
    .endr
    .balign 128
    b       irq_entry
    .irp    number, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    fatal   \number
    .endr

irq_entry:
    msr     tpidr_el0, x0
    msr     tpidrro_el0, x1
    mrs     x0, tpidr_el1
    ldr     x0, [x0, #CPU_INTERRUPT_TOP]
    mov     x1, sp
    sub     sp, x0, #SAVED_BYTES
    save
    msr     daifclr, #1 // the alarm does not return
    bl      interrupt_take
    ldp     x2, x3, [sp, #256]
    msr     elr_el1, x2
    msr     spsr_el1, x3
    ldr     x30, [sp, #240]
    pairs   ldp, 28, 29, 0
    pairs   ldp, 2, 19, 0
    ldp     x0, x1, [sp]
    msr     tpidr_el0, x1
    ldr     x1, [sp, #248]
    mov     sp, x1
    mrs     x1, tpidr_el0
    eret

fatal_entry:
    msr     tpidrro_el0, x1
    mrs     x1, sp_el0
    cbnz    x1, fatal_again
    mov     x1, sp
    msr     sp_el0, x1
    sub     x1, x1, #REPORT_BYTES
    at      s1e1w, x1 // whether a write there would fault, as PAR_EL1 then tells
    isb
    mrs     x1, par_el1
    tbz     x1, #0, 1f
    mrs     x1, tpidr_el1
    ldr     x1, [x1, #CPU_INTERRUPT_TOP]
    mov     sp, x1
1:  mov     x1, sp
    sub     x1, x1, #SAVED_BYTES
    and     sp, x1, #~15 // were it misaligned, nothing could be saved there
    mrs     x1, sp_el0
    save
    pairs   stp, 20, 27, 0
    mrs     x2, esr_el1
    mrs     x3, far_el1
    stp     x2, x3, [sp, #272]
    mov     x1, sp
    bl      exception_report

fatal_again:
    adrp    x1, boot_stack_top
    mov     sp, x1
    bl      exception_again
