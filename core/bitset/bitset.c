// SPDX-License-Identifier: MIT
// Hierarchical hint sets; see bitset.h.
#include "bitset/bitset.h"

void bitset_shape_init(struct bitset_shape *self, size_t members) {
    self->members = members;
    self->levels = 0;
    self->total_words = 0;
    size_t words = members;
    // bound: BITSET_LEVELS, each level is 64 times smaller
    do {
        words = (words + BITS_WORD - 1) / BITS_WORD;
        self->words[self->levels] = words;
        self->offset[self->levels] = self->total_words;
        self->total_words += words;
        self->levels++;
    } while (words > 1 && self->levels < BITSET_LEVELS);
}

static word_t *bitset_at(const struct bitset *self, unsigned level, size_t index) {
    return &self->words[self->shape->offset[level] + index];
}

// Sets bit `position` of `level` and the bits above it, each only where it is clear.
static void bitset_raise(const struct bitset *self, unsigned level, size_t position) {
    const size_t *end = self->shape->offset + self->shape->levels;
    word_t *words = self->words;
    // bound: levels
    for (const size_t *offset = self->shape->offset + level; offset < end; offset++) {
        word_t *word = &words[*offset + position / BITS_WORD];
        // S bitset.put <-> S bitset.drop
        if (!(word_load_seq(word) >> (position % BITS_WORD) & 1))
            word_or_seq(word, bits_one(position % BITS_WORD)); // S bitset.put <-> S bitset.drop
        position /= BITS_WORD;
    }
}

void bitset_put(const struct bitset *self, size_t member) {
    bitset_raise(self, 0, member);
}

// Clears bit `position` of `level`, and above it what has become empty.
static void bitset_lower(const struct bitset *self, unsigned level, size_t position) {
    const size_t *offset = self->shape->offset;
    word_t *words = self->words;
    // bound: levels
    for (; level < self->shape->levels; level++) {
        word_t *word = &words[offset[level] + position / BITS_WORD];
        // S bitset.drop <-> S bitset.put; S bitset.drop <-> S bitset.word
        word_and_seq(word, ~bits_one(position % BITS_WORD));
        // S bitset.drop <-> S bitset.put
        if (level > 0 && word_load_seq(&words[offset[level - 1] + position]) != 0) {
            bitset_raise(self, level, position);
            return;
        }
        // relaxed: what came meanwhile and is overlooked shows when the next level has been lowered
        if (word_load_relaxed(word) != 0)
            return;
        position /= BITS_WORD;
    }
}

void bitset_drop(const struct bitset *self, size_t member) {
    bitset_lower(self, 0, member);
}

// Goes up until a level shows a bit at or above `position`; false if none does.
static bool bitset_climb(const struct bitset *self, size_t *position, unsigned *level) {
    const struct bitset_shape *shape = self->shape;
    size_t at = *position;
    // bound: levels
    for (unsigned up = 0; up < shape->levels; up++) {
        size_t index = at / BITS_WORD;
        if (index >= shape->words[up])
            return false;
        // relaxed: a search may miss what is put meanwhile; whoever needs certainty reads level 0
        uint64_t bits = word_load_relaxed(&self->words[shape->offset[up] + index]) & BITS_ALL << (at % BITS_WORD);
        if (bits != 0) {
            *level = up;
            *position = index * BITS_WORD + bits_lowest(bits);
            return true;
        }
        at = index + 1;
    }
    return false;
}

// Goes down from a set bit of `level` to its lowest member. A word found empty has a stale bit above: false, and the
// bit is repaired if that is wanted.
static bool bitset_descend(const struct bitset *self, unsigned level, size_t *position, bool repairs) {
    size_t at = *position;
    // bound: levels
    while (level > 0) {
        uint64_t bits = word_load_relaxed(bitset_at(self, level - 1, at)); // relaxed: as in bitset_climb
        if (bits == 0) {
            if (repairs)
                bitset_lower(self, level, at);
            return false;
        }
        at = at * BITS_WORD + bits_lowest(bits);
        level--;
    }
    *position = at;
    return true;
}

size_t bitset_next(const struct bitset *self, size_t from) {
    // bound: BITSET_TRIES
    for (unsigned i = 0; i < BITSET_TRIES; i++) {
        unsigned level;
        size_t position = from;
        if (!bitset_climb(self, &position, &level))
            return BITSET_NONE;
        if (bitset_descend(self, level, &position, true))
            return position;
    }
    return BITSET_NONE;
}

size_t bitset_lowest(const struct bitset *self, bool *stale) {
    uint64_t bits = word_load_relaxed(self->root); // relaxed: as in bitset_climb
    bool again = *stale;
    *stale = false;
    // bound: BITSET_PASSES
    for (unsigned pass = 0; pass < BITSET_PASSES && bits != 0; pass++) {
        size_t position = bits_lowest(bits);
        if (bitset_descend(self, self->shape->levels - 1, &position, again && pass == 0))
            return position;
        bits &= bits - 1;
    }
    *stale = !again;
    return BITSET_NONE;
}
