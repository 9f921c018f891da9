// SPDX-License-Identifier: MIT
// Changing stacks between tasks; common/arch.h has the contract. What a call preserves lies on the stack, and above it
// the address to go on at.

    .text
    .globl context_new // rdi: top, rsi: entry
context_new:
    lea -64(%rdi), %rax
    movq $0, 40(%rax) // rbp: nobody called
    mov %rsi, 48(%rax)
    ret

    .globl context_switch // rdi: from, rsi: to
context_switch:
    .irp register, rbp, rbx, r12, r13, r14, r15
    push %\register
    .endr
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    .irp register, r15, r14, r13, r12, rbx, rbp
    pop %\register
    .endr
    ret

    .section .note.GNU-stack, "", @progbits
