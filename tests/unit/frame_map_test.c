// SPDX-License-Identifier: MIT
// Plans against a model that asks, for every KiB of a small address space, what it is; and the maps of some machines.
#include "frame_world.h"
#include "stress/support/rng.h"

#include <stdio.h>

TestSuite(frame_map, .timeout = 120);

enum { UNITS = 16384, UNITS_A_FRAME = 4, FRAMES = UNITS / UNITS_A_FRAME, REGIONS_MOST = 12, NODES = 3 };

struct model_frame {
    bool is_whole; // of one kind that may be managed, and one node
    enum frame_kind kind;
    uint32_t node;
    bool is_managed; // or will be, if reclaimable
};

static struct model_frame frames[FRAMES];

// Kind and node of a KiB; kind 0: nothing is said of it.
static unsigned unit_kind(const struct frame_config *config, uint64_t unit, uint32_t *node) {
    unsigned kind = 0;
    for (size_t i = 0; i < config->region_count; i++) {
        const struct frame_region *region = &config->regions[i];
        if (region->start <= unit * KIB && unit * KIB < region->start + region->bytes && region->kind > kind) {
            kind = region->kind;
            *node = region->node;
        }
    }
    return kind;
}

// Fills `frames` but for is_managed; answers how many KiB are usable or reclaimable.
static uint64_t model_read(const struct frame_config *config) {
    uint64_t units = 0;
    for (size_t i = 0; i < FRAMES; i++) {
        unsigned kinds[UNITS_A_FRAME];
        uint32_t nodes[UNITS_A_FRAME] = {0};
        frames[i] = (struct model_frame){.is_whole = true};
        for (size_t unit = 0; unit < UNITS_A_FRAME; unit++) {
            kinds[unit] = unit_kind(config, i * UNITS_A_FRAME + unit, &nodes[unit]);
            bool is_memory = kinds[unit] == FRAME_USABLE || kinds[unit] == FRAME_RECLAIMABLE;
            units += is_memory;
            frames[i].is_whole &= is_memory && kinds[unit] == kinds[0] && nodes[unit] == nodes[0];
        }
        frames[i].kind = (enum frame_kind)kinds[0];
        frames[i].node = nodes[0];
    }
    return units;
}

static bool is_same(size_t a, size_t b) {
    return frames[a].is_whole && frames[b].is_whole && frames[a].kind == frames[b].kind &&
           frames[a].node == frames[b].node;
}

struct model_range {
    size_t first, end;
};

static size_t model_ranges(struct model_range *ranges) {
    size_t count = 0;
    for (size_t i = 0; i < FRAMES; i++) {
        if (frames[i].is_whole && (i == 0 || !is_same(i - 1, i))) {
            ranges[count++] = (struct model_range){i, i};
        }
        if (frames[i].is_whole) {
            ranges[count - 1].end = i + 1;
        }
    }
    return count;
}

static bool model_bridges(const struct model_range *a, const struct model_range *b) {
    size_t hole = b->first - a->end, left = a->end - a->first, right = b->end - b->first;
    size_t least = left < right ? left : right;
    return frames[a->first].node == frames[b->first].node &&
           (hole <= (left + right) / 32 || (hole <= 128 && hole <= 8 * least));
}

// Decides which frames are managed; answers how many arenas there are, and how many frames in holes.
static size_t model_choose(uint64_t *bridged) {
    static struct model_range ranges[FRAMES];
    size_t count = model_ranges(ranges), arenas = 0;
    *bridged = 0;
    for (size_t i = 0, next; i < count; i = next) {
        size_t sum = ranges[i].end - ranges[i].first;
        for (next = i + 1; next < count && model_bridges(&ranges[next - 1], &ranges[next]); next++) {
            sum += ranges[next].end - ranges[next].first;
        }
        for (size_t j = i; sum >= 16 && j < next; j++) {
            for (size_t frame = ranges[j].first; frame < ranges[j].end; frame++) {
                frames[frame].is_managed = true;
            }
        }
        arenas += sum >= 16;
        *bridged += sum >= 16 ? ranges[next - 1].end - ranges[i].first - sum : 0;
    }
    return arenas;
}

