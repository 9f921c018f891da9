// SPDX-License-Identifier: MIT
// A virtual CPU's stack and registers. Switching is a plain call: what the calling convention lets a function destroy
// is not kept.
#ifndef FIBER_H
#define FIBER_H

#include <stdbool.h>
#include <stddef.h>

#define FIBER_STACK_BYTES ((size_t)64 << 10)

struct fiber {
    void *sp;             // while it does not run
    unsigned char *stack; // NULL: the program's own
};

// Maps a stack, with a page below it that may not be touched. False: no memory.
bool fiber_map(struct fiber *self);
void fiber_unmap(struct fiber *self);

// Makes the fiber begin with entry(argument), which never returns, at the next switch to it. What it did before is
// forgotten.
void fiber_prepare(struct fiber *self, void (*entry)(void *argument), void *argument);

// Stores where the caller is in `from`, and goes on with `to`.
void fiber_switch(struct fiber *from, struct fiber *to);

#endif
