// SPDX-License-Identifier: MIT
// A set of small integers shared by all CPUs, used for hints: where to look for free things.
//
// Level 0 holds a bit for each member; every further level holds a bit for each word of the level below that may not be
// empty. Upper levels may lie in both directions for a moment, and a CPU that stops between two steps may leave one bit
// of a level missing until the next put beside it; a finder therefore may miss a member, but never waits for one.
// Putting and dropping pair like Dekker's algorithm: the putter writes the level below, then reads the one above; the
// dropper writes the one above, then reads the level below again. All four are sequentially consistent.
#ifndef BITSET_BITSET_H
#define BITSET_BITSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bits/bits.h"
#include "word.h"

#define BITSET_LEVELS 6u         // 2^36 members
#define BITSET_NONE (~(size_t)0) // of bitset_find
#define BITSET_TRIES 4u          // stale upper bits that one search repairs before it gives up
#define BITSET_PASSES 2u         // of the highest level, those that a search for any member looks below

// What sets of the same size share.
struct bitset_shape {
    size_t members;
    size_t words[BITSET_LEVELS];  // words of each level
    size_t offset[BITSET_LEVELS]; // where the level begins in the storage, in words
    unsigned levels;
    size_t total_words;
};

struct bitset {
    const struct bitset_shape *shape;
    word_t *words; // shape->total_words
    word_t *root;  // the last of them
};

void bitset_shape_init(struct bitset_shape *self, size_t members);

// words: zeroed.
static inline void bitset_init(struct bitset *self, const struct bitset_shape *shape, word_t *words) {
    *self = (struct bitset){shape, words, words + shape->total_words - 1};
}

static inline bool bitset_has(const struct bitset *self, size_t member) {
    // relaxed: who overlooks a member here leaves a hint too many, who sees one that is gone drops it once more
    return word_load_relaxed(&self->words[member / BITS_WORD]) >> (member % BITS_WORD) & 1;
}

// Adds a member. Writes only what is not set yet, on every level. Steps: 2 a level.
void bitset_put(const struct bitset *self, size_t member);

// Removes a member, and upwards what became empty. The caller then reads the truth again and puts the member back if it
// was removed too early. Steps: at most 4 a level.
void bitset_drop(const struct bitset *self, size_t member);

// The first member at or above `from`, BITSET_NONE if there is none. Steps: at most 4 * (2 + 6) a level.
size_t bitset_next(const struct bitset *self, size_t from);

// The lowest member that upper bits show. Stale bits are mostly about to be lowered by somebody, so they are passed
// over; but if they hid all members last time too (*stale, of this CPU and set), the lowest is repaired. Steps: at most
// 2 * 1 + 6 a level.
size_t bitset_lowest(const struct bitset *self, bool *stale);

static inline bool bitset_seems_empty(const struct bitset *self) {
    // relaxed: as in bitset_find
    return word_load_relaxed(self->root) == 0;
}

// A member: of the same word of level 0 as `near` if possible, the first from there on if possible; else the lowest.
// *stale: see bitset_lowest.
static inline size_t bitset_find(const struct bitset *self, size_t near, bool *stale) {
    if (bitset_seems_empty(self))
        return BITSET_NONE;
    // relaxed: a search may miss what is put meanwhile; whoever needs certainty reads level 0
    uint64_t bits = word_load_relaxed(&self->words[near / BITS_WORD]);
    uint64_t behind = bits & BITS_ALL << (near % BITS_WORD);
    bits = behind != 0 ? behind : bits;
    return bits != 0 ? near / BITS_WORD * BITS_WORD + bits_lowest(bits) : bitset_lowest(self, stale);
}

// Another member of the same word of level 0, the first in cyclic order behind the next `way`; BITSET_NONE if there is
// none but those in `seen`, bits of the word, to which `member` is added.
static inline size_t bitset_beside(const struct bitset *self, size_t member, size_t way, uint64_t *seen) {
    *seen |= bits_one(member % BITS_WORD);
    uint64_t bits = word_load_relaxed(&self->words[member / BITS_WORD]) & ~*seen; // relaxed: as in bitset_find
    unsigned turn = (unsigned)(member + 1 + way) % BITS_WORD;
    uint64_t turned = bits >> turn | bits << ((BITS_WORD - turn) % BITS_WORD);
    if (turned == 0)
        return BITSET_NONE;
    return member / BITS_WORD * BITS_WORD + (bits_lowest(turned) + turn) % BITS_WORD;
}

// Level 0 as it is, for passes that do not trust the levels above.
static inline uint64_t bitset_word(const struct bitset *self, size_t index) {
    // S bitset.word <-> S bitset.drop
    return word_load_seq(&self->words[index]);
}

#endif
