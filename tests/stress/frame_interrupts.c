// SPDX-License-Identifier: MIT
// A signal handler uses frames on its own CPU slot while the interrupted code is inside calls of the pool on another
// slot, with fewer frames than both want.
#include "support/args.h"
#include "support/die.h"
#include "support/frame_user.h"
#include "support/interval.h"

#include <stdio.h>

#define PLACES 24u
#define RUN_MOST 64u
#define FREE 200u

// A handler gets no argument of its own.
static struct {
    struct frame_yard yard;
    struct frame_user task, handler;
    volatile size_t inside; // interrupts that found the task within a call
} machine;

static void interrupts_handle(int signal_number) {
    (void)signal_number;
    machine.inside += machine.task.watch.in_call;
    frame_user_step(&machine.handler);
    frame_user_step(&machine.handler);
}

int main(int argc, char **argv) {
    struct arg args[] = {
        {"ops", 400000, 1, 1000000000}, {"inside_min", 300, 0, 1000000000}, {"seed", 1, 0, UINT64_MAX}};
    size_t count = ARGS_COUNT(args), done = 0;
    args_parse(args, count, argc, argv);
    size_t ops = args_get(args, count, "ops"), inside_min = args_get(args, count, "inside_min");
    frame_yard_init(&machine.yard, FRAME_YARD_FRAMES_MIN, 2);
    frame_yard_reclaim(&machine.yard, 1, 1);
    frame_yard_load(&machine.yard, FREE);
    frame_user_init(&machine.task, &machine.yard, 0, 0, PLACES, RUN_MOST, args_get(args, count, "seed"));
    frame_user_init(&machine.handler, &machine.yard, 1, 1, PLACES, RUN_MOST, args_get(args, count, "seed"));
    interval_start(interrupts_handle);
    // On until enough interrupts have hit a call: a test that never did shows nothing.
    for (; done < ops || machine.inside < inside_min; done++) {
        frame_user_step(&machine.task);
    }
    interval_stop();
    frame_user_release(&machine.task);
    frame_user_release(&machine.handler);
    size_t lost = frame_yard_settle(&machine.yard, NULL);
    frame_yard_check(&machine.yard);
    if (lost != 0) {
        die("%zu frames are lost", lost);
    }
    printf("%zu steps, %zu interrupts within a call, %zu requests refused\n", done, machine.inside,
           machine.task.failures + machine.handler.failures);
    frame_yard_destroy(&machine.yard);
    return 0;
}
