// SPDX-License-Identifier: MIT
// Figures that must add up: statistics, limits, what caches hide and what draining brings back; several heaps at once.
#include "expect.h"
#include "stress/support/rng.h"
#include "stress/support/world.h"

#define MIB ((size_t)1 << 20)
#define PAGE ((size_t)WFH_PAGE_BYTES)

TestSuite(heap_account, .timeout = 120);

Test(heap_account, limits_and_classes) {
    struct world world;
    world_init(&world, 32 * MIB, 0, 7, 1);
    struct wfh_limits limits;
    wfh_limits(world.heap, &limits);
    cr_assert_eq(limits.cpus, 7);
    cr_assert_eq(limits.small_bytes_max, 29120);
    cr_assert(limits.align_max >= PAGE && (limits.align_max & (limits.align_max - 1)) == 0);
    cr_assert(limits.alloc_steps_max > 0 && limits.free_steps_max > 0 && limits.drain_steps_max > 0);
    cr_assert_gt(limits.last_resort_steps_max, limits.alloc_steps_max);
    cr_assert_lt(limits.hoard_bytes_per_cpu, 32 * MIB / 7, "caches may hide the whole region");

    struct wfh_class_stats class;
    size_t before = 0;
    for (size_t i = 0; i < limits.classes; i++) {
        EXPECT(wfh_class_stats(world.heap, i, &class), "class %zu of %zu is refused", i, limits.classes);
        EXPECT(class.block_bytes > before, "class %zu: %zu bytes after %zu", i, class.block_bytes, before);
        EXPECT(class.block_bytes % 8 == 0, "class %zu: %zu bytes", i, class.block_bytes);
        size_t span_bytes = class.span_pages * PAGE, used = class.blocks_per_span * class.block_bytes;
        EXPECT((class.span_pages & (class.span_pages - 1)) == 0 && class.span_pages <= 64, "%zu pages a span",
               class.span_pages);
        EXPECT(used <= span_bytes && used + class.block_bytes > span_bytes, "class %zu: %zu blocks of %zu in %zu", i,
               class.blocks_per_span, class.block_bytes, span_bytes);
        EXPECT(used >= span_bytes / 100 * 85, "class %zu wastes %zu of %zu bytes", i, span_bytes - used, span_bytes);
        before = class.block_bytes;
    }
    cr_assert_eq(before, limits.small_bytes_max, "the last class is %zu", before);
    cr_assert_not(wfh_class_stats(world.heap, limits.classes, &class));
    cr_assert_not(wfh_class_stats(world.heap, SIZE_MAX, &class));
    struct wfh_cpu_stats cpu;
    cr_assert(wfh_cpu_stats(world.heap, 6, &cpu));
    cr_assert_not(wfh_cpu_stats(world.heap, 7, &cpu));
    world_destroy(&world);
}

// The live figure is the sum of usable sizes at any moment, whatever the caches do.
Test(heap_account, live_bytes_follow_every_call) {
    enum { COUNT = 500 };
    struct world world;
    world_init(&world, 16 * MIB, 9, 3, 1);
    void *blocks[COUNT] = {NULL};
    size_t live = 0;
    struct rng rng = {3};
    for (unsigned step = 0; step < 20000; step++) {
        size_t i = rng_below(&rng, COUNT), cpu = rng_below(&rng, 3);
        if (blocks[i] == NULL) {
            blocks[i] = wfh_alloc(world.heap, cpu, rng_log_uniform(&rng, 60000), 8);
            live += wfh_usable_size(world.heap, blocks[i]);
        } else {
            live -= wfh_usable_size(world.heap, blocks[i]);
            wfh_free(world.heap, cpu, blocks[i]);
            blocks[i] = NULL;
        }
        if (step % 100 == 0) {
            struct wfh_stats stats;
            wfh_stats(world.heap, &stats);
            EXPECT(stats.live_bytes == live, "step %u: %zu bytes live, counted %zu", step, live, stats.live_bytes);
            world_check(&world);
        }
    }
    for (size_t i = 0; i < COUNT; i++) {
        wfh_free(world.heap, 0, blocks[i]);
    }
    world_reckon(&world);
    world_destroy(&world);
}

Test(heap_account, peak_stays_and_runs_are_counted) {
    struct world world;
    world_init(&world, 16 * MIB, 0, 1, 1);
    void *run = wfh_alloc(world.heap, 0, 8 * MIB, 8);
    struct wfh_stats stats;
    wfh_stats(world.heap, &stats);
    cr_assert_eq(stats.run_bytes, 8 * MIB);
    cr_assert_eq(stats.live_bytes, 8 * MIB);
    cr_assert_eq(stats.peak_bytes, 8 * MIB);
    cr_assert_eq(stats.free_bytes, stats.managed_bytes - 8 * MIB);
    struct wfh_cpu_stats cpu;
    wfh_cpu_stats(world.heap, 0, &cpu);
    cr_assert_eq(cpu.runs, 1);
    wfh_free(world.heap, 0, run);
    wfh_stats(world.heap, &stats);
    cr_assert_eq(stats.free_bytes, stats.managed_bytes, "a run does not go straight back");
    cr_assert_eq(stats.peak_bytes, 8 * MIB, "the peak fell");
    world_destroy(&world);
}

