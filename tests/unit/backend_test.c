// SPDX-License-Identifier: MIT
// What every heap behind wfheap/backend.h has to do, asked of each by the same code.
#include "backends.h"
#include "expect.h"
#include "stress/support/region.h"
#include "stress/support/rng.h"

#include <stdint.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

enum { CPUS = 4, PLACES = 3000, REGION_MIB = 8 };

TestSuite(backend, .timeout = 120);

struct world {
    const struct heap_backend *backend;
    unsigned char *region;
    void *heap;
    size_t largest, all; // free at first
};

struct place {
    unsigned char *p;
    size_t size;
};

static struct world make(const struct heap_backend *backend, size_t bytes) {
    struct world made = {.backend = backend, .region = region_map(bytes, 0)};
    const char *refusal = backend->init(made.region, bytes, CPUS, &made.heap);
    EXPECT(refusal == NULL, "%s: %s", backend->name, refusal);
    backend->free_bytes(made.heap, 0, &made.largest, &made.all);
    return made;
}

static void must_hold(const struct world *world) {
    const char *broken = world->backend->check(world->heap, 0);
    EXPECT(broken == NULL, "%s: broken: %s", world->backend->name, broken);
}

static void must_be_whole(const struct world *world) {
    const struct heap_backend *backend = world->backend;
    for (size_t cpu = 0; cpu < CPUS; cpu++) {
        for (unsigned turn = 0; backend->drain(world->heap, cpu); turn++)
            EXPECT(turn < 10000, "%s: no end of draining slot %zu", backend->name, cpu);
    }
    size_t largest, all;
    backend->free_bytes(world->heap, 0, &largest, &all);
    EXPECT(largest == world->largest && all == world->all, "%s: %zu and %zu bytes were free, now %zu and %zu",
           backend->name, world->largest, world->all, largest, all);
    must_hold(world);
}

static void write_pattern(struct place *place) {
    for (size_t i = 0; i < place->size; i++)
        place->p[i] = (unsigned char)((uintptr_t)place->p / 8 + i * 7);
}

static void must_keep_pattern(const struct place *place, uintptr_t was, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        EXPECT(place->p[i] == (unsigned char)(was / 8 + i * 7), "byte %zu of %zu was changed", i, place->size);
}

Test(backend, refusals_are_sentences_and_change_nothing) {
    unsigned char *region = region_map(8 * MIB, 0);
    for (size_t i = 0; i < BACKENDS; i++) {
        const struct heap_backend *backend = backends[i];
        void *heap = NULL, *taken = region;
        EXPECT(backend->init(NULL, 8 * MIB, CPUS, &heap) != NULL, "%s: no region", backend->name);
        EXPECT(backend->init(region + 1, 4 * MIB, CPUS, &heap) != NULL, "%s: misaligned", backend->name);
        EXPECT(backend->init(region, 64, CPUS, &heap) != NULL, "%s: too small", backend->name);
        EXPECT(backend->init(region, 8 * MIB, 0, &heap) != NULL, "%s: no CPU", backend->name);
        EXPECT(backend->init(region, 8 * MIB, 100000, &heap) != NULL, "%s: too many CPUs", backend->name);
        EXPECT(backend->init(region, SIZE_MAX, CPUS, &heap) != NULL, "%s: wraps around", backend->name);
        EXPECT(heap == NULL, "%s: refused, and a heap all the same", backend->name);
        EXPECT(backend->init(region, 8 * MIB, CPUS, &taken) != NULL && taken == region, "%s: twice", backend->name);
    }
}

// Alignments of 0 to 8, powers of two or not, all mean 8: nobody is refused or moved for one.
Test(backend, small_alignments_mean_eight) {
    for (size_t i = 0; i < BACKENDS; i++) {
        struct world world = make(backends[i], MIB);
        for (size_t align = 0; align <= 8; align++) {
            void *p = world.backend->alloc(world.heap, 0, 100, align);
            EXPECT(p != NULL && (uintptr_t)p % 8 == 0, "%s: 100 bytes at %zu: %p", world.backend->name, align, p);
            void *q = world.backend->realloc(world.heap, 0, p, 99, align);
            EXPECT(q == p, "%s: 99 bytes at %zu moved", world.backend->name, align);
            world.backend->free(world.heap, 0, q);
        }
        must_be_whole(&world);
    }
}

