// SPDX-License-Identifier: MIT
// An allocator with a stopwatch: the same calls as the adapter's, each timed and counted in a histogram.
#ifndef BENCH_DRIVER_TIMED_H
#define BENCH_DRIVER_TIMED_H

#include "adapter/adapter.h"
#include "histogram.h"

#include <signal.h>

struct timed {
    const struct adapter *adapter;
    void *heap;
    uint64_t slow_ticks; // calls longer than this are counted as slow
    double ns_per_tick;
    uint64_t slow_calls;
    uint64_t waited_calls;        // those of them that were short but for the wait for a processor that others had
    int schedstat;                // descriptor of this thread's scheduler statistics; 0: not watched
    uint64_t waited_ns;           // for a processor, up to the last look
    volatile sig_atomic_t inside; // whether the thread is in the middle of a call, for those who want to stop it there
    struct histogram alloc, free;
};

void timed_clear(struct timed *timed);

// Watches how long the calling thread waits for a processor, so that slow calls that other programs are to blame for
// can be told from the allocator's own. To be followed by a look every few microseconds.
void timed_watch(struct timed *timed);
void timed_look(struct timed *timed);

// To be called with a struct timed for a heap.
void *timed_alloc(void *self, size_t cpu, size_t size);
void timed_free(void *self, size_t cpu, void *p);

#endif
