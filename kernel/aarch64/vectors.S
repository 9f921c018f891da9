// SPDX-License-Identifier: MIT
// Exceptions. Interrupts save what C may change and call interrupt_take, on a stack of their own. Everything else saves
// all registers and calls exception_report, which does not return; on the same stack, or from its top again if SP is not
// inside the stack or near its end. If that fails in turn, the machine ends at once. There is no user mode, so its
// registers serve as scratch space: TPIDR_EL0 and TPIDRRO_EL0 hold x0 and x1, SP_EL0 the old SP of a report, which also
// says that it is under way.

#define CPU_STACK_TOP 24 // in struct cpu
#define CPU_INTERRUPT_TOP 32
#define FATAL_BYTES 288  // struct exception_frame
#define IRQ_BYTES 192
#define STACK_USE_MAX 12288 // of CPU_STACK_BYTES, for an exception to stay on the stack

    .macro fatal number
    .balign 128
    msr     tpidr_el0, x0
    mov     x0, #\number
    b       fatal_entry
    .endm

    .macro save_x2_to_x17
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
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
    sub     sp, x0, #IRQ_BYTES
    str     x1, [sp, #184]
    mrs     x0, tpidr_el0
    mrs     x1, tpidrro_el0
    stp     x0, x1, [sp, #0]
    save_x2_to_x17
    stp     x18, x29, [sp, #144]
    mrs     x0, elr_el1
    mrs     x1, spsr_el1
    stp     x30, x0, [sp, #160]
    str     x1, [sp, #176]
    msr     daifclr, #1 // the alarm does not return
    bl      interrupt_take
    ldp     x30, x0, [sp, #160]
    ldr     x1, [sp, #176]
    msr     elr_el1, x0
    msr     spsr_el1, x1
    ldp     x18, x29, [sp, #144]
    ldp     x16, x17, [sp, #128]
    ldp     x14, x15, [sp, #112]
    ldp     x12, x13, [sp, #96]
    ldp     x10, x11, [sp, #80]
    ldp     x8, x9, [sp, #64]
    ldp     x6, x7, [sp, #48]
    ldp     x4, x5, [sp, #32]
    ldp     x2, x3, [sp, #16]
    ldp     x0, x1, [sp, #0]
    msr     tpidr_el0, x1
    ldr     x1, [sp, #184]
    mov     sp, x1
    mrs     x1, tpidr_el0
    eret

    // x1: the top of this CPU's stack; before the CPU has a record, it is the boot CPU.
    .macro load_stack_top
    mrs     x1, tpidr_el1
    cbz     x1, 8f
    ldr     x1, [x1, #CPU_STACK_TOP]
    cbnz    x1, 9f
8:  adrp    x1, boot_stack_top
9:
    .endm

fatal_entry:
    msr     tpidrro_el0, x1
    mrs     x1, sp_el0
    cbnz    x1, fatal_again
    mov     x1, sp
    msr     sp_el0, x1
    load_stack_top
    sub     x1, sp, x1
    add     x1, x1, #STACK_USE_MAX
    cmp     x1, #STACK_USE_MAX
    b.ls    1f
    load_stack_top
    mov     sp, x1
1:  sub     sp, sp, #FATAL_BYTES
    save_x2_to_x17
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x1, sp_el0
    stp     x30, x1, [sp, #240]
    mrs     x1, tpidr_el0
    mrs     x2, tpidrro_el0
    stp     x1, x2, [sp]
    mrs     x1, elr_el1
    mrs     x2, spsr_el1
    stp     x1, x2, [sp, #256]
    mrs     x1, esr_el1
    mrs     x2, far_el1
    stp     x1, x2, [sp, #272]
    mov     x1, sp
    bl      exception_report

fatal_again:
    adrp    x1, boot_stack_top
    mov     sp, x1
    bl      exception_again
