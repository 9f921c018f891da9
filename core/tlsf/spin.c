// SPDX-License-Identifier: MIT
// TLSF behind the test-and-set lock. Nothing but the constant part runs with the lock held, and faults come after its
// release.
#include "lock/lock_spin.h"
#include "tlsf/pool.h"

struct tlsf_spin {
    struct lock_spin lock;
    size_t cpus;
};

_Static_assert(sizeof(struct tlsf_spin) % TLSF_REGION_ALIGN == 0, "the heap keeps the region's alignment");

// The heap begins where the lock ends.
static tlsf *inner_of(const tlsf_spin *self) {
    return (tlsf *)(uintptr_t)(self + 1);
}

enum tlsf_error tlsf_spin_init(void *region, size_t bytes, size_t cpus, tlsf_spin **heap) {
    if (heap == NULL) {
        return TLSF_ERR_NULL;
    }
    if (*heap != NULL) {
        return TLSF_ERR_TWICE;
    }
    enum tlsf_error error = tlsf_region_verdict(region, bytes);
    if (error == TLSF_OK) {
        error = tlsf_cpus_verdict(cpus);
    }
    if (error != TLSF_OK) {
        return error;
    }
    if (bytes < sizeof(struct tlsf_spin)) {
        return TLSF_ERR_REGION_TOO_SMALL;
    }
    tlsf *inner = NULL;
    error = tlsf_init((unsigned char *)region + sizeof(struct tlsf_spin), bytes - sizeof(struct tlsf_spin), &inner);
    if (error != TLSF_OK) {
        return error;
    }
    tlsf_spin *made = region;
    *made = (tlsf_spin){.cpus = cpus};
    *heap = made;
    return TLSF_OK;
}

static inline void lock_or_fault(tlsf_spin *self, size_t cpu, const void *p) {
    if (cpu >= self->cpus) {
        port_fault(PORT_FAULT_BAD_CPU, p, cpu);
    }
    lock_spin_acquire(&self->lock);
}

void *tlsf_spin_alloc(tlsf_spin *heap, size_t cpu, size_t size, size_t align) {
    if (cpu >= heap->cpus) {
        return NULL;
    }
    lock_spin_acquire(&heap->lock);
    void *p = tlsf_alloc(inner_of(heap), size, align);
    lock_spin_release(&heap->lock);
    return p;
}

void tlsf_spin_free(tlsf_spin *heap, size_t cpu, void *p) {
    if (p == NULL) {
        return;
    }
    lock_or_fault(heap, cpu, p);
    tlsf_verdict verdict = tlsf_release(inner_of(heap), p);
    lock_spin_release(&heap->lock);
    tlsf_fault_unless_ok(verdict, p, cpu);
}

void *tlsf_spin_realloc(tlsf_spin *heap, size_t cpu, void *p, size_t size, size_t align) {
    if (p == NULL || cpu >= heap->cpus) {
        return p == NULL ? tlsf_spin_alloc(heap, cpu, size, align) : NULL;
    }
    if (size == 0) {
        tlsf_spin_free(heap, cpu, p);
        return NULL;
    }
    lock_spin_acquire(&heap->lock);
    struct tlsf_resize resize = tlsf_resize(inner_of(heap), p, size, align);
    lock_spin_release(&heap->lock);
    tlsf_fault_unless_ok(resize.verdict, p, cpu);
    if (resize.copy_bytes != 0) {
        __builtin_memcpy(resize.result, p, resize.copy_bytes);
        tlsf_spin_free(heap, cpu, p);
    }
    return resize.result;
}

size_t tlsf_spin_usable_size(tlsf_spin *heap, size_t cpu, const void *p) {
    if (p == NULL) {
        return 0;
    }
    lock_or_fault(heap, cpu, p);
    tlsf_verdict verdict = tlsf_block_verdict(inner_of(heap), p);
    size_t usable_bytes = verdict == 0 ? block_payload_bytes(block_of(p)) : 0;
    lock_spin_release(&heap->lock);
    tlsf_fault_unless_ok(verdict, p, cpu);
    return usable_bytes;
}

bool tlsf_spin_owns(const tlsf_spin *heap, const void *p) {
    return tlsf_owns(inner_of(heap), p);
}

void tlsf_spin_stats(tlsf_spin *heap, size_t cpu, struct tlsf_stats *out) {
    lock_or_fault(heap, cpu, heap);
    tlsf_stats(inner_of(heap), out);
    lock_spin_release(&heap->lock);
    size_t front_bytes = (size_t)((uintptr_t)inner_of(heap) - (uintptr_t)heap);
    out->region_bytes += front_bytes;
    out->metadata_bytes += front_bytes;
}

bool tlsf_spin_check(tlsf_spin *heap, size_t cpu, struct tlsf_finding *first) {
    lock_or_fault(heap, cpu, heap);
    bool holds = tlsf_check(inner_of(heap), first);
    lock_spin_release(&heap->lock);
    return holds;
}
