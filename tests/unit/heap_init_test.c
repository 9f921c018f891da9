// SPDX-License-Identifier: MIT
// Making a heap: every way in which it can be refused, the size of its metadata, reserved ranges and memory added
// later.
#include "expect.h"
#include "stress/support/region.h"

#include <sys/mman.h>
#include <wfheap/heap.h>

#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)
#define PAGE ((size_t)WFH_PAGE_BYTES)

TestSuite(heap_init);

Test(heap_init, every_error_has_its_own_sentence) {
    for (int i = WFH_OK; i <= WFH_ERR_OVERLAP; i++) {
        const char *sentence = wfh_strerror((enum wfh_error)i);
        EXPECT(sentence != NULL && strlen(sentence) > 8, "error %d has no sentence", i);
        EXPECT(strchr(sentence, '\n') == NULL, "the sentence of error %d has a newline", i);
        for (int j = WFH_OK; j < i; j++) {
            EXPECT(strcmp(sentence, wfh_strerror((enum wfh_error)j)) != 0, "errors %d and %d share a sentence", i, j);
        }
    }
    const char *unknown = wfh_strerror((enum wfh_error)(WFH_ERR_OVERLAP + 1));
    EXPECT(unknown != NULL && unknown == wfh_strerror((enum wfh_error)1000), "no fixed sentence for unknown errors");
}

Test(heap_init, refuses_what_it_must) {
    unsigned char *region = region_map(4 * MIB, 0);
    unsigned char *far_up = (unsigned char *)(UINTPTR_MAX & ~(uintptr_t)(PAGE - 1)) - MIB;
    wfh *heap = NULL, *second = NULL;
    cr_assert_eq(wfh_init(NULL, 4 * MIB, 1, &heap), WFH_ERR_NULL);
    cr_assert_eq(wfh_init(region, 4 * MIB, 1, NULL), WFH_ERR_NULL);
    for (size_t off = 1; off < PAGE; off = off * 2 + 1) {
        cr_assert_eq(wfh_init(region + off, 2 * MIB, 1, &heap), WFH_ERR_MISALIGNED);
    }
    cr_assert_eq(wfh_init(far_up, 4 * MIB, 1, &heap), WFH_ERR_OVERFLOW);
    cr_assert_eq(wfh_init(region, 0, 1, &heap), WFH_ERR_REGION_TOO_SMALL);
    cr_assert_eq(wfh_init(region, MIB - 1, 1, &heap), WFH_ERR_REGION_TOO_SMALL);
    cr_assert_eq(wfh_init(region, WFH_REGION_BYTES_MAX + PAGE, 1, &heap), WFH_ERR_REGION_TOO_LARGE);
    cr_assert_eq(wfh_init(region, 4 * MIB, 0, &heap), WFH_ERR_NO_CPU);
    cr_assert_eq(wfh_init(region, 4 * MIB, WFH_CPUS_MAX + 1, &heap), WFH_ERR_TOO_MANY_CPUS);
    cr_assert_eq(wfh_init(region, 4 * MIB, SIZE_MAX, &heap), WFH_ERR_TOO_MANY_CPUS);
    cr_assert_null(heap, "a refused init touched *heap");

    cr_assert_eq(wfh_init(region, 4 * MIB, 1, &heap), WFH_OK);
    second = heap;
    cr_assert_eq(wfh_init(region, 4 * MIB, 1, &heap), WFH_ERR_TWICE);
    cr_assert_eq(heap, second, "a refused init touched *heap");
    cr_assert_not_null(wfh_alloc(heap, 0, 100, 8), "the heap does not work after a second init was refused");
    region_unmap(region, 4 * MIB);
}

// How much metadata there is decides between no room for it, no page left beyond it, and one page.
Test(heap_init, present_memory_to_the_page) {
    for (size_t cpus = 1; cpus <= 64; cpus *= 8) {
        unsigned char *region = region_map(16 * MIB, 0);
        wfh *heap = NULL;
        struct wfh_stats stats;
        cr_assert_eq(wfh_init(region, 16 * MIB, cpus, &heap), WFH_OK);
        wfh_stats(heap, &stats);
        size_t metadata = stats.metadata_bytes;
        region_unmap(region, 16 * MIB);

        region = region_map(16 * MIB, 0);
        heap = NULL;
        cr_assert_eq(wfh_init_reserved(region, 16 * MIB, 0, cpus, &heap), WFH_ERR_NO_ROOM_METADATA);
        cr_assert_eq(wfh_init_reserved(region, 16 * MIB, metadata - 1, cpus, &heap), WFH_ERR_NO_ROOM_METADATA);
        cr_assert_eq(wfh_init_reserved(region, 16 * MIB, metadata, cpus, &heap), WFH_ERR_NO_ROOM_SPAN);
        cr_assert_eq(wfh_init_reserved(region, 16 * MIB, metadata + PAGE - 1, cpus, &heap), WFH_ERR_NO_ROOM_SPAN);
        cr_assert_null(heap);
        cr_assert_eq(wfh_init_reserved(region, 16 * MIB, metadata + PAGE, cpus, &heap), WFH_OK);
        wfh_stats(heap, &stats);
        cr_assert_eq(stats.managed_bytes, PAGE);
        cr_assert_not_null(wfh_alloc(heap, 0, 8, 8), "the one page present is of no use");
        region_unmap(region, 16 * MIB);
    }
}

