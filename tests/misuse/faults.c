// SPDX-License-Identifier: MIT
// Every kind of misuse must be reported with its kind, the address that was passed in and the CPU, and must leave the
// heap as it was: after each fault the same blocks are live, every invariant holds, and at the end every page is back.
#include "catch.h"
#include "heap/heap_state.h"
#include "stress/support/die.h"
#include "stress/support/rng.h"

#include <stdio.h>
#include <string.h>

#define MIB ((size_t)1 << 20)
#define PAGE ((size_t)WFH_PAGE_BYTES)
#define CPUS ((size_t)3)

static struct world world;
static wfh *heap;

static const size_t small_sizes[] = {16, 24, 48, 100, 128, 144, 1000, 1024, 4096, 5000, 16384, 17000, 29120};
static const size_t run_sizes[] = {29121, 40000, 64 * WFH_PAGE_BYTES, 65 * WFH_PAGE_BYTES, 1 << 20};

#define FOR_EACH(item, array)                                                                                          \
    for (const size_t *item = (array); item < (array) + sizeof(array) / sizeof(array)[0]; item++)

static size_t live_bytes(void) {
    struct wfh_stats stats;
    wfh_stats(heap, &stats);
    return stats.live_bytes;
}

// A bad pointer, to every call that takes one.
static void must_refuse(void *p, enum port_fault_kind kind, size_t cpu) {
    must_fault_free(heap, cpu, p, kind);
    must_fault_realloc(heap, cpu, p, 100, kind);
    must_fault_realloc(heap, cpu, p, 0, kind);
    must_fault_usable_size(heap, p, kind);
}

// What the heap holds, after a number of faults.
static void must_hold(size_t bytes) {
    if (live_bytes() != bytes) {
        die("faults changed the live bytes from %zu to %zu", bytes, live_bytes());
    }
    world_check(&world);
}

static void *block_of(size_t size) {
    void *p = wfh_alloc(heap, 0, size, 8);
    if (p == NULL) {
        die("no block of %zu bytes", size);
    }
    return p;
}

static void test_foreign(void) {
    int local;
    unsigned char *end = world.region + world.region_bytes;
    struct wfh_stats stats;
    wfh_stats(heap, &stats);
    void *live = block_of(64);
    must_refuse(&local, PORT_FAULT_FOREIGN, 0);
    must_refuse(&world, PORT_FAULT_FOREIGN, 1);
    must_refuse((void *)(uintptr_t)1, PORT_FAULT_FOREIGN, 2);
    must_refuse((void *)(uintptr_t)PAGE, PORT_FAULT_FOREIGN, 0);
    must_refuse((void *)(UINTPTR_MAX - 7), PORT_FAULT_FOREIGN, 0);
    must_refuse(world.region, PORT_FAULT_FOREIGN, 0);
    must_refuse(world.region - 16, PORT_FAULT_FOREIGN, 0);
    must_refuse(world.region + stats.metadata_bytes - 16, PORT_FAULT_FOREIGN, 0);
    must_refuse(end, PORT_FAULT_FOREIGN, 0);
    must_refuse(end + 64 * PAGE, PORT_FAULT_FOREIGN, 1);
    must_refuse(heap, PORT_FAULT_FOREIGN, 0);

    struct world other;
    world_init(&other, 2 * MIB, 1, 1, 1);
    void *theirs = wfh_alloc(other.heap, 0, 64, 8);
    must_refuse(theirs, PORT_FAULT_FOREIGN, 0);
    must_hold(wfh_usable_size(heap, live));
    wfh_free(other.heap, 0, theirs);
    world_reckon(&other);
    world_destroy(&other);
    wfh_free(heap, 0, live);
}

static void test_foreign_hole(void) {
    unsigned char *pages = block_of(4 * MIB); // for address space that is certainly mapped
    wfh *holed = NULL;
    if (wfh_init_reserved(pages, 4 * MIB, MIB, 1, &holed) != WFH_OK ||
        wfh_add_memory(holed, pages + 2 * MIB, MIB) != WFH_OK) {
        die("a heap inside a block of another cannot be made");
    }
    static const size_t holes[] = {1 << 20, 2 * (1 << 20) - 16, 3 << 20, 4 * (1 << 20) - 4096};
    FOR_EACH(hole, holes) {
        must_fault_free(holed, 0, pages + *hole, PORT_FAULT_FOREIGN);
    }
    wfh_free(heap, 0, pages);
}

static void test_misplaced_interior(void) {
    static const size_t offsets[] = {1, 2, 4, 7, 8, 9, 16, 17};
    FOR_EACH(size, small_sizes) {
        unsigned char *p = block_of(*size);
        size_t usable = wfh_usable_size(heap, p);
        FOR_EACH(offset, offsets) {
            if (*offset < usable) {
                must_refuse(p + *offset, PORT_FAULT_MISPLACED, 1);
            }
        }
        must_refuse(p + usable / 2 + 1, PORT_FAULT_MISPLACED, 1);
        must_refuse(p + usable - 1, PORT_FAULT_MISPLACED, 2);
        must_hold(usable);
        wfh_free(heap, 0, p);
    }
}

static void test_misplaced_run(void) {
    FOR_EACH(size, run_sizes) {
        unsigned char *p = block_of(*size);
        size_t usable = wfh_usable_size(heap, p);
        must_refuse(p + 1, PORT_FAULT_MISPLACED, 0);
        must_refuse(p + 8, PORT_FAULT_MISPLACED, 0);
        must_refuse(p + 16, PORT_FAULT_MISPLACED, 0);
        for (size_t offset = PAGE; offset < usable; offset += PAGE) {
            must_refuse(p + offset, PORT_FAULT_MISPLACED, 1);
            must_refuse(p + offset + 24, PORT_FAULT_MISPLACED, 1);
        }
        must_refuse(p + usable - 1, PORT_FAULT_MISPLACED, 2);
        must_hold(usable);
        wfh_free(heap, 0, p);
    }
}

