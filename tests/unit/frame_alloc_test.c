// SPDX-License-Identifier: MIT
// One frame at a time, references, runs given back, caches, statistics.
#include "frame/frame_state.h"
#include "frame_world.h"
#include "stress/support/region.h"
#include "stress/support/rng.h"

TestSuite(frame_alloc, .timeout = 120);

enum { CPUS = 4 };

// Two arenas, a hole inside the first, not a multiple of 64 frames anywhere.
static const struct frame_region regions[] = {{3 * MIB + 5 * FRAME, 4 * MIB, FRAME_USABLE, 0},
                                              {4 * MIB, 17 * FRAME, FRAME_RESERVED, 0},
                                              {64 * MIB - 7 * FRAME, 3 * MIB, FRAME_USABLE, 0}};
static const size_t frames_in_all = (4 * MIB + 3 * MIB) / FRAME - 17;

static struct frame_world world;

static void make(size_t cpus) {
    struct frame_config config = {.regions = regions, .region_count = COUNT(regions), .cpus = cpus};
    frame_world_init(&world, &config);
    EXPECT(frame_world_stats(&world).managed == frames_in_all, "wrong number of frames");
}

static uint64_t take(size_t cpu) {
    uint64_t frame = FRAME_NONE;
    enum frame_error error = frame_alloc(world.pool, cpu, &frame);
    EXPECT(error == FRAME_OK && frame_is_managed(world.pool, frame), "%s", frame_strerror(error));
    EXPECT(frame_references(world.pool, frame) == 1 && frame_is_unique(world.pool, frame), "a new frame is shared");
    return frame;
}

// Every frame once, on whichever slot; and the last is had even while other slots hide none.
Test(frame_alloc, to_exhaustion_and_back) {
    static bool taken[128 * 256];
    static uint64_t frames[8192];
    make(CPUS);
    for (unsigned round = 0; round < 6; round++) {
        size_t count = 0;
        uint64_t frame;
        memset(taken, 0, sizeof taken);
        for (; frame_alloc(world.pool, count % (round + 1) % CPUS, &frame) == FRAME_OK; count++) {
            EXPECT(frame_is_managed(world.pool, frame) && !taken[frame / FRAME], "a frame twice, or none of ours");
            taken[frame / FRAME] = true;
            frames[count] = frame;
        }
        frame_world_check(&world);
        struct frame_stats stats = frame_world_stats(&world);
        struct frame_limits limits;
        frame_limits(world.pool, &limits);
        EXPECT(stats.used == count && count + (CPUS - 1) * limits.hidden_frames_per_cpu >= frames_in_all,
               "%zu of %zu frames", count, frames_in_all);
        EXPECT(round > 0 || count == frames_in_all, "one slot alone gets %zu of %zu frames", count, frames_in_all);
        EXPECT(frame_alloc(world.pool, 0, &frame) == FRAME_ERR_OUT_OF_MEMORY || round > 0, "a frame too many");
        for (size_t i = 0; i < count; i++) {
            frame_put(world.pool, (i + round) % CPUS, frames[round % 2 == 0 ? i : count - 1 - i]);
        }
        frame_world_check(&world);
        stats = frame_world_stats(&world);
        EXPECT(stats.used == 0 && stats.cached <= CPUS * limits.hidden_frames_per_cpu, "%zu frames are hidden",
               stats.cached);
        frame_world_drain(&world, CPUS);
        EXPECT(frame_world_stats(&world).free == frames_in_all, "not all frames are back");
    }
    EXPECT(frame_world_stats(&world).largest_free_run * FRAME == 3 * MIB, "the second arena is not whole");
    frame_world_fini(&world, CPUS);
}

Test(frame_alloc, references) {
    make(1);
    uint64_t frame = take(0);
    for (unsigned i = 2; i < 100; i++) {
        frame_get(world.pool, frame);
        EXPECT(frame_references(world.pool, frame) == i && !frame_is_unique(world.pool, frame), "reference %u", i);
    }
    for (unsigned i = 98; i > 0; i--) {
        frame_put(world.pool, 0, frame);
        EXPECT(frame_references(world.pool, frame) == i, "reference %u", i);
        EXPECT(frame_world_stats(&world).used == 1, "a frame with references counts as free");
    }
    EXPECT(frame_is_unique(world.pool, frame), "one reference is not unique");
    frame_put(world.pool, 0, frame);
    EXPECT(frame_references(world.pool, frame) == 0, "references to a free frame");
    frame_world_fini(&world, 1);
}

