// SPDX-License-Identifier: MIT
// Changing stacks between tasks; common/arch.h has the contract. What a call preserves lies on the stack, the address
// to go on at with it.
#include "pairs.h"

#define CONTEXT_BYTES 96

    .text
    .globl  context_new // x0: top, x1: entry
context_new:
    sub     x0, x0, #CONTEXT_BYTES
    stp     xzr, x1, [x0, #80] // x29: nobody called
    ret

    .globl  context_switch // x0: from, x1: to
context_switch:
    sub     sp, sp, #CONTEXT_BYTES
    pairs   stp, 19, 30, 19
    mov     x2, sp
    str     x2, [x0]
    mov     sp, x1
    pairs   ldp, 19, 30, 19
    add     sp, sp, #CONTEXT_BYTES
    ret
