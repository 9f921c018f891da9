// SPDX-License-Identifier: MIT
// The kernel's two heaps over the machine's memory.
#ifndef KERNEL_COMMON_HEAPS_H
#define KERNEL_COMMON_HEAPS_H

#include "boot.h"

// The backup heap, small, for as many CPUs as there may be; then the primary heap, for as many as there are, over the
// memory that is left. What is done and what is left out is printed. Whatever does not work out panics.
void heaps_make_backup(const struct boot *boot);
void heaps_make_primary(const struct boot *boot);

#endif
