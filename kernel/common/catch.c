// SPDX-License-Identifier: MIT
// Faults of the heap and exceptions of the CPU: the end of the machine, unless a test awaits them; see catch.h.
#include "catch.h"

#include "arch.h"
#include "cpu.h"
#include "print.h"

enum { CONTEXT_WORDS = 5 }; // of __builtin_setjmp

struct catch_point {
    void *context[CONTEXT_WORDS];
    struct caught caught;
};

const char *catch_fault_name(enum port_fault_kind kind) {
    static const char *const names[] = {"no fault",    "foreign", "misplaced", "free page",
                                        "double free", "bad cpu", "corrupt"};
    return (unsigned)kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

static void jump_back(struct caught caught) {
    struct cpu *me = cpu_self();
    struct catch_point *point = me->catch;
    if (point != NULL) {
        me->catch = NULL;
        point->caught = caught;
        __builtin_longjmp(point->context, 1);
    }
}

void port_fault(enum port_fault_kind kind, const void *address, size_t cpu) {
    jump_back((struct caught){CATCH_FAULT, kind, address, cpu});
    panic("misuse of the heap: %s at %p on CPU %zu", catch_fault_name(kind), address, cpu);
}

void on_exception(void) {
    jump_back((struct caught){.end = CATCH_EXCEPTION});
}

// In a function of its own: no variable changes between the two returns.
static __attribute__((noinline)) void call_caught(struct catch_point *point, void (*call)(void *arg), void *arg) {
    if (__builtin_setjmp(point->context) != 0)
        return;
    cpu_self()->catch = point;
    call(arg);
    cpu_self()->catch = NULL;
}

struct caught catch_call(void (*call)(void *arg), void *arg) {
    struct catch_point point = {.caught = {.end = CATCH_RETURNED}};
    irq_state_t was = irq_mask();
    call_caught(&point, call, arg);
    irq_restore(was);
    return point.caught;
}
