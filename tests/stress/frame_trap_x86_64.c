// SPDX-License-Identifier: MIT
// Calls of the pool of frames interrupted after every instruction, by a handler that uses frames on its own slot, and
// frozen there while a second thread gets on (support/stepper_x86_64.h).
#include "support/args.h"
#include "support/die.h"
#include "support/frame_user.h"
#include "support/stepper_x86_64.h"

#include <stdio.h>

#define PLACES 24u
#define RUN_MOST 64u
#define FREE 300u

static struct frame_yard yard;
static struct frame_user task, handler, other;

static void trap_act(void *user) {
    frame_user_step(user);
}

int main(int argc, char **argv) {
    struct arg args[] = {STEPPER_ARGS(20000), {"seed", 1, 0, UINT64_MAX}};
    size_t count = ARGS_COUNT(args);
    args_parse(args, count, argc, argv);
    uint64_t seed = args_get(args, count, "seed");
    frame_yard_init(&yard, FRAME_YARD_FRAMES_MIN, 3);
    frame_yard_reclaim(&yard, 1, 1);
    frame_yard_load(&yard, FREE);
    frame_user_init(&task, &yard, 0, 0, PLACES, RUN_MOST, seed);
    frame_user_init(&handler, &yard, 1, 1, PLACES, RUN_MOST, seed);
    frame_user_init(&other, &yard, 2, 2, PLACES, RUN_MOST, seed);
    struct stepper stepper = {trap_act, &task, &handler, &other, &task.watch, &task.rng};
    stepper_run(&stepper, args, count);
    frame_user_release(&task);
    frame_user_release(&handler);
    frame_user_release(&other);
    size_t lost = frame_yard_settle(&yard, NULL);
    frame_yard_check(&yard);
    if (lost != 0) {
        die("%zu frames are lost", lost);
    }
    printf("%zu requests refused\n", task.failures + handler.failures + other.failures);
    frame_yard_destroy(&yard);
    return 0;
}
