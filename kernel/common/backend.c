// SPDX-License-Identifier: MIT
// What the wait-free heap counts; see backend.h.
#include "backend.h"

#include <wfheap/heap.h>

void backend_events_add(const backend *heap, size_t cpu, struct backend_events *to) {
    struct wfh_cpu_stats slot = {0};
    if (BACKEND_WAIT_FREE)
        (void)wfh_cpu_stats((const wfh *)heap, cpu, &slot);
    to->refills += slot.refills;
    to->evictions += slot.evictions;
    to->claims += slot.claims;
    to->flushes += slot.flushes;
    to->spans_made += slot.spans_made;
    to->spans_freed += slot.spans_freed;
    to->runs += slot.runs;
    to->starved += slot.starved;
}
