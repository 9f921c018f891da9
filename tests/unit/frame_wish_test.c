// SPDX-License-Identifier: MIT
// Requests with wishes against a model: runs, alignment, limits, nodes; ranges marked as used and reclaimed.
#include "frame_world.h"
#include "stress/support/rng.h"

TestSuite(frame_wish, .timeout = 180);

static struct frame_world world;

enum { MODEL_FRAMES = 16384 }; // from address 0

static bool managed[MODEL_FRAMES], taken[MODEL_FRAMES];

static void make(const struct frame_config *config) {
    frame_world_init(&world, config);
    for (size_t i = 0; i < MODEL_FRAMES; i++) {
        managed[i] = frame_is_managed(world.pool, i * FRAME);
        taken[i] = false;
    }
}

// Whether a run of `count` frames fits; of free ones, or of any that are managed.
static bool model_fits(size_t count, uint64_t align_bytes, uint64_t limit, bool even_if_taken) {
    size_t align = align_bytes <= FRAME ? 1 : align_bytes / FRAME, run = 0;
    for (size_t i = 0; i < MODEL_FRAMES && (i + 1) * FRAME <= limit; i++) {
        run = managed[i] && (even_if_taken || !taken[i]) ? run + 1 : 0;
        size_t start = run == 0 ? 0 : (i + 1 - run + align - 1) / align * align;
        if (run > 0 && start + count <= i + 1) {
            return true;
        }
    }
    return false;
}

static void model_take(uint64_t first, size_t count) {
    for (size_t i = first / FRAME; i < first / FRAME + count; i++) {
        EXPECT(i < MODEL_FRAMES && managed[i] && !taken[i], "frame %zu is not ours to give, or was given before", i);
        taken[i] = true;
    }
}

static void give(uint64_t first, size_t count) {
    frame_put_contiguous(world.pool, 0, first, count);
    for (size_t i = first / FRAME; i < first / FRAME + count; i++) {
        taken[i] = false;
    }
}

// One request; every answer must be the model's.
static enum frame_error expect_wish(const struct frame_wish *wish, uint64_t *first) {
    enum frame_error error = frame_alloc_wish(world.pool, 0, wish, first);
    enum frame_error wanted = model_fits(wish->count, wish->align_bytes, wish->limit, false)  ? FRAME_OK
                              : model_fits(wish->count, wish->align_bytes, wish->limit, true) ? FRAME_ERR_OUT_OF_MEMORY
                              : model_fits(wish->count, 1, wish->limit, true)                 ? FRAME_ERR_ALIGN
                                                                                              : FRAME_ERR_TOO_LARGE;
    EXPECT(error == wanted, "%zu frames at %#llx below %#llx: %s Should be: %s", wish->count,
           (unsigned long long)wish->align_bytes, (unsigned long long)wish->limit, frame_strerror(error),
           frame_strerror(wanted));
    if (error == FRAME_OK) {
        EXPECT(*first % (wish->align_bytes == 0 ? 1 : wish->align_bytes) == 0, "misaligned");
        EXPECT(*first + wish->count * FRAME <= wish->limit, "above the limit");
        model_take(*first, wish->count);
    }
    return error;
}

static const struct frame_region holed[] = {
    {MIB + 3 * FRAME, 9 * MIB, FRAME_USABLE, 0}, {3 * MIB, 30 * FRAME, FRAME_RESERVED, 0},
    {20 * MIB, 70 * FRAME, FRAME_USABLE, 0},     {32 * MIB - 9 * FRAME, 12 * MIB, FRAME_USABLE, 0},
    {40 * MIB, 5 * FRAME, FRAME_RESERVED, 0},
};

