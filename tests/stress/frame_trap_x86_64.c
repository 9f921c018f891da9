// SPDX-License-Identifier: MIT
// The processor's trap flag stops the program after every single instruction of a call of the pool of frames. At each
// stop a handler uses frames on its own slot (an interrupt at every instruction there is), or, now and then, lets a
// second thread finish a number of operations while this one is frozen (a stall at that very instruction).
#include "support/args.h"
#include "support/crew.h"
#include "support/die.h"
#include "support/frame_user.h"
#include "support/trap_x86_64.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define STOPS_PER_CALL_MAX 2000u // zeroing would use up all stops: a call goes on without any after a random number
#define PLACES 24u
#define RUN_MOST 64u
#define FREE 300u

// A handler gets no argument of its own.
static struct {
    struct frame_yard yard;
    struct frame_user task, handler, other;
    size_t stops, stops_left, stops_per_freeze, freezes, steps_per_freeze;
    _Atomic size_t asked, granted; // steps asked of the other thread, and made by it
    atomic_bool done;
} machine;

static void let_other_work(void) {
    size_t goal = atomic_load_explicit(&machine.asked, memory_order_relaxed) + machine.steps_per_freeze;
    atomic_store_explicit(&machine.asked, goal, memory_order_release);
    while (atomic_load_explicit(&machine.granted, memory_order_acquire) < goal) {
        sched_yield();
    }
    machine.freezes++;
}

// The kernel clears the flag while the handler runs and restores it after, as it stands in the saved context.
static void trap_handle(int signal_number, siginfo_t *info, void *context) {
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
        let_other_work();
    }
    frame_user_step(&machine.handler);
}

static void other_main(struct crew_member *member) {
    (void)member;
    size_t made = 0;
    while (!atomic_load_explicit(&machine.done, memory_order_acquire)) {
        if (made == atomic_load_explicit(&machine.asked, memory_order_acquire)) {
            sched_yield();
            continue;
        }
        frame_user_step(&machine.other);
        made++;
        atomic_store_explicit(&machine.granted, made, memory_order_release);
    }
}

static void run_stepped(void) {
    for (unsigned warm = 0; warm < 50; warm++) { // so that the stepped calls meet many states of the pool
        frame_user_step(&machine.task);
    }
    machine.stops_left = rng_log_uniform(&machine.task.rng, STOPS_PER_CALL_MAX);
    machine.task.on_enter = trap_flag_set;
    machine.task.on_leave = trap_flag_clear;
    frame_user_step(&machine.task);
    machine.task.on_enter = NULL;
    machine.task.on_leave = NULL;
}

int main(int argc, char **argv) {
    struct arg args[] = {{"stops", 20000, 1, 100000000},
                         {"freeze_every", 37, 1, 1000000},
                         {"steps", 100, 1, 1000000},
                         {"seed", 1, 0, UINT64_MAX}};
    size_t count = ARGS_COUNT(args);
    args_parse(args, count, argc, argv);
    uint64_t seed = args_get(args, count, "seed");
    machine.stops_per_freeze = args_get(args, count, "freeze_every");
    machine.steps_per_freeze = args_get(args, count, "steps");
    frame_yard_init(&machine.yard, FRAME_YARD_FRAMES_MIN, 3);
    frame_yard_reclaim(&machine.yard, 1, 1);
    frame_yard_load(&machine.yard, FREE);
    frame_user_init(&machine.task, &machine.yard, 0, 0, PLACES, RUN_MOST, seed);
    frame_user_init(&machine.handler, &machine.yard, 1, 1, PLACES, RUN_MOST, seed);
    frame_user_init(&machine.other, &machine.yard, 2, 2, PLACES, RUN_MOST, seed);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = trap_handle;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTRAP, &action, NULL);
    struct crew crew;
    crew_start(&crew, 1, other_main, NULL);
    while (machine.stops < args_get(args, count, "stops")) {
        run_stepped();
    }
    atomic_store_explicit(&machine.done, true, memory_order_release);
    crew_join(&crew);
    frame_user_release(&machine.task);
    frame_user_release(&machine.handler);
    frame_user_release(&machine.other);
    size_t lost = frame_yard_settle(&machine.yard, NULL);
    frame_yard_check(&machine.yard);
    if (lost != 0) {
        die("%zu frames are lost", lost);
    }
    printf("%zu instructions interrupted, frozen at %zu of them, %zu requests refused\n", machine.stops,
           machine.freezes, machine.task.failures + machine.handler.failures + machine.other.failures);
    frame_yard_destroy(&machine.yard);
    return 0;
}
