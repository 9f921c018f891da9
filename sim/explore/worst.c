// SPDX-License-Identifier: MIT
// Worst steps by call; see worst.h.
#include "worst.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CALLS_MOST 32u

static struct {
    const char *call; // the same pointer for the same call
    uint64_t certain; // of all schedules; 0: not known
    struct {
        uint64_t steps, bound, calls;
    } by[PATHS];
} worst[CALLS_MOST];

static unsigned find(const char *call) {
    unsigned i = 0;
    while (worst[i].call != NULL && worst[i].call != call) {
        if (++i == CALLS_MOST)
            abort();
    }
    worst[i].call = call;
    return i;
}

void worst_note(const char *call, enum path path, uint64_t steps, uint64_t bound) {
    unsigned i = find(call);
    worst[i].by[path].calls++;
    if (steps > worst[i].by[path].steps)
        worst[i].by[path].steps = steps;
    if (bound > worst[i].by[path].bound)
        worst[i].by[path].bound = bound;
}

void worst_certain(const char *call, uint64_t steps) {
    unsigned i = find(call);
    if (steps > worst[i].certain)
        worst[i].certain = steps;
}

void worst_print(void) {
    for (unsigned i = 0; i < CALLS_MOST && worst[i].call != NULL; i++) {
        for (unsigned path = 0; path < PATHS; path++) {
            if (worst[i].by[path].calls != 0)
                (void)printf("  %-18s %-12s worst %" PRIu64 " steps of %" PRIu64 " in %" PRIu64 " calls\n",
                             worst[i].call, path_name(path), worst[i].by[path].steps, worst[i].by[path].bound,
                             worst[i].by[path].calls);
        }
        if (worst[i].certain != 0)
            (void)printf("  %-18s %-12s worst %" PRIu64 " steps of all schedules\n", worst[i].call, "any",
                         worst[i].certain);
    }
}