Test(frame_wish, random_wishes_against_a_model) {
    static struct {
        uint64_t first;
        size_t count;
    } runs[4096];
    struct frame_config config = {.regions = holed, .region_count = COUNT(holed), .cpus = 1};
    struct rng rng = {11};
    size_t live = 0, outcomes[32] = {0};
    make(&config);
    for (unsigned step = 0; step < 12000; step++) {
        if (live > 0 && rng_percent(&rng, step / 500 % 2 == 0 ? 25 : 75)) {
            size_t i = rng_below(&rng, live--);
            give(runs[i].first, runs[i].count);
            runs[i] = runs[live];
            continue;
        }
        struct frame_wish wish = {rng_log_uniform(&rng, rng_percent(&rng, 10) ? 4096 : 130), 0, FRAME_LIMIT_NONE, 0,
                                  false};
        wish.align_bytes = rng_percent(&rng, 50) ? 0 : FRAME << rng_below(&rng, 14);
        wish.limit = rng_percent(&rng, 60) ? FRAME_LIMIT_NONE : rng_below(&rng, 48 * MIB);
        enum frame_error error = expect_wish(&wish, &runs[live].first);
        outcomes[error]++;
        runs[live].count = wish.count;
        live += error == FRAME_OK;
        if (step % 1000 == 0) {
            frame_world_check(&world);
        }
    }
    EXPECT(outcomes[FRAME_OK] > 2000 && outcomes[FRAME_ERR_OUT_OF_MEMORY] > 100 &&
               outcomes[FRAME_ERR_TOO_LARGE] > 100 && outcomes[FRAME_ERR_ALIGN] > 20,
           "this test shows too little: %zu %zu %zu %zu", outcomes[FRAME_OK], outcomes[FRAME_ERR_OUT_OF_MEMORY],
           outcomes[FRAME_ERR_TOO_LARGE], outcomes[FRAME_ERR_ALIGN]);
    while (live-- > 0) {
        give(runs[live].first, runs[live].count);
    }
    frame_world_fini(&world, 1);
}

// What a CPU's own cache hides must not stand in the way of a run.
Test(frame_wish, the_own_cache_is_given_back_for_a_run) {
    static uint64_t frames[4096];
    struct frame_region region = {16 * MIB, 16 * MIB, FRAME_USABLE, 0};
    struct frame_config config = {.regions = &region, .region_count = 1, .cpus = 1};
    make(&config);
    for (size_t i = 0; i < COUNT(frames); i++) {
        EXPECT(frame_alloc(world.pool, 0, &frames[i]) == FRAME_OK, "no frame %zu", i);
    }
    for (size_t i = 0; i < COUNT(frames); i++) {
        frame_put(world.pool, 0, frames[i]);
    }
    EXPECT(frame_world_stats(&world).cached > 0, "nothing is cached: this test shows nothing");
    uint64_t first;
    EXPECT(frame_alloc_contiguous(world.pool, 0, COUNT(frames), 16 * MIB, &first) == FRAME_OK, "not all at one piece");
    frame_put_contiguous(world.pool, 0, first, COUNT(frames));
    frame_world_fini(&world, 1);
}

Test(frame_wish, the_largest_alignment) {
    struct frame_config config = {.regions = holed, .region_count = COUNT(holed), .cpus = 1};
    make(&config);
    for (size_t count = 1; count < 4000; count += 1 + count / 5) {
        uint64_t align = frame_align_max(world.pool, count), first;
        uint64_t wanted = 0;
        for (uint64_t a = FRAME; a <= 64 * MIB && model_fits(count, a, FRAME_LIMIT_NONE, true); a *= 2) {
            wanted = a;
        }
        EXPECT(align == wanted, "%zu frames: %#llx, not %#llx", count, (unsigned long long)align,
               (unsigned long long)wanted);
        struct frame_wish wish = {count, align == 0 ? FRAME : align, FRAME_LIMIT_NONE, 0, false};
        if (expect_wish(&wish, &first) == FRAME_OK) {
            give(first, count);
            wish.align_bytes *= 2;
            EXPECT(expect_wish(&wish, &first) == FRAME_ERR_ALIGN, "beyond the largest alignment");
        }
    }
    EXPECT(frame_align_max(world.pool, 0) == 0 && frame_align_max(NULL, 1) == 0, "of nothing");
    frame_world_fini(&world, 1);
}

// Below 4 GiB for DMA: plain requests leave low memory alone as long as there is other.
Test(frame_wish, low_memory_lasts) {
    struct frame_region regions[] = {{4 * GIB - 2 * MIB, 4 * MIB, FRAME_USABLE, 0}};
    struct frame_config config = {.regions = regions, .region_count = 1, .cpus = 1};
    frame_world_init(&world, &config);
    struct frame_limits limits;
    frame_limits(world.pool, &limits);
    EXPECT(limits.arenas == 2, "an arena crosses 4 GiB");
    uint64_t first, frame;
    for (unsigned i = 0; i < 512; i++) {
        EXPECT(frame_alloc(world.pool, 0, &frame) == FRAME_OK && frame >= FRAME_LIMIT_DMA32, "low memory was used");
    }
    struct frame_wish wish = {256, 0, FRAME_LIMIT_DMA32, FRAME_NODE_OWN, false};
    EXPECT(frame_alloc_wish(world.pool, 0, &wish, &first) == FRAME_OK && first < 4 * GIB, "no memory for DMA");
    EXPECT(frame_alloc_wish(world.pool, 0, &wish, &frame) == FRAME_OK && frame < 4 * GIB, "no memory for DMA");
    EXPECT(frame_alloc_wish(world.pool, 0, &wish, &frame) == FRAME_ERR_OUT_OF_MEMORY, "too much memory for DMA");
    wish.count = 513;
    EXPECT(frame_alloc_wish(world.pool, 0, &wish, &frame) == FRAME_ERR_TOO_LARGE, "no arena has so many");
    wish.limit = 4 * GIB - 2 * MIB;
    wish.count = 1;
    EXPECT(frame_alloc_wish(world.pool, 0, &wish, &frame) == FRAME_ERR_TOO_LARGE, "nothing lies so low");
    wish.limit = 0;
    EXPECT(frame_alloc_wish(world.pool, 0, &wish, &frame) == FRAME_ERR_TOO_LARGE, "nothing lies below 0");
    free(world.storage);
}

