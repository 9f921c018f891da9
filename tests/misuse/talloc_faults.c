// SPDX-License-Identifier: MIT
// Every misuse of talloc must be reported with its kind, the address that was passed in and the CPU, and must leave
// everything as it was: afterwards all invariants hold and all memory is there. No misuse is answered by NULL alone.
#include "stress/support/die.h"
#include "stress/support/region.h"
#include "trap.h"

#include <string.h>
#include <wfheap/talloc.h>

#define MIB ((size_t)1 << 20)

enum { CPUS = 2, HEAP_BYTES = 2 << 20 };

static talloc *self;
static unsigned char *primary_region, *backup_region;
static void *primary_heap, *backup_heap;

// One call of talloc; which one, run says.
struct call {
    const char *name;
    void (*run)(void *argument);
    size_t cpu;
    void *p;
};

static void run_alloc(void *argument) {
    const struct call *call = argument;
    (void)talloc_alloc(self, call->cpu, 100, 8);
}

static void run_zalloc(void *argument) {
    const struct call *call = argument;
    (void)talloc_zalloc(self, call->cpu, 100, 8);
}

static void run_realloc(void *argument) {
    const struct call *call = argument;
    (void)talloc_realloc(self, call->cpu, call->p, 5000, 8);
}

static void run_free(void *argument) {
    const struct call *call = argument;
    talloc_free(self, call->cpu, call->p);
}

static void run_usable_size(void *argument) {
    const struct call *call = argument;
    (void)talloc_usable_size(self, call->cpu, call->p);
}

static void run_drain(void *argument) {
    const struct call *call = argument;
    (void)talloc_drain(self, call->cpu);
}

static void run_use_primary(void *argument) {
    const struct call *call = argument;
    talloc_use_primary(self, call->cpu);
}

static void run_use_both(void *argument) {
    const struct call *call = argument;
    talloc_use_primary_then_backup(self, call->cpu);
}

static void run_save(void *argument) {
    const struct call *call = argument;
    (void)talloc_save(self, call->cpu);
}

static void run_restore(void *argument) {
    const struct call *call = argument;
    talloc_restore(self, call->cpu, TALLOC_PRIMARY_ONLY);
}

static void run_restore_nonsense(void *argument) {
    const struct call *call = argument;
    talloc_restore(self, call->cpu, (enum talloc_policy)0);
}

static void run_check(void *argument) {
    const struct call *call = argument;
    (void)talloc_check(self, call->cpu);
}

static void must_fault(struct call call, enum port_fault_kind kind) {
    struct trapped expected = {kind, call.p, call.cpu};
    trap_expect(call.name, call.run, &call, &expected);
}

static void test_bad_cpu(void) {
    static const struct {
        const char *name;
        void (*run)(void *argument);
    } calls[] = {{"alloc", run_alloc},
                 {"zalloc", run_zalloc},
                 {"drain", run_drain},
                 {"save", run_save},
                 {"use_primary", run_use_primary},
                 {"use_primary_then_backup", run_use_both},
                 {"restore", run_restore},
                 {"check", run_check}};
    for (size_t cpu = CPUS; cpu != 0; cpu = cpu == CPUS ? TALLOC_CPUS_MAX : cpu == TALLOC_CPUS_MAX ? SIZE_MAX : 0) {
        for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
            must_fault((struct call){calls[i].name, calls[i].run, cpu, NULL}, PORT_FAULT_BAD_CPU);
        }
        must_fault((struct call){"free of NULL", run_free, cpu, NULL}, PORT_FAULT_BAD_CPU);
        void *p = talloc_alloc(self, 0, 100, 8);
        must_fault((struct call){"free", run_free, cpu, p}, PORT_FAULT_BAD_CPU);
        must_fault((struct call){"realloc", run_realloc, cpu, p}, PORT_FAULT_BAD_CPU);
        must_fault((struct call){"usable_size", run_usable_size, cpu, p}, PORT_FAULT_BAD_CPU);
        talloc_free(self, 0, p);
    }
}

static void test_foreign(void) {
    static char mine[64];
    void *addresses[] = {mine, backup_region + HEAP_BYTES, primary_region + HEAP_BYTES, (void *)8,
                         (void *)(UINTPTR_MAX - 7)};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        must_fault((struct call){"free", run_free, 1, addresses[i]}, PORT_FAULT_FOREIGN);
        must_fault((struct call){"realloc", run_realloc, 1, addresses[i]}, PORT_FAULT_FOREIGN);
        must_fault((struct call){"usable_size", run_usable_size, 1, addresses[i]}, PORT_FAULT_FOREIGN);
    }
    // Within a range, and not handed out by its heap: the heaps' own reports.
    must_fault((struct call){"free", run_free, 1, primary_region + 64}, PORT_FAULT_FOREIGN);
    must_fault((struct call){"free", run_free, 1, backup_region + 64}, PORT_FAULT_FOREIGN);
}

static void test_twice(void) {
    void *p = talloc_alloc(self, 0, 5000, 8); // TLSF sees it at once
    talloc_free(self, 1, p);
    must_fault((struct call){"free", run_free, 0, p}, PORT_FAULT_DOUBLE_FREE);
    while (talloc_alloc(self, 0, 100000, 8) != NULL) { // until neither has as much
    }
    p = talloc_alloc(self, 0, 40000, 8);
    void *q = p;
    while (q != NULL && !talloc_is_backup_mem(self, q)) {
        q = talloc_alloc(self, 0, 40000, 8);
    }
    if (q == NULL) {
        die("nothing of the backup heap");
    }
    talloc_free(self, 0, q);
    must_fault((struct call){"free", run_free, 1, q}, PORT_FAULT_FREE_PAGE);
    must_fault((struct call){"usable_size", run_usable_size, 1, q}, PORT_FAULT_FREE_PAGE);
    must_fault((struct call){"free", run_free, 1, (char *)p + 8}, PORT_FAULT_MISPLACED);
}

static void test_restore(void) {
    talloc_use_primary(self, 1);
    must_fault((struct call){"restore", run_restore_nonsense, 1, NULL}, PORT_FAULT_CORRUPT);
    if (talloc_save(self, 1) != TALLOC_PRIMARY_ONLY) {
        die("a policy that is none was restored");
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {{"bad-cpu", test_bad_cpu}, {"foreign", test_foreign}, {"twice", test_twice}, {"restore", test_restore}};

static void make(void) {
    static _Alignas(64) unsigned char storage[TALLOC_STORAGE_BYTES(CPUS)];
    primary_region = region_map(HEAP_BYTES, 0);
    backup_region = region_map(HEAP_BYTES, 0);
    if (tlsf_backend.init(primary_region, HEAP_BYTES, CPUS, &primary_heap) != NULL ||
        wfh_backend.init(backup_region, HEAP_BYTES, CPUS, &backup_heap) != NULL) {
        die("no heaps");
    }
    struct talloc_config config = {.cpus = CPUS,
                                   .primary = {&tlsf_backend, primary_heap, primary_region, HEAP_BYTES},
                                   .backup = {&wfh_backend, backup_heap, backup_region, HEAP_BYTES}};
    if (talloc_init(&config, storage, sizeof storage, &self) != TALLOC_OK) {
        die("no talloc");
    }
}

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 2 && i < sizeof tests / sizeof tests[0]; i++) {
        if (strcmp(argv[1], tests[i].name) == 0) {
            make();
            tests[i].run();
            const char *broken = talloc_check(self, 0);
            return broken == NULL ? 0 : (die("after the faults: %s", broken), 1);
        }
    }
    die_unusable("%s: name one test, such as %s", argv[0], tests[0].name);
}