static uint64_t model_bytes(enum frame_kind kind) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < FRAMES; i++) {
        bytes += frames[i].is_managed && frames[i].kind == kind ? FRAME : 0;
    }
    return bytes;
}

static void expect_pool_is_model(const struct frame_config *config) {
    struct frame_world world;
    frame_world_init(&world, config);
    for (unsigned round = 0; round < 2; round++) {
        for (size_t i = 0; i < FRAMES; i++) {
            bool managed = frames[i].is_managed && (round == 1 || frames[i].kind == FRAME_USABLE);
            EXPECT(frame_is_managed(world.pool, i * FRAME) == managed, "frame %zu: managed is not %d", i, managed);
            EXPECT(!managed || frame_node(world.pool, i * FRAME) == frames[i].node, "frame %zu: wrong node", i);
        }
        frame_world_check(&world);
        struct frame_stats stats = frame_world_stats(&world);
        EXPECT(stats.pending * FRAME == (round == 0 ? model_bytes(FRAME_RECLAIMABLE) : 0), "%zu frames wait",
               stats.pending);
        EXPECT(round == 1 || frame_reclaim(world.pool, 0, UINT64_MAX) == stats.pending, "not all was reclaimed");
    }
    EXPECT(frame_reclaim(world.pool, 0, UINT64_MAX) == 0, "reclaimed twice");
    frame_world_fini(&world, 1);
}

static void expect_left_is_model(const struct frame_plan *plan, const struct frame_config *config) {
    uint64_t bytes = 0;
    EXPECT(plan->left_count <= plan->left_most, "more ranges left out than fit the test");
    for (size_t i = 0; i < plan->left_count; i++) {
        const struct frame_left *left = &plan->left[i];
        bytes += left->bytes;
        for (uint64_t at = left->start; at < left->start + left->bytes; at += KIB) {
            uint32_t node;
            unsigned kind = unit_kind(config, at / KIB, &node);
            EXPECT(kind == FRAME_USABLE || kind == FRAME_RECLAIMABLE, "what is no memory is called left out");
            const struct model_frame *frame = &frames[at / FRAME];
            EXPECT(!frame->is_managed, "a managed frame is called left out");
            EXPECT(left->reason == (frame->is_whole ? FRAME_LEFT_SMALL : FRAME_LEFT_PARTIAL), "wrong reason");
        }
    }
    EXPECT(bytes == plan->left_bytes, "ranges left out do not add up");
}

static void expect_plan_is_model(const struct frame_config *config) {
    static struct frame_left left[512];
    struct frame_plan plan = {.left = left, .left_most = COUNT(left)};
    uint64_t bridged, units = model_read(config);
    size_t arenas = model_choose(&bridged);
    enum frame_error error = frame_plan(config, &plan);
    EXPECT(error == (model_bytes(FRAME_USABLE) == 0 ? FRAME_ERR_NO_MEMORY : FRAME_OK), "%s", frame_strerror(error));
    EXPECT(plan.usable_bytes == model_bytes(FRAME_USABLE) && plan.reclaimable_bytes == model_bytes(FRAME_RECLAIMABLE),
           "wrong sums");
    EXPECT(plan.usable_bytes + plan.reclaimable_bytes + plan.left_bytes == units * KIB, "memory is lost");
    EXPECT(plan.arenas == arenas && plan.bridged_bytes == bridged * FRAME, "%zu arenas, not %zu", plan.arenas, arenas);
    expect_left_is_model(&plan, config);
    if (error == FRAME_OK) {
        expect_pool_is_model(config);
    }
}

Test(frame_map, random_maps) {
    struct rng rng = {5};
    for (unsigned round = 0; round < 1500; round++) {
        struct frame_region regions[REGIONS_MOST];
        size_t count = 1 + rng_below(&rng, REGIONS_MOST), nodes = 1 + rng_below(&rng, NODES);
        size_t grain = rng_percent(&rng, 50) ? 1 : UNITS_A_FRAME;
        for (size_t i = 0; i < count; i++) {
            uint64_t first = rng_below(&rng, UNITS) / grain * grain;
            uint64_t units = rng_log_uniform(&rng, UNITS - first) / grain * grain;
            regions[i] =
                (struct frame_region){first * KIB, units * KIB,
                                      rng_percent(&rng, 60) ? FRAME_USABLE : (enum frame_kind)(1 + rng_below(&rng, 3)),
                                      (uint32_t)rng_below(&rng, nodes)};
        }
        struct frame_config config = {.regions = regions, .region_count = count, .cpus = 1, .nodes = nodes};
        expect_plan_is_model(&config);
    }
}

