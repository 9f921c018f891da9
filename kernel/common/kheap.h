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

// What each of these calls does around the heap's own: from a CPU's number to the end of the call, interrupts masked.
struct kheap_visit {
    struct cpu *me;
    irq_state_t was;
    uint64_t since;
};
struct kheap_visit kheap_enter(void);
void kheap_leave(const struct kheap_visit *visit, enum kheap_call call);

// The two heaps, of frames, before other CPUs run: first the backup, small, for as many CPUs as there may be; then the
// primary, for as many as there are. Whatever does not work out panics.
void kheap_make_backup(const struct boot *boot);
void kheap_make_primary(const struct boot *boot);
backend *kheap_backup(void);
backend *kheap_primary(void);
talloc *kheap_talloc(void);

#endif
