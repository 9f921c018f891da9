// SPDX-License-Identifier: MIT
// The page map against an array of booleans: runs of every length and alignment, across words, to exhaustion and back.
#include "expect.h"
#include "page/page.h"
#include "stress/support/rng.h"

static struct page_map map;
static word_t *storage;
static bool *taken; // the model

// By a CPU that took from word `near` last.
static size_t take(struct page_map *self, unsigned order, size_t near, size_t way) {
    struct page_seat seat = {.word = near, .way = way, .doubt = PAGE_NONE, .fits = PAGE_ORDERS};
    return page_take_aligned(self, order, &seat);
}

static void map_init(size_t pages) {
    free(storage);
    free(taken);
    size_t words = page_storage_words(pages);
    storage = aligned_alloc(PORT_CACHE_LINE, (words * sizeof(word_t) + 127) / 64 * 64);
    taken = calloc(pages, sizeof *taken);
    cr_assert(storage != NULL && taken != NULL);
    memset(storage, 0, words * sizeof(word_t));
    page_init(&map, pages, 0, storage);
    EXPECT(take(&map, 0, 0, 0) == PAGE_NONE, "a new map has a free page");
    for (size_t i = 0; i < pages / BITS_WORD; i++) {
        word_store_relaxed(&map.admitted[i], BITS_ALL);
    }
    EXPECT(page_give(&map, 0, pages), "the first pages cannot be given");
}

static void map_fini(void) {
    free(storage);
    free(taken);
    storage = NULL;
    taken = NULL;
}

TestSuite(page, .fini = map_fini, .timeout = 120);

static void model_take(size_t first, size_t n) {
    EXPECT(first < map.pages && n <= map.pages - first, "pages %zu+%zu of %zu", first, n, map.pages);
    for (size_t i = first; i < first + n; i++) {
        EXPECT(!taken[i], "page %zu was given out twice", i);
        taken[i] = true;
    }
}

static void model_give(size_t first, size_t n) {
    for (size_t i = first; i < first + n; i++) {
        taken[i] = false;
    }
    EXPECT(page_give(&map, first, n), "pages %zu+%zu are called free already", first, n);
}

static bool model_fits(size_t n, size_t align) {
    for (size_t first = 0; first + n <= map.pages; first += align) {
        size_t i = 0;
        while (i < n && !taken[first + i]) {
            i++;
        }
        if (i == n) {
            return true;
        }
    }
    return false;
}

static void expect_map_is_model(void) {
    for (size_t i = 0; i < map.pages; i++) {
        bool is_free = word_load_relaxed(&map.free[i / 64]) >> i % 64 & 1;
        EXPECT(is_free == !taken[i], "page %zu: free %d, taken %d", i, is_free, taken[i]);
    }
}

static void expect_whole(void) {
    size_t length = 0;
    EXPECT(page_next_run(&map, 0, &length) == 0 && length == map.pages, "longest run %zu of %zu", length, map.pages);
}

Test(page, every_order_to_exhaustion_and_back) {
    map_init(64 * 130);
    for (unsigned order = 0; order < PAGE_ORDERS; order++) {
        size_t n = (size_t)1 << order, count = 0;
        for (size_t first; (first = take(&map, order, count % 130, count)) != PAGE_NONE; count++) {
            EXPECT(first % n == 0, "2^%u pages at %zu", order, first);
            model_take(first, n);
        }
        EXPECT(count == map.pages / n, "only %zu runs of %zu pages", count, n);
        expect_map_is_model();
        for (size_t i = 0; i < count; i++) { // every third first, so that words fill up again in pieces
            model_give((i * 3 % count + (count % 3 == 0 ? i * 3 / count : 0)) * n, n);
        }
        expect_whole();
    }
}

Test(page, runs_of_every_length_and_alignment) {
    map_init(64 * 20);
    for (size_t align = 1; align <= 64; align *= 2) {
        for (size_t n = 1; n <= map.pages; n += n < 200 ? 1 : 37) {
            size_t first = page_take_run(&map, n, align);
            EXPECT(first != PAGE_NONE && first % align == 0, "%zu pages at %zu: %zu", n, align, first);
            model_take(first, n);
            expect_map_is_model();
            model_give(first, n);
        }
    }
    expect_whole();
    cr_assert_eq(page_take_run(&map, map.pages + 1, 1), PAGE_NONE);
    cr_assert_eq(page_scan_run(&map, map.pages + 1, 1), PAGE_NONE);
    expect_whole();
}

