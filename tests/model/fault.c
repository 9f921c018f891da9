// SPDX-License-Identifier: MIT
// The test programs' port_fault: back into the test that expects it, or out with a sentence.
#include "testing.h"

_Thread_local struct caught_fault caught;

_Noreturn void port_fault(enum port_fault_kind kind, const void *address, size_t cpu) {
    if (!caught.expected) {
        FAIL("unexpected fault of kind %d at %p on cpu %zu", (int)kind, address, cpu);
    }
    caught.kind = (int)kind;
    caught.address = address;
    caught.cpu = cpu;
    longjmp(caught.back, 1);
}
