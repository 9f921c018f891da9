// SPDX-License-Identifier: MIT
// Calls that may fault, made so that the fault is caught: port_fault notes what it was told and jumps back.
#ifndef MISUSE_CATCH_H
#define MISUSE_CATCH_H

#include "port/port.h"
#include "stress/support/world.h"

#include <stdbool.h>

// What the last fault said.
struct catch_fault {
    enum port_fault_kind kind;
    const void *address;
    size_t cpu;
};
extern struct catch_fault caught;

// Each makes the call and answers whether it faulted.
bool catch_free(wfh *heap, size_t cpu, void *p);
bool catch_realloc(wfh *heap, size_t cpu, void *p, size_t size);
bool catch_usable_size(wfh *heap, void *p);
// Drains the slot until nothing is left, however many faults there are on the way; true if there was any.
bool catch_drain(struct world *world, size_t cpu);

// The call must fault, with just this kind, the pointer passed in and the cpu.
void must_fault_free(wfh *heap, size_t cpu, void *p, enum port_fault_kind kind);
void must_fault_realloc(wfh *heap, size_t cpu, void *p, size_t size, enum port_fault_kind kind);
void must_fault_usable_size(wfh *heap, void *p, enum port_fault_kind kind); // any cpu

#endif
