// SPDX-License-Identifier: MIT
// The allocator of boot: CPUs take from both ends of two regions until nothing is left, and one of them closes it while
// the others go on. Nobody may be given what another has, and what the hand-over calls free nobody was given.
#include "arena.h"
#include "bump/bump_state.h"
#include "scenarios.h"
#include "shadow.h"
#include "snapshot.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGIONS 2u
#define REGION_BYTES_FOR_EACH ((size_t)256)
#define BYTES_MOST 200u
#define CLOSES_PERCENT 30u // of the schedules

static bump *allocator;
static word_t *storage;
static struct bump_range given[CPUS_MAX]; // to each CPU last

static void fail(enum bump_error error) {
    (void)fprintf(stderr, "wfsim: %s\n", bump_strerror(error));
    exit(1);
}

static void bump_build(void) {
    struct bump_range ranges[REGIONS];
    const size_t bytes = REGION_BYTES_FOR_EACH * (world.cpus + 1);
    for (unsigned i = 0; i < REGIONS; i++) {
        ranges[i] = (struct bump_range){(uintptr_t)arena_take(bytes + 4096, 4096), bytes + i * 48};
        shadow_keep((const void *)(uintptr_t)ranges[i].start, bytes + 4096, BUMP_UNIT_BYTES);
    }
    storage = arena_take(BUMP_STORAGE_BYTES(REGIONS), 64);
    arena_keep(storage, BUMP_STORAGE_BYTES(REGIONS));
    enum bump_error error = bump_init(ranges, REGIONS, world.cpus, storage, BUMP_STORAGE_BYTES(REGIONS), &allocator);
    if (error != BUMP_OK)
        fail(error);
    snapshot_keep(given, world.cpus * sizeof given[0]);
}

static void bump_begin(void) {
    shadow_begin(BUMP_UNIT_BYTES);
    memset(given, 0, world.cpus * sizeof given[0]);
}

static void take(unsigned cpu) {
    struct rng *rng = &world.cpu[cpu].rng;
    uint64_t bytes = 1 + rng_below(rng, BYTES_MOST), align = (uint64_t)1 << rng_below(rng, 8), address = 0;
    const bool from_top = rng_percent(rng, 50);
    call_begin(cpu, from_top ? "bump_alloc_top" : "bump_alloc", BUMP_ALLOC_STEPS(REGIONS));
    enum bump_error error = (from_top ? bump_alloc_top : bump_alloc)(allocator, bytes, align, &address);
    call_end(cpu);
    if (error != BUMP_OK)
        return;
    if (address % align != 0)
        world_fail("CPU %u was given %#llx for an alignment of %llu", cpu, (unsigned long long)address,
                   (unsigned long long)align);
    bytes = (bytes + BUMP_UNIT_BYTES - 1) & ~(uint64_t)(BUMP_UNIT_BYTES - 1);
    shadow_enter(cpu, (const void *)(uintptr_t)address, bytes); // for good: nothing comes back
    given[cpu] = (struct bump_range){address, bytes};
}

static void let_go(unsigned cpu) {
    call_begin(cpu, "bump_free", BUMP_FREE_STEPS(REGIONS));
    bump_free(allocator, given[cpu].start, given[cpu].bytes);
    call_end(cpu);
    given[cpu].bytes = 0;
}

static void bump_run(unsigned cpu) {
    struct rng *rng = &world.cpu[cpu].rng;
    const bool closes = cpu == 0 && rng_percent(rng, CLOSES_PERCENT);
    for (unsigned i = 0; i < world_ops(cpu); i++) {
        if (given[cpu].bytes != 0 && rng_percent(rng, 25))
            let_go(cpu);
        else
            take(cpu);
    }
    if (closes) {
        call_begin(cpu, "bump_close", (size_t)4 * REGIONS);
        (void)bump_close(allocator);
        call_end(cpu);
    }
}

// What is free enters the shadow, where nothing may lie yet.
static void bump_finish(void) {
    struct bump_range range;
    enum bump_error error = bump_close(allocator);
    if (error == BUMP_ERR_IN_FLIGHT && world.state.frozen > 0)
        return;
    if (error != BUMP_OK)
        world_fail("closed at the end: %s", bump_strerror(error));
    for (size_t i = 0; bump_free_range(allocator, i, &range) == BUMP_OK; i++)
        shadow_enter(0, (const void *)(uintptr_t)range.start, range.bytes);
}

static uint64_t bump_digest(unsigned cpu) {
    return hash_mix(given[cpu].start, given[cpu].bytes);
}

static void bump_name(const void *at, char *name, size_t bytes) {
    (void)snprintf(name, bytes, "bump word %zu", (size_t)((const word_t *)at - storage));
}

const struct scenario scenario_bump = {
    .name = "bump",
    .summary = "takes 1 to 200 bytes from either end of two regions that are too small; CPU 0 may close them",
    .cpus_least = 1,
    .cpus_most = CPUS_MAX,
    .ops = 4,
    .build = bump_build,
    .begin = bump_begin,
    .run = bump_run,
    .finish = bump_finish,
    .digest = bump_digest,
    .name_word = bump_name,
};
