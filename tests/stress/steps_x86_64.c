// SPDX-License-Identifier: MIT
// The processor's trap flag stops the program after every single instruction of a heap call. At each stop a handler
// uses the heap on its own slot (an interrupt at every instruction there is), or, now and then, lets a second thread
// finish a number of operations while this one is frozen (a stall at that very instruction).
#include "support/actor.h"
#include "support/args.h"
#include "support/crew.h"
#include "support/die.h"
#include "support/trap_x86_64.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

// Zeroing and copying would use up all stops: a call goes on without any after a random number of them.
#define STOPS_PER_CALL_MAX 2000u

struct steps {
    struct world world;
    struct actor task, handler, other;
    size_t stops, stops_left, stops_per_freeze, freezes, steps_per_freeze;
    _Atomic size_t asked, granted; // steps asked of the other thread, and made by it
    atomic_bool done;
};

// A handler gets no argument of its own.
static struct steps machine;

// The kernel clears the flag while the handler runs and restores it after, as it stands in the saved context.
static void steps_handle(int signal_number, siginfo_t *info, void *context) {
    (void)signal_number;
    (void)info;
    if (!machine.task.in_call) {
        return;
    }
    if (machine.stops_left-- == 0) {
        trap_flag_clear_in(context);
        return;
    }
    machine.stops++;
    if (machine.stops % machine.stops_per_freeze == 0) {
        size_t goal = atomic_load_explicit(&machine.asked, memory_order_relaxed) + machine.steps_per_freeze;
        atomic_store_explicit(&machine.asked, goal, memory_order_release);
        while (atomic_load_explicit(&machine.granted, memory_order_acquire) < goal) {
            sched_yield();
        }
        machine.freezes++;
    }
    actor_step(&machine.handler);
}

static void steps_other(struct crew_member *member) {
    (void)member;
    size_t made = 0;
    while (!atomic_load_explicit(&machine.done, memory_order_acquire)) {
        if (made == atomic_load_explicit(&machine.asked, memory_order_acquire)) {
            sched_yield();
            continue;
        }
        actor_step(&machine.other);
        made++;
        atomic_store_explicit(&machine.granted, made, memory_order_release);
    }
}

int main(int argc, char **argv) {
    struct arg args[] = {{"stops", 40000, 1, 100000000},
                         {"freeze_every", 37, 1, 1000000},
                         {"steps", 100, 1, 1000000},
                         {"region_kib", 1024, 1024, 1 << 24},
                         {"seed", 1, 0, UINT64_MAX}};
    size_t count = ARGS_COUNT(args);
    args_parse(args, count, argc, argv);
    size_t stops = args_get(args, count, "stops");
    uint64_t seed = args_get(args, count, "seed");
    machine.stops_per_freeze = args_get(args, count, "freeze_every");
    machine.steps_per_freeze = args_get(args, count, "steps");
    world_init(&machine.world, args_get(args, count, "region_kib") << 10, 0, 3, 3);
    struct appetite appetite = {64, 1 << 14, 64};
    actor_init(&machine.task, &machine.world, 0, 0, appetite, seed);
    actor_init(&machine.handler, &machine.world, 1, 1, appetite, seed);
    actor_init(&machine.other, &machine.world, 2, 2, appetite, seed);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = steps_handle;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTRAP, &action, NULL);
    struct crew crew;
    crew_start(&crew, 1, steps_other, NULL);

    size_t stepped_calls = 0;
    for (; machine.stops < stops; stepped_calls++) {
        for (unsigned warm = 0; warm < 50; warm++) { // so that the stepped calls meet many states of the heap
            actor_step(&machine.task);
        }
        machine.stops_left = rng_log_uniform(&machine.task.rng, STOPS_PER_CALL_MAX);
        machine.task.on_enter = trap_flag_set;
        machine.task.on_leave = trap_flag_clear;
        actor_step(&machine.task);
        machine.task.on_enter = NULL;
        machine.task.on_leave = NULL;
    }
    atomic_store_explicit(&machine.done, true, memory_order_release);
    crew_join(&crew);
    actor_release(&machine.task);
    actor_release(&machine.handler);
    actor_release(&machine.other);
    world_reckon(&machine.world);
    printf("%zu steps, %zu instructions interrupted, frozen at %zu of them\n", stepped_calls, machine.stops,
           machine.freezes);
    actor_destroy(&machine.task);
    actor_destroy(&machine.handler);
    actor_destroy(&machine.other);
    world_destroy(&machine.world);
    return 0;
}
