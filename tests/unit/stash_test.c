// SPDX-License-Identifier: MIT
// The stash against a plain array of words: what is put is found, in its class's list and in its place, until removed.
#include "cache/stash.h"
#include "expect.h"
#include "stress/support/rng.h"

#define WORDS 3000u // more than there are entries

static struct stash stash;
static struct {
    uint64_t bits; // 0: not stashed
    unsigned class;
    unsigned stamp; // when it was put
} model[WORDS];

static void stash_setup(void) {
    stash_init(&stash, 1 << 20);
}

TestSuite(stash, .init = stash_setup, .timeout = 60);

static void expect_lists(void) {
    for (unsigned class = 0; class < SIZE_CLASSES; class ++) {
        uint32_t newest = STASH_NONE;
        for (uint32_t word = 0; word < WORDS; word++) {
            if (model[word].bits == 0 || model[word].class != class) {
                continue;
            }
            newest = newest == STASH_NONE || model[word].stamp > model[newest].stamp ? word : newest;
        }
        uint32_t first = stash_newest(&stash, class);
        EXPECT((first == STASH_NONE) == (newest == STASH_NONE), "class %u: newest entry %u", class, first);
        EXPECT(first == STASH_NONE || stash.entries[first].word == newest, "class %u: not the newest", class);
    }
}

static void forget(uint32_t entry) {
    uint32_t word = stash.entries[entry].word;
    EXPECT(word < WORDS && model[word].bits == stash.entries[entry].bits, "entry %u changed", entry);
    stash_remove(&stash, entry);
    EXPECT(stash.entries[entry].word == STASH_NONE, "entry %u is not vacant", entry);
    model[word].bits = 0;
}

Test(stash, random_walk_against_a_model) {
    struct rng rng = {13};
    unsigned displaced = 0;
    for (unsigned step = 1; step <= 20000; step++) {
        uint32_t word = (uint32_t)rng_below(&rng, WORDS);
        unsigned class = model[word].bits != 0 ? model[word].class : (unsigned)rng_below(&rng, SIZE_CLASSES);
        uint32_t entry = stash_place(&stash, class, word);
        EXPECT(entry < STASH_ENTRIES || (entry == STASH_ENTRIES + class && model[word].bits != 0), "word %u: entry %u",
               word, entry);
        EXPECT((stash.entries[entry].word == word) == (model[word].bits != 0), "word %u is not where it should be",
               word);
        if (model[word].bits != 0) {
            forget(entry);
            continue;
        }
        uint64_t bits = rng_next(&rng) | 1;
        bool first = stash_newest(&stash, class) == STASH_NONE;
        if (first) {
            stash_put_first(&stash, class, word, bits);
        } else {
            if (stash.entries[entry].word != STASH_NONE) {
                displaced++;
                forget(entry);
            }
            stash_put(&stash, entry, class, word, bits);
        }
        model[word].bits = bits;
        model[word].class = class;
        model[word].stamp = first ? 0 : step;
        if (step % 100 == 0) {
            expect_lists();
        }
    }
    cr_assert_gt(displaced, 100, "the stash was never full");
    for (unsigned class = 0; class < SIZE_CLASSES; class ++) {
        for (uint32_t entry; (entry = stash_newest(&stash, class)) != STASH_NONE;) {
            forget(entry);
        }
    }
    for (uint32_t word = 0; word < WORDS; word++) {
        EXPECT(model[word].bits == 0, "word %u is in no list", word);
    }
    cr_assert_eq(stash_next_victim(&stash), STASH_NONE);
}

// Asked again and again, the turning hand comes past everything.
Test(stash, every_entry_becomes_the_victim) {
    for (uint32_t word = 0; word < 100; word++) {
        unsigned class = word % SIZE_CLASSES;
        uint32_t entry = stash_place(&stash, class, word);
        if (stash_newest(&stash, class) == STASH_NONE) {
            stash_put_first(&stash, class, word, 1);
            model[word].bits = 1;
        } else if (stash.entries[entry].word == STASH_NONE) {
            stash_put(&stash, entry, class, word, 1);
            model[word].bits = 1;
        }
    }
    for (unsigned turn = 0; turn < STASH_PLACES; turn++) {
        uint32_t entry = stash_next_victim(&stash);
        if (entry != STASH_NONE) {
            forget(entry);
        }
    }
    for (uint32_t word = 0; word < 100; word++) {
        EXPECT(model[word].bits == 0, "word %u was passed over", word);
    }
}
