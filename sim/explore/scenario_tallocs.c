// SPDX-License-Identifier: MIT
// talloc over two wait-free heaps with less memory than is wanted: every CPU takes, resizes and gives back blocks of
// both, as its policy says, which it saves, sets and restores as a kernel does around its own code.
#include "arena.h"
#include "scenarios.h"
#include "shadow.h"
#include "talloc/talloc_state.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wfheap/heap.h>

#define PLACES 4u
#define SIZE_MOST 3000u
#define GRANULE_BYTES 8u
#define PAGES 6u // of each heap, and as many more for each CPU

struct piece {
    unsigned char *start; // NULL: vacant
    size_t size;
};

static struct {
    talloc *talloc;
    struct talloc_heap primary, backup;
    size_t primary_bytes, backup_bytes; // free at first
    size_t alloc_steps, last_resort_steps, free_steps, drain_steps;
    struct piece held[CPUS_MAX][PLACES];
    enum talloc_policy policy[CPUS_MAX]; // what each CPU set for itself
} counter;

static size_t watched(size_t size) {
    return (size + GRANULE_BYTES - 1) & ~(size_t)(GRANULE_BYTES - 1);
}

static size_t bytes_free(const struct talloc_heap *heap) {
    size_t largest, all;
    heap->backend->free_bytes(heap->heap, 0, &largest, &all);
    return all;
}

static struct talloc_heap heap_build(void) {
    struct talloc_heap heap = {.backend = &wfh_backend};
    const size_t pages = (PAGES + (size_t)PAGES * world.cpus) * WFH_PAGE_BYTES;
    heap.bytes = WFH_REGION_BYTES_MIN + ((size_t)world.cpus << 17);
    while (wfh_footprint(heap.bytes, world.cpus) + pages > heap.bytes)
        heap.bytes += (size_t)64 * WFH_PAGE_BYTES;
    heap.start = arena_take(heap.bytes, (size_t)64 * WFH_PAGE_BYTES);
    size_t metadata = wfh_footprint(heap.bytes, world.cpus);
    const char *refusal = wfh_backend.init_reserved(heap.start, heap.bytes, metadata + pages, world.cpus, &heap.heap);
    if (refusal != NULL) {
        (void)fprintf(stderr, "wfsim: %s\n", refusal);
        exit(1);
    }
    arena_keep(heap.start, metadata);
    return heap;
}

static void build(void) {
    size_t bytes = TALLOC_STORAGE_BYTES(world.cpus);
    void *storage = arena_take(bytes, TALLOC_STORAGE_ALIGN);
    struct wfh_limits limits;
    counter.primary = heap_build();
    counter.backup = heap_build();
    struct talloc_config config = {.cpus = world.cpus, .backup = counter.backup, .primary = counter.primary};
    if (talloc_init(&config, storage, bytes, &counter.talloc) != TALLOC_OK)
        world_fail("there is no talloc");
    arena_keep(storage, bytes);
    counter.primary_bytes = bytes_free(&counter.primary);
    counter.backup_bytes = bytes_free(&counter.backup);
    wfh_limits(counter.primary.heap, &limits);
    counter.alloc_steps = TALLOC_REALLOC_STEPS + 3 * limits.alloc_steps_max + limits.free_steps_max;
    counter.last_resort_steps = TALLOC_REALLOC_STEPS + 3 * limits.last_resort_steps_max + limits.free_steps_max;
    counter.free_steps = TALLOC_FREE_STEPS + limits.free_steps_max + 3;
    counter.drain_steps = 1 + 2 * limits.drain_steps_max;
}

static void begin(void) {
    shadow_begin(GRANULE_BYTES);
    memset(counter.held, 0, world.cpus * sizeof counter.held[0]);
    for (unsigned cpu = 0; cpu < world.cpus; cpu++)
        counter.policy[cpu] = TALLOC_PRIMARY_THEN_BACKUP;
}

// A new block, or an old one that was resized: as the policy allows, and nobody else's. It may have stayed where it
// was.
static void receive(unsigned cpu, struct piece *piece, unsigned char *start, size_t size) {
    bool is_new = !talloc_is_backup_mem(counter.talloc, piece->start);
    if (!talloc_is_primary_mem(counter.talloc, start) &&
        (!talloc_is_backup_mem(counter.talloc, start) || (is_new && counter.policy[cpu] == TALLOC_PRIMARY_ONLY)))
        world_fail("CPU %u was given memory that its policy forbids", cpu);
    *piece = (struct piece){start, size};
    shadow_enter(cpu, start, watched(size));
    memset(start, (int)cpu + 1, size);
}

static void leave(unsigned cpu, const struct piece *piece) {
    if (piece->start[0] != (unsigned char)(cpu + 1) || piece->start[piece->size - 1] != (unsigned char)(cpu + 1))
        world_fail("the contents of a block of %zu bytes on CPU %u have changed", piece->size, cpu);
    shadow_leave(cpu, piece->start, watched(piece->size));
}

