// SPDX-License-Identifier: MIT
// wf: this project's wait-free heap, asked for an alignment of 8 as TLSF is. A thread's number is its CPU slot.
#include "adapter.h"

#include <wfheap/heap.h>

enum { WF_ALIGN = 8 };

static const char *wf_open(const struct adapter *self, void *region, size_t region_bytes, size_t cpus, void **heap) {
    (void)self;
    wfh *made = NULL;
    enum wfh_error error = wfh_init(region, region_bytes, cpus, &made);
    *heap = made;
    return error == WFH_OK ? NULL : wfh_strerror(error);
}

static const char *wf_version(const struct adapter *self) {
    (void)self;
    return "of this tree";
}

static void *wf_alloc(void *heap, size_t cpu, size_t size) {
    return wfh_alloc(heap, cpu, size, WF_ALIGN);
}

static void wf_free(void *heap, size_t cpu, void *p) {
    wfh_free(heap, cpu, p);
}

static void wf_drain(void *heap, size_t cpu) {
    while (wfh_drain(heap, cpu)) {
    }
}

static void wf_figures(void *heap, size_t cpu, struct bench_figures *out) {
    (void)cpu;
    struct wfh_stats stats;
    wfh_stats(heap, &stats);
    out->space_known = true;
    out->used_bytes = stats.span_bytes + stats.run_bytes;
    out->free_bytes = stats.free_bytes;
    out->largest_free_bytes = stats.largest_free_run_bytes;
    out->peak_bytes = stats.peak_bytes;
    out->cache_known = true;
    struct wfh_cpu_stats slot;
    for (size_t i = 0; wfh_cpu_stats(heap, i, &slot); i++) {
        out->left_cache += slot.claims + slot.flushes + slot.runs;
    }
}

const struct adapter adapter_wf = {
    .name = "wf",
    .summary = "wfheap, wait-free",
    .in_region = true,
    .open = wf_open,
    .version = wf_version,
    .alloc = wf_alloc,
    .free = wf_free,
    .drain = wf_drain,
    .figures = wf_figures,
    .backend = &wfh_backend,
};