// 1.4 % is the header's "about 1.3 %"; what does not grow with either number is the table of size classes and the like.
static size_t footprint_bound(size_t region_bytes, size_t cpus) {
    return region_bytes / 1000 * 14 + cpus * 32 * 1024 + 16 * 1024;
}

Test(heap_init, footprint_is_small) {
    static const size_t cpu_counts[] = {1, 2, 3, 7, 16, 64, 65, 256, 1000, 1024};
    for (size_t bytes = MIB; bytes <= WFH_REGION_BYTES_MAX; bytes += bytes / 7 / PAGE * PAGE + PAGE) {
        for (size_t i = 0; i < sizeof cpu_counts / sizeof cpu_counts[0]; i++) {
            size_t cpus = cpu_counts[i], footprint = wfh_footprint(bytes, cpus);
            EXPECT(footprint <= footprint_bound(bytes, cpus), "%zu bytes for %zu bytes and %zu cpus", footprint, bytes,
                   cpus);
            bool roomy = bytes >= 2 * footprint_bound(bytes, cpus);
            EXPECT(footprint > 0 || !roomy, "refuses %zu bytes for %zu cpus", bytes, cpus);
        }
    }
    cr_assert_gt(wfh_footprint(WFH_REGION_BYTES_MAX, WFH_CPUS_MAX), 0);
    cr_assert_gt(wfh_footprint(WFH_REGION_BYTES_MIN, 1), 0);
    cr_assert_eq(wfh_footprint(WFH_REGION_BYTES_MIN - 1, 1), 0);
    cr_assert_eq(wfh_footprint(WFH_REGION_BYTES_MAX + PAGE, 1), 0);
    cr_assert_eq(wfh_footprint(MIB, 0), 0);
    cr_assert_eq(wfh_footprint(GIB, WFH_CPUS_MAX + 1), 0);
    cr_assert_eq(wfh_footprint(SIZE_MAX, SIZE_MAX), 0);
}

static void expect_footprint_kept(size_t bytes, size_t offset_pages, size_t cpus) {
    unsigned char *region = region_map(bytes, offset_pages);
    wfh *heap = NULL;
    size_t footprint = wfh_footprint(bytes, cpus);
    enum wfh_error error = wfh_init(region, bytes, cpus, &heap);
    EXPECT((error == WFH_OK) == (footprint > 0), "%zu bytes, %zu cpus, page %zu: footprint %zu, but: %s", bytes, cpus,
           offset_pages, footprint, wfh_strerror(error));
    if (error == WFH_OK) {
        struct wfh_stats stats;
        wfh_stats(heap, &stats);
        size_t whole = bytes / PAGE * PAGE;
        EXPECT(stats.region_bytes == whole, "region of %zu bytes counted as %zu", bytes, stats.region_bytes);
        EXPECT(stats.metadata_bytes <= footprint, "metadata %zu above %zu", stats.metadata_bytes, footprint);
        EXPECT(stats.metadata_bytes + stats.managed_bytes == whole, "%zu + %zu bytes of %zu", stats.metadata_bytes,
               stats.managed_bytes, whole);
        EXPECT(stats.free_bytes == stats.managed_bytes, "a new heap has only %zu bytes free", stats.free_bytes);
        EXPECT(stats.largest_free_run_bytes == stats.managed_bytes, "longest run %zu", stats.largest_free_run_bytes);
        EXPECT(stats.live_bytes + stats.cached_bytes + stats.span_bytes + stats.run_bytes + stats.peak_bytes == 0,
               "a new heap has something in use");
        struct wfh_finding finding = {0};
        EXPECT(wfh_check(heap, &finding), "a new heap breaks '%s'", finding.rule);
        EXPECT(wfh_alloc(heap, cpus - 1, 1, 1) != NULL, "a new heap gives nothing");
    }
    region_unmap(region, bytes);
}

Test(heap_init, footprint_is_kept_at_every_alignment) {
    static const size_t regions[] = {MIB, MIB + 1, 2 * MIB - 1, 3 * MIB + 5 * PAGE, 17 * MIB + 4095, 64 * MIB};
    static const size_t cpu_counts[] = {1, 2, 16, 100, 1024};
    for (size_t r = 0; r < sizeof regions / sizeof regions[0]; r++) {
        for (size_t c = 0; c < sizeof cpu_counts / sizeof cpu_counts[0]; c++) {
            for (size_t offset_pages = 0; offset_pages<64; offset_pages += regions[r]> 4 * MIB ? 13 : 3) {
                expect_footprint_kept(regions[r], offset_pages, cpu_counts[c]);
            }
        }
    }
}