// Some frames of a run are shared: these stay, the others go, all in one call.
Test(frame_alloc, runs_are_put_frame_by_frame) {
    make(2);
    uint64_t first;
    for (size_t count = 1; count <= 300; count += 7) {
        EXPECT(frame_alloc_contiguous(world.pool, 0, count, 0, &first) == FRAME_OK, "no %zu frames", count);
        for (size_t i = 0; i < count; i += 3) {
            frame_get(world.pool, first + i * FRAME);
        }
        frame_put_contiguous(world.pool, 1, first, count);
        for (size_t i = 0; i < count; i++) {
            EXPECT(frame_references(world.pool, first + i * FRAME) == (i % 3 == 0), "frame %zu of %zu", i, count);
        }
        frame_world_check(&world);
        for (size_t i = 0; i < count; i += 3) {
            frame_put(world.pool, 0, first + i * FRAME);
        }
    }
    frame_put_contiguous(world.pool, 0, first, 0);
    frame_world_fini(&world, 2);
}

Test(frame_alloc, the_cache_is_bounded_and_drains) {
    static uint64_t frames[1024];
    make(2);
    struct frame_limits limits;
    struct frame_cpu_stats stats;
    frame_limits(world.pool, &limits);
    EXPECT(limits.hidden_frames_per_cpu >= 2 && limits.hidden_frames_per_cpu <= 128, "hidden frames");
    for (size_t i = 0; i < COUNT(frames); i++) {
        frames[i] = take(0);
    }
    for (size_t i = 0; i < COUNT(frames); i++) {
        frame_put(world.pool, 1, frames[i * 7 % COUNT(frames)]);
        EXPECT(frame_cpu_stats(world.pool, 1, &stats) && stats.cached <= limits.hidden_frames_per_cpu, "%zu frames",
               stats.cached);
    }
    unsigned calls = 1;
    while (frame_drain(world.pool, 1)) {
        calls++;
    }
    EXPECT(frame_cpu_stats(world.pool, 1, &stats) && stats.cached == 0, "a drained cache holds %zu frames",
           stats.cached);
    EXPECT(calls <= limits.hidden_frames_per_cpu / 2 / 16 + 1, "%u calls", calls);
    EXPECT(stats.freed == COUNT(frames) && stats.allocated == 0, "slot 1 freed %llu", (unsigned long long)stats.freed);
    EXPECT(!frame_cpu_stats(world.pool, 2, &stats), "statistics of no slot");
    frame_world_fini(&world, 2);
}

Test(frame_alloc, bad_arguments) {
    make(2);
    uint64_t frame = 77;
    struct frame_wish wish = {1, 0, FRAME_LIMIT_NONE, 5, false};
    size_t bad_cpus[] = {2, 3, 1024, SIZE_MAX};
    for (size_t i = 0; i < COUNT(bad_cpus); i++) {
        EXPECT(frame_alloc(world.pool, bad_cpus[i], &frame) == FRAME_ERR_CPU, "a slot too many");
        EXPECT(frame_alloc_contiguous(world.pool, bad_cpus[i], 1, 0, &frame) == FRAME_ERR_CPU, "a slot too many");
        EXPECT(!frame_drain(world.pool, bad_cpus[i]), "no slot, and more to drain");
    }
    EXPECT(frame_alloc(NULL, 0, &frame) == FRAME_ERR_NULL && frame_alloc(world.pool, 0, NULL) == FRAME_ERR_NULL,
           "NULL");
    EXPECT(frame_alloc_wish(world.pool, 0, NULL, &frame) == FRAME_ERR_NULL, "no wish");
    EXPECT(frame_alloc_wish(world.pool, 0, &wish, &frame) == FRAME_ERR_NODE, "no such node");
    EXPECT(frame_alloc_contiguous(world.pool, 0, 0, 0, &frame) == FRAME_ERR_EMPTY, "no frames");
    EXPECT(frame_alloc_contiguous(world.pool, 0, 1, 3 * FRAME, &frame) == FRAME_ERR_ALIGN, "3 frames");
    EXPECT(frame_alloc_contiguous(world.pool, 0, 1, 4095, &frame) == FRAME_ERR_ALIGN, "4095");
    EXPECT(frame_alloc_contiguous(world.pool, 0, SIZE_MAX, 0, &frame) == FRAME_ERR_TOO_LARGE, "everything");
    EXPECT(frame == 77, "an error changed the answer");
    frame_world_fini(&world, 2);
}