// Each node's memory, and then the others' in the order that was given.
Test(frame_wish, nodes_in_their_order) {
    enum { NODES = 4, EACH = 64 };
    struct frame_region regions[NODES - 1]; // node 3 has no memory
    for (size_t i = 0; i < NODES - 1; i++) {
        regions[i] = (struct frame_region){(16 + i) * MIB, EACH * FRAME, FRAME_USABLE, (uint32_t)(NODES - 2 - i)};
    }
    uint32_t fallback[NODES][NODES] = {{0, 2, 3, 1}, {1, 0, 2, 3}, {2, 1, 0, 3}, {3, 1, 2, 0}};
    uint32_t node_of_cpu[NODES] = {0, 1, 2, 3};
    struct frame_config config = {.regions = regions,
                                  .region_count = NODES - 1,
                                  .cpus = NODES,
                                  .nodes = NODES,
                                  .node_of_cpu = node_of_cpu,
                                  .fallback = &fallback[0][0]};
    for (uint32_t cpu = 0; cpu < NODES; cpu++) {
        for (unsigned by_wish = 0; by_wish < 2; by_wish++) {
            frame_world_init(&world, &config);
            uint64_t frame;
            struct frame_wish wish = {1, 0, FRAME_LIMIT_NONE, cpu, false};
            size_t at = 0, of_node[NODES] = {0};
            for (size_t i = 0; i < (NODES - 1) * EACH; i++) {
                enum frame_error error = by_wish ? frame_alloc_wish(world.pool, (cpu + 1) % NODES, &wish, &frame)
                                                 : frame_alloc(world.pool, cpu, &frame);
                EXPECT(error == FRAME_OK, "%s", frame_strerror(error));
                uint32_t node = frame_node(world.pool, frame);
                while (at < NODES && fallback[cpu][at] != node) {
                    at++;
                }
                EXPECT(at < NODES, "cpu %u: node %u out of turn", cpu, node);
                of_node[node]++;
            }
            EXPECT(of_node[0] == EACH && of_node[1] == EACH && of_node[2] == EACH && of_node[3] == 0, "not all frames");
            struct frame_cpu_stats stats;
            (void)frame_cpu_stats(world.pool, by_wish ? (cpu + 1) % NODES : cpu, &stats);
            EXPECT(stats.remote == (NODES - 2) * EACH, "%llu frames from afar", (unsigned long long)stats.remote);
            frame_world_check(&world);
            free(world.storage);
        }
    }
}

Test(frame_wish, statistics_of_nodes) {
    struct frame_region regions[] = {
        {MIB, MIB, FRAME_USABLE, 0}, {2 * MIB, 3 * MIB, FRAME_USABLE, 1}, {8 * MIB, MIB, FRAME_RECLAIMABLE, 1}};
    struct frame_config config = {.regions = regions, .region_count = 3, .cpus = 1, .nodes = 2};
    struct frame_node_stats stats;
    uint64_t first;
    make(&config);
    struct frame_wish wish = {100, 0, FRAME_LIMIT_NONE, 1, false};
    EXPECT(expect_wish(&wish, &first) == FRAME_OK, "no frames");
    EXPECT(frame_node_stats(world.pool, 0, &stats) && stats.managed == 256 && stats.free == 256 && stats.pending == 0,
           "node 0");
    EXPECT(frame_node_stats(world.pool, 1, &stats) && stats.managed == 768 && stats.free == 668 && stats.pending == 256,
           "node 1");
    EXPECT(!frame_node_stats(world.pool, 2, &stats), "there is no node 2");
    give(first, 100);
    frame_world_fini(&world, 1);
}

