// SPDX-License-Identifier: MIT
// One heap under test with its region, shadow and mailboxes, and the final reckoning: every page must be back.
#ifndef STRESS_WORLD_H
#define STRESS_WORLD_H

#include "mailbox.h"
#include "shadow.h"

#include <wfheap/heap.h>

struct world {
    wfh *heap;
    size_t cpus;
    unsigned char *region;
    size_t region_bytes;
    struct shadow shadow;
    struct mailbox *boxes; // one for every actor
    size_t actors;
};

void world_init(struct world *self, size_t region_bytes, size_t offset_pages, size_t cpus, size_t actors);
void world_destroy(struct world *self);

// Calls wfh_drain until it says that nothing is left.
void world_drain(struct world *self, size_t cpu);

// Every invariant holds and the figures agree with each other. Quiescent.
void world_check(struct world *self);

// All blocks were freed: after draining every slot the heap is as empty as a new one. Quiescent.
void world_reckon(struct world *self);

#endif
