// SPDX-License-Identifier: MIT
// Heap calls interrupted after every instruction, by a handler that uses the heap on its own slot, and frozen there
// while a second thread gets on (support/stepper_x86_64.h).
#include "support/actor.h"
#include "support/args.h"
#include "support/stepper_x86_64.h"

static struct world world;
static struct actor task, handler, other;

static void steps_act(void *user) {
    actor_step(user);
}

int main(int argc, char **argv) {
    struct arg args[] = {STEPPER_ARGS(40000), {"region_kib", 1024, 1024, 1 << 24}, {"seed", 1, 0, UINT64_MAX}};
    size_t count = ARGS_COUNT(args);
    args_parse(args, count, argc, argv);
    uint64_t seed = args_get(args, count, "seed");
    world_init(&world, args_get(args, count, "region_kib") << 10, 0, 3, 3);
    struct appetite appetite = {64, 1 << 14, 64};
    actor_init(&task, &world, 0, 0, appetite, seed);
    actor_init(&handler, &world, 1, 1, appetite, seed);
    actor_init(&other, &world, 2, 2, appetite, seed);
    struct stepper stepper = {steps_act, &task, &handler, &other, &task.watch, &task.rng};
    stepper_run(&stepper, args, count);
    actor_release(&task);
    actor_release(&handler);
    actor_release(&other);
    world_reckon(&world);
    actor_destroy(&task);
    actor_destroy(&handler);
    actor_destroy(&other);
    world_destroy(&world);
    return 0;
}
