// SPDX-License-Identifier: MIT
// The hint sets against an array of booleans, for one caller at a time: then nothing may be missed and nothing
// invented.
#include "bitset/bitset.h"
#include "expect.h"
#include "stress/support/rng.h"

static struct bitset_shape shape;
static struct bitset set;

static void set_init(size_t members) {
    bitset_shape_init(&shape, members);
    free(set.words);
    bitset_init(&set, &shape, calloc(shape.total_words + 1, sizeof(word_t)));
    cr_assert_not_null(set.words);
}

static void set_fini(void) {
    free(set.words);
    set.words = NULL;
}

TestSuite(bitset, .fini = set_fini, .timeout = 120);

static bool all_words_zero(void) {
    for (size_t i = 0; i < shape.total_words; i++) {
        if (word_load_relaxed(&set.words[i]) != 0) {
            return false;
        }
    }
    return true;
}

Test(bitset, shapes_cover_their_members) {
    for (size_t members = 1; members <= (size_t)1 << 32; members += members / 5 + 1) {
        bitset_shape_init(&shape, members);
        size_t below = members, offset = 0;
        EXPECT(shape.members == members, "%zu members", shape.members);
        EXPECT(shape.levels >= 1 && shape.levels <= BITSET_LEVELS, "%zu members: %u levels", members, shape.levels);
        for (unsigned level = 0; level < shape.levels; level++) {
            EXPECT(shape.words[level] == (below + 63) / 64, "%zu members, level %u: %zu words", members, level,
                   shape.words[level]);
            EXPECT(shape.offset[level] >= offset, "%zu members: level %u overlaps the one below", members, level);
            offset = shape.offset[level] + shape.words[level];
            below = shape.words[level];
        }
        EXPECT(below == 1, "%zu members: %zu words at the top", members, below);
        EXPECT(shape.total_words >= offset, "%zu members: %zu words in all", members, shape.total_words);
        EXPECT(shape.total_words <= members / 62 + 2 * BITSET_LEVELS, "%zu members: %zu words", members,
               shape.total_words);
    }
}

static size_t find(size_t near) {
    bool stale = false;
    return bitset_find(&set, near, &stale);
}

static const size_t sizes[] = {1, 2, 63, 64, 65, 127, 128, 129, 4095, 4096, 4097, 5000, 262143, 262145, 1 << 20};

Test(bitset, each_member_alone) {
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        set_init(sizes[s]);
        cr_assert_eq(find(0), BITSET_NONE);
        size_t step = sizes[s] > 5000 ? 61 : 1;
        for (size_t member = 0; member < sizes[s]; member += step) {
            bitset_put(&set, member);
            EXPECT(bitset_has(&set, member), "%zu of %zu is not there", member, sizes[s]);
            EXPECT(bitset_word(&set, member / 64) == UINT64_C(1) << member % 64, "word of %zu", member);
            for (size_t from = member / 2; from < sizes[s]; from += sizes[s] / 7 + 1) {
                EXPECT(find(from) == member, "%zu of %zu not found from %zu: %zu", member, sizes[s], from, find(from));
            }
            EXPECT(find(member) == member, "%zu of %zu not found from itself", member, sizes[s]);
            bitset_drop(&set, member);
            EXPECT(find(member) == BITSET_NONE, "%zu of %zu found after it was dropped", member, sizes[s]);
        }
        EXPECT(all_words_zero(), "an empty set of %zu keeps bits on some level", sizes[s]);
    }
}

static size_t model_find(const bool *model, size_t members, size_t from) {
    for (size_t i = from; i < members; i++) {
        if (model[i]) {
            return i;
        }
    }
    return BITSET_NONE;
}

// `next` is the first at or above; `find` a member of the same word, at or above if there is one, else the lowest of
// all.
static void expect_find(const bool *model, size_t members, size_t from) {
    size_t above = model_find(model, members, from);
    size_t next = bitset_next(&set, from), found = find(from);
    size_t near = above != BITSET_NONE && above / 64 == from / 64 ? above : model_find(model, members, from / 64 * 64);
    near = near != BITSET_NONE && near / 64 == from / 64 ? near : model_find(model, members, 0);
    EXPECT(next == above, "next from %zu of %zu: %zu, not %zu", from, members, next, above);
    EXPECT(found == near, "find near %zu of %zu: %zu, not %zu", from, members, found, near);
    bool stale = false;
    EXPECT(bitset_lowest(&set, &stale) == model_find(model, members, 0), "the lowest of %zu", members);
}

