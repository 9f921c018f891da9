// SPDX-License-Identifier: MIT
// The bump allocator: every byte once, alignment, both ends, several regions, closing and handing over.
#include "bump/bump_state.h"
#include "expect.h"
#include "stress/support/rng.h"

#include <wfheap/frame.h>

#define KIB UINT64_C(1024)
#define MIB (UINT64_C(1) << 20)
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

TestSuite(bump, .timeout = 60);

enum { REGIONS = 8 };

static _Alignas(64) unsigned char storage[BUMP_STORAGE_BYTES(REGIONS)];

static bump *make(const struct bump_range *regions, size_t count) {
    bump *made = NULL;
    memset(storage, 0xa5, sizeof storage);
    enum bump_error error = bump_init(regions, count, 4, storage, sizeof storage, &made);
    EXPECT(error == BUMP_OK, "%s", bump_strerror(error));
    return made;
}

static struct bump_stats stats_of(const bump *self) {
    struct bump_stats stats;
    bump_stats(self, &stats);
    EXPECT(stats.region_bytes == stats.used_bytes + stats.free_bytes && stats.asked_bytes <= stats.used_bytes &&
               stats.closed_bytes <= stats.free_bytes,
           "statistics do not add up");
    return stats;
}

Test(bump, up_and_down_meet_in_the_middle) {
    struct bump_range region = {MIB, 64 * KIB};
    bump *self = make(&region, 1);
    uint64_t low = MIB, high = MIB + 64 * KIB, address;
    for (unsigned i = 1; low < high; i++) {
        uint64_t bytes = i % 7 * 16 + 16;
        bytes = bytes > high - low ? high - low : bytes;
        if (i % 3 == 0) {
            high -= bytes;
            EXPECT(bump_alloc_top(self, bytes, 0, &address) == BUMP_OK && address == high, "from the top");
        } else {
            EXPECT(bump_alloc(self, bytes - 5, 1, &address) == BUMP_OK && address == low, "from the bottom");
            low += bytes;
        }
    }
    address = 7;
    EXPECT(bump_alloc(self, 1, 0, &address) == BUMP_ERR_OUT_OF_MEMORY && address == 7, "more than there is");
    EXPECT(bump_alloc_top(self, 1, 0, &address) == BUMP_ERR_OUT_OF_MEMORY && address == 7, "more than there is");
    struct bump_stats stats = stats_of(self);
    EXPECT(stats.free_bytes == 0 && stats.used_bytes == 64 * KIB && stats.failures == 2, "wrong statistics");
}

Test(bump, alignment_from_both_ends) {
    struct bump_range region = {3 * MIB + 48, 8 * MIB};
    for (uint64_t align = 1; align <= 4 * MIB; align *= 2) {
        for (unsigned top = 0; top < 2; top++) {
            bump *self = make(&region, 1);
            uint64_t address, last = top ? UINT64_MAX : 0;
            uint64_t padding = 0;
            for (unsigned i = 0; (top ? bump_alloc_top : bump_alloc)(self, 100, align, &address) == BUMP_OK; i++) {
                EXPECT(address % align == 0, "misaligned");
                EXPECT(address >= region.start && address + 100 <= region.start + region.bytes, "outside");
                EXPECT(top ? address + 100 <= last : address >= last + (last != 0 ? 100 : 0), "overlap");
                last = address;
                padding = padding > 0 ? padding : stats_of(self).used_bytes;
                if (i > 2000) {
                    break;
                }
            }
            EXPECT(last != 0 && last != UINT64_MAX, "no block at %llu", (unsigned long long)align);
            EXPECT(padding < 112 + align, "the first block took %llu bytes", (unsigned long long)padding);
        }
    }
}

