// SPDX-License-Identifier: MIT
// Two clocks: nanoseconds for how long a run takes, and the processor's tick counter for how long one call takes.
#ifndef BENCH_DRIVER_CLOCK_H
#define BENCH_DRIVER_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Ticks of a counter that runs at a constant rate; not reordered with the code around it.
static inline uint64_t clock_ticks(void) {
#if defined(__x86_64__)
    uint32_t low;
    uint32_t high;
    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(ticks) : : "memory");
    return ticks;
#else
    return clock_now_ns();
#endif
}

// Begins the comparison of the two clocks. Call it early in the process.
void clock_start(void);

// Ticks to nanoseconds, from what passed on both clocks since clock_start: at least 20 ms, which it waits for.
double clock_ns_per_tick(void);

void clock_sleep_ns(uint64_t nanoseconds);

#endif
