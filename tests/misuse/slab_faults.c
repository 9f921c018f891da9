// SPDX-License-Identifier: MIT
// Every misuse of slab must be reported with its kind, the address that was passed in and the CPU, and must leave
// everything as it was: afterwards all invariants hold, and all memory comes back. Where a second free cannot be seen
// at once, it is seen when the second copy goes back to its slab, and has cost nothing but that copy's place;
// wfheap_checked sees each at once, and poisons what was freed. Built twice, once for each library.
#include "model/testing.h"
#include "stress/support/region.h"

#include <string.h>
#include <wfheap/slab.h>

#include "slab/slab_run.h"

enum { CPUS = 2, RANGE_BYTES = 4 << 20, PRESENT_BYTES = 2 << 20, MANY = 100 };

static slab *heap;
static unsigned char *range;
static struct slab_stats at_first;

static struct slab_stats stats(void) {
    struct slab_stats now;
    slab_stats(heap, 0, &now);
    return now;
}

static unsigned char *take(size_t cpu, size_t size) {
    unsigned char *p = slab_alloc(heap, cpu, size, 8);
    EXPECT(p != NULL, "no block of %zu bytes", size);
    return p;
}

static void drain(size_t cpu) {
    while (slab_drain(heap, cpu)) {
    }
}

// All three calls that are handed a block.
static void must_fault(size_t cpu, void *p, int kind) {
    EXPECT_FAULT(slab_free(heap, cpu, p), kind, p, cpu);
    EXPECT_FAULT(slab_realloc(heap, cpu, p, 10000, 8), kind, p, cpu);
    EXPECT_FAULT(slab_usable_size(heap, cpu, p), kind, p, cpu);
}

// p is a live block. Functions that catch faults change no variable.
static void no_such_cpu(size_t cpu, unsigned char *p) {
    struct slab_stats ignored;
    struct slab_class_stats class;
    struct slab_finding finding;
    EXPECT_FAULT(slab_free(heap, cpu, p), PORT_FAULT_BAD_CPU, p, cpu);
    EXPECT_FAULT(slab_usable_size(heap, cpu, p), PORT_FAULT_BAD_CPU, p, cpu);
    EXPECT_FAULT(slab_stats(heap, cpu, &ignored), PORT_FAULT_BAD_CPU, heap, cpu);
    EXPECT_FAULT(slab_class_stats(heap, cpu, 0, &class), PORT_FAULT_BAD_CPU, heap, cpu);
    EXPECT_FAULT(slab_check(heap, cpu, &finding), PORT_FAULT_BAD_CPU, heap, cpu);
    EXPECT(slab_alloc(heap, cpu, 8, 8) == NULL && slab_realloc(heap, cpu, p, 8, 8) == NULL, "served");
    EXPECT(!slab_drain(heap, cpu), "drained");
    EXPECT(slab_add_memory(heap, cpu, range + PRESENT_BYTES, 4096) == SLAB_ERR_CPU, "added");
}

static void test_bad_cpu(void) {
    unsigned char *p = take(0, 100);
    no_such_cpu(CPUS, p);
    no_such_cpu(SIZE_MAX, p);
    slab_free(heap, 0, p);
}

static void test_foreign(void) {
    static unsigned char mine[64];
    unsigned char *addresses[] = {mine, range, range + at_first.metadata_bytes - 8, range + RANGE_BYTES,
                                  (unsigned char *)8};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        must_fault(1, addresses[i], PORT_FAULT_FOREIGN);
        EXPECT(!slab_owns(heap, addresses[i]), "owned");
    }
}

static void test_absent(void) {
    must_fault(0, range + PRESENT_BYTES + 8192, PORT_FAULT_FOREIGN);
    must_fault(0, range + RANGE_BYTES - 1024, PORT_FAULT_FOREIGN);
}

static void test_misplaced(void) {
    for (size_t size = 16; size <= 4096; size *= 2) {
        unsigned char *p = take(0, size);
        must_fault(1, p + 1, PORT_FAULT_MISPLACED);
        must_fault(1, p + 8, PORT_FAULT_MISPLACED);
        must_fault(1, p + size - 8, PORT_FAULT_MISPLACED);
        slab_free(heap, 0, p);
    }
    unsigned char *run = take(0, 10000);
    must_fault(1, run + 8, PORT_FAULT_MISPLACED);
    must_fault(1, run + 1024, PORT_FAULT_MISPLACED);
    must_fault(1, run + 9 * 1024, PORT_FAULT_MISPLACED);
    slab_free(heap, 0, run);
}

