// SPDX-License-Identifier: MIT
// Double frees. The plain build sees one when the block's bit is about to be set a second time; wfheap_checked sees
// each at the second free, wherever the block is meanwhile, and poisons what was freed. Built twice, once for each
// library.
#include "catch.h"
#include "stress/support/die.h"

#include <stdio.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

static struct world world;
static wfh *heap;

static const size_t sizes[] = {16, 24, 64, 100, 256, 1000, 4096, 5000, 17000, 29120};
#define SIZES (sizeof sizes / sizeof sizes[0])

// More blocks of one size than a magazine holds; `pin` among them keeps the span alive.
#define BLOCKS_MAX 4096u
static void *blocks[BLOCKS_MAX];

static size_t fill(size_t size) {
    size_t count = 2 * MIB / size < BLOCKS_MAX ? 2 * MIB / size : BLOCKS_MAX;
    for (size_t i = 0; i < count; i++) {
        blocks[i] = wfh_alloc(heap, 0, size, 8);
        if (blocks[i] == NULL) {
            die("no block of %zu bytes", size);
        }
    }
    return count;
}

#ifdef WFH_CHECKED

// True for a double free; false if the block's page has become free as well by now, which is the better answer then.
static bool must_refuse_again(size_t cpu, void *p) {
    bool seen = catch_free(heap, cpu, p);
    bool kind_fits = caught.kind == PORT_FAULT_DOUBLE_FREE || caught.kind == PORT_FAULT_FREE_PAGE;
    if (!seen || !kind_fits || caught.address != p || caught.cpu != cpu) {
        die("second free of %p on cpu %zu: seen %d, kind %d at %p on cpu %zu", p, cpu, seen, (int)caught.kind,
            caught.address, caught.cpu);
    }
    return caught.kind == PORT_FAULT_DOUBLE_FREE;
}

// The block lies in a magazine, in the next CPU's magazine, or evicted behind many others: always seen at once.
static void test_second_free(void) {
    for (size_t s = 0; s < SIZES; s++) {
        size_t count = fill(sizes[s]), doubles = 0;
        for (size_t i = 0; i + 1 < count; i++) {
            wfh_free(heap, i % 2, blocks[i]);
            doubles += must_refuse_again(0, blocks[i]);
            doubles += must_refuse_again(1, blocks[i]);
        }
        world_drain(&world, 0);
        world_drain(&world, 1);
        // Its page may have been given back, or is kept by the last block, if that is in the same span.
        (void)must_refuse_again(0, blocks[count - 2]);
        if (doubles < count) {
            die("of %zu double frees of %zu bytes only %zu were called that", 2 * count, sizes[s], doubles);
        }
        wfh_free(heap, 0, blocks[count - 1]);
        world_reckon(&world);
    }
}

static void expect_poison(const unsigned char *block, size_t bytes) {
    for (size_t i = 1; i < bytes; i++) {
        if (block[i] != block[0]) {
            die("byte %zu of a freed block of %zu bytes is not poison", i, bytes);
        }
    }
}

// The same poison whatever was there.
static void test_poison(void) {
    for (size_t s = 0; s < SIZES; s++) {
        unsigned char poison[2];
        for (unsigned round = 0; round < 2; round++) {
            unsigned char *block = wfh_alloc(heap, 0, sizes[s], 8);
            size_t usable = wfh_usable_size(heap, block);
            memset(block, round == 0 ? 0x11 : 0xa5, usable);
            wfh_free(heap, 0, block);
            expect_poison(block, usable);
            poison[round] = block[0];
        }
        if (poison[0] != poison[1]) {
            die("freed blocks of %zu bytes are not poisoned: %02x, then %02x", sizes[s], poison[0], poison[1]);
        }
    }
}

// Reallocation frees as well: the old address is dead.
static void test_after_realloc(void) {
    for (size_t s = 0; s < SIZES; s++) {
        void *old = wfh_alloc(heap, 0, sizes[s], 8);
        void *moved = wfh_realloc(heap, 0, old, sizes[s] * 3, 8);
        if (moved == old) {
            die("a block of %zu bytes grew threefold in place", sizes[s]);
        }
        must_fault_free(heap, 0, old, PORT_FAULT_DOUBLE_FREE);
        must_fault_realloc(heap, 1, old, 10 * sizes[s], PORT_FAULT_DOUBLE_FREE);
        wfh_free(heap, 0, moved);
    }
    world_reckon(&world);
}

