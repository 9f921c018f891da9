// SPDX-License-Identifier: MIT
// The stash: words of blocks that a CPU holds behind its magazines, in a small four-way associative table of all
// classes.
//
// A word arrives when magazines evict blocks, and fills: blocks of the same word gather in one entry, so that up to 64
// of them go back to their span with one instruction, whatever order they come in. A magazine that runs empty is
// refilled from the entries of its class, which form a list, newest first. What a class claims from a span when it has
// no entry goes to the head of its list, which always has room. Everything is found in constant time; the entry that
// has to make place is given back.
#ifndef CACHE_STASH_H
#define CACHE_STASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span/size_class.h"

#define STASH_ENTRIES 256u
#define STASH_PLACES (STASH_ENTRIES + SIZE_CLASSES)
#define STASH_WAYS 4u          // places of the table that a word may lie in
#define STASH_NONE 0xffffffffu // no word, no entry

struct stash_entry {
    uint64_t bits;
    uint32_t word; // STASH_NONE: the entry is vacant
    uint16_t next, prev;
};

struct stash {
    struct stash_entry entries[STASH_PLACES]; // behind the table: the heads of the classes' lists
    size_t bytes;                             // held
    size_t bytes_most;                        // allowed
    uint32_t hand;                            // the next entry to be given back when there is too much
};

void stash_init(struct stash *self, size_t bytes_most);

// The entry of a word; if it has none, the one that may be made its own, which may be occupied by another word.
uint32_t stash_place(const struct stash *self, unsigned class, uint32_t word);

// The newest entry of a class, the head of the list being the oldest; STASH_NONE if it has none.
static inline uint32_t stash_newest(const struct stash *self, unsigned class) {
    uint32_t entry = self->entries[STASH_ENTRIES + class].next; // behind the last one of the table comes the head
    return self->entries[entry].word != STASH_NONE ? entry : STASH_NONE;
}

// Makes a vacant entry of the table hold blocks of a word.
void stash_put(struct stash *self, uint32_t entry, unsigned class, uint32_t word, uint64_t bits);

// The same for a class that has no entry: there is always room.
static inline void stash_put_first(struct stash *self, unsigned class, uint32_t word, uint64_t bits) {
    struct stash_entry *head = &self->entries[STASH_ENTRIES + class];
    head->bits = bits;
    head->word = word;
}

// Makes an entry vacant.
void stash_remove(struct stash *self, uint32_t entry);

// Any occupied entry, turning around the table; STASH_NONE if four in a row are vacant.
uint32_t stash_next_victim(struct stash *self);

#endif
