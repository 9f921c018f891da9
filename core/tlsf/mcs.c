// SPDX-License-Identifier: MIT
// TLSF behind the MCS lock. Nothing but the constant part runs with the lock held, and faults come after its release.
#include "lock/lock_mcs.h"
#include "tlsf/pool.h"

struct tlsf_mcs {
    struct lock_mcs lock;
    size_t cpus;
    tlsf *heap;
};

_Static_assert(sizeof(struct lock_mcs_node) == 64, "tlsf.h promises 64 bytes a CPU");
_Static_assert(sizeof(struct tlsf_mcs) % TLSF_REGION_ALIGN == 0, "nodes and heap keep the region's alignment");

// The nodes follow the lock.
static inline struct lock_mcs_node *node_of(const tlsf_mcs *self, size_t cpu) {
    return (struct lock_mcs_node *)(uintptr_t)(self + 1) + cpu;
}

enum tlsf_error tlsf_mcs_init(void *region, size_t bytes, size_t cpus, tlsf_mcs **heap) {
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
    size_t front_bytes = sizeof(struct tlsf_mcs) + cpus * sizeof(struct lock_mcs_node);
    if (bytes < front_bytes) {
        return TLSF_ERR_REGION_TOO_SMALL;
    }
    tlsf *inner = NULL;
    error = tlsf_init((unsigned char *)region + front_bytes, bytes - front_bytes, &inner);
    if (error != TLSF_OK) {
        return error;
    }
    tlsf_mcs *made = region;
    *made = (tlsf_mcs){.cpus = cpus, .heap = inner};
    __builtin_memset(node_of(made, 0), 0, cpus * sizeof(struct lock_mcs_node));
    *heap = made;
    return TLSF_OK;
}

static inline void lock_or_fault(tlsf_mcs *self, size_t cpu, const void *p) {
    if (cpu >= self->cpus) {
        port_fault(PORT_FAULT_BAD_CPU, p, cpu);
    }
    lock_mcs_acquire(&self->lock, node_of(self, cpu));
}

void *tlsf_mcs_alloc(tlsf_mcs *heap, size_t cpu, size_t size, size_t align) {
    if (cpu >= heap->cpus) {
        return NULL;
    }
    lock_mcs_acquire(&heap->lock, node_of(heap, cpu));
    void *p = tlsf_alloc(heap->heap, size, align);
    lock_mcs_release(&heap->lock, node_of(heap, cpu));
    return p;
}

void tlsf_mcs_free(tlsf_mcs *heap, size_t cpu, void *p) {
    if (p == NULL) {
        return;
    }
    lock_or_fault(heap, cpu, p);
    tlsf_verdict verdict = tlsf_release(heap->heap, p);
    lock_mcs_release(&heap->lock, node_of(heap, cpu));
    tlsf_fault_unless_ok(verdict, p, cpu);
}

void *tlsf_mcs_realloc(tlsf_mcs *heap, size_t cpu, void *p, size_t size, size_t align) {
    if (p == NULL || cpu >= heap->cpus) {
        return p == NULL ? tlsf_mcs_alloc(heap, cpu, size, align) : NULL;
    }
    if (size == 0) {
        tlsf_mcs_free(heap, cpu, p);
        return NULL;
    }
    lock_mcs_acquire(&heap->lock, node_of(heap, cpu));
    struct tlsf_resize resize = tlsf_resize(heap->heap, p, size, align);
    lock_mcs_release(&heap->lock, node_of(heap, cpu));
    tlsf_fault_unless_ok(resize.verdict, p, cpu);
    if (resize.copy_bytes != 0) {
        __builtin_memcpy(resize.result, p, resize.copy_bytes);
        tlsf_mcs_free(heap, cpu, p);
    }
    return resize.result;
}

size_t tlsf_mcs_usable_size(tlsf_mcs *heap, size_t cpu, const void *p) {
    if (p == NULL) {
        return 0;
    }
    lock_or_fault(heap, cpu, p);
    tlsf_verdict verdict = tlsf_block_verdict(heap->heap, p);
    size_t usable_bytes = verdict == 0 ? block_payload_bytes(block_of(p)) : 0;
    lock_mcs_release(&heap->lock, node_of(heap, cpu));
    tlsf_fault_unless_ok(verdict, p, cpu);
    return usable_bytes;
}

bool tlsf_mcs_owns(const tlsf_mcs *heap, const void *p) {
    return tlsf_owns(heap->heap, p);
}

void tlsf_mcs_stats(tlsf_mcs *heap, size_t cpu, struct tlsf_stats *out) {
    lock_or_fault(heap, cpu, heap);
    tlsf_stats(heap->heap, out);
    lock_mcs_release(&heap->lock, node_of(heap, cpu));
    size_t front_bytes = (size_t)((uintptr_t)heap->heap - (uintptr_t)heap);
    out->region_bytes += front_bytes;
    out->metadata_bytes += front_bytes;
}

bool tlsf_mcs_check(tlsf_mcs *heap, size_t cpu, struct tlsf_finding *first) {
    lock_or_fault(heap, cpu, heap);
    bool holds = tlsf_check(heap->heap, first);
    lock_mcs_release(&heap->lock, node_of(heap, cpu));
    return holds;
}