static void test_free_page(void) {
    unsigned char *low = take(0, 10000), *p = take(0, 10000), *high = take(0, 10000);
    slab_free(heap, 0, p);
    must_fault(1, p, PORT_FAULT_FREE_PAGE);
    must_fault(1, p + 3000, PORT_FAULT_FREE_PAGE);
    slab_free(heap, 0, low); // p's unit is inside of a free range now
    must_fault(1, p, PORT_FAULT_FREE_PAGE);
    slab_free(heap, 0, high);
    must_fault(1, range + PRESENT_BYTES - 1024, PORT_FAULT_FREE_PAGE);
}

// A block that is back in its slab, or never left it.
static void test_in_slab(void) {
    unsigned char *stays = take(0, 64), *p = take(0, 64);
    slab_free(heap, 0, p);
    drain(0);
    memset(p, 0x11, 64);
    must_fault(0, p, PORT_FAULT_DOUBLE_FREE);
    unsigned char *last = (unsigned char *)((uintptr_t)p & ~(uintptr_t)4095) + 4096 - 64;
    must_fault(1, last, PORT_FAULT_DOUBLE_FREE);
    slab_free(heap, 0, stays);
}

static void test_in_cache(void) {
    for (size_t size = 8; size <= 4096; size *= 2) {
        unsigned char *p = take(0, size), *q = take(0, size);
        memset(p, 0xff, size);
        slab_free(heap, 0, p);
        slab_free(heap, 0, q);
        must_fault(0, p, PORT_FAULT_DOUBLE_FREE);
        must_fault(0, q, PORT_FAULT_DOUBLE_FREE);
    }
    unsigned char *p = take(1, 8); // comes out of the slab into the cache with others, which nobody had yet
    must_fault(0, p == range + at_first.metadata_bytes ? p + 8 : p - 8, PORT_FAULT_DOUBLE_FREE);
    slab_free(heap, 0, p);
}

static void test_in_other_cache(void) {
    unsigned char *p = take(0, 100);
    slab_free(heap, 1, p);
    must_fault(0, p, PORT_FAULT_DOUBLE_FREE);
}

#ifndef WFH_CHECKED

// The drain must fault with the second copy, and be done for its class.
static void must_fault_drain(size_t cpu, void *p) {
    EXPECT_FAULT(slab_drain(heap, cpu), PORT_FAULT_DOUBLE_FREE, p, cpu);
}

static void test_marked_over(void) {
    unsigned char *stays = take(0, 128), *p = take(0, 128);
    slab_free(heap, 0, p);
    memset(p, 0x22, 128);  // used after it was freed
    slab_free(heap, 1, p); // not seen yet
    drain(0);
    must_fault_drain(1, p);
    slab_free(heap, 0, stays);
}

static void test_slab_gone(void) {
    unsigned char *p = take(0, 4096);
    drain(0);
    slab_free(heap, 0, p);
    memset(p, 0x22, 128);
    slab_free(heap, 1, p);
    drain(0); // the whole slab goes back to the list
    EXPECT(stats().slabs == 0, "a slab is left");
    unsigned char *run = take(0, 65536); // and becomes something else
    must_fault_drain(1, p);
    slab_free(heap, 0, run);
}

#else

// All that keeps a second free from being seen in the other build: the mark is written over, in the same cache or
// another, and the first copy is back in its slab, which may be gone by then.
static void test_second_free(void) {
    for (size_t size = 8; size <= 4096; size *= 2) {
        unsigned char *stays = take(0, size), *p = take(0, size), *q = take(0, size);
        memset(stays, 0x22, size);
        slab_free(heap, 0, p);
        slab_free(heap, 1, q);
        memset(p, 0x22, size);
        memset(q, 0x22, size);
        for (size_t cpu = 0; cpu < CPUS; cpu++) {
            must_fault(cpu, p, PORT_FAULT_DOUBLE_FREE);
            must_fault(cpu, q, PORT_FAULT_DOUBLE_FREE);
        }
        drain(0);
        must_fault(1, p, PORT_FAULT_DOUBLE_FREE);
        EXPECT(slab_usable_size(heap, 1, stays) == size, "the neighbour is lost");
        slab_free(heap, 1, stays);
        drain(1);
        must_fault(0, stays, PORT_FAULT_FREE_PAGE);
    }
}