static void check_blocks(const struct heap_backend *backend) {
    struct world world = make(backend, REGION_MIB * MIB);
    static struct place places[PLACES];
    struct rng random = {1};
    for (size_t i = 0; i < PLACES; i++) {
        size_t align = (size_t)1 << rng_below(&random, 14), cpu = i % CPUS;
        struct place *place = &places[i];
        place->size = rng_log_uniform(&random, 8000);
        place->p = backend->alloc(world.heap, cpu, place->size, align);
        EXPECT(place->p != NULL && (uintptr_t)place->p % (align < 8 ? 8 : align) == 0, "%s: %zu bytes at %zu: %p",
               backend->name, place->size, align, (void *)place->p);
        EXPECT(backend->owns(world.heap, place->p), "%s: disowns its block", backend->name);
        size_t usable = backend->usable_size(world.heap, cpu, place->p);
        EXPECT(usable >= place->size, "%s: %zu bytes of %zu", backend->name, usable, place->size);
        write_pattern(place);
    }
    EXPECT(!backend->owns(world.heap, &world) && !backend->owns(world.heap, world.region + REGION_MIB * MIB),
           "%s: owns what lies outside", backend->name);
    must_hold(&world);
    for (size_t i = 0; i < PLACES; i++) {
        must_keep_pattern(&places[i], (uintptr_t)places[i].p, places[i].size);
        backend->free(world.heap, (i + 1) % CPUS, places[i].p);
    }
    backend->free(world.heap, 0, NULL);
    EXPECT(backend->usable_size(world.heap, 0, NULL) == 0, "%s: NULL has a size", backend->name);
    must_be_whole(&world);
}

Test(backend, blocks_are_aligned_apart_and_come_back) {
    for (size_t i = 0; i < BACKENDS; i++)
        check_blocks(backends[i]);
}

Test(backend, bad_requests_are_refused) {
    for (size_t i = 0; i < BACKENDS; i++) {
        struct world world = make(backends[i], REGION_MIB * MIB);
        EXPECT(backends[i]->alloc(world.heap, 0, 0, 8) == NULL, "0 bytes");
        EXPECT(backends[i]->alloc(world.heap, 0, 8, 24) == NULL, "alignment of 24");
        EXPECT(backends[i]->alloc(world.heap, 0, REGION_MIB * MIB, 8) == NULL, "the whole region");
        EXPECT(backends[i]->alloc(world.heap, 0, SIZE_MAX, 8) == NULL, "the address space");
        EXPECT(backends[i]->alloc(world.heap, 0, SIZE_MAX - 8, 4096) == NULL, "nearly the address space");
        EXPECT(backends[i]->alloc(world.heap, 0, 8, ~(SIZE_MAX >> 1)) == NULL, "aligned to half of the address space");
        EXPECT(backends[i]->alloc(world.heap, CPUS, 8, 8) == NULL, "a slot that does not exist");
        void *p = backends[i]->alloc(world.heap, 0, 100, 8);
        EXPECT(backends[i]->realloc(world.heap, 0, p, SIZE_MAX - 100, 8) == NULL, "realloc to the address space");
        EXPECT(backends[i]->realloc(world.heap, 0, p, 200, 24) == NULL, "realloc to an alignment of 24");
        backends[i]->free(world.heap, 0, p);
        must_be_whole(&world);
    }
}

static void realloc_one(const struct world *world, struct place *place, size_t size, size_t align, size_t cpu) {
    const struct heap_backend *backend = world->backend;
    uintptr_t was = (uintptr_t)place->p;
    unsigned char *p = backend->realloc(world->heap, cpu, place->p, size, align);
    EXPECT(size == 0 ? p == NULL : p != NULL && (uintptr_t)p % align == 0, "%s: realloc from %zu to %zu bytes: %p",
           backend->name, place->size, size, (void *)p);
    size_t kept = place->p == NULL ? 0 : place->size < size ? place->size : size;
    *place = (struct place){p, size};
    must_keep_pattern(place, was, kept);
    write_pattern(place);
}

Test(backend, realloc_keeps_what_was_written) {
    enum { FEW = 40, TURNS = 20000 };
    for (size_t i = 0; i < BACKENDS; i++) {
        struct world world = make(backends[i], REGION_MIB * MIB);
        struct place places[FEW] = {0};
        struct rng random = {7};
        for (size_t turn = 0; turn < TURNS; turn++) {
            size_t size = rng_percent(&random, 10) ? 0 : rng_log_uniform(&random, 64000);
            size_t align = rng_percent(&random, 75) ? 8 : (size_t)8 << rng_below(&random, 10);
            realloc_one(&world, &places[rng_below(&random, FEW)], size, align, turn % CPUS);
        }
        must_hold(&world);
        for (size_t n = 0; n < FEW; n++)
            backends[i]->free(world.heap, 0, places[n].p);
        must_be_whole(&world);
    }
}

