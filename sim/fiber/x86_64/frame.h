// SPDX-License-Identifier: MIT
// What fiber_switch leaves on a stack: registers that a function must keep, and where to go on. A new fiber begins in
// fiber_start, which finds its function and argument in two of them.
#ifndef FIBER_FRAME_H
#define FIBER_FRAME_H

#include <stdint.h>

struct fiber_frame {
    uint64_t r15, r14;
    void *argument;  // r13
    uintptr_t entry; // r12
    uint64_t rbx, rbp;
    uintptr_t start; // where the switch returns to
    uint64_t none[3];
};
_Static_assert(sizeof(struct fiber_frame) % 16 == 0, "a stack is aligned to 16 bytes");

void fiber_start(void);

#endif
