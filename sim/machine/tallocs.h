// SPDX-License-Identifier: MIT
// Two heaps behind talloc, and who uses them: tasks under primary only, and interrupt handlers that save the policy of
// their CPU, allow the backup heap, and restore the policy before they return.
#ifndef SIM_MACHINE_TALLOCS_H
#define SIM_MACHINE_TALLOCS_H

#include "stress/support/rng.h"
#include "stress/support/watch.h"

#include <wfheap/talloc.h>

#define TALLOC_USER_PLACES 64u

struct tallocs {
    talloc *talloc;
    void *storage;
    void *regions[2], *heaps[2]; // primary, backup
    size_t bytes[2], free_bytes[2];
};

struct talloc_piece {
    unsigned char *start; // NULL: vacant
    size_t size;
};

struct talloc_user {
    struct tallocs *tallocs;
    size_t slot, places, size_most;
    unsigned level; // 0: a task
    unsigned char mark;
    struct rng rng;
    struct talloc_piece pieces[TALLOC_USER_PLACES];
    size_t refusals;
    struct watch watch; // of every call
};

// One operation of a task, or a handler's from its save to its restore.
void talloc_user_step(struct talloc_user *self);

#endif
