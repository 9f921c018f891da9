// SPDX-License-Identifier: MIT
// The port_fault of programs that do nothing wrong: any fault reported to them is a defect of the heap (or of the
// test).
#include "die.h"
#include "port/port.h"

void port_fault(enum port_fault_kind kind, const void *address, size_t cpu) {
    die("port_fault: kind %d at %p on cpu %zu, but this program misuses nothing", (int)kind, address, cpu);
}
