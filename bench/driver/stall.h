// SPDX-License-Identifier: MIT
// Stops one thread in the middle of its allocator calls, again and again.
#ifndef BENCH_DRIVER_STALL_H
#define BENCH_DRIVER_STALL_H

#include "team.h"

// Stops worker 0 for 2 ms at random moments until the time is over; answers how often it was stopped inside a call.
uint64_t stall_conduct(struct team *team, uint64_t nanoseconds);

#endif
