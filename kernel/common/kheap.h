// SPDX-License-Identifier: MIT
// The kernel's heap: talloc over a primary heap and a small backup that is there first. Tasks run under primary only;
// the kernel itself and its handlers, under primary then backup.
// Here the core meets its rule that a CPU is inside one call at a time: interrupts are masked around every call, and
// only then the CPU's number is taken. From any state, handlers included.
#ifndef KERNEL_COMMON_KHEAP_H
#define KERNEL_COMMON_KHEAP_H

#include "backend.h"
#include "boot.h"
#include "cpu.h"

#include <wfheap/talloc.h>

// By this CPU's policy. Under primary only NULL says that the primary heap has nothing; under primary then backup both
// are empty, and that is the end: panic tells who asked for what.
void *kheap_alloc(size_t size, size_t align);
void *kheap_zalloc(size_t size, size_t align);
void *kheap_realloc(void *p, size_t size, size_t align); // NULL too if size is 0
void kheap_free(void *p);

// The same calls on one heap: one of the two above, or a heap of the caller's own. The number of CPUs it was made for
// has to be at least that of the machine.
void *kheap_alloc_from(backend *heap, size_t size, size_t align);
void *kheap_zalloc_from(backend *heap, size_t size, size_t align);
void *kheap_realloc_from(backend *heap, void *p, size_t size, size_t align);
void kheap_free_to(backend *heap, void *p);
bool kheap_drain(backend *heap); // this CPU's cache, as wfh_drain

// The two heaps, of frames, before other CPUs run: first the backup, small, for as many CPUs as there may be; then the
// primary, for as many as there are. Whatever does not work out panics.
void kheap_make_backup(const struct boot *boot);
void kheap_make_primary(const struct boot *boot);
backend *kheap_backup(void);
backend *kheap_primary(void);
talloc *kheap_talloc(void);

// Forgets what cpu.h counts of every CPU's calls; while they are parked.
void kheap_masked_reset(void);

#endif
