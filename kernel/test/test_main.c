// SPDX-License-Identifier: MIT
// mode=test: every test of this folder.
#include "arch.h"
#include "cpus.h"
#include "kheap.h"
#include "masked.h"
#include "print.h"
#include "tap.h"
#include "tests.h"

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"bits: words agree with counting bit by bit", test_bits},
    {"bitset: all CPUs change one set of hints", test_bitset},
    {"page: all CPUs take and give runs of pages", test_pages},
    {"init: every refusal has its reason", test_init_errors},
    {"alloc: sizes, alignments, zeroes", test_sizes_and_alignments},
    {"burst: more blocks than caches hold", test_burst},
    {"realloc: growing and shrinking keeps the bytes", test_realloc},
    {"add_memory: memory that comes later", test_add_memory},
    {"misuse: wf reports every kind", test_misuse_wf},
    {"misuse: a block of old is none any more", test_misuse_old_block},
    {"misuse: tlsf reports every kind", test_misuse_tlsf},
    {"protection: every CPU traps forbidden accesses", test_protection},
    {"interrupts: every CPU ticks and takes IPIs", test_interrupts},
    {"exhaustion: as much again after all was freed", test_exhaustion},
    {"stress: all CPUs and their handlers in a small heap", test_stress},
#if BACKEND_WAIT_FREE // where there are spans, and nobody waits
    {"stress: the same with a few pages for all sizes", test_stress_retyping},
    {"stress: handlers interrupt calls", test_stress_reentry},
#endif
};

static struct { size_t largest, all; } new_heap;

static void count_free(size_t *largest, size_t *all) {
    cpus_run(masked_drain_kernel, NULL);
    BACKEND.free_bytes(kheap_primary(), 0, largest, all);
}

// Whatever the tests took is back, and no invariant is broken.
static void test_kernel_heaps(void) {
    const char *primary = BACKEND.check(kheap_primary(), 0), *backup = BACKEND.check(kheap_backup(), 0);
    size_t largest, all;
    tap_expect(primary == NULL, "the primary heap is broken: %s", primary);
    tap_expect(backup == NULL, "the backup heap is broken: %s", backup);
    count_free(&largest, &all);
    tap_expect(largest == new_heap.largest && all == new_heap.all,
               "the primary heap has %zu bytes free of %zu, %zu in one piece of %zu", all, new_heap.all, largest,
               new_heap.largest);
}

static void print_masked(void) {
    static const char *const names[] = {"alloc", "realloc", "free", "drain"};
    for (size_t call = 0; call < KHEAP_CALLS; call++) { // bound: KHEAP_CALLS
        uint64_t calls = 0, ticks_max = 0;
        size_t where = 0;
        for (size_t i = 0; i < cpus_count(); i++) { // bound: CPUs
            const struct kheap_masked *masked = &cpus_at(i)->masked[call];
            calls += masked->calls;
            where = masked->ticks_max > ticks_max ? i : where;
            ticks_max = masked->ticks_max > ticks_max ? masked->ticks_max : ticks_max;
        }
        print("# %-7s %8lu calls, interrupts masked for %lu us at most, on CPU %zu\n", names[call], calls,
              ticks_max * 1000000 / clock_hz(), where);
    }
}

bool test_main(void) {
    tap_begin();
    count_free(&new_heap.largest, &new_heap.all);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) // bound: the table
        tap_test(tests[i].name, tests[i].run);
    tap_test("kernel: its own heaps are whole and empty again", test_kernel_heaps);
    print_masked();
    return tap_end();
}