// Zeroed means every byte, of one frame and of many, and not a byte beside them.
Test(frame_alloc, zeroed) {
    unsigned char *memory = region_map(8 * MIB, 3);
    struct frame_region region = {16 * MIB, 8 * MIB, FRAME_USABLE, 0};
    struct frame_config config = {
        .regions = &region, .region_count = 1, .cpus = 1, .direct_map = (uintptr_t)memory - 16 * MIB};
    frame_world_init(&world, &config);
    for (size_t count = 1; count < 400; count += count < 70 ? 1 : 37) {
        memset(memory, 0xee, 8 * MIB);
        uint64_t first;
        enum frame_error error = count == 1 ? frame_alloc_zeroed(world.pool, 0, &first)
                                            : frame_alloc_contiguous_zeroed(world.pool, 0, count, 0, &first);
        EXPECT(error == FRAME_OK, "%s", frame_strerror(error));
        for (size_t i = 0; i < 8 * MIB; i++) {
            bool is_ours = i + 16 * MIB >= first && i + 16 * MIB < first + count * FRAME;
            if (memory[i] != (is_ours ? 0 : 0xee)) {
                EXPECT(false, "byte %zu of the memory, frames from %#llx", i, (unsigned long long)first);
            }
        }
        frame_put_contiguous(world.pool, 0, first, count);
    }
    frame_world_fini(&world, 1);
    region_unmap(memory, 8 * MIB);
}

Test(frame_alloc, without_a_direct_map) {
    struct frame_region region = {16 * MIB, 8 * MIB, FRAME_USABLE, 0};
    struct frame_config config = {.regions = &region, .region_count = 1, .cpus = 1, .direct_map = FRAME_UNREACHABLE};
    struct frame_list list;
    uint64_t frame;
    frame_world_init(&world, &config);
    EXPECT(frame_alloc_zeroed(world.pool, 0, &frame) == FRAME_ERR_UNREACHABLE, "zeroed");
    EXPECT(frame_alloc_contiguous_zeroed(world.pool, 0, 2, 0, &frame) == FRAME_ERR_UNREACHABLE, "zeroed");
    EXPECT(frame_list_init(&list, world.pool) == FRAME_ERR_UNREACHABLE, "a list");
    frame_put(world.pool, 0, take(0));
    frame_world_fini(&world, 1);
}

// The check must see what it is there for.
Test(frame_alloc, the_check_can_fail) {
    struct frame_finding finding;
    make(1);
    uint64_t frame = take(0);
    frame_put(world.pool, 0, take(0));
    word_t *references = &world.pool->arenas[1].references[(frame - world.pool->arenas[1].base) / FRAME];
    word_store_relaxed(references, 0);
    EXPECT(!frame_check(world.pool, &finding) && finding.frame == frame, "a lost frame");
    word_store_relaxed(references, 1);
    frame_world_check(&world);
    struct frame_place *cached = &world.pool->caches[0].ring[world.pool->caches[0].oldest], was = *cached;
    *cached = frame_find(world.pool, frame);
    EXPECT(!frame_check(world.pool, &finding) && finding.frame == frame, "a cached frame that is used");
    *cached = (struct frame_place){NULL, 0};
    EXPECT(!frame_check(world.pool, &finding), "a cached frame that is none");
    *cached = was;
    frame_world_check(&world);
    frame_ask(world.pool, 0, &(struct frame_search){1, 1, FRAME_LIMIT_NONE});
    EXPECT(!frame_check(world.pool, &finding), "a raised hand");
    EXPECT(frame_accept(world.pool, 0).arena == NULL, "a gift from nobody");
    frame_world_check(&world);
    world.pool->caches[0].freed++;
    EXPECT(!frame_check(world.pool, &finding), "a wrong count");
    world.pool->caches[0].freed--;
    EXPECT(page_give(&world.pool->arenas[1].map, (size_t)((frame - world.pool->arenas[1].base) / FRAME), 1), "give");
    EXPECT(!frame_check(world.pool, &finding) && finding.frame == frame, "a free frame with references");
}
