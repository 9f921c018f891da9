// SPDX-License-Identifier: MIT
// Worst steps by call; see worst.h.
#include "worst.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CALLS_MOST 32u

static struct {
    const char *call; // the same pointer for the same call
    uint64_t steps, bound, calls;
} worst[CALLS_MOST];

void worst_note(const char *call, uint64_t steps, uint64_t bound) {
    unsigned i = 0;
    while (worst[i].call != NULL && worst[i].call != call) {
        if (++i == CALLS_MOST)
            abort();
    }
    worst[i].call = call;
    worst[i].calls++;
    if (steps > worst[i].steps)
        worst[i].steps = steps;
    if (bound > worst[i].bound)
        worst[i].bound = bound;
}

void worst_print(void) {
    for (unsigned i = 0; i < CALLS_MOST && worst[i].call != NULL; i++)
        (void)printf("  %-18s worst %" PRIu64 " steps of %" PRIu64 " in %" PRIu64 " calls\n", worst[i].call,
                     worst[i].steps, worst[i].bound, worst[i].calls);
}
