// SPDX-License-Identifier: MIT
// What the calls that hand out blocks promise: size, alignment, contents, and defined answers to impossible requests.
#include "expect.h"
#include "stress/support/region.h"
#include "stress/support/rng.h"

#include <wfheap/heap.h>

#define MIB ((size_t)1 << 20)
#define PAGE ((size_t)WFH_PAGE_BYTES)

static unsigned char *region;
static const size_t region_bytes = 64 * MIB;
static wfh *heap;
static struct wfh_limits limits;

static void blocks_setup(void) {
    region = region_map(region_bytes, 11);
    cr_assert_eq(wfh_init(region, region_bytes, 4, &heap), WFH_OK);
    wfh_limits(heap, &limits);
}

static void blocks_teardown(void) {
    struct wfh_finding finding = {0};
    cr_assert(wfh_check(heap, &finding), "check: %s", finding.rule);
    region_unmap(region, region_bytes);
}

TestSuite(heap_blocks, .init = blocks_setup, .fini = blocks_teardown, .timeout = 120);

// A block may be larger than asked for by the step to its alignment and then by an eighth; runs by the rest of a page.
static size_t usable_bound(size_t size, size_t align) {
    size_t step = align < 8 ? 8 : align;
    size_t stepped = (size + step - 1) / step * step;
    if (stepped > 16384 && (stepped > limits.small_bytes_max || step > 16)) {
        return (stepped + PAGE - 1) / PAGE * PAGE;
    }
    return stepped <= 16 ? 16 : stepped + stepped / 8;
}

Test(heap_blocks, every_small_size_and_alignment) {
    for (size_t align = 1; align <= PAGE; align *= 2) {
        for (size_t size = 1; size <= 32768; size++) {
            unsigned char *block = wfh_alloc(heap, size % 4, size, align);
            EXPECT(block != NULL, "%zu bytes at %zu: NULL", size, align);
            size_t at_least = align < 8 ? 8 : align;
            EXPECT(((uintptr_t)block & (at_least - 1)) == 0, "%zu bytes at %zu: %p", size, align, (void *)block);
            size_t usable = wfh_usable_size(heap, block);
            EXPECT(usable >= size, "%zu bytes at %zu: only %zu usable", size, align, usable);
            EXPECT(usable <= usable_bound(size, align), "%zu bytes at %zu: %zu used up", size, align, usable);
            EXPECT(wfh_owns(heap, block) && wfh_owns(heap, block + usable - 1), "not owned: %p", (void *)block);
            block[0] = block[usable - 1] = 1;
            wfh_free(heap, size % 4, block);
        }
    }
}

Test(heap_blocks, large_sizes_are_exact_in_pages) {
    for (size_t size = limits.small_bytes_max + 1; size < region_bytes * 9 / 10; size += size / 9 + 1) {
        unsigned char *block = wfh_alloc(heap, 0, size, 8);
        EXPECT(block != NULL, "%zu bytes: NULL", size);
        EXPECT(((uintptr_t)block & (PAGE - 1)) == 0, "run at %p", (void *)block);
        EXPECT(wfh_usable_size(heap, block) == (size + PAGE - 1) / PAGE * PAGE, "%zu bytes: %zu usable", size,
               wfh_usable_size(heap, block));
        block[0] = block[size - 1] = 1;
        wfh_free(heap, 0, block);
    }
}

Test(heap_blocks, large_alignments) {
    cr_assert_geq(limits.align_max, PAGE);
    for (size_t align = PAGE; align <= limits.align_max && align <= 8 * MIB; align *= 2) {
        for (size_t size = 1; size <= MIB; size = size * 5 + 3) {
            void *first = wfh_alloc(heap, 0, size, align), *second = wfh_alloc(heap, 1, size, align);
            EXPECT(first != NULL && second != NULL, "%zu bytes at %zu: NULL", size, align);
            EXPECT((((uintptr_t)first | (uintptr_t)second) & (align - 1)) == 0, "%zu bytes at %zu: %p, %p", size, align,
                   first, second);
            wfh_free(heap, 1, first);
            wfh_free(heap, 0, second);
        }
    }
}

