// SPDX-License-Identifier: MIT
// Public calls of the core, each many times and in many situations, the same way in every run, on one thread that plays
// four CPUs in turn: what QEMU counts the instructions of. There is memory enough that no call comes to the last
// resort.
#include "port/port.h"
#include "stress/support/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wfheap/bump.h>
#include <wfheap/frame.h>
#include <wfheap/heap.h>
#include <wfheap/talloc.h>

#define CPUS 4u
#define MIB ((size_t)1 << 20)
#define HEAP_BYTES (64 * MIB)
#define POOL_BYTES (32 * MIB)
#define PLACES 2000u // for blocks
#define RUNS 400u    // for frames: fewer than there are
#define ROUNDS 200000u
#define SIZE_MOST 16384u
#define COPIED_MOST 256u // of what is copied or cleared
#define FRAMES_MOST 64u
#define BUMP_ROUNDS 20000u
#define BACKUP_BYTES (16 * MIB)
#define PLACES_SHARED 500u

_Noreturn void port_fault(enum port_fault_kind kind, const void *address, size_t cpu) {
    fprintf(stderr, "calls: fault %d at %p on CPU %zu\n", (int)kind, address, cpu);
    exit(1);
}

static _Noreturn void fail(const char *sentence) {
    fprintf(stderr, "calls: %s\n", sentence);
    exit(1);
}

static void *memory(size_t bytes) {
    void *p = aligned_alloc(MIB, bytes);
    if (p == NULL)
        fail("no memory");
    return memset(p, 0, bytes);
}

struct place {
    unsigned char *block;
    size_t size;
};

static void heap_use(wfh *heap, size_t cpu, struct place *place, struct rng *rng) {
    size_t what = rng_below(rng, 100);
    if (wfh_usable_size(heap, place->block) < place->size || !wfh_owns(heap, place->block))
        fail("a block is shorter than was asked for, or foreign");
    if (what < 15 && place->size <= COPIED_MOST) {
        size_t size = rng_log_uniform(rng, COPIED_MOST);
        unsigned char *p = wfh_realloc(heap, cpu, place->block, size, 8);
        if (p != NULL)
            *place = (struct place){p, size};
    } else if (what < 90) {
        wfh_free(heap, cpu, place->block);
        place->block = NULL;
    }
}

static void heap_take(wfh *heap, size_t cpu, struct place *place, struct rng *rng) {
    size_t what = rng_below(rng, 1000);
    place->size = rng_log_uniform(rng, what < 150 ? COPIED_MOST : what < 998 ? SIZE_MOST : 16 * SIZE_MOST);
    place->block = (what < 150 ? wfh_zalloc : wfh_alloc)(heap, cpu, place->size, what < 200 ? 64 : 8);
}

static void heap_calls(void) {
    static struct place places[PLACES];
    struct rng rng = {1};
    wfh *heap = NULL;
    enum wfh_error error = wfh_init(memory(HEAP_BYTES), HEAP_BYTES, CPUS, &heap);
    if (error != WFH_OK)
        fail(wfh_strerror(error));
    for (unsigned i = 0; i < ROUNDS; i++) {
        // Turns of random length: what one CPU gave back, others find.
        const size_t cpu = i / 997 % CPUS;
        struct place *place = &places[rng_below(&rng, i / 50000 % 2 == 0 ? PLACES : PLACES / 20)];
        if (place->block == NULL)
            heap_take(heap, cpu, place, &rng);
        else
            heap_use(heap, cpu, place, &rng);
        if (rng_below(&rng, 1000) == 0)
            (void)wfh_drain(heap, cpu);
    }
}

// Both heaps are wf; the primary one has enough, so that it alone is asked.
static talloc *talloc_make(void) {
    static _Alignas(TALLOC_STORAGE_ALIGN) unsigned char storage[TALLOC_STORAGE_BYTES(CPUS)];
    const size_t bytes[] = {HEAP_BYTES, BACKUP_BYTES};
    struct talloc_heap heaps[2];
    for (unsigned i = 0; i < 2; i++) {
        heaps[i] = (struct talloc_heap){.backend = &wfh_backend, .start = memory(bytes[i]), .bytes = bytes[i]};
        const char *complaint = wfh_backend.init(heaps[i].start, bytes[i], CPUS, &heaps[i].heap);
        if (complaint != NULL)
            fail(complaint);
    }
    talloc *self = NULL;
    const struct talloc_config config = {.cpus = CPUS, .primary = heaps[0], .backup = heaps[1]};
    enum talloc_error error = talloc_init(&config, storage, sizeof storage, &self);
    if (error != TALLOC_OK)
        fail(talloc_strerror(error));
    return self;
}