// The order of regions does not matter, where no two nodes overlap.
Test(frame_map, any_order) {
    struct frame_region regions[] = {{0, 636 * KIB, FRAME_USABLE, 0},         {MIB, 3 * MIB, FRAME_USABLE, 0},
                                     {2 * MIB, 300 * KIB, FRAME_RESERVED, 0}, {4 * MIB, 2 * MIB, FRAME_USABLE, 0},
                                     {5 * MIB, 100, FRAME_RESERVED, 0},       {8 * MIB, MIB, FRAME_RECLAIMABLE, 0},
                                     {636 * KIB, 4 * KIB, FRAME_RESERVED, 0}};
    struct frame_config config = {.regions = regions, .region_count = COUNT(regions), .cpus = 1};
    struct frame_plan plan = {.left = NULL}, other = {.left = NULL};
    EXPECT(frame_plan(&config, &plan) == FRAME_OK, "no plan");
    struct rng rng = {3};
    for (unsigned round = 0; round < 200; round++) {
        size_t a = rng_below(&rng, COUNT(regions)), b = rng_below(&rng, COUNT(regions));
        struct frame_region swapped = regions[a];
        regions[a] = regions[b];
        regions[b] = swapped;
        EXPECT(frame_plan(&config, &other) == FRAME_OK && memcmp(&plan, &other, sizeof plan) == 0, "the plan changed");
    }
}

