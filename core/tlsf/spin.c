// SPDX-License-Identifier: MIT
// TLSF behind the test-and-set lock.
#include "lock/lock_spin.h"
#include "tlsf/locked.h"

struct tlsf_spin {
    struct lock_spin lock;
    size_t cpus;
};

_Static_assert(sizeof(struct tlsf_spin) % TLSF_REGION_ALIGN == 0, "the heap keeps the region's alignment");

// The heap begins where the lock ends.
static inline tlsf *heap_of(const void *form) {
    return (tlsf *)((uintptr_t)form + sizeof(struct tlsf_spin));
}

enum tlsf_error tlsf_spin_init(void *region, size_t bytes, size_t cpus, tlsf_spin **heap) {
    if (heap == NULL) {
        return TLSF_ERR_NULL;
    }
    if (*heap != NULL) {
        return TLSF_ERR_TWICE;
    }
    tlsf *inner = NULL;
    enum tlsf_error error = tlsf_init_behind(sizeof(struct tlsf_spin), region, bytes, cpus, &inner);
    if (error != TLSF_OK) {
        return error;
    }
    tlsf_spin *made = region;
    *made = (tlsf_spin){.cpus = cpus};
    *heap = made;
    return TLSF_OK;
}

static inline void acquire(void *form, size_t cpu) {
    (void)cpu;
    lock_spin_acquire(&((tlsf_spin *)form)->lock);
}

static inline void release(void *form, size_t cpu) {
    (void)cpu;
    lock_spin_release(&((tlsf_spin *)form)->lock);
}

static inline struct locked locked_by(tlsf_spin *heap, size_t cpu) {
    return (struct locked){heap, heap->cpus, cpu, heap_of, acquire, release};
}

void *tlsf_spin_alloc(tlsf_spin *heap, size_t cpu, size_t size, size_t align) {
    return locked_alloc(locked_by(heap, cpu), size, align);
}

void tlsf_spin_free(tlsf_spin *heap, size_t cpu, void *p) {
    locked_free(locked_by(heap, cpu), p);
}

void *tlsf_spin_realloc(tlsf_spin *heap, size_t cpu, void *p, size_t size, size_t align) {
    return locked_realloc(locked_by(heap, cpu), p, size, align);
}

size_t tlsf_spin_usable_size(tlsf_spin *heap, size_t cpu, const void *p) {
    return locked_usable_size(locked_by(heap, cpu), p);
}

bool tlsf_spin_owns(const tlsf_spin *heap, const void *p) {
    return tlsf_owns(heap_of(heap), p);
}

void tlsf_spin_stats(tlsf_spin *heap, size_t cpu, struct tlsf_stats *out) {
    locked_stats(locked_by(heap, cpu), out);
}

bool tlsf_spin_check(tlsf_spin *heap, size_t cpu, struct tlsf_finding *first) {
    return locked_check(locked_by(heap, cpu), first);
}
