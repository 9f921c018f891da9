// SPDX-License-Identifier: MIT
// Calls on one heap; see masked.h.
#include "masked.h"

void *masked_alloc(backend *heap, size_t size, size_t align) {
    struct kheap_visit visit = kheap_enter();
    void *p = BACKEND.alloc(heap, visit.me->index, size, align);
    kheap_leave(&visit, KHEAP_ALLOC);
    return p;
}

void *masked_realloc(backend *heap, void *p, size_t size, size_t align) {
    struct kheap_visit visit = kheap_enter();
    void *q = BACKEND.realloc(heap, visit.me->index, p, size, align);
    kheap_leave(&visit, KHEAP_REALLOC);
    return q;
}

void masked_free(backend *heap, void *p) {
    struct kheap_visit visit = kheap_enter();
    BACKEND.free(heap, visit.me->index, p);
    kheap_leave(&visit, KHEAP_FREE);
}

bool masked_drain(backend *heap) {
    struct kheap_visit visit = kheap_enter();
    bool more = BACKEND.drain(heap, visit.me->index);
    kheap_leave(&visit, KHEAP_DRAIN);
    return more;
}

void masked_drain_kernel(void *arg) {
    (void)arg;
    while (masked_drain(kheap_primary()) || masked_drain(kheap_backup())) { // bound: what caches hold
    }
}
