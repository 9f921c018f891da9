// SPDX-License-Identifier: MIT
// Help for the starved. A CPU that finds no memory raises its hand: it says what it wants in its own word, and counts
// itself as hungry. Whoever gives anything back looks at the count (a line that is almost never written) and hands a
// fitting piece to those who wait, by one compare-exchange on their word.
//
// This is why a one-shot claim may lose a race without the loser being told that there is no memory: memory that moves
// between hands while the loser searches passes by its word. What wishes and gifts mean is up to the layer that uses
// it: span/gift.h, frame/frame_help.c.
#ifndef HELP_HELP_H
#define HELP_HELP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bits/bits.h"
#include "word.h"

#define HELP_LOOKS 8u // waiting CPUs that one giver looks at, going on where it stopped the last time
#define HELP_NOTHING UINT64_C(0)
#define HELP_CPU_NONE (~(size_t)0)

struct help {
    size_t cpus;
    word_t *count;  // raised hands
    word_t *hungry; // a bit for each CPU
    word_t *want;   // one a CPU, each on its own cache line
};

size_t help_storage_words(size_t cpus);
void help_init(struct help *self, size_t cpus, word_t *storage);

// wish: not HELP_NOTHING, and told apart from every gift by its user. Steps: 3.
void help_raise(struct help *self, size_t cpu, uint64_t wish);

// Answers the wish, if nobody gave anything, or the gift. Steps: 3.
uint64_t help_lower(struct help *self, size_t cpu);

static inline bool help_anyone(const struct help *self) {
    return word_load_seq(self->count) != 0; // S help.anyone <-> S help.raise; A help.anyone <- R help.raise
}

// The next hungry CPU from `from` on, HELP_CPU_NONE if none. Steps: cpus / 64.
size_t help_next(const struct help *self, size_t from);

// The same, going on from the beginning. Moves the cursor behind it.
size_t help_turn(const struct help *self, size_t *cursor);

// What stands in a CPU's word: a wish, a gift that it has not taken yet, or HELP_NOTHING.
uint64_t help_wish(const struct help *self, size_t cpu);

// Puts a gift in the place of a wish; false if somebody was faster, or the hand is down.
bool help_give(struct help *self, size_t cpu, uint64_t wish, uint64_t gift);

#endif
