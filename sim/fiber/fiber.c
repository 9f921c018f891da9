// SPDX-License-Identifier: MIT
// Stacks; the switch itself is assembly.
#include "fiber.h"
#include "frame.h"

#include <stdint.h>
#include <sys/mman.h>

#define GUARD_BYTES ((size_t)16 << 10) // a page or more, on any machine

bool fiber_map(struct fiber *self) {
    unsigned char *low = mmap(NULL, GUARD_BYTES + FIBER_STACK_BYTES, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (low == MAP_FAILED)
        return false;
    self->stack = low + GUARD_BYTES;
    return mprotect(low, GUARD_BYTES, PROT_NONE) == 0;
}

void fiber_unmap(struct fiber *self) {
    (void)munmap(self->stack - GUARD_BYTES, GUARD_BYTES + FIBER_STACK_BYTES);
    self->stack = NULL;
}

void fiber_prepare(struct fiber *self, void (*entry)(void *argument), void *argument) {
    struct fiber_frame *frame = (struct fiber_frame *)(void *)(self->stack + FIBER_STACK_BYTES) - 1;
    *frame = (struct fiber_frame){.entry = (uintptr_t)entry, .argument = argument, .start = (uintptr_t)fiber_start};
    self->sp = frame;
}