// Pages that others took and have not counted yet come back on a CPU that counts them: the count is below 0 then.
Test(heap_account, peak_of_pages_given_by_another_cpu) {
    const size_t bytes = 60 * PAGE; // each CPU counts up to 64 pages for itself
    struct world world;
    world_init(&world, 64 * MIB, 0, 4, 1);
    void *runs[] = {wfh_alloc(world.heap, 0, bytes, 8), wfh_alloc(world.heap, 1, bytes, 8)};
    wfh_free(world.heap, 2, runs[0]);
    wfh_free(world.heap, 2, runs[1]);
    struct wfh_stats stats;
    wfh_stats(world.heap, &stats);
    EXPECT(stats.peak_bytes <= 2 * bytes, "a peak of %zu bytes, of %zu in use", stats.peak_bytes, 2 * bytes);
    world_destroy(&world);
}

Test(heap_account, drain_gives_all_back) {
    struct world world;
    world_init(&world, 16 * MIB, 0, 2, 1);
    enum { COUNT = 5000 };
    void **blocks = calloc(COUNT, sizeof *blocks);
    for (size_t size = 8; size <= 2048; size += size / 2) {
        for (size_t i = 0; i < COUNT; i++) {
            blocks[i] = wfh_alloc(world.heap, 0, size, 8);
        }
        for (size_t i = 0; i < COUNT; i++) {
            wfh_free(world.heap, i % 2, blocks[i]);
        }
    }
    struct wfh_stats stats;
    wfh_stats(world.heap, &stats);
    cr_assert_eq(stats.live_bytes, 0);
    cr_assert_gt(stats.cached_bytes, 0, "nothing is cached: the common path has no cache");
    world_reckon(&world);
    cr_assert_not(wfh_drain(world.heap, 0), "a drained slot has more to drain");
    free(blocks);
    world_destroy(&world);
}

Test(heap_account, heaps_side_by_side_share_nothing) {
    enum { HEAPS = 8 };
    struct world worlds[HEAPS];
    void *blocks[HEAPS][100];
    for (size_t h = 0; h < HEAPS; h++) {
        world_init(&worlds[h], 2 * MIB << (h % 4), h, 1 + h, 1);
    }
    for (size_t i = 0; i < 100; i++) {
        for (size_t h = 0; h < HEAPS; h++) {
            blocks[h][i] = wfh_alloc(worlds[h].heap, i % (1 + h), 1 + i * 20, 8);
            for (size_t other = 0; other < HEAPS; other++) {
                EXPECT(wfh_owns(worlds[other].heap, blocks[h][i]) == (other == h), "heap %zu on a block of heap %zu",
                       other, h);
            }
        }
    }
    for (size_t h = 0; h < HEAPS; h++) {
        for (size_t i = 0; i < 100; i++) {
            wfh_free(worlds[h].heap, 0, blocks[h][i]);
        }
        world_reckon(&worlds[h]);
        world_destroy(&worlds[h]);
    }
}

Test(heap_account, a_thousand_and_twenty_four_cpus) {
    struct world world;
    world_init(&world, 256 * MIB, 0, 1024, 1);
    for (size_t size = 16; size <= 100000; size = size * 7 + 1) {
        for (size_t cpu = 0; cpu < 1024; cpu++) {
            void *block = wfh_alloc(world.heap, cpu, size, 8);
            EXPECT(block != NULL, "cpu %zu gets no %zu bytes", cpu, size);
            wfh_free(world.heap, 1023 - cpu, block);
        }
    }
    cr_assert_null(wfh_alloc(world.heap, 1024, 16, 8));
    world_reckon(&world);
    world_destroy(&world);
}

// 2 GiB for real: the largest block that fits, and blocks at both ends of the region.
Test(heap_account, a_large_region) {
    struct world world;
    world_init(&world, (size_t)2 << 30, 33, 2, 1);
    struct wfh_stats stats;
    wfh_stats(world.heap, &stats);
    unsigned char *all = wfh_alloc(world.heap, 0, stats.managed_bytes, 8);
    cr_assert_not_null(all, "the whole of a new heap is not to be had as one block");
    all[0] = all[stats.managed_bytes - 1] = 1;
    cr_assert_null(wfh_alloc(world.heap, 1, 8, 8));
    wfh_free(world.heap, 1, all);
    cr_assert_not_null(wfh_alloc(world.heap, 0, 8, 8));
    cr_assert(wfh_owns(world.heap, world.region + world.region_bytes - 1));
    cr_assert_not(wfh_owns(world.heap, world.region));
    cr_assert_not(wfh_owns(world.heap, world.region + world.region_bytes));
    world_destroy(&world);
}
