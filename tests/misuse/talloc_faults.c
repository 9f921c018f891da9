// SPDX-License-Identifier: MIT
// Every misuse of talloc must be reported with its kind, the address that was passed in and the CPU, and must leave
// everything as it was: afterwards all invariants hold and all memory is there. No misuse is answered by NULL alone.
#include "model/testing.h"
#include "stress/support/region.h"

#include <string.h>
#include <wfheap/talloc.h>

enum { CPUS = 2, HEAP_BYTES = 2 << 20 };

static talloc *self;
static unsigned char *primary_region, *backup_region;
static void *primary_heap, *backup_heap;

// p is a live block. Functions that catch faults change no variable.
static void no_such_cpu(size_t cpu, void *p) {
    EXPECT_FAULT(talloc_alloc(self, cpu, 100, 8), PORT_FAULT_BAD_CPU, NULL, cpu);
    EXPECT_FAULT(talloc_zalloc(self, cpu, 100, 8), PORT_FAULT_BAD_CPU, NULL, cpu);
    EXPECT_FAULT(talloc_realloc(self, cpu, p, 5000, 8), PORT_FAULT_BAD_CPU, p, cpu);
    EXPECT_FAULT(talloc_realloc(self, cpu, NULL, 5000, 8), PORT_FAULT_BAD_CPU, NULL, cpu);
    EXPECT_FAULT(talloc_free(self, cpu, p), PORT_FAULT_BAD_CPU, p, cpu);
    EXPECT_FAULT(talloc_free(self, cpu, NULL), PORT_FAULT_BAD_CPU, NULL, cpu);
    EXPECT_FAULT(talloc_usable_size(self, cpu, p), PORT_FAULT_BAD_CPU, p, cpu);
    EXPECT_FAULT(talloc_drain(self, cpu), PORT_FAULT_BAD_CPU, NULL, cpu);
    EXPECT_FAULT(talloc_use_primary(self, cpu), PORT_FAULT_BAD_CPU, NULL, cpu);
    EXPECT_FAULT(talloc_use_primary_then_backup(self, cpu), PORT_FAULT_BAD_CPU, NULL, cpu);
    EXPECT_FAULT(talloc_save(self, cpu), PORT_FAULT_BAD_CPU, NULL, cpu);
    EXPECT_FAULT(talloc_restore(self, cpu, TALLOC_PRIMARY_ONLY), PORT_FAULT_BAD_CPU, NULL, cpu);
    EXPECT_FAULT(talloc_check(self, cpu), PORT_FAULT_BAD_CPU, NULL, cpu);
}

static void test_bad_cpu(void) {
    void *p = talloc_alloc(self, 0, 100, 8);
    no_such_cpu(CPUS, p);
    no_such_cpu(TALLOC_CPUS_MAX, p);
    no_such_cpu(SIZE_MAX, p);
    talloc_free(self, 0, p);
}

// All three calls that are handed a block.
static void must_fault(void *p, int kind) {
    EXPECT_FAULT(talloc_free(self, 1, p), kind, p, 1);
    EXPECT_FAULT(talloc_realloc(self, 1, p, 5000, 8), kind, p, 1);
    EXPECT_FAULT(talloc_usable_size(self, 1, p), kind, p, 1);
}

static void test_foreign(void) {
    static char mine[64];
    // The last two lie in a range, in the heap's own bookkeeping: the heaps report them.
    void *addresses[] = {mine,
                         backup_region + HEAP_BYTES,
                         primary_region + HEAP_BYTES,
                         (void *)8,
                         (void *)(UINTPTR_MAX - 7),
                         primary_region + 64,
                         backup_region + 64};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        must_fault(addresses[i], PORT_FAULT_FOREIGN);
    }
}

static void test_twice(void) {
    void *p = talloc_alloc(self, 0, 5000, 8); // TLSF sees it at once
    talloc_free(self, 1, p);
    must_fault(p, PORT_FAULT_DOUBLE_FREE);
    do {
        p = talloc_alloc(self, 0, 40000, 8); // until the primary heap has no more
        EXPECT(p != NULL, "nothing of the backup heap");
    } while (!talloc_is_backup_mem(self, p));
    must_fault((char *)p + 8, PORT_FAULT_MISPLACED);
    talloc_free(self, 0, p);
    must_fault(p, PORT_FAULT_FREE_PAGE);
}

static void test_restore(void) {
    talloc_use_primary(self, 1);
    EXPECT_FAULT(talloc_restore(self, 1, (enum talloc_policy)0), PORT_FAULT_CORRUPT, NULL, 1);
    EXPECT_FAULT(talloc_restore(self, 1, (enum talloc_policy)3), PORT_FAULT_CORRUPT, NULL, 1);
    EXPECT(talloc_save(self, 1) == TALLOC_PRIMARY_ONLY, "a policy that is none was restored");
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {{"bad-cpu", test_bad_cpu}, {"foreign", test_foreign}, {"twice", test_twice}, {"restore", test_restore}};

static void make(void) {
    static _Alignas(64) unsigned char storage[TALLOC_STORAGE_BYTES(CPUS)];
    primary_region = region_map(HEAP_BYTES, 0);
    backup_region = region_map(HEAP_BYTES, 0);
    EXPECT(tlsf_backend.init(primary_region, HEAP_BYTES, CPUS, &primary_heap) == NULL, "no primary heap");
    EXPECT(wfh_backend.init(backup_region, HEAP_BYTES, CPUS, &backup_heap) == NULL, "no backup heap");
    struct talloc_config config = {.cpus = CPUS,
                                   .primary = {&tlsf_backend, primary_heap, primary_region, HEAP_BYTES},
                                   .backup = {&wfh_backend, backup_heap, backup_region, HEAP_BYTES}};
    EXPECT(talloc_init(&config, storage, sizeof storage, &self) == TALLOC_OK, "no talloc");
}

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 2 && i < sizeof tests / sizeof tests[0]; i++) {
        if (strcmp(argv[1], tests[i].name) == 0) {
            make();
            tests[i].run();
            const char *broken = talloc_check(self, 0);
            EXPECT(broken == NULL, "after the faults: %s", broken);
            return 0;
        }
    }
    FAIL("%s: name one test, such as %s", argv[0], tests[0].name);
}
