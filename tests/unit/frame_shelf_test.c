// SPDX-License-Identifier: MIT
// Runs that a slot keeps: handed out again, bounded, drained, never in two places, and never where they do not suit.
#include "frame_world.h"
#include "stress/support/region.h"
#include "stress/support/rng.h"

TestSuite(frame_shelf, .timeout = 120);

enum { CPUS = 2, RUNS = 300 };

static const struct frame_region regions[] = {{64 * MIB, 256 * MIB, FRAME_USABLE, 0}};
static struct frame_world world;

static void make(void) {
    struct frame_config config = {.regions = regions, .region_count = COUNT(regions), .cpus = CPUS};
    frame_world_init(&world, &config);
}

static uint64_t take(size_t cpu, size_t count, uint64_t align) {
    uint64_t first = FRAME_NONE;
    enum frame_error error = frame_alloc_contiguous(world.pool, cpu, count, align, &first);
    EXPECT(error == FRAME_OK, "%zu frames: %s", count, frame_strerror(error));
    for (size_t i = 0; i < count; i++) {
        EXPECT(frame_references(world.pool, first + i * FRAME) == 1, "a new frame is shared");
    }
    return first;
}

static size_t cached(size_t cpu) {
    struct frame_cpu_stats stats;
    EXPECT(frame_cpu_stats(world.pool, cpu, &stats), "no such slot");
    return stats.cached;
}

Test(frame_shelf, the_newest_run_comes_back_first) {
    make();
    for (size_t count = 2; count <= 512; count *= 2) {
        uint64_t older = take(0, count, 0), newer = take(0, count, 0);
        size_t before = cached(1);
        frame_put_contiguous(world.pool, 1, older, count);
        frame_put_contiguous(world.pool, 1, newer, count);
        size_t kept = (cached(1) - before) / count;
        EXPECT(kept == (2 * count <= 256 ? 2 : 0) || count > 128, "%zu runs of %zu are kept", kept, count);
        frame_world_check(&world);
        if (kept == 2) {
            EXPECT(take(1, count, 0) == newer && take(1, count, 0) == older, "others came first");
            frame_put_contiguous(world.pool, 0, newer, count);
            frame_put_contiguous(world.pool, 0, older, count);
        }
        frame_world_drain(&world, CPUS);
        EXPECT(cached(0) == 0 && cached(1) == 0, "a drained slot hides frames");
    }
    frame_world_fini(&world, CPUS);
}

Test(frame_shelf, shelves_are_bounded_and_drain) {
    static struct {
        uint64_t first;
        size_t count;
    } runs[RUNS];
    make();
    struct frame_limits limits;
    frame_limits(world.pool, &limits);
    EXPECT(limits.hidden_frames_per_cpu * CPUS <= 256 * MIB / FRAME / 32, "slots may hide more than they should");
    struct rng rng = (struct rng){0};
    for (size_t i = 0; i < RUNS; i++) {
        runs[i].count = (size_t)1 << rng_below(&rng, 8);
        runs[i].first = take(0, runs[i].count, 0);
    }
    size_t most = 0;
    for (size_t i = 0; i < RUNS; i++) {
        frame_put_contiguous(world.pool, 1, runs[i].first, runs[i].count);
        most = cached(1) > most ? cached(1) : most;
        EXPECT(cached(1) <= limits.hidden_frames_per_cpu, "%zu frames are hidden", cached(1));
    }
    EXPECT(most > limits.hidden_frames_per_cpu / 4, "runs are not kept: %zu frames at most", most);
    frame_world_check(&world);
    size_t before = cached(1);
    for (size_t calls = 1; frame_drain(world.pool, 1); calls++) {
        EXPECT(cached(1) < before && calls <= limits.hidden_frames_per_cpu, "a drain moves nothing");
        before = cached(1);
    }
    EXPECT(cached(1) == 0, "a drained slot hides %zu frames", cached(1));
    frame_world_fini(&world, CPUS);
}

// Who shares one frame of a run keeps it; the others go, and not as a run.
Test(frame_shelf, a_shared_frame_stays) {
    make();
    uint64_t first = take(0, 8, 0);
    frame_get(world.pool, first + 3 * FRAME);
    frame_put_contiguous(world.pool, 0, first, 8);
    EXPECT(frame_references(world.pool, first + 3 * FRAME) == 1, "the shared frame is gone");
    EXPECT(cached(0) == 0, "a run with a frame in use is kept");
    frame_world_check(&world);
    frame_put(world.pool, 0, first + 3 * FRAME);
    // A run that was kept is put frame by frame as well.
    first = take(0, 8, 0);
    frame_put_contiguous(world.pool, 0, first, 8);
    EXPECT(take(0, 8, 0) == first, "the run was not kept");
    for (size_t i = 0; i < 8; i++) {
        EXPECT(frame_is_unique(world.pool, first + i * FRAME), "frame %zu is shared", i);
        frame_put(world.pool, i % CPUS, first + i * FRAME);
    }
    frame_world_fini(&world, CPUS);
}

// A run on the shelf lies where it lies: requests that want another place do not get it.
Test(frame_shelf, wishes_are_heard) {
    make();
    uint64_t two = take(0, 2, 16 * FRAME), first = FRAME_NONE;
    frame_put_contiguous(world.pool, 0, two, 2);
    EXPECT(cached(0) == 2, "the run is not kept");
    struct frame_wish low = {2, 0, two + 64 * MIB, FRAME_NODE_OWN, false};
    EXPECT(frame_alloc_wish(world.pool, 0, &low, &first) == FRAME_OK && first != two &&
               first + 2 * FRAME <= two + 64 * MIB,
           "a kept run may lie above the limit");
    struct frame_wish aligned = {2, 64 * MIB, FRAME_LIMIT_NONE, FRAME_NODE_OWN, false};
    uint64_t far = FRAME_NONE;
    EXPECT(frame_alloc_wish(world.pool, 0, &aligned, &far) == FRAME_OK && far % (64 * MIB) == 0, "not aligned");
    frame_put_contiguous(world.pool, 0, first, 2);
    frame_put_contiguous(world.pool, 0, far, 2);
    frame_world_fini(&world, CPUS);
}

// What is on shelves is not lost to those who want it in another form.
Test(frame_shelf, the_own_shelves_are_given_back_in_need) {
    static uint64_t firsts[256 * MIB / FRAME / 8];
    make();
    size_t count = 0;
    while (count < COUNT(firsts) && frame_alloc_contiguous(world.pool, 0, 8, 0, &firsts[count]) == FRAME_OK) {
        count++;
    }
    for (size_t i = 0; i < 16; i++) {
        frame_put_contiguous(world.pool, 0, firsts[--count], 8);
    }
    EXPECT(cached(0) == 128, "%zu frames are kept", cached(0));
    uint64_t frames[128];
    for (size_t i = 0; i < COUNT(frames); i++) {
        EXPECT(frame_alloc(world.pool, 0, &frames[i]) == FRAME_OK, "frame %zu is not to be had", i);
    }
    for (size_t i = 0; i < COUNT(frames); i++) {
        frame_put(world.pool, 0, frames[i]);
    }
    while (count > 0) {
        frame_put_contiguous(world.pool, 1, firsts[--count], 8);
    }
    frame_world_fini(&world, CPUS);
}