static void talloc_calls(void) {
    static struct place places[PLACES_SHARED];
    struct rng rng = {1};
    talloc *self = talloc_make();
    for (unsigned i = 0; i < ROUNDS; i++) {
        const size_t cpu = i / 997 % CPUS;
        struct place *place = &places[rng_below(&rng, PLACES_SHARED)];
        if (i % 997 == 0)
            (i / 997 % 2 == 0 ? talloc_use_primary : talloc_use_primary_then_backup)(self, cpu);
        if (place->block == NULL) {
            place->size = rng_log_uniform(&rng, SIZE_MOST);
            place->block = talloc_alloc(self, cpu, place->size, 8);
        } else if (place->size <= COPIED_MOST && rng_percent(&rng, 15)) {
            place->size = rng_log_uniform(&rng, COPIED_MOST);
            place->block = talloc_realloc(self, cpu, place->block, place->size, 8);
        } else {
            if (talloc_usable_size(self, cpu, place->block) < place->size)
                fail("a block is shorter than was asked for");
            talloc_free(self, cpu, place->block);
            place->block = NULL;
        }
    }
}

static frame_pool *pool_make(void) {
    const struct frame_region regions[] = {
        {.start = 0, .bytes = POOL_BYTES / 4, .kind = FRAME_USABLE},
        {.start = 1024 * MIB, .bytes = POOL_BYTES, .kind = FRAME_USABLE},
    };
    const struct frame_config config = {
        .regions = regions, .region_count = 2, .cpus = CPUS, .direct_map = FRAME_UNREACHABLE};
    frame_pool *pool = NULL;
    size_t bytes = (frame_footprint(&config) + MIB - 1) & ~(MIB - 1);
    enum frame_error error = frame_init(&config, memory(bytes), bytes, &pool);
    if (error != FRAME_OK)
        fail(frame_strerror(error));
    return pool;
}

struct run {
    uint64_t first;
    size_t frames; // 0: none
};

static void frames_take(frame_pool *pool, size_t cpu, struct run *run, struct rng *rng) {
    struct frame_wish wish = {.count = 1, .limit = FRAME_LIMIT_NONE, .node = FRAME_NODE_OWN};
    enum frame_error error;
    if (rng_percent(rng, 80)) {
        error = frame_alloc(pool, cpu, &run->first);
    } else {
        wish.count = rng_log_uniform(rng, FRAMES_MOST);
        error = frame_alloc_wish(pool, cpu, &wish, &run->first);
    }
    run->frames = error == FRAME_OK ? wish.count : 0;
}

static void frames_give(frame_pool *pool, size_t cpu, struct run *run) {
    for (size_t i = 0; i < run->frames; i++) {
        frame_get(pool, run->first + i * FRAME_BYTES);
        if (frame_is_unique(pool, run->first + i * FRAME_BYTES))
            fail("a frame with two references is unique");
        frame_put(pool, cpu, run->first + i * FRAME_BYTES);
        frame_put(pool, cpu, run->first + i * FRAME_BYTES);
    }
    run->frames = 0;
}

static void frame_calls(void) {
    static struct run runs[RUNS];
    struct rng rng = {1};
    frame_pool *pool = pool_make();
    for (unsigned i = 0; i < ROUNDS; i++) {
        const size_t cpu = i / 997 % CPUS;
        struct run *run = &runs[rng_below(&rng, i / 50000 % 2 == 0 ? RUNS : RUNS / 20)];
        if (run->frames == 0)
            frames_take(pool, cpu, run, &rng);
        else
            frames_give(pool, cpu, run);
        if (rng_below(&rng, 1000) == 0)
            (void)frame_drain(pool, cpu);
    }
}

static void boot_calls(void) {
    const struct bump_range ranges[] = {{MIB, MIB}, {4 * MIB, 2 * MIB}};
    static _Alignas(64) unsigned char storage[BUMP_STORAGE_BYTES(2)];
    struct rng rng = {1};
    bump *boot = NULL;
    enum bump_error error = bump_init(ranges, 2, CPUS, storage, sizeof storage, &boot);
    if (error != BUMP_OK)
        fail(bump_strerror(error));
    for (unsigned i = 0; i < BUMP_ROUNDS; i++) {
        uint64_t bytes = 1 + rng_below(&rng, 300), address;
        error = (rng_percent(&rng, 50) ? bump_alloc : bump_alloc_top)(boot, bytes, (uint64_t)1 << rng_below(&rng, 8),
                                                                      &address);
        if (error == BUMP_OK && rng_percent(&rng, 30))
            bump_free(boot, address, bytes);
    }
}

int main(void) {
    heap_calls();
    talloc_calls();
    frame_calls();
    boot_calls();
    return 0;
}
