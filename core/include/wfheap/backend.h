// SPDX-License-Identifier: MIT
// backend: the heaps of this project behind one table of functions, for those who let their user choose: talloc, a
// kernel's glue, tests that ask the same of every heap.
//
// The functions add nothing to the calls they stand for, whose contracts (wfheap/heap.h, wfheap/tlsf.h, wfheap/slab.h)
// hold: alignments, refusals, faults, step bounds. A call costs one indirect call more. `heap` is what init answered.
// [cpu] as there: at most one caller may be inside a [cpu] call with the same slot, and `is_wait_free` tells whether
// callers with different slots may wait for each other: where they may, the holder of a lock must not be stopped, so
// handlers that allocate have to be masked; where they may not, a handler may interrupt a call and make calls of its
// own, with a slot of its own.
#ifndef WFHEAP_BACKEND_H
#define WFHEAP_BACKEND_H

#include <stdbool.h>
#include <stddef.h>

struct heap_backend {
    const char *name;
    bool is_wait_free;

    // A heap over a region: NULL and *heap, or a sentence that tells why not, and *heap as it was, which must be NULL.
    // Once, on one CPU; publish *heap to others with release/acquire.
    const char *(*init)(void *region, size_t bytes, size_t cpus, void **heap);
    // The same over a range of addresses of which only the first present_bytes are memory yet. A heap that cannot grow
    // uses these alone.
    const char *(*init_reserved)(void *range, size_t bytes, size_t present_bytes, size_t cpus, void **heap);
    // [cpu] Admits memory inside the range of init_reserved: NULL, or a sentence that tells why not, and nothing has
    // changed.
    // Not two calls at once.
    const char *(*add_memory)(void *heap, size_t cpu, void *start, size_t bytes);

    void *(*alloc)(void *heap, size_t cpu, size_t size, size_t align);            // [cpu]
    void *(*realloc)(void *heap, size_t cpu, void *p, size_t size, size_t align); // [cpu]
    void (*free)(void *heap, size_t cpu, void *p);                                // [cpu]
    size_t (*usable_size)(void *heap, size_t cpu, const void *p);                 // [cpu]
    // Whether p lies in memory that this heap manages. Any CPU, any time.
    bool (*owns)(const void *heap, const void *p);
    // [cpu] Gives back what the slot hides, a bounded piece a call. True while there is more.
    bool (*drain)(void *heap, size_t cpu);

    // [cpu] Nothing else may run meanwhile: NULL if every invariant holds, else the one that is broken.
    const char *(*check)(void *heap, size_t cpu);
    // [cpu] Bytes that serve any request now: in one piece, and in all. With nothing allocated and every slot drained,
    // both are what the heap began with.
    void (*free_bytes)(void *heap, size_t cpu, size_t *largest, size_t *all);
    // The most that the slots of all CPUs together may keep from others when memory is short. Any CPU, any time.
    size_t (*hidden_bytes_max)(const void *heap);
};

extern const struct heap_backend wfh_backend;  // "wf":   wfheap/heap.h
extern const struct heap_backend tlsf_backend; // "tlsf": wfheap/tlsf.h, behind its MCS lock
extern const struct heap_backend slab_backend; // "slab": wfheap/slab.h

#endif
