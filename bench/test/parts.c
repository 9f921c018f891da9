// SPDX-License-Identifier: MIT
// Tests the parts of the benchmark that figures depend on: histogram, random sizes, mailbox.
#include "driver/histogram.h"
#include "scenario/env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 200000, SIZES = 1000000, OCTAVES = 14, SLOTS = 64, LETTERS = 10000 };

#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                       \
            exit(EXIT_FAILURE);                                                                                        \
        }                                                                                                              \
    } while (0)

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void expect_near(uint64_t have, uint64_t want) {
    uint64_t slack = want / 32 + 1;
    EXPECT(have + slack >= want && have <= want + slack);
}

// Quantiles must agree with those of the sorted samples; buckets must cover every value in order.
static void test_histogram(void) {
    static struct histogram histogram, sum;
    static uint64_t samples[SAMPLES];
    struct bench_env env = {.random_state = 7};
    for (size_t i = 0; i < SAMPLES; i++) {
        samples[i] = (uint64_t)bench_random_log(&env, 31) * bench_random_below(&env, 1000);
        histogram_add(&histogram, samples[i]);
    }
    qsort(samples, SAMPLES, sizeof samples[0], compare);
    histogram_merge(&sum, &histogram);
    EXPECT(histogram_count(&sum) == SAMPLES);
    expect_near(histogram_quantile(&sum, 0.5), samples[SAMPLES / 2]);
    expect_near(histogram_quantile(&sum, 0.99), samples[SAMPLES / 100 * 99]);
    expect_near(histogram_quantile(&sum, 0.9999), samples[SAMPLES / 10000 * 9999]);
    EXPECT(sum.max == samples[SAMPLES - 1]);
    EXPECT(histogram_quantile(&sum, 1.0) == sum.max);
    uint32_t last = 0;
    for (uint64_t value = 1; value != 0 && value < UINT64_MAX / 2; value += value / 64 + 1) {
        uint32_t bucket = histogram_bucket(value);
        EXPECT(bucket >= last && bucket - last <= 1 && bucket < HISTOGRAM_BUCKETS);
        last = bucket;
    }
    EXPECT(histogram_bucket(UINT64_MAX) == HISTOGRAM_BUCKETS - 1);
    histogram_clear(&sum);
    EXPECT(histogram_count(&sum) == 0 && sum.max == 0);
}

// Log-uniform: as many sizes in each octave as in any other, ends included, mean (2^14 - 1) / ln 2^14.
static void test_sizes(void) {
    struct bench_env env = {.random_state = 3};
    size_t octave[OCTAVES + 1] = {0};
    uint64_t sum = 0;
    for (size_t i = 0; i < SIZES; i++) {
        uint32_t size = bench_random_log(&env, OCTAVES);
        EXPECT(size >= 1 && size <= 1u << OCTAVES);
        octave[31 - __builtin_clz(size)]++;
        sum += size;
    }
    for (size_t i = 4; i < OCTAVES; i++) { // rounding shifts the smallest
        EXPECT(octave[i] > SIZES / OCTAVES * 9 / 10 && octave[i] < SIZES / OCTAVES * 11 / 10);
    }
    EXPECT(octave[0] != 0 && octave[OCTAVES] != 0);
    EXPECT(sum / SIZES > 1688 - 30 && sum / SIZES < 1688 + 30);
}

// Letters arrive once and in order; a full ring refuses.
static void test_mailbox(void) {
    static void *entries[SLOTS];
    static char letters[LETTERS];
    struct bench_mailbox box = {.entries = entries, .mask = SLOTS - 1, .batch_mask = 7};
    size_t sent = 0;
    while (bench_mailbox_send(&box, &letters[sent])) {
        sent++;
    }
    EXPECT(sent == SLOTS);
    size_t received = 0;
    void *taken[SLOTS / 4];
    while (received < LETTERS) {
        size_t count = bench_mailbox_take(&box, taken, SLOTS / 4);
        for (size_t i = 0; i < count; i++) {
            EXPECT(taken[i] == &letters[received++]);
        }
        while (sent < LETTERS && bench_mailbox_send(&box, &letters[sent])) {
            sent++;
        }
        bench_mailbox_publish(&box);
    }
    EXPECT(bench_mailbox_take(&box, taken, SLOTS / 4) == 0);
}

int main(void) {
    test_histogram();
    test_sizes();
    test_mailbox();
    puts("histogram, sizes and mailbox hold");
    return EXIT_SUCCESS;
}
