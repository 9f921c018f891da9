// SPDX-License-Identifier: MIT
// fiber_switch(from, to): keeps what the System V convention asks a function to keep.
    .text
    .globl fiber_switch
    .type fiber_switch, @function
fiber_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq (%rsi), %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size fiber_switch, . - fiber_switch

// The first switch to a fiber returns here: entry in r12, argument in r13.
    .globl fiber_start
    .type fiber_start, @function
fiber_start:
    andq $-16, %rsp
    movq %r13, %rdi
    xorl %ebp, %ebp
    call *%r12
    ud2
    .size fiber_start, . - fiber_start
    .section .note.GNU-stack, "", @progbits
