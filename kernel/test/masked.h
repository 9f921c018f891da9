// SPDX-License-Identifier: MIT
// Calls on one heap, the kernel's or a test's own, from any state: masked, numbered and measured as kheap.h's calls
// are. The number of CPUs that the heap was made for has to be at least that of the machine.
#ifndef KERNEL_TEST_MASKED_H
#define KERNEL_TEST_MASKED_H

#include "kheap.h"

void *masked_alloc(backend *heap, size_t size, size_t align);
void *masked_realloc(backend *heap, void *p, size_t size, size_t align);
void masked_free(backend *heap, void *p);
bool masked_drain(backend *heap); // this CPU's cache

// All that this CPU's caches hide of the kernel's heaps; for cpus_run.
void masked_drain_kernel(void *arg);

#endif