// The same block comes out of a cache and goes back: it is the present owner's each time.
static void test_held_anew(void) {
    unsigned char *p = take(0, 64);
    for (unsigned round = 0; round < MANY; round++) {
        slab_free(heap, 0, p);
        must_fault(0, p, PORT_FAULT_DOUBLE_FREE);
        EXPECT(take(0, 64) == p, "not the newest");
    }
    slab_free(heap, 1, p);
}

static void test_poison(void) {
    for (size_t size = 16; size <= 65536; size *= 2) {
        unsigned char *p = take(0, size);
        size_t marked = size <= SLAB_BLOCK_BYTES_MAX ? 8 : 0; // a block's first bytes are its mark
        memset(p, 0x11, size);
        slab_free(heap, 0, p);
        for (size_t i = marked; i < size; i++) {
            EXPECT(p[i] == p[marked] && p[i] != 0x11, "byte %zu of %zu is %#x", i, size, p[i]);
        }
    }
}

#endif

// Two CPUs hand in a run at the same moment: both find it, one after the other gets the list.
static void test_run_at_once(void) {
    unsigned char *p = take(0, 10000), *behind = take(0, 10000);
    struct slab_place places[] = {slab_find(heap, 0, p), slab_find(heap, 1, p)};
    slab_run_free(heap, 0, places[0].head);
    EXPECT_FAULT(slab_run_free(heap, 1, places[1].head), PORT_FAULT_FREE_PAGE, p, 1);
    EXPECT_FAULT((void)slab_run_resize(heap, 1, places[1].head, 20000), PORT_FAULT_FREE_PAGE, p, 1);
    slab_free(heap, 1, behind);
}

static const struct {
    const char *name;
    void (*run)(void);
    uint64_t frees_too_many; // of blocks that were counted twice
} tests[] = {{"bad-cpu", test_bad_cpu, 0},         {"foreign", test_foreign, 0},
             {"absent", test_absent, 0},           {"misplaced", test_misplaced, 0},
             {"free-page", test_free_page, 0},     {"in-slab", test_in_slab, 0},
             {"in-cache", test_in_cache, 0},       {"in-other-cache", test_in_other_cache, 0},
#ifdef WFH_CHECKED
             {"second-free", test_second_free, 0}, {"held-anew", test_held_anew, 0},
             {"poison", test_poison, 0},
#else
             {"marked-over", test_marked_over, 1}, {"slab-gone", test_slab_gone, 1},
#endif
             {"run-at-once", test_run_at_once, 0}};

static void must_be_whole(uint64_t frees_too_many) {
    struct slab_finding finding;
    drain(0);
    drain(1);
    struct slab_stats now = stats();
    EXPECT(now.frees == now.allocs + frees_too_many, "%llu allocs, %llu frees", (unsigned long long)now.allocs,
           (unsigned long long)now.frees);
    EXPECT(now.free_bytes == at_first.free_bytes && now.free_ranges == 1 && now.slabs == 0, "not all came back");
    EXPECT(frees_too_many != 0 || slab_check(heap, 0, &finding), "after the faults: %s, at %p, want %llu, have %llu",
           finding.rule, finding.address, (unsigned long long)finding.want, (unsigned long long)finding.have);
}

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 2 && i < sizeof tests / sizeof tests[0]; i++) {
        if (strcmp(argv[1], tests[i].name) == 0) {
            range = region_map(RANGE_BYTES, 0);
            enum slab_error error = slab_init_reserved(range, RANGE_BYTES, PRESENT_BYTES, CPUS, &heap);
            EXPECT(error == SLAB_OK, "%s", slab_strerror(error));
            at_first = stats();
            tests[i].run();
            must_be_whole(tests[i].frees_too_many);
            return 0;
        }
    }
    FAIL("%s: name one test, such as %s", argv[0], tests[0].name);
}
