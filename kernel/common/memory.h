// SPDX-License-Identifier: MIT
// Memory at boot, before any other allocator: it moves up through what is free, and what it gives is given for good.
#ifndef KERNEL_COMMON_MEMORY_H
#define KERNEL_COMMON_MEMORY_H

#include "boot.h"

// Finds out what is free, and takes the image out. Panics if nothing is.
void memory_init(struct boot *boot);

// Zeroed memory. Panics if there is none, and once the frame allocator has taken over.
void *memory_take(size_t bytes, size_t align);

// Hands the rest over: from here on every frame that was touched is in use in the pool.
void memory_hand_over(frame_pool *pool);

#endif
