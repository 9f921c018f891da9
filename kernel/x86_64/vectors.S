// SPDX-License-Identifier: MIT
// Where interrupts and exceptions enter, and how they return.

#define LAPIC_EOI 0xfee000b0 // the end of an interrupt, to be told before its handler

// All alike: error code (0 if the CPU pushes none), vector, and on to the common part; 16 bytes each.
    .text
    .globl exception_entries
    .balign 16
exception_entries:
    vector = 0
    .rept 32
    .balign 16
    .if vector != 8 && (vector < 10 || vector > 14) && vector != 17 && vector != 21 && vector != 29 && vector != 30
    push $0
    .endif
    push $vector
    jmp exception_common
    vector = vector + 1
    .endr

exception_common: // struct frame of exceptions.c; never returns
    .irp register, rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
    push %\register
    .endr
    cld
    mov %rsp, %rdi
    call exception

// What C may change is saved; the frame of five words and these nine leave the stack aligned for the call.
    .macro interrupt name, handler
    .globl \name
\name:
    .irp register, rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11
    push %\register
    .endr
    cld
    mov $LAPIC_EOI, %eax
    movl $0, (%rax)
    call \handler
    .irp register, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
    pop %\register
    .endr
    iretq
    .endm

    interrupt timer_entry, on_timer
    interrupt ipi_entry, on_ipi

    .globl spurious_entry
spurious_entry: // not to be acknowledged
    iretq

    .section .note.GNU-stack, "", @progbits
