// SPDX-License-Identifier: MIT
// A mailbox takes blocks from any thread (or signal handler) for one receiver, without waiting: full means no.
#ifndef STRESS_MAILBOX_H
#define STRESS_MAILBOX_H

#include "shadow.h"

#include <stdatomic.h>
#include <stdbool.h>

#define MAILBOX_PLACES 32u

struct mailbox_place {
    _Atomic unsigned state;
    struct block block;
};

struct mailbox {
    struct mailbox_place places[MAILBOX_PLACES];
    unsigned next_read; // the receiver's own
};

// hint: any number; chooses the place that is tried. False: taken.
bool mailbox_post(struct mailbox *self, const struct block *block, size_t hint);

// Receiver only. False: the place whose turn it is is empty.
bool mailbox_read(struct mailbox *self, struct block *block);

#endif