#else

static void release(size_t count) {
    for (size_t i = 0; i < count; i++) {
        wfh_free(heap, 0, blocks[i]);
        blocks[i] = NULL;
    }
}

static void must_have_seen(bool seen, const void *twice, size_t size) {
    if (!seen) {
        die("block %p of %zu bytes was freed and drained twice unseen", twice, size);
    }
    if (caught.kind != PORT_FAULT_DOUBLE_FREE || caught.address != twice) {
        die("double free of %p (%zu bytes): fault of kind %d at %p", twice, size, (int)caught.kind, caught.address);
    }
}

// Frees again what was freed and drained while a neighbour keeps the span, and drains: the bit is there already.
static void test_published(void) {
    for (size_t s = 0; s < SIZES; s++) {
        size_t count = fill(sizes[s]);
        void *twice = blocks[0];
        wfh_free(heap, 0, twice);
        world_drain(&world, 0);
        must_have_seen(catch_free(heap, 0, twice) || catch_drain(&world, 0), twice, sizes[s]);
        blocks[0] = blocks[--count];
        release(count);
        world_reckon(&world);
    }
}

// Both copies of the block go through the same CPU's cache and meet there, or at the span.
static void test_own_cache(void) {
    for (size_t s = 0; s < SIZES; s++) {
        size_t count = fill(sizes[s]);
        void *twice = blocks[0];
        wfh_free(heap, 1, twice);
        must_have_seen(catch_free(heap, 1, twice) || catch_drain(&world, 1), twice, sizes[s]);
        blocks[0] = blocks[--count];
        release(count);
        world_reckon(&world);
    }
}

// One copy in each of two CPUs' caches: seen when the second one is given back.
static void test_two_caches(void) {
    for (size_t s = 0; s < SIZES; s++) {
        size_t count = fill(sizes[s]);
        void *twice = blocks[0];
        wfh_free(heap, 0, twice);
        bool seen_at_free = catch_free(heap, 1, twice);
        bool seen_by_first = catch_drain(&world, 0);
        bool seen_by_second = catch_drain(&world, 1);
        must_have_seen(seen_at_free || seen_by_first || seen_by_second, twice, sizes[s]);
        blocks[0] = blocks[--count];
        release(count);
        world_reckon(&world);
    }
}

#endif

// A run has no cache to hide in: its pages are free at once.
static void test_run(void) {
    for (size_t size = 30000; size < 4 * MIB; size *= 3) {
        void *run = wfh_alloc(heap, 0, size, 8);
        wfh_free(heap, 1, run);
        must_fault_free(heap, 0, run, PORT_FAULT_FREE_PAGE);
        must_fault_realloc(heap, 2, run, 10, PORT_FAULT_FREE_PAGE);
    }
    world_reckon(&world);
}

// Every block once, in any order and on any CPU: no false alarm.
static void test_single_frees(void) {
    for (size_t s = 0; s < SIZES; s++) {
        for (unsigned round = 0; round < 3; round++) {
            size_t count = fill(sizes[s]);
            for (size_t i = 0; i < count; i++) {
                wfh_free(heap, i % 3, blocks[(i * 7919 + round) % count]);
                if (count % 7919 == 0) {
                    die("the walk over %zu blocks would not visit each", count);
                }
            }
        }
    }
    world_reckon(&world);
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
#ifdef WFH_CHECKED
    {"second-free", test_second_free},
    {"poison", test_poison},
    {"after-realloc", test_after_realloc},
#else
    {"published", test_published},
    {"own-cache", test_own_cache},
    {"two-caches", test_two_caches},
#endif
    {"run", test_run},
    {"single-frees", test_single_frees},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 2 && i < sizeof tests / sizeof tests[0]; i++) {
        if (strcmp(argv[1], tests[i].name) == 0) {
            world_init(&world, 16 * MIB, 0, 3, 1);
            heap = world.heap;
            tests[i].run();
            world_destroy(&world);
            return 0;
        }
    }
    die_unusable("%s: name one test, such as %s", argv[0], tests[0].name);
}