static void resize(unsigned cpu, struct piece *piece, size_t size) {
    if (piece->start != NULL)
        leave(cpu, piece);
    call_begin_last(cpu, piece->start == NULL ? "talloc_alloc" : "talloc_realloc", counter.alloc_steps,
                    counter.last_resort_steps);
    unsigned char *start = talloc_realloc(counter.talloc, cpu, piece->start, size, 8);
    call_end(cpu);
    if (start != NULL)
        receive(cpu, piece, start, size);
    else if (piece->start != NULL)
        shadow_enter(cpu, piece->start, watched(piece->size));
}

static void give(unsigned cpu, struct piece *piece) {
    if (piece->start == NULL)
        return;
    leave(cpu, piece);
    unsigned char *start = piece->start;
    piece->start = NULL;
    call_begin(cpu, "talloc_free", counter.free_steps);
    talloc_free(counter.talloc, cpu, start);
    call_end(cpu);
}

static void set_policy(unsigned cpu, enum talloc_policy policy) {
    counter.policy[cpu] = policy;
    call_begin(cpu, "talloc_use", 2);
    if (policy == TALLOC_PRIMARY_ONLY)
        talloc_use_primary(counter.talloc, cpu);
    else
        talloc_use_primary_then_backup(counter.talloc, cpu);
    call_end(cpu);
}

static void act(unsigned cpu) {
    struct rng *rng = &world.cpu[cpu].rng;
    struct piece *piece = &counter.held[cpu][rng_below(rng, PLACES)];
    if (rng_percent(rng, 8)) {
        call_begin(cpu, "talloc_drain", counter.drain_steps);
        (void)talloc_drain(counter.talloc, cpu);
        call_end(cpu);
    } else if (piece->start == NULL || rng_percent(rng, 15)) {
        resize(cpu, piece, 1 + rng_below(rng, SIZE_MOST));
    } else {
        give(cpu, piece);
    }
}

// As a task, and now and then as the kernel, two deep.
static void run(unsigned cpu) {
    struct rng *rng = &world.cpu[cpu].rng;
    set_policy(cpu, TALLOC_PRIMARY_ONLY);
    for (unsigned i = 0; i < world_ops(cpu); i++) {
        enum talloc_policy task = talloc_save(counter.talloc, cpu);
        if (rng_percent(rng, 40)) {
            set_policy(cpu, TALLOC_PRIMARY_THEN_BACKUP);
            enum talloc_policy kernel = talloc_save(counter.talloc, cpu);
            set_policy(cpu, rng_percent(rng, 50) ? TALLOC_PRIMARY_ONLY : TALLOC_PRIMARY_THEN_BACKUP);
            act(cpu);
            talloc_restore(counter.talloc, cpu, kernel);
            counter.policy[cpu] = kernel;
        }
        act(cpu);
        talloc_restore(counter.talloc, cpu, task);
        counter.policy[cpu] = task;
        if (task != TALLOC_PRIMARY_ONLY || talloc_save(counter.talloc, cpu) != task)
            world_fail("CPU %u has not the policy that it saved", cpu);
    }
    for (unsigned i = 0; i < PLACES && cpu % 2 == 0; i++)
        give(cpu, &counter.held[cpu][i]);
}

static void check_whole(const struct talloc_heap *heap, size_t before, const char *which) {
    size_t now = bytes_free(heap);
    if (now != before)
        world_fail("lost: %zu of %zu bytes of the %s heap are free at the end", now, before, which);
}

static void finish(void) {
    struct talloc_stats stats;
    for (unsigned cpu = 0; cpu < world.cpus; cpu++) {
        for (unsigned i = 0; i < PLACES && !world.cpu[cpu].frozen; i++)
            give(cpu, &counter.held[cpu][i]);
        while (!world.cpu[cpu].frozen && talloc_drain(counter.talloc, cpu)) {
        }
    }
    if (world.state.frozen > 0)
        return; // what they hide is for the heaps' own scenarios
    const char *broken = talloc_check(counter.talloc, 0);
    if (broken != NULL)
        world_fail("broken rule: %s", broken);
    talloc_stats(counter.talloc, &stats);
    if (stats.backup_allocs != stats.backup_frees || stats.backup_used_bytes != 0)
        world_fail("%llu blocks taken of the backup heap, %llu given back, %zu bytes in use",
                   (unsigned long long)stats.backup_allocs, (unsigned long long)stats.backup_frees,
                   stats.backup_used_bytes);
    check_whole(&counter.primary, counter.primary_bytes, "primary");
    check_whole(&counter.backup, counter.backup_bytes, "backup");
}

static void name_word(const void *at, char *name, size_t bytes) {
    bool is_primary = talloc_is_within(&counter.primary, at);
    const struct talloc_heap *heap = is_primary ? &counter.primary : &counter.backup;
    (void)snprintf(name, bytes, "%s + %#zx", is_primary ? "primary" : "backup",
                   (size_t)((const char *)at - (const char *)heap->start));
}

const struct scenario scenario_tallocs = {
    .name = "tallocs",
    .summary = "takes, resizes and gives back blocks of two heaps by turns as a task and as the kernel, and drains",
    .cpus_least = 1,
    .cpus_most = CPUS_MAX,
    .ops = 30,
    .build = build,
    .begin = begin,
    .run = run,
    .finish = finish,
    .name_word = name_word,
};
