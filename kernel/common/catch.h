// SPDX-License-Identifier: MIT
// A call that may end in a fault of the heap or in an exception of the CPU: tests expect it, tasks are aborted by it.
#ifndef KERNEL_COMMON_CATCH_H
#define KERNEL_COMMON_CATCH_H

#include "port/port.h"

enum catch_end { CATCH_RETURNED, CATCH_FAULT, CATCH_EXCEPTION, CATCH_GAVE_UP, CATCH_ENDS };

struct caught {
    enum catch_end end;
    enum port_fault_kind kind; // of a fault
    const void *address;
    size_t cpu;
};

// call(arg), interrupts masked; how it ended. What an abandoned call had locked stays locked.
struct caught catch_call(void (*call)(void *arg), void *arg);

// The same with interrupts on; they are masked afterwards. An exception where they are masked, in the kernel's own
// calls or in a handler, is the kernel's, and not caught.
struct caught catch_task(void (*call)(void *arg), void *arg);

// From within such a call: it ends here.
_Noreturn void catch_give_up(void);

const char *catch_fault_name(enum port_fault_kind kind);

#endif
