// SPDX-License-Identifier: MIT
// The benchmark's scenarios on this machine's CPUs: what threads are to the host's driver.
#ifndef KERNEL_BENCH_CREW_H
#define KERNEL_BENCH_CREW_H

#include "backend.h"
#include "scenario/scenario.h"

struct crew_job {
    const struct scenario *scenario;
    size_t variant;
    uint64_t ops;         // calls after which the first CPU to make them ends the run; 0: the clock does
    uint64_t nanoseconds; // counted, after a third as long to warm up
    void *(*alloc)(void *heap, size_t cpu, size_t size); // crew_alloc, or what measures more
    void (*free)(void *heap, size_t cpu, void *p);
};

struct crew_result {
    uint64_t ops;                 // on all CPUs while they counted
    uint64_t failed;              // allocs that got NULL, from the beginning
    uint64_t nanoseconds;         // the mean over the CPUs' own windows; 0 if the clock did not count
    struct backend_events events; // of all CPUs, from the beginning
};

// The region of every measurement's own heap.
size_t crew_region_bytes(void);

// Runs a scenario on all CPUs, over a fresh heap. False, with the reason printed, if a block changed while it was in
// use or the heap's invariants do not hold at the end.
bool crew_run(const struct crew_job *job, struct crew_result *result);

// The heap's calls with interrupts masked around them; `self` is what the scenario knows as its heap.
void *crew_alloc(void *self, size_t cpu, size_t size);
void crew_free(void *self, size_t cpu, void *p);
backend *crew_heap(void *self);

// Called right before and right after the run, for tools that watch addresses.
__attribute__((noinline)) void crew_begin(void);
__attribute__((noinline)) void crew_end(void);

#endif
