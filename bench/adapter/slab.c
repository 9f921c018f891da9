// SPDX-License-Identifier: MIT
// slab: this project's heap of the classical kind, size classes with per-CPU caches over locks; asked for an alignment
// of 8 as the others in a region are.
#include "adapter.h"

#include <wfheap/slab.h>

enum { SLAB_ALIGN = 8 };

static const char *slab_open(const struct adapter *self, void *region, size_t region_bytes, size_t cpus, void **heap) {
    (void)self;
    slab *made = NULL;
    enum slab_error error = slab_init(region, region_bytes, cpus, &made);
    *heap = made;
    return error == SLAB_OK ? NULL : slab_strerror(error);
}

static const char *slab_version(const struct adapter *self) {
    (void)self;
    return "of this tree";
}

static void *slab_take(void *heap, size_t cpu, size_t size) {
    return slab_alloc(heap, cpu, size, SLAB_ALIGN);
}

static void slab_give(void *heap, size_t cpu, void *p) {
    slab_free(heap, cpu, p);
}

static void slab_empty(void *heap, size_t cpu) {
    while (slab_drain(heap, cpu)) {
    }
}

static void slab_figures(void *heap, size_t cpu, struct bench_figures *out) {
    struct slab_stats stats;
    slab_stats(heap, cpu, &stats);
    out->space_known = true;
    out->used_bytes = stats.used_bytes;
    out->free_bytes = stats.free_bytes;
    out->largest_free_bytes = stats.largest_free_bytes;
    out->peak_bytes = stats.peak_bytes;
    out->cache_known = true;
    struct slab_class_stats of_class;
    for (size_t i = 0; slab_class_stats(heap, cpu, i, &of_class); i++) {
        out->left_cache += of_class.refills + of_class.flushes;
    }
}

const struct adapter adapter_slab = {
    .name = "slab",
    .summary = "size classes with per-CPU caches over a first-fit list, locks behind the caches",
    .in_region = true,
    .open = slab_open,
    .version = slab_version,
    .alloc = slab_take,
    .free = slab_give,
    .drain = slab_empty,
    .figures = slab_figures,
    .backend = &slab_backend,
};
