// SPDX-License-Identifier: MIT
// The wait-free heap behind the table of wfheap/backend.h.
#include <wfheap/backend.h>

#include "heap/heap_state.h"

static const char *heap_sentence(enum wfh_error error) {
    return error == WFH_OK ? NULL : wfh_strerror(error);
}

static const char *backend_init_reserved(void *range, size_t bytes, size_t present_bytes, size_t cpus, void **heap) {
    wfh *made = *heap;
    enum wfh_error error = wfh_init_reserved(range, bytes, present_bytes, cpus, &made);
    *heap = made;
    return heap_sentence(error);
}

static const char *backend_init(void *region, size_t bytes, size_t cpus, void **heap) {
    return backend_init_reserved(region, bytes, bytes, cpus, heap);
}

static const char *backend_add_memory(void *heap, size_t cpu, void *start, size_t bytes) {
    (void)cpu;
    return heap_sentence(wfh_add_memory(heap, start, bytes));
}

static void *backend_alloc(void *heap, size_t cpu, size_t size, size_t align) {
    return wfh_alloc(heap, cpu, size, align);
}

static void *backend_realloc(void *heap, size_t cpu, void *p, size_t size, size_t align) {
    return wfh_realloc(heap, cpu, p, size, align);
}

static void backend_free(void *heap, size_t cpu, void *p) {
    wfh_free(heap, cpu, p);
}

static size_t backend_usable_size(void *heap, size_t cpu, const void *p) {
    return heap_usable_size(heap, cpu, p);
}

static bool backend_owns(const void *heap, const void *p) {
    return wfh_owns(heap, p);
}

static bool backend_drain(void *heap, size_t cpu) {
    return wfh_drain(heap, cpu);
}

static const char *backend_check(void *heap, size_t cpu) {
    (void)cpu;
    struct wfh_finding finding;
    return wfh_check(heap, &finding) ? NULL : finding.rule;
}

static void backend_free_bytes(void *heap, size_t cpu, size_t *largest, size_t *all) {
    (void)cpu;
    struct wfh_stats stats;
    wfh_stats(heap, &stats);
    *largest = stats.largest_free_run_bytes;
    *all = stats.free_bytes;
}

static size_t backend_hidden_bytes_max(const void *heap) {
    struct wfh_limits limits;
    wfh_limits(heap, &limits);
    return limits.reserve_bytes + limits.cpus * limits.hoard_bytes_per_cpu;
}

const struct heap_backend wfh_backend = {
    .name = "wf",
    .is_wait_free = true,
    .init = backend_init,
    .init_reserved = backend_init_reserved,
    .add_memory = backend_add_memory,
    .alloc = backend_alloc,
    .realloc = backend_realloc,
    .free = backend_free,
    .usable_size = backend_usable_size,
    .owns = backend_owns,
    .drain = backend_drain,
    .check = backend_check,
    .free_bytes = backend_free_bytes,
    .hidden_bytes_max = backend_hidden_bytes_max,
};
