// SPDX-License-Identifier: MIT
// Memory of the driver's own, straight from the system, so that no allocator under test sees any of it.
#ifndef BENCH_DRIVER_MEMORY_H
#define BENCH_DRIVER_MEMORY_H

#include <stddef.h>
#include <stdint.h>

// Zeroed and prefaulted pages; exits with a sentence if there are none.
void *memory_pages(size_t bytes);

// The same, but each page is there only from its first use on.
void *memory_sparse(size_t bytes);

// Resident bytes of this process: now, and the most since memory_reset_peak.
uint64_t memory_resident(void);
uint64_t memory_resident_peak(void);
void memory_reset_peak(void);

#endif