Test(bitset, random_walks_against_a_model) {
    struct rng rng = {5};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        size_t members = sizes[s];
        set_init(members);
        bool *model = calloc(members, sizeof *model);
        for (unsigned step = 0; step < 4000; step++) {
            // Phases of growth and of decline, so that full and empty words come about on every level.
            size_t member = rng_percent(&rng, 50) ? rng_below(&rng, members) : rng_log_uniform(&rng, members) - 1;
            if (rng_percent(&rng, step % 1000 < 500 ? 80 : 20)) {
                bitset_put(&set, member);
                model[member] = true;
            } else {
                bitset_drop(&set, member);
                model[member] = false;
            }
            EXPECT(bitset_has(&set, member) == model[member], "member %zu", member);
            if (step % 8 == 0) {
                expect_find(model, members, rng_below(&rng, members));
            }
        }
        for (size_t found; (found = find(0)) != BITSET_NONE;) {
            EXPECT(model[found], "%zu of %zu was never put", found, members);
            bitset_drop(&set, found);
            model[found] = false;
        }
        EXPECT(model_find(model, members, 0) == BITSET_NONE, "a set of %zu seems empty, but is not", members);
        EXPECT(all_words_zero(), "a set of %zu keeps bits after all were dropped", members);
        free(model);
    }
}

// Putting and dropping twice is putting and dropping.
Test(bitset, repeated_calls_change_nothing) {
    set_init(5000);
    for (unsigned i = 0; i < 3; i++) {
        bitset_put(&set, 4444);
    }
    cr_assert_eq(find(0), 4444);
    for (unsigned i = 0; i < 3; i++) {
        bitset_drop(&set, 4444);
    }
    cr_assert(all_words_zero());
}

// Upper bits that promise members which are not there are what a stalled CPU leaves behind: repaired, not believed.
Test(bitset, stale_upper_bits_are_repaired) {
    set_init(262145);
    bitset_put(&set, 200000);
    for (unsigned level = 1; level < shape.levels; level++) {
        word_or_seq(&set.words[shape.offset[level]], 2);
    }
    size_t found = BITSET_NONE;
    for (unsigned tries = 0; found == BITSET_NONE && tries < 10; tries++) {
        found = bitset_next(&set, 0);
    }
    cr_assert_eq(found, 200000);
    bitset_drop(&set, 200000);
    for (unsigned tries = 0; tries < 10; tries++) {
        EXPECT(bitset_next(&set, 0) == BITSET_NONE, "an empty set gives a member");
    }
    cr_assert(all_words_zero(), "stale bits were not removed by searching");
}

// What a caller leaves behind who stops between two levels.
Test(bitset, a_put_sets_every_level_that_lacks_it) {
    set_init(4097);
    for (unsigned level = 1; level < shape.levels; level++) {
        bitset_put(&set, 64);
        word_store_relaxed(&set.words[shape.offset[level]], 0);
        bitset_put(&set, 64);
        EXPECT(bitset_next(&set, 0) == 64, "member 64 is not found when level %u lacked it", level);
        bitset_drop(&set, 64);
    }
}

// The level above says that a word holds something, but it does not: as between two steps of a drop.
static void make_stale(size_t member) {
    for (unsigned level = 1; level < shape.levels; level++) {
        member /= 64;
        word_or_seq(&set.words[shape.offset[level] + member / 64], UINT64_C(1) << member % 64);
    }
}

Test(bitset, stale_bits_are_mended_when_met_twice) {
    for (size_t members = 5000; members <= 320000; members *= 64) {
        set_init(members);
        bool stale = false;
        make_stale(members - 1);
        cr_assert_eq(bitset_find(&set, 0, &stale), BITSET_NONE);
        cr_assert(stale && !all_words_zero(), "somebody else may be about to");
        cr_assert_eq(bitset_find(&set, 0, &stale), BITSET_NONE);
        cr_assert(!stale && all_words_zero(), "nobody was about to");
    }
}

Test(bitset, members_are_found_past_stale_bits) {
    set_init(64 * 64 * 64);
    bitset_put(&set, 200000);
    for (unsigned i = 0; i < BITSET_PASSES - 1; i++) {
        make_stale(i * 4096);
    }
    bool stale = false;
    cr_assert_eq(bitset_find(&set, 0, &stale), 200000);
    make_stale((BITSET_PASSES - 1) * 4096);
    cr_assert_eq(bitset_find(&set, 0, &stale), BITSET_NONE);
    cr_assert(stale);
    cr_assert_eq(bitset_find(&set, 0, &stale), BITSET_NONE, "but one is repaired");
    cr_assert_eq(bitset_find(&set, 0, &stale), 200000);
    cr_assert_not(stale);
}