// Takes blocks until there are no more, chained through their first bytes; answers how many.
static size_t take_all(const struct world *world, size_t cpu, size_t size, void ***chain) {
    size_t count = 0;
    for (void **p; (p = world->backend->alloc(world->heap, cpu, size, 8)) != NULL; count++) {
        *p = *chain;
        *chain = p;
    }
    return count;
}

static void give_all(const struct world *world, size_t cpu, void **chain) {
    while (chain != NULL) {
        void **next = *chain;
        world->backend->free(world->heap, cpu, chain);
        chain = next;
    }
}

Test(backend, exhausted_with_one_size_it_serves_another) {
    static const size_t sizes[] = {8, 4096, 100, 70000, 1000, 4097, 2048, 24, 300000};
    for (size_t i = 0; i < BACKENDS; i++) {
        struct world world = make(backends[i], REGION_MIB * MIB);
        for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
            void **chain = NULL;
            size_t count = take_all(&world, n % CPUS, sizes[n], &chain);
            EXPECT(count * sizes[n] > world.all / 5, "%s: %zu blocks of %zu bytes out of %zu", backends[i]->name, count,
                   sizes[n], world.all);
            must_hold(&world);
            give_all(&world, (n + 1) % CPUS, chain);
            must_be_whole(&world);
        }
    }
}

Test(backend, slots_hide_no_more_than_they_say) {
    for (size_t i = 0; i < BACKENDS; i++) {
        struct world world = make(backends[i], 64 * MIB);
        for (size_t cpu = 1; cpu < CPUS; cpu++) {
            for (size_t size = 8; size <= 4096; size *= 2) {
                void *blocks[64];
                for (size_t n = 0; n < 64; n++)
                    blocks[n] = backends[i]->alloc(world.heap, cpu, size, 8);
                for (size_t n = 0; n < 64; n++)
                    backends[i]->free(world.heap, cpu, blocks[n]);
            }
        }
        void **chain = NULL;
        size_t got = take_all(&world, 0, 4096, &chain) * 4096, hidden = backends[i]->hidden_bytes_max(world.heap);
        // What is hidden may keep more than itself from a size that it is not fit for: the rest of its page or slab.
        EXPECT(got + hidden + world.all / 16 >= world.all, "%s: %zu of %zu bytes, though at most %zu may be hidden",
               backends[i]->name, got, world.all, hidden);
        give_all(&world, 0, chain);
        must_be_whole(&world);
    }
}

Test(backend, memory_can_be_added_or_is_refused) {
    for (size_t i = 0; i < BACKENDS; i++) {
        const struct heap_backend *backend = backends[i];
        unsigned char *range = region_map(16 * MIB, 0);
        struct world world = {.backend = backend, .region = range};
        const char *refusal = backend->init_reserved(range, 16 * MIB, 4 * MIB, CPUS, &world.heap);
        EXPECT(refusal == NULL, "%s: %s", backend->name, refusal);
        backend->free_bytes(world.heap, 0, &world.largest, &world.all);
        size_t before = world.all;
        EXPECT(before < 4 * MIB && backend->alloc(world.heap, 0, 5 * MIB, 8) == NULL, "more than is there");
        EXPECT(backend->add_memory(world.heap, 0, range + 32 * MIB, MIB) != NULL, "%s: outside", backend->name);
        EXPECT(backend->add_memory(world.heap, 0, range + MIB, MIB) != NULL, "%s: there already", backend->name);
        must_be_whole(&world);
        if (backend->add_memory(world.heap, 0, range + 8 * MIB, 8 * MIB) == NULL) {
            void *p = backend->alloc(world.heap, 0, 7 * MIB, 8);
            EXPECT(p != NULL, "%s: added, and no use of it", backend->name);
            memset(p, 1, 7 * MIB);
            backend->free(world.heap, 1, p);
            EXPECT(backend->add_memory(world.heap, 0, range + 7 * MIB, 2 * MIB) != NULL, "%s: overlaps", backend->name);
            EXPECT(backend->add_memory(world.heap, 0, range + 4 * MIB, 4 * MIB) == NULL, "%s: the rest", backend->name);
            backend->free_bytes(world.heap, 0, &world.largest, &world.all);
            EXPECT(world.all == before + 12 * MIB, "%s: %zu bytes free", backend->name, world.all);
        } else {
            EXPECT(backend == &tlsf_backend, "%s: cannot grow", backend->name);
        }
        must_be_whole(&world);
    }
}