// Spans are aligned to their length; what is left behind the last block belongs to nobody.
static void test_misplaced_tail(void) {
    struct wfh_class_stats class;
    size_t tails = 0;
    for (size_t i = 0; wfh_class_stats(heap, i, &class); i++) {
        unsigned char *p = block_of(class.block_bytes);
        size_t span_bytes = class.span_pages * PAGE, used = class.blocks_per_span * class.block_bytes;
        unsigned char *span = (unsigned char *)((uintptr_t)p & ~(uintptr_t)(span_bytes - 1));
        for (size_t offset = used; offset < span_bytes; offset += 8) {
            must_refuse(span + offset, PORT_FAULT_MISPLACED, 0);
            tails++;
        }
        must_hold(class.block_bytes);
        wfh_free(heap, 0, p);
        world_drain(&world, 0);
    }
    if (tails == 0) {
        die("no class has a tail: this test shows nothing");
    }
}

// Fresh pages, and pages that were in use by every kind of block and came back.
static void test_free_page(void) {
    unsigned char *end = world.region + world.region_bytes;
    must_refuse(end - 16, PORT_FAULT_FREE_PAGE, 0);
    must_refuse(end - PAGE, PORT_FAULT_FREE_PAGE, 2);
    FOR_EACH(size, small_sizes) {
        void *p = block_of(*size);
        wfh_free(heap, 1, p);
        world_drain(&world, 0);
        world_drain(&world, 1);
        must_refuse(p, PORT_FAULT_FREE_PAGE, 0);
    }
    FOR_EACH(size, run_sizes) {
        unsigned char *p = block_of(*size);
        wfh_free(heap, 1, p);
        must_refuse(p, PORT_FAULT_FREE_PAGE, 0);
        must_refuse(p + PAGE, PORT_FAULT_FREE_PAGE, 0);
        must_hold(0);
    }
}

static void test_bad_cpu(void) {
    static const size_t cpus[] = {CPUS, CPUS + 1, 1023, 1024, SIZE_MAX};
    FOR_EACH(size, small_sizes) {
        void *p = block_of(*size);
        FOR_EACH(cpu, cpus) {
            size_t before = live_bytes();
            must_fault_free(heap, *cpu, p, PORT_FAULT_BAD_CPU);
            if (wfh_alloc(heap, *cpu, *size, 8) != NULL || wfh_realloc(heap, *cpu, p, 2 * *size, 8) != NULL) {
                die("cpu %zu of %zu was given memory", *cpu, CPUS);
            }
            if (wfh_drain(heap, *cpu) || live_bytes() != before) {
                die("cpu %zu of %zu changed the heap", *cpu, CPUS);
            }
        }
        wfh_free(heap, 0, p);
    }
}

// Misuse between all kinds of right use: the heap must go on as if nothing had happened.
static void test_between(void) {
    enum { COUNT = 300 };
    unsigned char *blocks[COUNT] = {NULL};
    struct rng rng = {17};
    for (unsigned step = 0; step < 20000; step++) {
        size_t i = rng_below(&rng, COUNT), cpu = rng_below(&rng, CPUS);
        if (blocks[i] == NULL) {
            blocks[i] = wfh_alloc(heap, cpu, rng_log_uniform(&rng, 40000), 8);
        } else if (rng_percent(&rng, 30)) {
            size_t off = 1 + rng_below(&rng, wfh_usable_size(heap, blocks[i]) - 1);
            must_fault_free(heap, cpu, blocks[i] + off, PORT_FAULT_MISPLACED);
        } else {
            wfh_free(heap, cpu, blocks[i]);
            blocks[i] = NULL;
        }
        if (step % 500 == 0) {
            world_check(&world);
        }
    }
    for (size_t i = 0; i < COUNT; i++) {
        wfh_free(heap, 0, blocks[i]);
    }
}

// Somebody wrote into the metadata: the length of a run now reaches over pages that are free.
static void test_corrupt(void) {
    void *run = block_of(10 * PAGE);
    word_t *state = &heap->map.state[span_page_of(&heap->map, run)];
    word_store_relaxed(state, word_load_relaxed(state) + (UINT64_C(1) << SPAN_LIVE_SHIFT));
    struct wfh_finding finding;
    if (wfh_check(heap, &finding)) {
        die("a run's length was changed, and the check finds nothing");
    }
    must_fault_free(heap, 2, run, PORT_FAULT_CORRUPT);
}

static const struct {
    const char *name;
    void (*run)(void);
    bool sound; // the heap is still good afterwards
} tests[] = {
    {"foreign", test_foreign, true},
    {"foreign-hole", test_foreign_hole, true},
    {"misplaced-interior", test_misplaced_interior, true},
    {"misplaced-run", test_misplaced_run, true},
    {"misplaced-tail", test_misplaced_tail, true},
    {"free-page", test_free_page, true},
    {"bad-cpu", test_bad_cpu, true},
    {"between", test_between, true},
    {"corrupt", test_corrupt, false},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 2 && i < sizeof tests / sizeof tests[0]; i++) {
        if (strcmp(argv[1], tests[i].name) == 0) {
            world_init(&world, 16 * MIB, 21, CPUS, 1);
            heap = world.heap;
            tests[i].run();
            if (tests[i].sound) {
                world_reckon(&world);
            }
            world_destroy(&world);
            return 0;
        }
    }
    die_unusable("%s: name one test, such as %s", argv[0], tests[0].name);
}
