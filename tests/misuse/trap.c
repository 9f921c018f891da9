// SPDX-License-Identifier: MIT
// See trap.h.
#include "trap.h"

#include "stress/support/die.h"

#include <setjmp.h>

struct trapped trapped;

static jmp_buf back;
static bool armed;

void port_fault(enum port_fault_kind kind, const void *address, size_t cpu) {
    if (!armed) {
        die("a fault that nobody expected: kind %d at %p on cpu %zu", (int)kind, address, cpu);
    }
    armed = false;
    trapped = (struct trapped){kind, address, cpu};
    longjmp(back, 1);
}

bool trap_call(void (*call)(void *argument), void *argument) {
    if (setjmp(back) != 0) {
        return true;
    }
    armed = true;
    call(argument);
    armed = false;
    return false;
}

void trap_expect(const char *what, void (*call)(void *argument), void *argument, const struct trapped *expected) {
    if (!trap_call(call, argument)) {
        die("%s: no fault, expected kind %d at %p", what, (int)expected->kind, expected->address);
    }
    if (trapped.kind != expected->kind || trapped.address != expected->address || trapped.cpu != expected->cpu) {
        die("%s: fault %d at %p on cpu %zu, expected %d at %p on cpu %zu", what, (int)trapped.kind, trapped.address,
            trapped.cpu, (int)expected->kind, expected->address, expected->cpu);
    }
}
