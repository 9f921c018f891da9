// SPDX-License-Identifier: MIT
// Stacks; see stack.h.
#include "stack.h"

#include "arch.h"

static uintptr_t top_of(size_t cpu, size_t place) {
    return STACKS_START + cpu * STACKS_CPU_BYTES + (place + 1) * 2 * CPU_STACK_BYTES;
}

void *stack_map(size_t cpu, size_t place, uint64_t frame) {
    uintptr_t top = top_of(cpu, place);
    for (size_t at = 0; at < CPU_STACK_BYTES; at += FRAME_BYTES) // bound: STACK_FRAMES
        pages_map_stack(top - CPU_STACK_BYTES + at, frame + at);
    return (void *)top;
}

void stack_unmap(size_t place) {
    for (size_t at = FRAME_BYTES; at <= CPU_STACK_BYTES; at += FRAME_BYTES) // bound: STACK_FRAMES
        pages_map_stack(top_of(cpu_self()->index, place) - at, FRAME_NONE);
}