Test(bump, regions_one_after_the_other) {
    struct bump_range regions[] = {{64 * KIB, 4 * KIB}, {8, 3}, {MIB, 0}, {256 * KIB, 64 * KIB}, {16, 32}};
    bump *self = make(regions, COUNT(regions));
    uint64_t address;
    EXPECT(stats_of(self).region_bytes == 68 * KIB + 32, "regions without a unit count");
    EXPECT(bump_alloc(self, 4 * KIB, 4 * KIB, &address) == BUMP_OK && address == 64 * KIB, "the first region");
    EXPECT(bump_alloc(self, 16, 0, &address) == BUMP_OK && address == 256 * KIB, "the next");
    EXPECT(bump_alloc_top(self, 16, 0, &address) == BUMP_OK && address == 32, "the last");
    EXPECT(bump_alloc_top(self, 17, 0, &address) == BUMP_OK && address == 320 * KIB - 32, "the last with room");
    EXPECT(bump_alloc(self, 64 * KIB, 0, &address) == BUMP_ERR_OUT_OF_MEMORY, "not any more");
    EXPECT(bump_alloc(self, 64 * KIB + 1, 0, &address) == BUMP_ERR_TOO_LARGE, "never");
    EXPECT(bump_alloc(self, 16, 512 * KIB, &address) == BUMP_ERR_TOO_LARGE, "no such address");
    EXPECT(bump_alloc(self, UINT64_MAX, UINT64_C(1) << 63, &address) == BUMP_ERR_TOO_LARGE, "everything");
    EXPECT(stats_of(self).failures == 4, "failures");
}

