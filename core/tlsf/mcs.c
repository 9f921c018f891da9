// SPDX-License-Identifier: MIT
// TLSF behind the MCS lock.
#include "lock/lock_mcs.h"
#include "tlsf/locked.h"

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
    tlsf *inner = NULL;
    size_t front_bytes = sizeof(struct tlsf_mcs) + cpus * sizeof(struct lock_mcs_node);
    enum tlsf_error error = tlsf_init_behind(front_bytes, region, bytes, cpus, &inner);
    if (error != TLSF_OK) {
        return error;
    }
    tlsf_mcs *made = region;
    *made = (tlsf_mcs){.cpus = cpus, .heap = inner};
    __builtin_memset(node_of(made, 0), 0, cpus * sizeof(struct lock_mcs_node));
    *heap = made;
    return TLSF_OK;
}

static inline tlsf *heap_of(const void *form) {
    return ((const tlsf_mcs *)form)->heap;
}

static inline void acquire(void *form, size_t cpu) {
    tlsf_mcs *self = form;
    lock_mcs_acquire(&self->lock, node_of(self, cpu));
}

static inline void release(void *form, size_t cpu) {
    tlsf_mcs *self = form;
    lock_mcs_release(&self->lock, node_of(self, cpu));
}

static inline struct locked locked_by(tlsf_mcs *heap, size_t cpu) {
    return (struct locked){heap, heap->cpus, cpu, heap_of, acquire, release};
}

void *tlsf_mcs_alloc(tlsf_mcs *heap, size_t cpu, size_t size, size_t align) {
    return locked_alloc(locked_by(heap, cpu), size, align);
}

void tlsf_mcs_free(tlsf_mcs *heap, size_t cpu, void *p) {
    locked_free(locked_by(heap, cpu), p);
}

void *tlsf_mcs_realloc(tlsf_mcs *heap, size_t cpu, void *p, size_t size, size_t align) {
    return locked_realloc(locked_by(heap, cpu), p, size, align);
}

size_t tlsf_mcs_usable_size(tlsf_mcs *heap, size_t cpu, const void *p) {
    return locked_usable_size(locked_by(heap, cpu), p);
}

bool tlsf_mcs_owns(const tlsf_mcs *heap, const void *p) {
    return tlsf_owns(heap_of(heap), p);
}

void tlsf_mcs_stats(tlsf_mcs *heap, size_t cpu, struct tlsf_stats *out) {
    locked_stats(locked_by(heap, cpu), out);
}

bool tlsf_mcs_check(tlsf_mcs *heap, size_t cpu, struct tlsf_finding *first) {
    return locked_check(locked_by(heap, cpu), first);
}
