// SPDX-License-Identifier: MIT
// A queue lock after Mellor-Crummey & Scott (ACM TOCS 9(1), 1991): each waiter spins on a word of its own, and the lock
// goes from hand to hand in the order of arrival. One node for each CPU slot; words hold a node's address, 0 is none.
#ifndef LOCK_LOCK_MCS_H
#define LOCK_LOCK_MCS_H

#include "port/port.h"
#include "word.h"

struct lock_mcs_node {
    _Alignas(PORT_CACHE_LINE) word_t next; // who waits behind this slot
    word_t waits;                          // 1 until the predecessor lets this slot in
};

struct lock_mcs {
    _Alignas(PORT_CACHE_LINE) word_t tail; // the last in the queue, 0 if the lock is free
};

static inline struct lock_mcs_node *lock_mcs_node_at(uint64_t address) {
    return (struct lock_mcs_node *)(uintptr_t)address;
}

static inline void lock_mcs_acquire(struct lock_mcs *self, struct lock_mcs_node *mine) {
    word_store_relaxed(&mine->next, 0); // relaxed: the swap below publishes it to the successor
    // R lock_mcs.acquire -> A lock_mcs.acquire; A lock_mcs.acquire <- R lock_mcs.acquire;
    // A lock_mcs.acquire <- R lock_mcs.release
    uint64_t before = word_swap_seq(&self->tail, (uintptr_t)mine);
    if (before == 0) {
        return;
    }
    word_store_relaxed(&mine->waits, 1); // relaxed: the release store below publishes it to the predecessor
    // R lock_mcs.acquire -> A lock_mcs.release
    word_store_release(&lock_mcs_node_at(before)->next, (uintptr_t)mine);
    // bound: none, waits for the holder
    // A lock_mcs.acquire <- R lock_mcs.release
    while (word_load_acquire(&mine->waits) != 0) {
    }
}

static inline void lock_mcs_release(struct lock_mcs *self, struct lock_mcs_node *mine) {
    // A lock_mcs.release <- R lock_mcs.acquire
    uint64_t next = word_load_acquire(&mine->next);
    if (next == 0) {
        // R lock_mcs.release -> A lock_mcs.acquire
        if (word_cas_once_seq(&self->tail, (uintptr_t)mine, 0)) {
            return;
        }
        // bound: none, waits for the successor, which is between its swap and its store
        // A lock_mcs.release <- R lock_mcs.acquire
        while ((next = word_load_acquire(&mine->next)) == 0) {
        }
    }
    // R lock_mcs.release -> A lock_mcs.acquire
    word_store_release(&lock_mcs_node_at(next)->waits, 0);
}

#endif
