// SPDX-License-Identifier: MIT
// Every allocator under test behind one table of functions. All of them are reached by the same indirect call, none is
// inlined, and none is told a size that the others are not told.
#ifndef BENCH_ADAPTER_ADAPTER_H
#define BENCH_ADAPTER_ADAPTER_H

#include "scenario/scenario.h"

#include <wfheap/backend.h>

struct adapter {
    const char *name;
    const char *summary;
    bool in_region;     // lives in the region it is given, and cannot outgrow it
    bool shares_blocks; // hands the same bytes to everybody: what scenarios write into blocks does not last
    bool frames_only;   // hands out whole frames of 4 KiB, whatever the size

    // Makes a heap for CPU slots 0 .. cpus - 1. NULL, or a sentence that says what went wrong.
    const char *(*open)(const struct adapter *self, void *region, size_t region_bytes, size_t cpus, void **heap);
    // After open.
    const char *(*version)(const struct adapter *self);
    void *(*alloc)(void *heap, size_t cpu, size_t size);
    void (*free)(void *heap, size_t cpu, void *p);
    void (*drain)(void *heap, size_t cpu);
    void (*figures)(void *heap, size_t cpu, struct bench_figures *out); // may be NULL: nothing known

    const struct heap_backend *backend; // as talloc wants it; NULL: there is none

    // For allocators that are loaded: the library and its names for what the adapter needs.
    const char *soname;
    const char *alloc_symbol, *free_symbol;
};

// Ends with NULL.
extern const struct adapter *const adapter_table[];

// NULL if no allocator has that name.
const struct adapter *adapter_find(const char *name);

// Whether an allocator can do what a scenario asks for. `null` can do everything that needs no heap of its own.
static inline bool adapter_fits(const struct adapter *self, const struct scenario *scenario) {
    if (scenario->talloc) {
        return self->backend != NULL;
    }
    enum scenario_frames never = self->frames_only ? SCENARIO_FRAMES_NEVER : SCENARIO_FRAMES_ONLY;
    return self->shares_blocks || scenario->frames != never;
}

extern const struct adapter adapter_null, adapter_wf, adapter_tlsf, adapter_tlsf_spin, adapter_tlsf_mutex,
    adapter_jemalloc, adapter_mimalloc, adapter_tcmalloc, adapter_glibc, adapter_frame, adapter_slab, adapter_buddy,
    adapter_buddy_mcs;

#endif