Test(heap_init, large_regions) {
    expect_footprint_kept(GIB + 3 * PAGE, 1, 4);
    expect_footprint_kept(4 * GIB, 63, 1024);
}

// What is not admitted is not even mapped here: touching it would end the test.
Test(heap_init, reserved_range_grows_piece_by_piece) {
    size_t range_bytes = 64 * MIB, present_bytes = 2 * MIB, piece_bytes = 3 * PAGE;
    unsigned char *range = region_map(range_bytes, 7);
    mprotect(range + present_bytes, range_bytes - present_bytes, PROT_NONE);
    wfh *heap = NULL;
    cr_assert_eq(wfh_init_reserved(range, range_bytes, present_bytes, 2, &heap), WFH_OK);
    struct wfh_stats stats;
    wfh_stats(heap, &stats);
    size_t managed = stats.managed_bytes;
    cr_assert_eq(managed, present_bytes - stats.metadata_bytes);
    cr_assert_eq(stats.region_bytes, range_bytes);

    unsigned char *piece = range + 5 * MIB;
    cr_assert_not(wfh_owns(heap, piece));
    for (unsigned i = 0; i < 100; i++, piece += 2 * piece_bytes) {
        mprotect(piece, piece_bytes, PROT_READ | PROT_WRITE);
        cr_assert_eq(wfh_add_memory(heap, piece - 1, piece_bytes + 2), WFH_OK); // shrinks to whole pages
        managed += piece_bytes;
        wfh_stats(heap, &stats);
        cr_assert_eq(stats.managed_bytes, managed);
        cr_assert_eq(stats.free_bytes, managed);
        cr_assert(wfh_owns(heap, piece) && wfh_owns(heap, piece + piece_bytes - 1));
        cr_assert_not(wfh_owns(heap, piece - 1));
        cr_assert_not(wfh_owns(heap, piece + piece_bytes));
    }
    size_t used = 0;
    for (void *page; (page = wfh_alloc(heap, 0, PAGE, PAGE)) != NULL; used += PAGE) {
        memset(page, 0x5a, PAGE);
    }
    cr_assert_geq(used, managed / 100 * 97, "only %zu of %zu bytes could be used", used, managed);
    struct wfh_finding finding = {0};
    cr_assert(wfh_check(heap, &finding), "%s", finding.rule);
    region_unmap(range, range_bytes);
}

Test(heap_init, memory_that_may_not_be_added) {
    size_t range_bytes = 32 * MIB, present_bytes = 4 * MIB;
    unsigned char *range = region_map(range_bytes, 0);
    wfh *heap = NULL;
    cr_assert_eq(wfh_init_reserved(range, range_bytes, present_bytes, 1, &heap), WFH_OK);
    cr_assert_eq(wfh_add_memory(heap, NULL, MIB), WFH_ERR_NULL);
    cr_assert_eq(wfh_add_memory(NULL, range + 8 * MIB, MIB), WFH_ERR_NULL);
    cr_assert_eq(wfh_add_memory(heap, range - PAGE, PAGE), WFH_ERR_OUTSIDE);
    cr_assert_eq(wfh_add_memory(heap, range + range_bytes, PAGE), WFH_ERR_OUTSIDE);
    cr_assert_eq(wfh_add_memory(heap, range + range_bytes - PAGE, 2 * PAGE), WFH_ERR_OUTSIDE);
    cr_assert_eq(wfh_add_memory(heap, range, PAGE), WFH_ERR_OUTSIDE, "metadata was taken as memory");
    cr_assert_eq(wfh_add_memory(heap, range + present_bytes - PAGE, PAGE), WFH_ERR_OVERLAP);
    cr_assert_eq(wfh_add_memory(heap, range + present_bytes - PAGE, 2 * PAGE), WFH_ERR_OVERLAP);
    cr_assert_eq(wfh_add_memory(heap, range + 8 * MIB, MIB), WFH_OK);
    cr_assert_eq(wfh_add_memory(heap, range + 8 * MIB, MIB), WFH_ERR_OVERLAP);
    cr_assert_eq(wfh_add_memory(heap, range + 7 * MIB, 9 * MIB), WFH_ERR_OVERLAP);
    cr_assert_eq(wfh_add_memory(heap, range + 9 * MIB - PAGE, 2 * PAGE), WFH_ERR_OVERLAP);
    struct wfh_stats stats;
    wfh_stats(heap, &stats);
    cr_assert_eq(stats.managed_bytes, present_bytes - stats.metadata_bytes + MIB,
                 "a refused piece was admitted in part");
    cr_assert_eq(wfh_add_memory(heap, range + 9 * MIB, range_bytes - 9 * MIB), WFH_OK);
    cr_assert_eq(wfh_add_memory(heap, range + present_bytes, 4 * MIB), WFH_OK);
    wfh_stats(heap, &stats);
    cr_assert_eq(stats.managed_bytes, range_bytes - stats.metadata_bytes);
    cr_assert_eq(stats.largest_free_run_bytes, stats.managed_bytes, "pieces that meet do not form one run");
    region_unmap(range, range_bytes);
}