Test(bump, refusals) {
    struct bump_range good = {MIB, MIB};
    bump *made = NULL;
    uint64_t address;
#define REFUSED(wanted, regions, count, cpus, place, bytes)                                                            \
    EXPECT(bump_init(regions, count, cpus, place, bytes, &made) == (wanted) && made == NULL, #wanted)
    REFUSED(BUMP_ERR_NULL, NULL, 1, 1, storage, sizeof storage);
    REFUSED(BUMP_ERR_NULL, &good, 1, 1, NULL, sizeof storage);
    EXPECT(bump_init(&good, 1, 1, storage, sizeof storage, NULL) == BUMP_ERR_NULL, "no handle");
    REFUSED(BUMP_ERR_MISALIGNED, &good, 1, 1, storage + 8, sizeof storage - 8);
    REFUSED(BUMP_ERR_STORAGE_TOO_SMALL, &good, 1, 1, storage, BUMP_STORAGE_BYTES(1) - 1);
    REFUSED(BUMP_ERR_STORAGE_TOO_SMALL, &good, SIZE_MAX / 32, 1, storage, sizeof storage);
    REFUSED(BUMP_ERR_NO_REGION, &good, 0, 1, storage, sizeof storage);
    REFUSED(BUMP_ERR_NO_REGION, (&(struct bump_range){MIB + 1, 16}), 1, 1, storage, sizeof storage);
    REFUSED(BUMP_ERR_OVERFLOW, (&(struct bump_range){MIB, UINT64_MAX}), 1, 1, storage, sizeof storage);
    REFUSED(BUMP_ERR_NO_CPU, &good, 1, 0, storage, sizeof storage);
    REFUSED(BUMP_ERR_TOO_MANY_CPUS, &good, 1, BUMP_CPUS_MAX + 1, storage, sizeof storage);
    struct bump_range twice[] = {{MIB, MIB}, {2 * MIB - 1, 5}};
    REFUSED(BUMP_ERR_OVERLAP, twice, 2, 1, storage, sizeof storage);
    made = make(&good, 1);
    EXPECT(bump_init(&good, 1, 1, storage, sizeof storage, &made) == BUMP_ERR_TWICE, "twice");
    EXPECT(bump_alloc(made, 0, 0, &address) == BUMP_ERR_EMPTY && bump_alloc(made, 1, 3, &address) == BUMP_ERR_ALIGN &&
               bump_alloc(NULL, 1, 0, &address) == BUMP_ERR_NULL && bump_alloc(made, 1, 0, NULL) == BUMP_ERR_NULL &&
               bump_close(NULL) == BUMP_ERR_NULL,
           "bad arguments");
    for (int error = BUMP_OK; error <= BUMP_ERR_ABSENT; error++) {
        EXPECT(strcmp(bump_strerror((enum bump_error)error), bump_strerror((enum bump_error)999)) != 0, "%d", error);
    }
}

// Units grow with the region and the CPUs, so that the mark's halves cannot overflow.
Test(bump, large_regions) {
    struct bump_range region = {0, UINT64_C(1) << 44};
    bump *made = NULL;
    uint64_t address;
    EXPECT(bump_init(&region, 1, BUMP_CPUS_MAX, storage, sizeof storage, &made) == BUMP_OK, "16 TiB");
    EXPECT(made->regions[0].units * (BUMP_CPUS_MAX + 2) < UINT64_C(1) << 32, "too many units");
    EXPECT(bump_alloc_top(made, 1, 0, &address) == BUMP_OK, "a byte");
    EXPECT(bump_alloc(made, (UINT64_C(1) << 44) - (UINT64_C(1) << 23), 0, &address) == BUMP_OK && address == 0, "most");
    EXPECT(stats_of(made).free_bytes < UINT64_C(1) << 23, "waste");
}

Test(bump, free_counts_and_gives_nothing_back) {
    struct bump_range region = {MIB, MIB};
    bump *self = make(&region, 1);
    uint64_t address;
    EXPECT(bump_alloc(self, 100, 0, &address) == BUMP_OK, "no block");
    bump_free(self, address, 100);
    EXPECT(bump_alloc_top(self, 100, 0, &address) == BUMP_OK, "no block");
    bump_free(self, address, 100);
    struct bump_stats stats = stats_of(self);
    EXPECT(stats.frees == 2 && stats.freed_bytes == 200 && stats.used_bytes == 224 && stats.asked_bytes == 200 &&
               stats.allocs == 2,
           "wrong statistics");
}

static bool overlap(struct bump_range a, struct bump_range b) {
    return a.start < b.start + b.bytes && b.start < a.start + a.bytes;
}

Test(bump, hand_over) {
    struct rng rng = {2};
    for (unsigned round = 0; round < 300; round++) {
        struct bump_range regions[] = {{MIB, 5 * KIB}, {2 * MIB, 64 * KIB}, {4 * MIB, 48}}, blocks[40], range;
        bump *self = make(regions, COUNT(regions));
        size_t count = 0;
        EXPECT(bump_free_range(self, 0, &range) == BUMP_ERR_OPEN && bump_used_range(self, 0, &range) == BUMP_ERR_OPEN,
               "ranges before the end");
        for (size_t i = rng_below(&rng, COUNT(blocks)); i > 0; i--) {
            uint64_t bytes = rng_log_uniform(&rng, 8000), align = UINT64_C(1) << rng_below(&rng, 13), address;
            if ((rng_percent(&rng, 50) ? bump_alloc : bump_alloc_top)(self, bytes, align, &address) == BUMP_OK) {
                blocks[count++] = (struct bump_range){address, bytes};
            }
        }
        struct bump_stats stats = stats_of(self);
        EXPECT(bump_close(self) == BUMP_OK && bump_close(self) == BUMP_OK, "not closed");
        EXPECT(bump_alloc(self, 1, 0, &range.start) == BUMP_ERR_OUT_OF_MEMORY, "a block after the end");
        EXPECT(stats_of(self).used_bytes == stats.used_bytes && stats_of(self).closed_bytes == stats.free_bytes,
               "closing changed what is used");
        uint64_t free_bytes = 0, used_bytes = 0;
        for (size_t i = 0; bump_free_range(self, i, &range) == BUMP_OK; i++) {
            free_bytes += range.bytes;
            for (size_t block = 0; block < count; block++) {
                EXPECT(!overlap(range, blocks[block]), "what is used is handed over as free");
            }
        }
        for (size_t i = 0; bump_used_range(self, i, &range) == BUMP_OK; i++) {
            used_bytes += range.bytes;
        }
        EXPECT(free_bytes == stats.free_bytes && used_bytes == stats.used_bytes, "ranges do not add up");
        EXPECT(bump_used_range(self, 6, &range) == BUMP_ERR_ABSENT, "a range too many");
    }
}

// As a kernel boots: the map, the frame allocator's storage from the bump allocator, and then the frames.
Test(bump, to_frames) {
    enum { BYTES = 16 * 1024 * 1024 };
    static _Alignas(4096) unsigned char memory[BYTES];
    const uint64_t base = 64 * MIB;
    struct frame_region map[] = {{base, BYTES, FRAME_USABLE, 0}, {base + MIB, 64 * KIB, FRAME_RESERVED, 0}};
    struct bump_range usable[] = {{base, MIB}, {base + MIB + 64 * KIB, BYTES - MIB - 64 * KIB}}, range;
    struct frame_config config = {.regions = map, .region_count = 2, .cpus = 2, .direct_map = (uintptr_t)memory - base};
    struct frame_plan plan = {.left = NULL};
    uint64_t tables, place, frame;
    bump *self = make(usable, 2);
    EXPECT(bump_alloc(self, 5000, 4096, &tables) == BUMP_OK && frame_plan(&config, &plan) == FRAME_OK, "planning");
    EXPECT(bump_alloc_top(self, plan.storage_bytes, 64, &place) == BUMP_OK && bump_close(self) == BUMP_OK, "storage");
    frame_pool *pool = NULL;
    EXPECT(frame_init(&config, memory + (place - base), plan.storage_bytes, &pool) == FRAME_OK, "no pool");
    for (size_t i = 0; bump_used_range(self, i, &range) == BUMP_OK; i++) {
        EXPECT(frame_mark_used(pool, range.start, range.bytes) == FRAME_OK, "not marked");
    }
    size_t used = 2 + (plan.storage_bytes + 4095 + place % 4096) / 4096, count = 0;
    EXPECT(used == 2 + (size_t)((base + BYTES - place + 4095) / 4096), "the storage is not at the top");
    for (; frame_alloc_zeroed(pool, count % 2, &frame) == FRAME_OK; count++) {
        EXPECT(frame < base + MIB || frame >= base + MIB + 64 * KIB, "a reserved frame");
        EXPECT(frame != tables && frame != tables + 4096 && frame + 4096 <= place, "a frame that boot uses");
    }
    struct frame_finding finding;
    EXPECT(frame_check(pool, &finding), "%s", finding.rule);
    struct frame_limits limits;
    frame_limits(pool, &limits);
    EXPECT(count + limits.hidden_frames_per_cpu >= BYTES / 4096 - 16 - used, "frames are lost: %zu", count);
}

// Another CPU has made the addition that overshoots, and has not noted yet what was good before it.
Test(bump, closing_while_a_call_is_under_way) {
    const struct bump_range region = {MIB, MIB};
    struct bump_range range;
    uint64_t address;
    bump *self = make(&region, 1);
    EXPECT(bump_alloc(self, 100, 0, &address) == BUMP_OK, "100 bytes");
    struct bump_region *inner = &self->regions[0];
    uint64_t good = word_add_seq(&inner->mark, inner->units);
    EXPECT(bump_close(self) == BUMP_ERR_IN_FLIGHT && bump_close(self) == BUMP_ERR_IN_FLIGHT, "closed too early");
    EXPECT(bump_free_range(self, 0, &range) == BUMP_ERR_OPEN, "handed over too early");
    EXPECT(bump_alloc(self, 1, 0, &address) == BUMP_ERR_OUT_OF_MEMORY, "handed out after it was closed");
    word_store_release(&inner->before, good | BUMP_NOTED);
    EXPECT(bump_close(self) == BUMP_OK, "not closed");
    EXPECT(bump_used_range(self, 0, &range) == BUMP_OK && range.start == MIB && range.bytes == 112, "%llu bytes used",
           (unsigned long long)range.bytes);
    EXPECT(bump_free_range(self, 0, &range) == BUMP_OK && range.bytes == MIB - 112, "%llu bytes free",
           (unsigned long long)range.bytes);
}
