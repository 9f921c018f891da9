// SPDX-License-Identifier: MIT
// The calls of a TLSF heap behind a lock, for every lock: nothing but the constant part runs with it held, and copies
// and faults come after its release.
#ifndef TLSF_LOCKED_H
#define TLSF_LOCKED_H

#include "tlsf/pool.h"

// One call of a slot, and how the heap and its lock lie in `form`: constants where the calls below are expanded, so
// that nothing is called through pointers.
struct locked {
    void *form;
    size_t cpus, cpu;
    tlsf *(*heap_of)(const void *form);
    void (*acquire)(void *form, size_t cpu);
    void (*release)(void *form, size_t cpu);
};

#define LOCKED_CALL static inline __attribute__((always_inline))

LOCKED_CALL void locked_enter(struct locked self, const void *p) {
    if (self.cpu >= self.cpus) {
        port_fault(PORT_FAULT_BAD_CPU, p, self.cpu);
    }
    self.acquire(self.form, self.cpu);
}

LOCKED_CALL void *locked_alloc(struct locked self, size_t size, size_t align) {
    if (self.cpu >= self.cpus) {
        return NULL;
    }
    self.acquire(self.form, self.cpu);
    void *p = tlsf_alloc(self.heap_of(self.form), size, align);
    self.release(self.form, self.cpu);
    return p;
}

LOCKED_CALL void locked_free(struct locked self, void *p) {
    if (p == NULL) {
        return;
    }
    locked_enter(self, p);
    tlsf_verdict verdict = tlsf_release(self.heap_of(self.form), p);
    self.release(self.form, self.cpu);
    tlsf_fault_unless_ok(verdict, p, self.cpu);
}

// p is not NULL, size is not 0.
LOCKED_CALL void *locked_resize(struct locked self, void *p, size_t size, size_t align) {
    self.acquire(self.form, self.cpu);
    struct tlsf_resize resize = tlsf_resize(self.heap_of(self.form), p, size, align);
    self.release(self.form, self.cpu);
    tlsf_fault_unless_ok(resize.verdict, p, self.cpu);
    if (resize.copy_bytes != 0) {
        __builtin_memcpy(resize.result, p, resize.copy_bytes);
        locked_free(self, p);
    }
    return resize.result;
}

LOCKED_CALL void *locked_realloc(struct locked self, void *p, size_t size, size_t align) {
    if (p == NULL) {
        return locked_alloc(self, size, align);
    }
    if (self.cpu >= self.cpus) {
        return NULL;
    }
    if (size == 0) {
        locked_free(self, p);
        return NULL;
    }
    return locked_resize(self, p, size, align);
}

LOCKED_CALL size_t locked_usable_size(struct locked self, const void *p) {
    if (p == NULL) {
        return 0;
    }
    locked_enter(self, p);
    tlsf_verdict verdict = tlsf_block_verdict(self.heap_of(self.form), p);
    size_t usable_bytes = verdict == 0 ? block_payload_bytes(block_of(p)) : 0;
    self.release(self.form, self.cpu);
    tlsf_fault_unless_ok(verdict, p, self.cpu);
    return usable_bytes;
}

LOCKED_CALL void locked_stats(struct locked self, struct tlsf_stats *out) {
    locked_enter(self, self.form);
    tlsf_stats(self.heap_of(self.form), out);
    self.release(self.form, self.cpu);
    size_t front_bytes = (size_t)((uintptr_t)self.heap_of(self.form) - (uintptr_t)self.form);
    out->region_bytes += front_bytes;
    out->metadata_bytes += front_bytes;
}

LOCKED_CALL bool locked_check(struct locked self, struct tlsf_finding *first) {
    locked_enter(self, self.form);
    bool holds = tlsf_check(self.heap_of(self.form), first);
    self.release(self.form, self.cpu);
    return holds;
}

#endif
