// SPDX-License-Identifier: MIT
// The table of words and the lists of classes; see stash.h.
#include "cache/stash.h"

#define STASH_PROBES 4u

void stash_init(struct stash *self, size_t bytes_most) {
    // bound: entries and list heads
    for (uint32_t i = 0; i < STASH_PLACES; i++) {
        self->entries[i].word = STASH_NONE;
        self->entries[i].next = self->entries[i].prev = (uint16_t)i;
    }
    self->bytes_most = bytes_most;
}

uint32_t stash_place(const struct stash *self, unsigned class, uint32_t word) {
    if (self->entries[STASH_ENTRIES + class].word == word)
        return STASH_ENTRIES + class;
    uint32_t set = (word * UINT32_C(0x9e3779b1)) >> 24 & ~(STASH_WAYS - 1);
    const struct stash_entry *ways = &self->entries[set];
    uint32_t way = (word >> 2) % STASH_WAYS; // if all are occupied
    // bound: STASH_WAYS
    for (uint32_t i = 0; i < STASH_WAYS; i++) {
        if (ways[i].word == word)
            return set + i;
        if (ways[i].word == STASH_NONE)
            way = i;
    }
    return set + way;
}

void stash_put(struct stash *self, uint32_t entry, unsigned class, uint32_t word, uint64_t bits) {
    struct stash_entry *head = &self->entries[STASH_ENTRIES + class];
    uint16_t next = head->next;
    self->entries[entry] =
        (struct stash_entry){.bits = bits, .word = word, .next = next, .prev = (uint16_t)(STASH_ENTRIES + class)};
    self->entries[next].prev = (uint16_t)entry;
    head->next = (uint16_t)entry;
}

void stash_remove(struct stash *self, uint32_t entry) {
    struct stash_entry *it = &self->entries[entry];
    if (entry < STASH_ENTRIES) {
        self->entries[it->prev].next = it->next;
        self->entries[it->next].prev = it->prev;
    }
    it->word = STASH_NONE;
    it->bits = 0;
}

uint32_t stash_next_victim(struct stash *self) {
    // bound: STASH_PROBES
    for (unsigned i = 0; i < STASH_PROBES; i++) {
        uint32_t entry = self->hand;
        self->hand = entry + 1 < STASH_PLACES ? entry + 1 : 0;
        if (self->entries[entry].word != STASH_NONE)
            return entry;
    }
    return STASH_NONE;
}
