// SPDX-License-Identifier: MIT
// Stops at every instruction.
#include "stepper_x86_64.h"

#include "crew.h"
#include "trap_x86_64.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#define WARM_OPERATIONS 50u // between the stepped ones, so that these meet many states
// Zeroing and copying would use up all stops: a call goes on without any after a random number of them.
#define STOPS_PER_CALL_MAX 2000u

// A handler gets no argument of its own.
static struct {
    struct stepper who;
    size_t calls, stops, stops_left, stops_per_freeze, freezes, steps_per_freeze;
    _Atomic size_t asked, granted; // operations asked of the second thread, and made by it
    atomic_bool done;
} machine;

static void let_other_act(void) {
    size_t goal = atomic_load_explicit(&machine.asked, memory_order_relaxed) + machine.steps_per_freeze;
    atomic_store_explicit(&machine.asked, goal, memory_order_release);
    while (atomic_load_explicit(&machine.granted, memory_order_acquire) < goal) {
        sched_yield();
    }
    machine.freezes++;
}

// The kernel clears the flag while the handler runs and restores it after, as it stands in the saved context.
static void handle_stop(int signal_number, siginfo_t *info, void *context) {
    (void)signal_number;
    (void)info;
    if (!machine.who.watch->in_call) {
        return;
    }
    if (machine.stops_left-- == 0) {
        trap_flag_clear_in(context);
        return;
    }
    machine.stops++;
    if (machine.stops % machine.stops_per_freeze == 0) {
        let_other_act();
    }
    machine.who.act(machine.who.handler);
}

static void other_main(struct crew_member *member) {
    (void)member;
    size_t made = 0;
    while (!atomic_load_explicit(&machine.done, memory_order_acquire)) {
        if (made == atomic_load_explicit(&machine.asked, memory_order_acquire)) {
            sched_yield();
            continue;
        }
        machine.who.act(machine.who.other);
        made++;
        atomic_store_explicit(&machine.granted, made, memory_order_release);
    }
}

static void call_begin(void) {
    machine.calls++;
    machine.stops_left = rng_log_uniform(machine.who.rng, STOPS_PER_CALL_MAX);
    trap_flag_set();
}

static void act_stepped(void) {
    const struct stepper *who = &machine.who;
    for (unsigned warm = 0; warm < WARM_OPERATIONS; warm++) {
        who->act(who->task);
    }
    who->watch->on_enter = call_begin;
    who->watch->on_leave = trap_flag_clear;
    who->act(who->task);
    who->watch->on_enter = NULL;
    who->watch->on_leave = NULL;
}

void stepper_run(const struct stepper *self, const struct arg *args, size_t count) {
    size_t stops = args_get(args, count, "stops");
    machine.who = *self;
    machine.stops_per_freeze = args_get(args, count, "freeze_every");
    machine.steps_per_freeze = args_get(args, count, "steps");
    trap_catch(handle_stop);
    struct crew crew;
    crew_start(&crew, 1, other_main, NULL);
    while (machine.stops < stops) {
        act_stepped();
    }
    atomic_store_explicit(&machine.done, true, memory_order_release);
    crew_join(&crew);
    printf("%zu calls stepped, %zu instructions interrupted, frozen at %zu of them\n", machine.calls, machine.stops,
           machine.freezes);
}
