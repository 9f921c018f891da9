// SPDX-License-Identifier: MIT
// For tests: numbers in all registers; common/arch.h has the contract.

    .text
    .globl registers_keep // rdi: until
registers_keep:
    .set number, 0x100
    .irp register, rax, rbx, rcx, rdx, rsi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    mov $number, %\register
    .set number, number + 1
    .endr
1:  cmpq $0, (%rdi) // bound: until somebody writes
    je 1b
    mov (%rdi), %rdi
    mov (%rdi), %rdi

    .globl registers_spoil
registers_spoil:
    .irp register, rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11
    xor %\register, %\register
    .endr
    ret

    .section .note.GNU-stack, "", @progbits
