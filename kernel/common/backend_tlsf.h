// SPDX-License-Identifier: MIT
// TLSF behind an MCS lock as the kernel's backend.
#ifndef KERNEL_COMMON_BACKEND_TLSF_H
#define KERNEL_COMMON_BACKEND_TLSF_H

#include <wfheap/tlsf.h>

#define BACKEND_NAME "tlsf"
#define BACKEND_WAIT_FREE                                                                                              \
    0 // callers wait for each other, and for holders whose emulated CPU has to wait for a real one
typedef tlsf_mcs backend;

// Answers NULL, or a sentence that tells why not.
static inline const char *backend_init(void *region, size_t bytes, size_t cpus, backend **heap) {
    enum tlsf_error error = tlsf_mcs_init(region, bytes, cpus, heap);
    return error == TLSF_OK ? NULL : tlsf_strerror(error);
}

// This heap is one piece: only the first present_bytes serve, and nothing can be added.
static inline const char *backend_init_reserved(void *range, size_t bytes, size_t present_bytes, size_t cpus,
                                                backend **heap) {
    (void)bytes;
    return backend_init(range, present_bytes, cpus, heap);
}

static inline bool backend_add(backend *heap, void *start, size_t bytes) {
    (void)heap;
    (void)start;
    (void)bytes;
    return false;
}

static inline void *backend_alloc(backend *heap, size_t cpu, size_t size, size_t align) {
    return tlsf_mcs_alloc(heap, cpu, size, align);
}

static inline void *backend_realloc(backend *heap, size_t cpu, void *p, size_t size, size_t align) {
    return tlsf_mcs_realloc(heap, cpu, p, size, align);
}

static inline void backend_free(backend *heap, size_t cpu, void *p) {
    tlsf_mcs_free(heap, cpu, p);
}

static inline size_t backend_usable_size(backend *heap, size_t cpu, const void *p) {
    return tlsf_mcs_usable_size(heap, cpu, p);
}

static inline bool backend_owns(const backend *heap, const void *p) {
    return tlsf_mcs_owns(heap, p);
}

// Nothing is cached.
static inline bool backend_drain(backend *heap, size_t cpu) {
    (void)heap;
    (void)cpu;
    return false;
}

// NULL if every invariant holds, else the one that is broken.
static inline const char *backend_check(backend *heap, size_t cpu) {
    struct tlsf_finding finding;
    return tlsf_mcs_check(heap, cpu, &finding) ? NULL : finding.rule;
}

// Bytes that serve any request now, in one piece and in all; empty, both are what the heap began with.
static inline void backend_free_bytes(backend *heap, size_t cpu, size_t *largest, size_t *all) {
    struct tlsf_stats stats;
    tlsf_mcs_stats(heap, cpu, &stats);
    *largest = stats.largest_free_bytes;
    *all = stats.free_bytes;
}

// The most that may be kept from others when memory is short: nothing.
static inline size_t backend_hidden_bytes_max(const backend *heap) {
    (void)heap;
    return 0;
}

// There is one way through this heap, and nothing to count; see backend_wf.h.
struct backend_events {
    uint64_t refills, evictions, claims, flushes, spans_made, spans_freed, runs, starved;
};

static inline void backend_events_add(const backend *heap, size_t cpu, struct backend_events *to) {
    (void)heap;
    (void)cpu;
    (void)to;
}

#endif