Test(frame_wish, marking_as_used) {
    struct frame_region regions[] = {{MIB, MIB, FRAME_USABLE, 0}, {2 * MIB, MIB, FRAME_USABLE, 1}};
    struct frame_config config = {.regions = regions, .region_count = 2, .cpus = 1, .nodes = 2};
    make(&config);
    // Over both arenas, from the middle of a frame to the middle of a frame.
    uint64_t start = MIB + 100 * FRAME + 17, bytes = 300 * FRAME;
    EXPECT(frame_mark_used(world.pool, start, bytes) == FRAME_OK, "not marked");
    EXPECT(frame_world_stats(&world).used == 301, "%zu frames are used", frame_world_stats(&world).used);
    frame_world_check(&world);
    for (size_t i = 0; i < 512; i++) {
        EXPECT(frame_references(world.pool, MIB + i * FRAME) == (i >= 100 && i <= 400), "frame %zu", i);
    }
    // All or nothing.
    EXPECT(frame_mark_used(world.pool, MIB, 101 * FRAME) == FRAME_ERR_IN_USE, "marked twice");
    EXPECT(frame_mark_used(world.pool, MIB + 400 * FRAME, 112 * FRAME) == FRAME_ERR_IN_USE, "marked twice");
    EXPECT(frame_mark_used(world.pool, MIB + 511 * FRAME, FRAME + 1) == FRAME_ERR_NOT_MANAGED, "beyond the end");
    EXPECT(frame_mark_used(world.pool, MIB - 1, 2) == FRAME_ERR_NOT_MANAGED, "before the beginning");
    EXPECT(frame_mark_used(world.pool, MIB, UINT64_MAX) == FRAME_ERR_NOT_MANAGED, "everything");
    EXPECT(frame_mark_used(world.pool, MIB + 1, UINT64_MAX) == FRAME_ERR_NOT_MANAGED, "everything");
    EXPECT(frame_mark_used(world.pool, MIB, 0) == FRAME_ERR_EMPTY, "nothing");
    EXPECT(frame_mark_used(NULL, MIB, 1) == FRAME_ERR_NULL, "NULL");
    EXPECT(frame_world_stats(&world).used == 301, "a refusal changed something");
    frame_put_contiguous(world.pool, 0, MIB + 100 * FRAME, 156);
    frame_put_contiguous(world.pool, 0, 2 * MIB, 145);
    frame_world_fini(&world, 1);
}

// A failure in the second arena gives the first one's frames back.
Test(frame_wish, marking_is_undone) {
    struct frame_region regions[] = {{MIB, MIB, FRAME_USABLE, 0}, {2 * MIB, MIB, FRAME_USABLE, 1}};
    struct frame_config config = {.regions = regions, .region_count = 2, .cpus = 1, .nodes = 2};
    make(&config);
    EXPECT(frame_mark_used(world.pool, 2 * MIB + 99 * FRAME, 1) == FRAME_OK, "not marked");
    EXPECT(frame_mark_used(world.pool, MIB, 2 * MIB) == FRAME_ERR_IN_USE, "marked what is used");
    EXPECT(frame_world_stats(&world).free == 511, "half of it was marked");
    frame_put(world.pool, 0, 2 * MIB + 99 * FRAME);
    frame_world_fini(&world, 1);
}

Test(frame_wish, reclaiming_piece_by_piece) {
    struct frame_region regions[] = {{MIB, MIB, FRAME_USABLE, 0},
                                     {2 * MIB, MIB, FRAME_RECLAIMABLE, 0},
                                     {2 * MIB + 50 * FRAME, 3 * FRAME, FRAME_RESERVED, 0}};
    struct frame_config config = {.regions = regions, .region_count = 3, .cpus = 1};
    make(&config);
    EXPECT(frame_world_stats(&world).pending == 253, "253 frames wait");
    EXPECT(frame_reclaim(world.pool, 2 * MIB + 1, 3 * FRAME) == 2, "only whole frames");
    EXPECT(!frame_is_managed(world.pool, 2 * MIB) && frame_is_managed(world.pool, 2 * MIB + FRAME), "not these frames");
    EXPECT(frame_reclaim(world.pool, 2 * MIB, 100 * FRAME) == 95, "reserved frames, or some twice");
    EXPECT(frame_reclaim(world.pool, 0, 2 * MIB) == 0 && frame_reclaim(world.pool, 9 * MIB, MIB) == 0, "elsewhere");
    frame_world_check(&world);
    EXPECT(frame_reclaim(world.pool, MIB, UINT64_MAX) == 156, "the rest");
    struct frame_stats stats = frame_world_stats(&world);
    EXPECT(stats.pending == 0 && stats.managed == 509 && stats.largest_free_run == 256 + 50, "wrong statistics");
    frame_world_fini(&world, 1);
}
