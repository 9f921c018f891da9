// SPDX-License-Identifier: MIT
// TLSF behind its MCS lock, behind the table of wfheap/backend.h.
#include <wfheap/backend.h>
#include <wfheap/tlsf.h>

static const char *backend_init(void *region, size_t bytes, size_t cpus, void **heap) {
    tlsf_mcs *made = *heap;
    enum tlsf_error error = tlsf_mcs_init(region, bytes, cpus, &made);
    *heap = made;
    return error == TLSF_OK ? NULL : tlsf_strerror(error);
}

static const char *backend_init_reserved(void *range, size_t bytes, size_t present_bytes, size_t cpus, void **heap) {
    return backend_init(range, present_bytes < bytes ? present_bytes : bytes, cpus, heap);
}

static const char *backend_add_memory(void *heap, size_t cpu, void *start, size_t bytes) {
    (void)heap, (void)cpu, (void)start, (void)bytes;
    return "this heap is one piece, which does not grow";
}

static void *backend_alloc(void *heap, size_t cpu, size_t size, size_t align) {
    return tlsf_mcs_alloc(heap, cpu, size, align);
}

static void *backend_realloc(void *heap, size_t cpu, void *p, size_t size, size_t align) {
    return tlsf_mcs_realloc(heap, cpu, p, size, align);
}

static void backend_free(void *heap, size_t cpu, void *p) {
    tlsf_mcs_free(heap, cpu, p);
}

static size_t backend_usable_size(void *heap, size_t cpu, const void *p) {
    return tlsf_mcs_usable_size(heap, cpu, p);
}

static bool backend_owns(const void *heap, const void *p) {
    return tlsf_mcs_owns(heap, p);
}

// Nothing is cached.
static bool backend_drain(void *heap, size_t cpu) {
    (void)heap, (void)cpu;
    return false;
}

static const char *backend_check(void *heap, size_t cpu) {
    struct tlsf_finding finding;
    return tlsf_mcs_check(heap, cpu, &finding) ? NULL : finding.rule;
}

static void backend_free_bytes(void *heap, size_t cpu, size_t *largest, size_t *all) {
    struct tlsf_stats stats;
    tlsf_mcs_stats(heap, cpu, &stats);
    *largest = stats.largest_free_bytes;
    *all = stats.free_bytes;
}

static size_t backend_hidden_bytes_max(const void *heap) {
    (void)heap;
    return 0;
}

const struct heap_backend tlsf_backend = {
    .name = "tlsf",
    .is_wait_free = false,
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