Test(heap_blocks, impossible_requests_are_answered_null) {
    static const size_t too_large[] = {SIZE_MAX, SIZE_MAX - 7, SIZE_MAX - 4095, SIZE_MAX / 2 + 1, (size_t)1 << 40};
    for (size_t i = 0; i < sizeof too_large / sizeof too_large[0]; i++) {
        for (size_t align = 0; align <= limits.align_max; align = align * 2 + (align == 0)) {
            EXPECT(wfh_alloc(heap, 0, too_large[i], align) == NULL, "%zu bytes at %zu", too_large[i], align);
            EXPECT(wfh_zalloc(heap, 0, too_large[i], align) == NULL, "%zu zeroed bytes at %zu", too_large[i], align);
        }
    }
    cr_assert_null(wfh_alloc(heap, 0, region_bytes, 8));
    cr_assert_null(wfh_alloc(heap, 0, region_bytes + 1, 8));
    cr_assert_null(wfh_alloc(heap, 0, 0, 8));
    cr_assert_null(wfh_zalloc(heap, 0, 0, 8));
    static const size_t bad_aligns[] = {9, 10, 12, 24, 4095, 4097, SIZE_MAX, SIZE_MAX / 2 + 2};
    for (size_t i = 0; i < sizeof bad_aligns / sizeof bad_aligns[0]; i++) {
        EXPECT(wfh_alloc(heap, 0, 64, bad_aligns[i]) == NULL, "alignment %zu", bad_aligns[i]);
        EXPECT(wfh_alloc(heap, 0, 100000, bad_aligns[i]) == NULL, "alignment %zu", bad_aligns[i]);
        EXPECT(wfh_realloc(heap, 0, NULL, 64, bad_aligns[i]) == NULL, "alignment %zu", bad_aligns[i]);
    }
    cr_assert_null(wfh_alloc(heap, 0, 64, limits.align_max * 2));
    cr_assert_null(wfh_alloc(heap, 0, 64, SIZE_MAX / 2 + 1));
    cr_assert_null(wfh_alloc(heap, 4, 64, 8));
    cr_assert_null(wfh_alloc(heap, SIZE_MAX, 64, 8));
    cr_assert_null(wfh_zalloc(heap, 4, 64, 8));
    cr_assert_null(wfh_realloc(heap, 4, NULL, 64, 8));
    struct wfh_stats stats;
    wfh_stats(heap, &stats);
    cr_assert_eq(stats.live_bytes, 0, "a request answered NULL keeps %zu bytes", stats.live_bytes);
}

Test(heap_blocks, small_alignments_all_mean_eight) {
    for (size_t align = 0; align <= 8; align++) {
        void *block = wfh_realloc(heap, 0, wfh_alloc(heap, 0, 200, align), 24, align);
        EXPECT(block != NULL && ((uintptr_t)block & 7) == 0, "alignment %zu", align);
        EXPECT(wfh_usable_size(heap, block) == 24, "alignment %zu makes 24 bytes %zu", align,
               wfh_usable_size(heap, block));
    }
}

Test(heap_blocks, zalloc_zeroes_dirty_memory) {
    for (size_t size = 1; size <= 200000; size += size / 3 + 1) {
        for (unsigned round = 0; round < 3; round++) {
            unsigned char *dirty = wfh_alloc(heap, 0, size, 8);
            memset(dirty, 0xee, wfh_usable_size(heap, dirty));
            wfh_free(heap, 0, dirty);
            unsigned char *block = wfh_zalloc(heap, 0, size, 8);
            EXPECT(block != NULL, "%zu bytes: NULL", size);
            for (size_t i = 0; i < size; i++) {
                EXPECT(block[i] == 0, "byte %zu of %zu is %u", i, size, block[i]);
            }
            wfh_free(heap, 0, block);
        }
    }
}

static void fill(unsigned char *block, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        block[i] = (unsigned char)(i * 31 + i / 251);
    }
}

static void expect_filled(const unsigned char *block, size_t bytes, size_t from, size_t to) {
    for (size_t i = 0; i < bytes; i++) {
        EXPECT(block[i] == (unsigned char)(i * 31 + i / 251), "realloc %zu to %zu lost byte %zu", from, to, i);
    }
}

