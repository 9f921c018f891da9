// SPDX-License-Identifier: MIT
// What fiber_switch leaves on a stack: registers that a function must keep, and where to go on. A new fiber begins in
// fiber_start, which finds its function and argument in two of them.
#ifndef FIBER_FRAME_H
#define FIBER_FRAME_H

#include <stdint.h>

struct fiber_frame {
    uintptr_t entry; // x19
    void *argument;  // x20
    uint64_t x21_to_x28[8];
    uint64_t x29;
    uintptr_t start; // x30, where the switch returns to
    uint64_t d8_to_d15[8];
};
_Static_assert(sizeof(struct fiber_frame) % 16 == 0, "a stack is aligned to 16 bytes");

void fiber_start(void);

#endif
