// SPDX-License-Identifier: MIT
// For assembly: saves or loads many registers, two at a time.
#ifndef KERNEL_AARCH64_PAIRS_H
#define KERNEL_AARCH64_PAIRS_H

// clang-format off
    .altmacro

    .macro pair instruction, even, odd, base
    \instruction x\even, x\odd, [sp, #8 * (\even - \base)]
    .endm

    // stp or ldp of x\from to x\to, where x\base lies at SP.
    .macro pairs instruction, from, to, base
    pair    \instruction, \from, %(\from + 1), \base
    .if     \to - \from > 1
    pairs   \instruction, %(\from + 2), \to, \base
    .endif
    .endm

#endif
