// SPDX-License-Identifier: MIT
// The tick counter's rate, by comparison with the system's clock.
#include "clock.h"

#include <errno.h>

enum { CLOCK_COMPARE_NS = 20000000 };

static uint64_t start_ns;
static uint64_t start_ticks;

void clock_start(void) {
    start_ns = clock_now_ns();
    start_ticks = clock_ticks();
}

double clock_ns_per_tick(void) {
    uint64_t passed = clock_now_ns() - start_ns;
    if (passed < CLOCK_COMPARE_NS) {
        clock_sleep_ns(CLOCK_COMPARE_NS - passed);
    }
    uint64_t ticks = clock_ticks() - start_ticks;
    return (double)(clock_now_ns() - start_ns) / (double)ticks;
}

void clock_sleep_ns(uint64_t nanoseconds) {
    struct timespec rest = {
        .tv_sec = (time_t)(nanoseconds / 1000000000u),
        .tv_nsec = (long)(nanoseconds % 1000000000u),
    };
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
}
