// SPDX-License-Identifier: MIT
// Reports of failures; see report.h.
#include "report.h"

#include "policies.h"
#include "port/port.h"
#include "scenario.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct options *given;

void report_init(const struct options *options) {
    given = options;
}

static void print_line(void) {
    (void)printf("wfsim explore");
    if (given->ops != 0)
        (void)printf(" --ops %u", given->ops);
    if (given->rival_ops != 0)
        (void)printf(" --rival-ops %u", given->rival_ops);
    if (given->exhaustive)
        (void)printf(" --seed %" PRIu64, world.plan.seed);
    for (unsigned i = 0; i < given->weakened_count; i++)
        (void)printf(" --weaken %s", given->weakened[i]);
    (void)printf(" --replay '%s:%u:%s:", world.scenario->name, world.cpus, world.memory->name);
    if (given->exhaustive) {
        (void)printf("choices:");
        policy_replay_print();
    } else {
        (void)printf("%s:%" PRIu64 ":%u:%" PRIu64, given->adversary != NULL ? given->adversary : "random",
                     world.plan.seed, world.plan.victim, world.plan.at);
    }
    (void)printf("'\n");
}

void report_failure(void) {
    (void)printf("VIOLATION: %s\n", world.failure);
    (void)printf("schedule %" PRIu64 ", %" PRIu64 " steps; repeat it by\n  ", world.schedules, world.state.steps);
    print_line();
    (void)fflush(stdout);
    if (given->quiet || world.is_traced)
        return;
    policy_replay_keep();
    world.policy = &policy_replay;
    world.is_traced = true;
    world_run();
    (void)printf("VIOLATION: %s\n", world.failure);
}

_Noreturn void port_fault(enum port_fault_kind kind, const void *address, size_t cpu) {
    static const char *const names[] = {"nothing",     "foreign pointer", "misplaced pointer", "free page",
                                        "double free", "bad CPU",         "corrupt metadata",  "overflow"};
    world_fail("port_fault on CPU %zu: %s, %p", cpu, names[kind], address);
    if (world.current == CPU_NONE) {
        report_failure();
        exit(1);
    }
    abort();
}
