// SPDX-License-Identifier: MIT
// Faults of the heap and exceptions of the CPU: the end of the machine, unless somebody awaits them; see catch.h.
#include "catch.h"

#include "arch.h"
#include "cpu.h"
#include "print.h"

enum { CONTEXT_WORDS = 5 }; // of __builtin_setjmp

struct catch_point {
    void *context[CONTEXT_WORDS];
    bool of_task; // interrupts are on
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
        (void)irq_mask();
        me->catch = NULL;
        point->caught = caught;
        __builtin_longjmp(point->context, 1);
    }
}

void port_fault(enum port_fault_kind kind, const void *address, size_t cpu) {
    jump_back((struct caught){CATCH_FAULT, kind, address, cpu});
    panic("misuse of the heap: %s at %p on CPU %zu", catch_fault_name(kind), address, cpu);
}

void on_exception(bool masked) {
    const struct catch_point *point = cpu_self()->catch;
    if (point != NULL && !(masked && point->of_task))
        jump_back((struct caught){.end = CATCH_EXCEPTION});
}

void catch_give_up(void) {
    jump_back((struct caught){.end = CATCH_GAVE_UP});
    panic("'%s' gives up, and nobody awaits it", cpu_self()->doing);
}

// In a function of its own: no variable changes between the two returns.
static __attribute__((noinline)) void call_caught(struct catch_point *point, void (*call)(void *arg), void *arg) {
    if (__builtin_setjmp(point->context) != 0)
        return;
    cpu_self()->catch = point;
    if (point->of_task)
        irq_unmask();
    call(arg);
    (void)irq_mask();
    cpu_self()->catch = NULL;
}

struct caught catch_call(void (*call)(void *arg), void *arg) {
    struct catch_point point = {.caught = {.end = CATCH_RETURNED}};
    irq_state_t was = irq_mask();
    call_caught(&point, call, arg);
    irq_restore(was);
    return point.caught;
}

struct caught catch_task(void (*call)(void *arg), void *arg) {
    struct catch_point point = {.of_task = true, .caught = {.end = CATCH_RETURNED}};
    call_caught(&point, call, arg);
    return point.caught;
}
