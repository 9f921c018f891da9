// SPDX-License-Identifier: MIT
// Free memory at boot, before any heap: what the machine reports, without the image and all that must not be touched.
#ifndef KERNEL_COMMON_MEMORY_H
#define KERNEL_COMMON_MEMORY_H

#include "boot.h"

// Sorts out what is free. Panics if nothing is.
void memory_init(const struct boot *boot);

// Whole pages from the end of the longest range, gone for good.
struct memory_range memory_take(size_t bytes);

// What nobody took: ascending, none touches the next, each whole pages.
size_t memory_ranges(const struct memory_range **ranges);

#endif
