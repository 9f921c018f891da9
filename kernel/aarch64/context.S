// SPDX-License-Identifier: MIT
// Changing stacks between tasks; common/arch.h has the contract. What a call preserves lies on the stack, the address
// to go on at with it.

#define CONTEXT_BYTES 96

    .text
    .globl  context_new // x0: top, x1: entry
context_new:
    sub     x0, x0, #CONTEXT_BYTES
    stp     xzr, x1, [x0, #80] // x29: nobody called
    ret

    .globl  context_switch // x0: from, x1: to
context_switch:
    stp     x19, x20, [sp, #-CONTEXT_BYTES]!
    stp     x21, x22, [sp, #16]
    stp     x23, x24, [sp, #32]
    stp     x25, x26, [sp, #48]
    stp     x27, x28, [sp, #64]
    stp     x29, x30, [sp, #80]
    mov     x2, sp
    str     x2, [x0]
    mov     sp, x1
    ldp     x29, x30, [sp, #80]
    ldp     x27, x28, [sp, #64]
    ldp     x25, x26, [sp, #48]
    ldp     x23, x24, [sp, #32]
    ldp     x21, x22, [sp, #16]
    ldp     x19, x20, [sp], #CONTEXT_BYTES
    ret
