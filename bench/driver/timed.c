// SPDX-License-Identifier: MIT
// An allocator with a stopwatch.
#include "timed.h"

#include "clock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void timed_clear(struct timed *timed) {
    histogram_clear(&timed->alloc);
    histogram_clear(&timed->free);
    timed->slow_calls = 0;
    timed->waited_calls = 0;
}

// The second number of schedstat: nanoseconds that the thread was ready to run and did not.
static uint64_t waited_so_far(const struct timed *timed) {
    char text[96];
    char *end = text;
    ssize_t length = pread(timed->schedstat, text, sizeof text - 1, 0);
    text[length < 0 ? 0 : length] = '\0';
    (void)strtoull(text, &end, 10);
    return strtoull(end, NULL, 10);
}

void timed_watch(struct timed *timed) {
    int file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    timed->schedstat = file < 0 ? 0 : file; // a kernel without it: no slow call is excused
}

void timed_look(struct timed *timed) {
    if (timed->schedstat != 0) {
        timed->waited_ns = waited_so_far(timed);
    }
}

static __attribute__((noinline)) void timed_note_slow(struct timed *timed, uint64_t ticks) {
    timed->slow_calls++;
    if (timed->schedstat != 0) {
        uint64_t before = timed->waited_ns;
        timed_look(timed);
        double own_ticks = (double)ticks - (double)(timed->waited_ns - before) / timed->ns_per_tick;
        timed->waited_calls += own_ticks <= (double)timed->slow_ticks;
    }
}

static inline void timed_note(struct timed *timed, struct histogram *histogram, uint64_t ticks) {
    histogram_add(histogram, ticks);
    if (ticks > timed->slow_ticks) {
        timed_note_slow(timed, ticks);
    }
}

void *timed_alloc(void *self, size_t cpu, size_t size) {
    struct timed *timed = self;
    timed->inside = 1;
    uint64_t start = clock_ticks();
    void *p = timed->adapter->alloc(timed->heap, cpu, size);
    uint64_t ticks = clock_ticks() - start;
    timed->inside = 0;
    timed_note(timed, &timed->alloc, ticks);
    return p;
}

void timed_free(void *self, size_t cpu, void *p) {
    struct timed *timed = self;
    timed->inside = 1;
    uint64_t start = clock_ticks();
    timed->adapter->free(timed->heap, cpu, p);
    uint64_t ticks = clock_ticks() - start;
    timed->inside = 0;
    timed_note(timed, &timed->free, ticks);
}
