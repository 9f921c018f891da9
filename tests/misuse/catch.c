// SPDX-License-Identifier: MIT
// The port_fault of the misuse tests. Every setjmp stands in a small function of its own, whose variables do not
// change.
#include "catch.h"

#include "stress/support/die.h"

#include <setjmp.h>

struct catch_fault caught;

static jmp_buf back;
static bool armed;

static const char *kind_name(enum port_fault_kind kind) {
    static const char *const names[] = {"none",        "foreign", "misplaced", "free page",
                                        "double free", "bad cpu", "corrupt"};
    return (unsigned)kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

void port_fault(enum port_fault_kind kind, const void *address, size_t cpu) {
    if (!armed) {
        die("a fault that nobody expected: %s at %p on cpu %zu", kind_name(kind), address, cpu);
    }
    armed = false;
    caught = (struct catch_fault){kind, address, cpu};
    longjmp(back, 1);
}

bool catch_free(wfh *heap, size_t cpu, void *p) {
    if (setjmp(back) != 0) {
        return true;
    }
    armed = true;
    wfh_free(heap, cpu, p);
    armed = false;
    return false;
}

bool catch_realloc(wfh *heap, size_t cpu, void *p, size_t size) {
    if (setjmp(back) != 0) {
        return true;
    }
    armed = true;
    (void)wfh_realloc(heap, cpu, p, size, 8);
    armed = false;
    return false;
}

bool catch_usable_size(wfh *heap, void *p) {
    if (setjmp(back) != 0) {
        return true;
    }
    armed = true;
    (void)wfh_usable_size(heap, p);
    armed = false;
    return false;
}

static bool catch_drain_once(struct world *world, size_t cpu) {
    if (setjmp(back) != 0) {
        return true;
    }
    armed = true;
    world_drain(world, cpu);
    armed = false;
    return false;
}

bool catch_drain(struct world *world, size_t cpu) {
    bool ever = false;
    for (unsigned faults = 0; catch_drain_once(world, cpu); faults++) {
        if (faults == 1000) {
            die("draining cpu %zu faults again and again: %s at %p", cpu, kind_name(caught.kind), caught.address);
        }
        ever = true;
    }
    return ever;
}

static void catch_expect(bool faulted, const char *call, enum port_fault_kind kind, const void *address, size_t cpu) {
    if (!faulted) {
        die("%s(%p): no fault, expected %s", call, address, kind_name(kind));
    }
    if (caught.kind != kind || caught.address != address || caught.cpu != cpu) {
        die("%s: fault %s at %p on cpu %zu, expected %s at %p on cpu %zu", call, kind_name(caught.kind), caught.address,
            caught.cpu, kind_name(kind), address, cpu);
    }
}

void must_fault_free(wfh *heap, size_t cpu, void *p, enum port_fault_kind kind) {
    catch_expect(catch_free(heap, cpu, p), "free", kind, p, cpu);
}

void must_fault_realloc(wfh *heap, size_t cpu, void *p, size_t size, enum port_fault_kind kind) {
    catch_expect(catch_realloc(heap, cpu, p, size), "realloc", kind, p, cpu);
}

void must_fault_usable_size(wfh *heap, void *p, enum port_fault_kind kind) {
    bool faulted = catch_usable_size(heap, p);
    catch_expect(faulted, "usable_size", kind, p, caught.cpu);
}
