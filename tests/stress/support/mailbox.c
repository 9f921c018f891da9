// SPDX-License-Identifier: MIT
// Mailboxes: a place goes EMPTY -> FILLING (by the sender that wins it) -> FULL -> EMPTY (by the receiver).
#include "mailbox.h"

enum place_state { PLACE_EMPTY, PLACE_FILLING, PLACE_FULL };

bool mailbox_post(struct mailbox *self, const struct block *block, size_t hint) {
    struct mailbox_place *place = &self->places[hint % MAILBOX_PLACES];
    unsigned seen = PLACE_EMPTY;
    if (!atomic_compare_exchange_strong_explicit(&place->state, &seen, PLACE_FILLING, memory_order_acquire,
                                                 memory_order_relaxed)) {
        return false;
    }
    place->block = *block;
    atomic_store_explicit(&place->state, PLACE_FULL, memory_order_release);
    return true;
}

bool mailbox_read(struct mailbox *self, struct block *block) {
    struct mailbox_place *place = &self->places[self->next_read++ % MAILBOX_PLACES];
    if (atomic_load_explicit(&place->state, memory_order_acquire) != PLACE_FULL) {
        return false;
    }
    *block = place->block;
    atomic_store_explicit(&place->state, PLACE_EMPTY, memory_order_release);
    return true;
}
