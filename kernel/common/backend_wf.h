// SPDX-License-Identifier: MIT
// The wait-free heap as the kernel's backend.
#ifndef KERNEL_COMMON_BACKEND_WF_H
#define KERNEL_COMMON_BACKEND_WF_H

#include <wfheap/heap.h>

#define BACKEND_NAME "wf"
#define BACKEND_WAIT_FREE 1 // a handler that comes within a call may use the heap, with a CPU number of its own
typedef wfh backend;

// Answers NULL, or a sentence that tells why not.
static inline const char *backend_init(void *region, size_t bytes, size_t cpus, backend **heap) {
    enum wfh_error error = wfh_init(region, bytes, cpus, heap);
    return error == WFH_OK ? NULL : wfh_strerror(error);
}

// The same over a range of which only the first present_bytes are memory, and what lies further up, later.
static inline const char *backend_init_reserved(void *range, size_t bytes, size_t present_bytes, size_t cpus,
                                                backend **heap) {
    enum wfh_error error = wfh_init_reserved(range, bytes, present_bytes, cpus, heap);
    return error == WFH_OK ? NULL : wfh_strerror(error);
}

static inline bool backend_add(backend *heap, void *start, size_t bytes) {
    return wfh_add_memory(heap, start, bytes) == WFH_OK;
}

static inline void *backend_alloc(backend *heap, size_t cpu, size_t size, size_t align) {
    return wfh_alloc(heap, cpu, size, align);
}

static inline void *backend_realloc(backend *heap, size_t cpu, void *p, size_t size, size_t align) {
    return wfh_realloc(heap, cpu, p, size, align);
}

static inline void backend_free(backend *heap, size_t cpu, void *p) {
    wfh_free(heap, cpu, p);
}

static inline size_t backend_usable_size(backend *heap, size_t cpu, const void *p) {
    (void)cpu;
    return wfh_usable_size(heap, p);
}

static inline bool backend_owns(const backend *heap, const void *p) {
    return wfh_owns(heap, p);
}

static inline bool backend_drain(backend *heap, size_t cpu) {
    return wfh_drain(heap, cpu);
}

// Nothing may run meanwhile: NULL if every invariant holds, else the one that is broken.
static inline const char *backend_check(backend *heap, size_t cpu) {
    (void)cpu;
    struct wfh_finding finding;
    return wfh_check(heap, &finding) ? NULL : finding.rule;
}

// Bytes that serve any request now, in one piece and in all; drained and empty, both are what the heap began with.
static inline void backend_free_bytes(backend *heap, size_t cpu, size_t *largest, size_t *all) {
    (void)cpu;
    struct wfh_stats stats;
    wfh_stats(heap, &stats);
    *largest = stats.largest_free_run_bytes;
    *all = stats.free_bytes;
}

// The most that the caches of all CPUs may keep from others when memory is short.
static inline size_t backend_hidden_bytes_max(const backend *heap) {
    struct wfh_limits limits;
    wfh_limits(heap, &limits);
    return limits.reserve_bytes + limits.cpus * limits.hoard_bytes_per_cpu;
}

// What the calls of a CPU have led to so far; wfh_cpu_stats tells what the counters mean.
struct backend_events {
    uint64_t refills, evictions, claims, flushes, spans_made, spans_freed, runs, starved;
};

static inline void backend_events_add(const backend *heap, size_t cpu, struct backend_events *to) {
    struct wfh_cpu_stats slot = {0};
    (void)wfh_cpu_stats(heap, cpu, &slot);
    to->refills += slot.refills;
    to->evictions += slot.evictions;
    to->claims += slot.claims;
    to->flushes += slot.flushes;
    to->spans_made += slot.spans_made;
    to->spans_freed += slot.spans_freed;
    to->runs += slot.runs;
    to->starved += slot.starved;
}

#endif
