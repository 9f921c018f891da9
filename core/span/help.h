// SPDX-License-Identifier: MIT
// Help for the starved. A CPU that finds no memory raises its hand: it says what it wants in its own word, and counts
// itself as hungry. Whoever gives anything back looks at the count first (a line that is almost never written) and
// hands a fitting piece to those who wait, by one compare-exchange on their word, before it publishes the rest.
//
// This is why a one-shot claim may lose a race without the loser being told that there is no memory: memory that moves
// between hands while the loser searches passes by its word.
#ifndef SPAN_HELP_H
#define SPAN_HELP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bits/bits.h"
#include "word.h"

#define HELP_LOOKS 8u // waiting CPUs that one giver looks at, going on where it stopped the last time
#define HELP_NO_CLASS 0xffu
#define HELP_CPU_NONE (~(size_t)0)

struct help {
    size_t cpus;
    word_t *count;  // raised hands
    word_t *hungry; // a bit for each CPU
    word_t *want;   // one a CPU, each on its own cache line
};

enum help_gift_kind { HELP_NOTHING, HELP_BLOCK, HELP_SPAN_PAGES, HELP_RUN_PAGES };

// What a starved CPU got.
struct help_gift {
    enum help_gift_kind kind;
    size_t where; // block: offset from page 0 in bytes; pages: first page
};

// A wish, as it stands in a CPU's word: a block or a span of a class, or a run of pages at any place.
struct help_wish {
    unsigned class; // HELP_NO_CLASS: pages only
    unsigned order; // of the class's spans
    size_t pages;   // a run of so many pages serves as well
};

size_t help_storage_words(size_t cpus);
void help_init(struct help *self, size_t cpus, word_t *storage);

void help_raise(struct help *self, size_t cpu, struct help_wish wish);
struct help_gift help_lower(struct help *self, size_t cpu);

static inline bool help_anyone(const struct help *self) {
    return word_load_seq(self->count) != 0; // S help.anyone <-> S help.raise
}

// The next hungry CPU from `from` on, HELP_CPU_NONE if none. Steps: cpus / 64.
size_t help_next(const struct help *self, size_t from);

// The same, going on from the beginning. Moves the cursor behind it.
size_t help_turn(const struct help *self, size_t *cursor);

// Hands a block of the class (its offset), or some of the pages [first, first + n), to a CPU that wants it. A gift of
// pages takes them from the front; answers how many.
bool help_give_block(struct help *self, size_t cpu, unsigned class, size_t offset);
size_t help_give_pages(struct help *self, size_t cpu, size_t first, size_t n);

#endif
