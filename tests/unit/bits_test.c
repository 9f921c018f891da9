// SPDX-License-Identifier: MIT
// Every function of bits.h against a loop over single bits: on all 16-bit patterns, in three places of the word and
// inverted, and on random words of every density.
#include "bits/bits.h"
#include "expect.h"
#include "stress/support/rng.h"

TestSuite(bits, .timeout = 120);

static bool naive_has(uint64_t x, unsigned bit) {
    return bit < 64 && (x >> bit & 1) != 0;
}

static bool naive_run_at(uint64_t x, unsigned bit, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        if (!naive_has(x, bit + i)) {
            return false;
        }
    }
    return true;
}

// run[i]: how many set bits follow each other from bit i upwards.
static void naive_lengths(uint64_t x, unsigned run[65]) {
    run[64] = 0;
    for (unsigned i = 64; i-- > 0;) {
        run[i] = naive_has(x, i) ? run[i + 1] + 1 : 0;
    }
}

static void expect_runs(uint64_t x, const unsigned run[65]) {
    for (unsigned n = 1; n <= 64; n++) {
        uint64_t want = 0;
        for (unsigned i = 0; i < 64; i++) {
            want |= (uint64_t)(run[i] >= n) << i;
        }
        EXPECT(bits_runs(x, n) == want, "runs of %u in %016lx: %016lx, want %016lx", n, x, bits_runs(x, n), want);
    }
}

static void expect_aligned_runs(uint64_t x, const unsigned run[65]) {
    unsigned best = BITS_ORDER_NONE;
    for (unsigned order = 0; order <= 6; order++) {
        uint64_t want = 0;
        for (unsigned i = 0; i < 64; i += 1u << order) {
            want |= (uint64_t)(run[i] >= 1u << order) << i;
        }
        EXPECT(bits_aligned_runs(x, order) == want, "order %u in %016lx: %016lx", order, x,
               bits_aligned_runs(x, order));
        best = want != 0 ? order : best;
    }
    EXPECT(bits_order(x) == best, "order of %016lx: %u, want %u", x, bits_order(x), best);
}

static void expect_all(uint64_t x) {
    unsigned run[65], count = 0, lowest = 64, highest = 64, suffix = 0;
    naive_lengths(x, run);
    for (unsigned i = 0; i < 64; i++) {
        bool set = naive_has(x, i);
        count += set;
        lowest = set && lowest == 64 ? i : lowest;
        highest = set ? i : highest;
        suffix = set ? suffix + 1 : 0;
    }
    EXPECT(bits_count(x) == count, "count of %016lx: %u", x, bits_count(x));
    EXPECT(bits_prefix(x) == run[0], "prefix of %016lx: %u", x, bits_prefix(x));
    EXPECT(bits_suffix(x) == suffix, "suffix of %016lx: %u", x, bits_suffix(x));
    if (x != 0) {
        EXPECT(bits_lowest(x) == lowest && bits_highest(x) == highest, "ends of %016lx: %u, %u", x, bits_lowest(x),
               bits_highest(x));
    }
    expect_runs(x, run);
    expect_aligned_runs(x, run);
}

Test(bits, all_patterns_of_16_bits) {
    for (uint64_t pattern = 0; pattern < 65536; pattern++) {
        expect_all(pattern);
    }
}

Test(bits, all_patterns_of_16_bits_at_the_top) {
    for (uint64_t pattern = 0; pattern < 65536; pattern++) {
        expect_all(pattern << 48 | BITS_ALL >> 16);
    }
}

// Holes in an otherwise full word, across its middle.
Test(bits, all_patterns_of_16_holes) {
    for (uint64_t pattern = 0; pattern < 65536; pattern++) {
        expect_all(~(pattern << 24));
    }
}

Test(bits, random_words_of_every_density) {
    struct rng rng = {11};
    for (unsigned round = 0; round < 50000; round++) {
        uint64_t x = rng_next(&rng);
        for (unsigned i = 0; i < round % 5; i++) {
            x = round % 2 ? x & rng_next(&rng) : x | rng_next(&rng);
        }
        expect_all(x);
    }
}

Test(bits, single_runs_of_every_length_and_place) {
    for (unsigned first = 0; first < 64; first++) {
        for (unsigned n = 0; first + n <= 64; n++) {
            uint64_t want = 0;
            for (unsigned i = first; i < first + n; i++) {
                want |= UINT64_C(1) << i;
            }
            EXPECT(bits_range(first, n) == want, "range %u+%u: %016lx", first, n, bits_range(first, n));
            EXPECT(n == 0 || naive_run_at(bits_range(first, n), first, n), "range %u+%u has holes", first, n);
            expect_all(want);
        }
    }
}

Test(bits, single_bits_and_low_bits) {
    cr_assert_eq(bits_low(0), 0);
    for (unsigned i = 0; i < 64; i++) {
        EXPECT(bits_one(i) == UINT64_C(1) << i, "bit %u: %016lx", i, bits_one(i));
        EXPECT(bits_low(i + 1) == (bits_low(i) | UINT64_C(1) << i), "the %u lowest: %016lx", i + 1, bits_low(i + 1));
    }
    for (unsigned order = 0; order <= 6; order++) {
        for (unsigned i = 0; i < 64; i++) {
            EXPECT(naive_has(bits_multiples(order), i) == (i % (1u << order) == 0), "multiples of 2^%u: bit %u", order,
                   i);
        }
    }
}

Test(bits, log2_up) {
    for (uint64_t n = 1; n < 1 << 20; n++) {
        unsigned k = bits_log2_up(n);
        EXPECT(UINT64_C(1) << k >= n && (k == 0 || UINT64_C(1) << (k - 1) < n), "log2 of %lu: %u", n, k);
    }
    for (unsigned k = 1; k < 64; k++) {
        uint64_t power = UINT64_C(1) << k;
        EXPECT(bits_log2_up(power) == k, "log2 of 2^%u: %u", k, bits_log2_up(power));
        EXPECT(k < 2 || bits_log2_up(power - 1) == k, "log2 of 2^%u - 1: %u", k, bits_log2_up(power - 1));
        EXPECT(k == 63 || bits_log2_up(power + 1) == k + 1, "log2 of 2^%u + 1: %u", k, bits_log2_up(power + 1));
    }
}
