// SPDX-License-Identifier: MIT
// The slab heap behind the table of wfheap/backend.h.
#include <wfheap/backend.h>
#include <wfheap/slab.h>

static const char *slab_sentence(enum slab_error error) {
    return error == SLAB_OK ? NULL : slab_strerror(error);
}

static const char *backend_init_reserved(void *range, size_t bytes, size_t present_bytes, size_t cpus, void **heap) {
    slab *made = *heap;
    enum slab_error error = slab_init_reserved(range, bytes, present_bytes, cpus, &made);
    *heap = made;
    return slab_sentence(error);
}

static const char *backend_init(void *region, size_t bytes, size_t cpus, void **heap) {
    return backend_init_reserved(region, bytes, bytes, cpus, heap);
}

static const char *backend_add_memory(void *heap, size_t cpu, void *start, size_t bytes) {
    return slab_sentence(slab_add_memory(heap, cpu, start, bytes));
}

static void *backend_alloc(void *heap, size_t cpu, size_t size, size_t align) {
    return slab_alloc(heap, cpu, size, align);
}

static void *backend_realloc(void *heap, size_t cpu, void *p, size_t size, size_t align) {
    return slab_realloc(heap, cpu, p, size, align);
}

static void backend_free(void *heap, size_t cpu, void *p) {
    slab_free(heap, cpu, p);
}

static size_t backend_usable_size(void *heap, size_t cpu, const void *p) {
    return slab_usable_size(heap, cpu, p);
}

static bool backend_owns(const void *heap, const void *p) {
    return slab_owns(heap, p);
}

static bool backend_drain(void *heap, size_t cpu) {
    return slab_drain(heap, cpu);
}

static const char *backend_check(void *heap, size_t cpu) {
    struct slab_finding finding;
    return slab_check(heap, cpu, &finding) ? NULL : finding.rule;
}

static void backend_free_bytes(void *heap, size_t cpu, size_t *largest, size_t *all) {
    struct slab_stats stats;
    slab_stats(heap, cpu, &stats);
    *largest = stats.largest_free_bytes;
    *all = stats.free_bytes;
}

static size_t backend_hidden_bytes_max(const void *heap) {
    struct slab_limits limits;
    slab_limits(heap, &limits);
    return limits.cpus * limits.hidden_bytes_per_cpu;
}

const struct heap_backend slab_backend = {
    .name = "slab",
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