Test(heap_blocks, realloc_keeps_the_contents) {
    static const size_t sizes[] = {1,    8,     9,     100,   128,    129,    1000,   4096,
                                   5000, 29120, 29121, 40960, 100000, 262145, 1 << 20};
    size_t count = sizeof sizes / sizeof sizes[0];
    for (size_t from = 0; from < count; from++) {
        for (size_t to = 0; to < count; to++) {
            unsigned char *old = wfh_alloc(heap, 0, sizes[from], 8);
            fill(old, sizes[from]);
            unsigned char *moved = wfh_realloc(heap, 1, old, sizes[to], 64);
            EXPECT(moved != NULL && ((uintptr_t)moved & 63) == 0, "realloc %zu to %zu: %p", sizes[from], sizes[to],
                   (void *)moved);
            EXPECT(wfh_usable_size(heap, moved) >= sizes[to], "realloc %zu to %zu too small", sizes[from], sizes[to]);
            expect_filled(moved, sizes[from] < sizes[to] ? sizes[from] : sizes[to], sizes[from], sizes[to]);
            wfh_free(heap, 2, moved);
        }
    }
}

Test(heap_blocks, realloc_at_its_edges) {
    void *block = wfh_realloc(heap, 0, NULL, 100, 8);
    cr_assert_not_null(block);
    cr_assert_null(wfh_realloc(heap, 0, block, 0, 8));
    struct wfh_stats stats;
    wfh_stats(heap, &stats);
    cr_assert_eq(stats.live_bytes, 0, "size 0 did not free");

    unsigned char *kept = wfh_alloc(heap, 0, 1000, 8);
    fill(kept, 1000);
    cr_assert_null(wfh_realloc(heap, 0, kept, region_bytes, 8));
    cr_assert_null(wfh_realloc(heap, 0, kept, SIZE_MAX, 8));
    cr_assert_null(wfh_realloc(heap, 0, kept, 2000, 24));
    expect_filled(kept, 1000, 1000, 1000);
    cr_assert_eq(wfh_realloc(heap, 0, kept, wfh_usable_size(heap, kept), 8), kept, "moved without need");
    cr_assert_eq(wfh_usable_size(heap, NULL), 0);
    wfh_free(heap, 0, NULL);
    wfh_free(heap, 0, kept);
}

// The only run in a heap has free pages behind it.
Test(heap_blocks, runs_grow_and_shrink_in_place) {
    unsigned char *run = wfh_alloc(heap, 0, 10 * PAGE, 8);
    fill(run, 10 * PAGE);
    for (size_t pages = 11; pages < 40; pages++) {
        EXPECT(wfh_realloc(heap, 0, run, pages * PAGE, 8) == run, "did not grow to %zu pages in place", pages);
        EXPECT(wfh_usable_size(heap, run) == pages * PAGE, "%zu bytes after growing", wfh_usable_size(heap, run));
    }
    expect_filled(run, 10 * PAGE, 10 * PAGE, 39 * PAGE);
    wfh_free(heap, 0, run);
    struct wfh_stats stats;
    wfh_stats(heap, &stats);
    cr_assert_eq(stats.run_bytes, 0);
}

// Many blocks of all sizes at once: no two may share a byte.
Test(heap_blocks, blocks_do_not_overlap) {
    enum { COUNT = 20000 };
    unsigned char **blocks = calloc(COUNT, sizeof *blocks);
    struct rng rng = {7};
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = rng_log_uniform(&rng, 8000);
        blocks[i] = wfh_alloc(heap, rng_below(&rng, 4), size, (size_t)8 << rng_below(&rng, 5));
        EXPECT(blocks[i] != NULL, "block %zu of %zu bytes: NULL", i, size);
        memset(blocks[i], (int)(i % 251), wfh_usable_size(heap, blocks[i]));
    }
    for (size_t i = 0; i < COUNT; i++) {
        size_t usable = wfh_usable_size(heap, blocks[i]);
        for (size_t b = 0; b < usable; b++) {
            EXPECT(blocks[i][b] == i % 251, "byte %zu of block %zu was overwritten", b, i);
        }
        wfh_free(heap, i % 4, blocks[i]);
    }
    free(blocks);
}