Test(frame_map, refusals) {
    struct frame_region good = {MIB, MIB, FRAME_USABLE, 0};
    struct frame_plan plan = {.left = NULL};
    uint32_t cpu_nodes[] = {1}, order[] = {0, 0, 1, 0};
    _Alignas(64) static unsigned char storage[65536];
    frame_pool *pool = NULL;
    struct frame_config config = {.regions = &good, .region_count = 1, .cpus = 1};
    EXPECT(frame_plan(NULL, &plan) == FRAME_ERR_NULL && frame_plan(&config, NULL) == FRAME_ERR_NULL, "NULL");
#define REFUSED(change, wanted)                                                                                        \
    do {                                                                                                               \
        struct frame_config bad = config;                                                                              \
        struct frame_region region = good;                                                                             \
        bad.regions = &region;                                                                                         \
        change;                                                                                                        \
        enum frame_error error = frame_plan(&bad, &plan);                                                              \
        EXPECT(error == (wanted), #change ": %s", frame_strerror(error));                                              \
        EXPECT(frame_footprint(&bad) == 0, #change " has a footprint");                                                \
        EXPECT(frame_init(&bad, storage, sizeof storage, &pool) == (wanted) && pool == NULL, #change " was made");     \
    } while (0)
    REFUSED(bad.regions = NULL, FRAME_ERR_NULL);
    REFUSED(bad.region_count = 0, FRAME_ERR_NO_MEMORY);
    REFUSED(region.kind = FRAME_RESERVED, FRAME_ERR_NO_MEMORY);
    REFUSED(region.kind = FRAME_RECLAIMABLE, FRAME_ERR_NO_MEMORY);
    REFUSED(region.bytes = 15 * FRAME, FRAME_ERR_NO_MEMORY);
    REFUSED(region.start = FRAME_ADDRESS_MAX, FRAME_ERR_NO_MEMORY);
    REFUSED(region.kind = 0, FRAME_ERR_KIND);
    REFUSED(region.kind = 4, FRAME_ERR_KIND);
    REFUSED(region.node = 1, FRAME_ERR_NODE);
    REFUSED(region.bytes = UINT64_MAX, FRAME_ERR_OVERFLOW);
    REFUSED(bad.cpus = 0, FRAME_ERR_NO_CPU);
    REFUSED(bad.cpus = FRAME_CPUS_MAX + 1, FRAME_ERR_TOO_MANY_CPUS);
    REFUSED(bad.nodes = FRAME_NODES_MAX + 1, FRAME_ERR_TOO_MANY_NODES);
    REFUSED(bad.node_of_cpu = cpu_nodes, FRAME_ERR_NODE);
    REFUSED((bad.nodes = 2, bad.fallback = order), FRAME_ERR_FALLBACK);
    size_t bytes = frame_footprint(&config);
    EXPECT(frame_init(&config, NULL, bytes, &pool) == FRAME_ERR_NULL, "no storage");
    EXPECT(frame_init(&config, storage, bytes, NULL) == FRAME_ERR_NULL, "no handle");
    EXPECT(frame_init(&config, storage + 8, bytes, &pool) == FRAME_ERR_MISALIGNED, "misaligned storage");
    EXPECT(frame_init(&config, storage, bytes - 1, &pool) == FRAME_ERR_STORAGE_TOO_SMALL, "small storage");
    EXPECT(frame_init(&config, storage, bytes, &pool) == FRAME_OK && pool != NULL, "no pool");
    EXPECT(frame_init(&config, storage, bytes, &pool) == FRAME_ERR_TWICE, "made twice");
}

Test(frame_map, every_error_has_a_sentence) {
    const char *unknown = frame_strerror((enum frame_error)999);
    for (int error = FRAME_OK; error <= FRAME_ERR_TWICE; error++) {
        EXPECT(strlen(frame_strerror((enum frame_error)error)) > 8, "error %d", error);
        EXPECT(strcmp(frame_strerror((enum frame_error)error), unknown) != 0, "error %d has no sentence", error);
    }
    EXPECT(strcmp(frame_left_reason_name(FRAME_LEFT_SMALL), frame_left_reason_name(0)) != 0, "no reason");
}

// What firmware of real and emulated machines says.
static const struct frame_region qemu_pc_8g[] = {{0x0, 0x9fc00, FRAME_USABLE, 0},
                                                 {0x9fc00, 0x400, FRAME_RESERVED, 0},
                                                 {0xf0000, 0x10000, FRAME_RESERVED, 0},
                                                 {0x100000, 0xbfee0000, FRAME_USABLE, 0},
                                                 {0xbffe0000, 0x20000, FRAME_RESERVED, 0},
                                                 {0xfeffc000, 0x4000, FRAME_RESERVED, 0},
                                                 {0xfffc0000, 0x40000, FRAME_RESERVED, 0},
                                                 {0x100000000, 0x140000000, FRAME_USABLE, 0},
                                                 {0xfd00000000, 0x300000000, FRAME_RESERVED, 0}};
static const struct frame_region laptop_16g[] = {{0x0, 0x58000, FRAME_USABLE, 0},
                                                 {0x58000, 0x1000, FRAME_RESERVED, 0},
                                                 {0x59000, 0x2d000, FRAME_USABLE, 0},
                                                 {0x86000, 0x7a000, FRAME_RESERVED, 0},
                                                 {0x100000, 0x6d3ad000, FRAME_USABLE, 0},
                                                 {0x6d4ad000, 0x1000, FRAME_RESERVED, 0},
                                                 {0x6d4ae000, 0x2a000, FRAME_RESERVED, 0},
                                                 {0x6d4d8000, 0x50000, FRAME_USABLE, 0},
                                                 {0x6d528000, 0x802000, FRAME_RESERVED, 0},
                                                 {0x6dd2a000, 0x30000, FRAME_USABLE, 0},
                                                 {0x6dd5a000, 0x4ff000, FRAME_RESERVED, 0},
                                                 {0x6e259000, 0x1fa5000, FRAME_USABLE, 0},
                                                 {0x701fe000, 0x800000, FRAME_RECLAIMABLE, 0},
                                                 {0x709fe000, 0x1000, FRAME_USABLE, 0},
                                                 {0x709ff000, 0xf601000, FRAME_RESERVED, 0},
                                                 {0xe0000000, 0x10000000, FRAME_RESERVED, 0},
                                                 {0x100000000, 0x37e000000, FRAME_USABLE, 0}};
static const struct frame_region qemu_arm_virt_uefi[] = {
    {0x40000000, 0x10000, FRAME_RECLAIMABLE, 0},  {0x40010000, 0x7a30000, FRAME_USABLE, 0},
    {0x47a40000, 0x40000, FRAME_RECLAIMABLE, 0},  {0x47a80000, 0x34c60000, FRAME_USABLE, 0},
    {0x7c6e0000, 0x120000, FRAME_RESERVED, 0},    {0x7c800000, 0x1000, FRAME_USABLE, 0},
    {0x7c801000, 0x37ff000, FRAME_RECLAIMABLE, 0}};
static const struct frame_region two_sockets[] = {{0x0, 0xa0000, FRAME_USABLE, 0},
                                                  {0x100000, 0x7ff00000, FRAME_USABLE, 0},
                                                  {0x100000000, 32 * GIB, FRAME_USABLE, 0},
                                                  {0x100000000 + 32 * GIB, 34 * GIB, FRAME_USABLE, 1}};

static const struct {
    const char *name;
    const struct frame_region *regions;
    size_t count, arenas_most, nodes;
} machines[] = {
    {"QEMU PC, 8 GiB", qemu_pc_8g, COUNT(qemu_pc_8g), 2, 1},
    {"a laptop, 16 GiB", laptop_16g, COUNT(laptop_16g), 4, 1},
    {"QEMU virt, UEFI, 1 GiB", qemu_arm_virt_uefi, COUNT(qemu_arm_virt_uefi), 1, 1},
    {"two sockets, 68 GiB", two_sockets, COUNT(two_sockets), 3, 2},
};

// At least 99.7 % of what could be used is, bookkeeping taken off; and few arenas do for it.
Test(frame_map, machines) {
    for (size_t i = 0; i < COUNT(machines); i++) {
        struct frame_left left[32];
        struct frame_config config = {
            .regions = machines[i].regions, .region_count = machines[i].count, .cpus = 16, .nodes = machines[i].nodes};
        struct frame_plan plan = {.left = left, .left_most = COUNT(left)};
        EXPECT(frame_plan(&config, &plan) == FRAME_OK, "%s: no plan", machines[i].name);
        uint64_t managed = plan.usable_bytes + plan.reclaimable_bytes, all = managed + plan.left_bytes;
        double share = 100.0 * (double)(managed - plan.storage_bytes) / (double)all;
        printf("%s: %zu arenas, %.3f %% of %.1f MiB for callers, bookkeeping %.3f %% (%zu KiB), %.1f MiB bridged, %zu "
               "ranges (%.1f KiB) left out\n",
               machines[i].name, plan.arenas, share, (double)all / (double)MIB,
               100.0 * (double)plan.storage_bytes / (double)managed, plan.storage_bytes >> 10,
               (double)plan.bridged_bytes / (double)MIB, plan.left_count, (double)plan.left_bytes / (double)KIB);
        EXPECT(share > 99.7, "%s: only %.3f %%", machines[i].name, share);
        EXPECT(plan.arenas <= machines[i].arenas_most, "%s: %zu arenas", machines[i].name, plan.arenas);
        EXPECT(plan.bridged_bytes <= managed / 16, "%s: too much bridged", machines[i].name);
    }
}

// What lies above the last address is left out with its range, in one piece with what lies across it.
Test(frame_map, beyond_the_last_address) {
    const struct frame_region regions[] = {{FRAME_ADDRESS_MAX - MIB, 3 * MIB, FRAME_USABLE, 0},
                                           {UINT64_MAX - MIB + 1, MIB, FRAME_RECLAIMABLE, 0}};
    struct frame_config config = {.regions = regions, .region_count = COUNT(regions), .cpus = 1};
    struct frame_left left[4];
    struct frame_plan plan = {.left = left, .left_most = COUNT(left)};
    EXPECT(frame_plan(&config, &plan) == FRAME_OK, "no plan");
    EXPECT(plan.usable_bytes == MIB && plan.reclaimable_bytes == 0 && plan.arenas == 1, "managed beyond the end");
    EXPECT(plan.left_count == 2 && left[0].reason == FRAME_LEFT_BEYOND && left[1].reason == FRAME_LEFT_BEYOND,
           "%zu ranges left out", plan.left_count);
    EXPECT(left[0].start == FRAME_ADDRESS_MAX && left[0].bytes == 2 * MIB, "the first range left out");
    EXPECT(left[1].start == UINT64_MAX - MIB + 1, "the second range left out");
}
