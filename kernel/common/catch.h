// SPDX-License-Identifier: MIT
// For tests: a call that is expected to end in a fault of the heap or in an exception of the CPU.
#ifndef KERNEL_COMMON_CATCH_H
#define KERNEL_COMMON_CATCH_H

#include "port/port.h"

enum catch_end { CATCH_RETURNED, CATCH_FAULT, CATCH_EXCEPTION };

struct caught {
    enum catch_end end;
    enum port_fault_kind kind; // of a fault
    const void *address;
    size_t cpu;
};

// call(arg), interrupts masked; how it ended. What an abandoned call had locked stays locked.
struct caught catch_call(void (*call)(void *arg), void *arg);

const char *catch_fault_name(enum port_fault_kind kind);

#endif
