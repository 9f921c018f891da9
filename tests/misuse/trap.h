// SPDX-License-Identifier: MIT
// Any call made so that its fault is caught: port_fault notes what it was told and jumps back. For programs of one
// thread, beside catch.h, which is made for one heap.
#ifndef MISUSE_TRAP_H
#define MISUSE_TRAP_H

#include "port/port.h"

#include <stdbool.h>

// What the last fault said.
struct trapped {
    enum port_fault_kind kind;
    const void *address;
    size_t cpu;
};
extern struct trapped trapped;

// Makes the call and answers whether it faulted.
bool trap_call(void (*call)(void *argument), void *argument);

// The call must fault, with just this kind, address and CPU; what names it in the message that ends the program if not.
void trap_expect(const char *what, void (*call)(void *argument), void *argument, const struct trapped *expected);

#endif
