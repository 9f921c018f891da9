// SPDX-License-Identifier: MIT
// The machine's memory in frames: the pool of all that is free, with interrupts masked around its calls. Contracts:
// wfheap/frame.h. Addresses are physical and virtual alike.
#ifndef KERNEL_COMMON_FRAMES_H
#define KERNEL_COMMON_FRAMES_H

#include "boot.h"

// Makes the pool of the boot map, its bookkeeping taken from boot's memory, which ends here. What is left out is
// printed.
void frames_init(const struct boot *boot);

frame_pool *frames_pool(void);

// Frames in a row; FRAME_NONE if there are none.
uint64_t frames_take(size_t count, uint64_t align_bytes);
void frames_put(uint64_t first, size_t count);

// What this CPU's cache hides goes back.
void frames_drain(void);

#endif