Test(page, runs_fill_the_map_and_leave_it) {
    map_init(64 * 40);
    struct {
        size_t first, n;
    } runs[64 * 40];
    struct rng rng = {9};
    for (unsigned round = 0; round < 50; round++) {
        size_t count = 0;
        for (size_t n = 1 + rng_below(&rng, 150); n >= 1;) {
            size_t first = page_scan_run(&map, n, 1);
            if (first == PAGE_NONE) {
                EXPECT(!model_fits(n, 1), "no %zu pages, though they are there", n);
                n /= 2;
                continue;
            }
            model_take(first, n);
            runs[count].first = first;
            runs[count++].n = n;
        }
        expect_map_is_model();
        while (count > 0) {
            size_t i = rng_below(&rng, count--);
            model_give(runs[i].first, runs[i].n);
            runs[i] = runs[count];
        }
        expect_whole();
    }
}

// One free gap between taken pages, of every length at every place around two word boundaries.
Test(page, the_scan_finds_the_only_gap) {
    map_init(64 * 6);
    EXPECT(page_take_at(&map, 0, map.pages), "the whole map cannot be taken");
    memset(taken, true, map.pages * sizeof *taken);
    for (size_t first = 40; first < 200; first += 3) {
        for (size_t n = 1; n <= 180 && first + n <= map.pages; n += n < 10 ? 1 : 7) {
            model_give(first, n);
            EXPECT(page_scan_run(&map, n + 1, 1) == PAGE_NONE, "%zu pages in a gap of %zu", n + 1, n);
            EXPECT(page_scan_run(&map, n, 1) == first, "the gap of %zu at %zu is not found", n, first);
            model_take(first, n);
            expect_map_is_model();
        }
    }
}

Test(page, take_at_is_all_or_nothing) {
    map_init(64 * 6);
    struct rng rng = {21};
    for (unsigned round = 0; round < 3000; round++) {
        size_t n = rng_log_uniform(&rng, 250), first = rng_below(&rng, map.pages - n + 1), i = 0;
        while (i < n && !taken[first + i]) {
            i++;
        }
        bool got = page_take_at(&map, first, n);
        EXPECT(got == (i == n), "pages %zu+%zu: got %d", first, n, got);
        if (got) {
            model_take(first, n);
        } else {
            for (size_t k = first; k < first + n; k++) { // make room again, page by page
                if (taken[k]) {
                    model_give(k, 1);
                }
            }
        }
        if (round % 50 == 0) {
            expect_map_is_model();
        }
    }
}

// A search gives up after a few stale hints, but repairs each of them: who asks again must find what there is.
static bool expect_found_in_the_end(unsigned order, size_t n) {
    if (!model_fits(n, n)) {
        return false;
    }
    size_t first = PAGE_NONE;
    for (size_t tries = 0; first == PAGE_NONE; tries++) {
        EXPECT(tries < map.words, "%zu searches do not find 2^%u free pages", tries, order);
        first = take(&map, order, 0, 0);
    }
    model_take(first, n);
    return true;
}

Test(page, what_hints_find_in_random_maps) {
    map_init(64 * 64);
    struct rng rng = {33};
    size_t missed = 0, asked = 0;
    for (unsigned round = 0; round < 4000; round++) {
        unsigned order = (unsigned)rng_below(&rng, PAGE_ORDERS);
        size_t n = (size_t)1 << order, first = take(&map, order, rng_below(&rng, 64), rng_below(&rng, 64));
        if (first != PAGE_NONE) {
            model_take(first, n);
        } else {
            asked++;
            missed += expect_found_in_the_end(order, n);
            for (size_t k = rng_below(&rng, 500); k < map.pages; k += 1 + rng_below(&rng, 9)) {
                if (taken[k]) {
                    model_give(k, 1);
                }
            }
        }
    }
    expect_map_is_model();
    cr_assert_gt(asked, 20, "the map was never short");
    cr_assert_lt(missed, asked / 5, "%zu of %zu times hints missed what was there", missed, asked);
}

Test(page, giving_twice_is_noticed) {
    map_init(64 * 3);
    size_t first = page_take_run(&map, 10, 1);
    model_take(first, 10);
    model_give(first, 10);
    cr_assert_not(page_give(&map, first, 10));
    map_init(64 * 3);
    cr_assert(page_take_at(&map, 60, 10));
    cr_assert(page_give(&map, 60, 5));
    cr_assert_not(page_give(&map, 64, 1));
}

Test(page, walk_over_free_runs) {
    map_init(64 * 10);
    cr_assert(page_take_at(&map, 0, 3) && page_take_at(&map, 70, 1) && page_take_at(&map, 128, 64));
    static const size_t want[][2] = {{3, 67}, {71, 57}, {192, 448}};
    size_t from = 0, length = 0;
    for (size_t i = 0; i < 3; i++) {
        size_t first = page_next_run(&map, from, &length);
        cr_assert(first == want[i][0] && length == want[i][1], "run %zu: %zu+%zu", i, first, length);
        from = first + length;
    }
    page_next_run(&map, from, &length);
    cr_assert_eq(length, 0);
}
