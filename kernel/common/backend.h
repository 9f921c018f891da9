// SPDX-License-Identifier: MIT
// The heap that the kernel was built for, under one set of names: -DWFH_BACKEND=wf, -DWFH_BACKEND=tlsf or
// -DWFH_BACKEND=slab. Contracts: wfheap/backend.h.
#ifndef KERNEL_COMMON_BACKEND_H
#define KERNEL_COMMON_BACKEND_H

#include <stdint.h>
#include <wfheap/backend.h>

#define BACKEND_wf 1
#define BACKEND_tlsf 2
#define BACKEND_slab 3
#define BACKEND_PASTE(name) BACKEND_##name
#define BACKEND_NUMBER(name) BACKEND_PASTE(name)

#if !defined(WFH_BACKEND)
#error "No heap is chosen: build the kernel with -DWFH_BACKEND=wf, -DWFH_BACKEND=tlsf or -DWFH_BACKEND=slab."
#elif BACKEND_NUMBER(WFH_BACKEND) == BACKEND_wf
#define BACKEND wfh_backend
#elif BACKEND_NUMBER(WFH_BACKEND) == BACKEND_tlsf
#define BACKEND tlsf_backend
#elif BACKEND_NUMBER(WFH_BACKEND) == BACKEND_slab
#define BACKEND slab_backend
#else
#error "WFH_BACKEND names no heap of this kernel, or more than one: it may be wf, tlsf or slab."
#endif

// Callers never wait for each other, nor for holders whose emulated CPU has to wait for a real one; and a handler that
// comes within a call may use the heap, with a CPU number of its own.
#define BACKEND_WAIT_FREE (BACKEND_NUMBER(WFH_BACKEND) == BACKEND_wf)

typedef struct backend backend; // a heap of this kind

static inline const char *backend_init(void *region, size_t bytes, size_t cpus, backend **heap) {
    void *made = *heap;
    const char *refusal = BACKEND.init(region, bytes, cpus, &made);
    *heap = made;
    return refusal;
}

// What the calls of a CPU have led to so far; wfh_cpu_stats tells what the counters mean. Other heaps have one way
// through them, and nothing to count.
struct backend_events {
    uint64_t refills, evictions, claims, flushes, spans_made, spans_freed, runs, starved;
};
void backend_events_add(const backend *heap, size_t cpu, struct backend_events *to);

#endif
