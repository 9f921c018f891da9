// SPDX-License-Identifier: MIT
// For tests: numbers in all registers; common/arch.h has the contract.

    .text
    .globl  registers_keep // x0: until
registers_keep:
    .irp    number, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    mov     x\number, #0x100 + \number
    .endr
1:  ldr     x1, [x0] // bound: until somebody writes
    cbz     x1, 1b
    ldr     x1, [x1]

    .globl  registers_spoil
registers_spoil:
    .irp    number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
    mov     x\number, xzr
    .endr
    ret
