// SPDX-License-Identifier: MIT
// A signal handler uses the heap on its own CPU slot while the interrupted code is inside calls on another slot, as an
// interrupt handler does that may allocate while the kernel's own calls are not masked against it.
#include "support/actor.h"
#include "support/args.h"
#include "support/interval.h"

#include <stdio.h>

struct interrupts {
    struct world world;
    struct actor task;
    struct actor handler;
    size_t steps_per_interrupt;
    volatile size_t inside; // interrupts that found the task within a call
    size_t taken;
};

// A handler gets no argument of its own.
static struct interrupts machine;

static void interrupts_handle(int signal_number) {
    (void)signal_number;
    if (machine.task.watch.in_call) {
        machine.inside++;
    }
    for (size_t i = 0; i < machine.steps_per_interrupt; i++) {
        actor_step(&machine.handler);
    }
    machine.taken++;
}

int main(int argc, char **argv) {
    struct arg args[] = {{"ops", 2000000, 1, 1000000000},
                         {"inside_min", 1000, 0, 1000000000},
                         {"region_kib", 4096, 1024, 1 << 24},
                         {"seed", 1, 0, UINT64_MAX}};
    size_t count = ARGS_COUNT(args);
    args_parse(args, count, argc, argv);
    size_t steps = args_get(args, count, "ops");
    size_t inside_min = args_get(args, count, "inside_min");
    world_init(&machine.world, args_get(args, count, "region_kib") << 10, 1, 2, 2);
    struct appetite appetite = {64, 1 << 17, 256};
    actor_init(&machine.task, &machine.world, 0, 0, appetite, args_get(args, count, "seed"));
    actor_init(&machine.handler, &machine.world, 1, 1, appetite, args_get(args, count, "seed"));
    machine.steps_per_interrupt = 3;

    interval_start(interrupts_handle);
    size_t done = 0;
    // At least the asked-for work, and on until enough interrupts have hit a call: a test that never did shows nothing.
    for (; done < steps || machine.inside < inside_min; done++) {
        actor_step(&machine.task);
        if (done % 100000 == 99999) {
            actor_feast(&machine.task);
        }
    }
    interval_stop();

    actor_release(&machine.task);
    actor_release(&machine.handler);
    world_reckon(&machine.world);
    printf("%zu steps, %zu interrupts, %zu of them inside a call\n", done, machine.taken, machine.inside);
    actor_destroy(&machine.task);
    actor_destroy(&machine.handler);
    world_destroy(&machine.world);
    return 0;
}
