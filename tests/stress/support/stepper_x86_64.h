// SPDX-License-Identifier: MIT
// The processor's trap flag stops one user's calls after every single instruction. At each stop a handler lets another
// user act on a slot of its own (an interrupt at every instruction there is), or, now and then, a second thread
// finishes a number of a third user's operations while the first is frozen (a stall at that very instruction).
#ifndef STRESS_STEPPER_X86_64_H
#define STRESS_STEPPER_X86_64_H

#include "args.h"
#include "rng.h"
#include "watch.h"

// Every program that steps has these arguments: stops to make, how many of them to a freeze, operations in a freeze.
#define STEPPER_ARGS(stops)                                                                                            \
    {"stops", stops, 1, 100000000}, {"freeze_every", 37, 1, 1000000}, {                                                \
        "steps", 100, 1, 1000000                                                                                       \
    }

struct stepper {
    void (*act)(void *user);      // one random operation; calls nothing that a handler may not
    void *task, *handler, *other; // the user that is stepped, the handler's, and the second thread's
    struct watch *watch;          // of the task's calls
    struct rng *rng;              // the task's
};

// Until the stops are made. Prints what was done. No other stepper may run meanwhile.
void stepper_run(const struct stepper *self, const struct arg *args, size_t count);

#endif
