// SPDX-License-Identifier: MIT
// Scenarios of the machine and its command line.
#include "plan.h"

#include "stress/support/die.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct plan scenarios[] = {
    {.scenario = "mixed",
     .summary = "random calls on all CPUs, mail between them, an interrupt now and then",
     .irq_us = 500,
     .places = 128,
     .size_max = (size_t)1 << 17,
     .kib_per_cpu = 2048,
     .calls = 600000,
     .steps_per_feast = 20000},
    {.scenario = "interrupts",
     .summary = "a small heap, and as many interrupts as a CPU can bear, one in the other",
     .irq_us = 20,
     .places = 48,
     .size_max = (size_t)1 << 15,
     .kib_per_cpu = 512,
     .calls = 600000,
     .steps_per_feast = 5000},
    {.scenario = "stall",
     .summary = "CPUs are held up at some instruction within a call, while others retype what they looked at",
     .irq_us = 10,
     .stall_us = 300,
     .places = 16,
     .size_max = (size_t)1 << 13,
     .kib_per_cpu = 128,
     .calls = 100000,
     .steps_per_feast = 300},
    {.scenario = "crash",
     .summary = "CPUs stop for ever at some instruction within a heap call; the others go on",
     .irq_us = 50,
     .places = 64,
     .size_max = (size_t)1 << 16,
     .kib_per_cpu = 2048,
     .calls = 400000,
     .steps_per_feast = 10000,
     .crashes = true},
    {.scenario = "hotplug",
     .summary = "CPUs go away and others take over their slots, drained or not",
     .irq_us = 200,
     .places = 64,
     .size_max = (size_t)1 << 16,
     .kib_per_cpu = 1024,
     .calls = 600000,
     .steps_per_feast = 20000,
     .unplugs = true},
    {.scenario = "frames",
     .summary = "frames and runs taken, shared, listed and put on all CPUs and in interrupts, fewer than are wanted",
     .irq_us = 50,
     .places = 24,
     .size_max = (size_t)64 << 12,
     .kib_per_cpu = 2048,
     .calls = 400000,
     .frames = true},
    {.scenario = "frames-crash",
     .summary = "the same, and CPUs stop for ever at some instruction within a call of the pool",
     .irq_us = 50,
     .places = 24,
     .size_max = (size_t)64 << 12,
     .kib_per_cpu = 2048,
     .calls = 200000,
     .crashes = true,
     .frames = true},
    {.scenario = "frames-hotplug",
     .summary = "the same, and CPUs go away and others take over their slots, drained or not",
     .irq_us = 200,
     .places = 24,
     .size_max = (size_t)64 << 12,
     .kib_per_cpu = 2048,
     .calls = 400000,
     .unplugs = true,
     .frames = true},
    {.scenario = "talloc",
     .summary = "tasks on a primary heap, interrupts on that and a backup heap, less memory than they want",
     .irq_us = 50,
     .places = 64,
     .size_max = 4000,
     .kib_per_cpu = 512,
     .calls = 400000,
     .tallocs = true},
    {.scenario = "talloc-crash",
     .summary = "the same, and CPUs stop for ever at some instruction within a call",
     .irq_us = 50,
     .places = 64,
     .size_max = 4000,
     .kib_per_cpu = 1024,
     .calls = 200000,
     .crashes = true,
     .tallocs = true},
    {.scenario = "talloc-hotplug",
     .summary = "the same, and CPUs go away and others take over their slots, drained or not",
     .irq_us = 200,
     .places = 64,
     .size_max = 4000,
     .kib_per_cpu = 512,
     .calls = 400000,
     .unplugs = true,
     .tallocs = true},
    {.scenario = "exhaust",
     .summary = "all CPUs and their interrupt handlers take one size until NULL, and free their neighbour's",
     .irq_us = 100,
     .stall_us = 50,
     .places = 1,
     .size_max = (size_t)1 << 18,
     .kib_per_cpu = 2048,
     .exhausts = true},
};
#define SCENARIOS (sizeof scenarios / sizeof scenarios[0])

static _Noreturn void usage(const char *complaint, const char *what) {
    fprintf(stderr, "wfsim machine: %s%s\n", complaint, what);
    fputs("usage: wfsim machine --scenario S --cpus N [--seed N] [--seconds X | --calls N] [--region-mib N]\n"
          "                     [--stopped N] [--patience SECONDS] [--glue masked|unmasked|locked]\n",
          stderr);
    // bound: SCENARIOS
    for (size_t i = 0; i < SCENARIOS; i++)
        fprintf(stderr, "  %-11s %s\n", scenarios[i].scenario, scenarios[i].summary);
    exit(2);
}

static uint64_t number(const char *option, const char *text, uint64_t least, uint64_t most) {
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value < least || value > most) {
        char complaint[128];
        snprintf(complaint, sizeof complaint, "%s wants a number from %llu to %llu, not ", option,
                 (unsigned long long)least, (unsigned long long)most);
        usage(complaint, text);
    }
    return value;
}

static double seconds(const char *option, const char *text) {
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value > 0 && value < 1e6)) {
        char complaint[64];
        snprintf(complaint, sizeof complaint, "%s wants seconds, not ", option);
        usage(complaint, text);
    }
    return value;
}

static struct plan scenario(const char *name) {
    // bound: SCENARIOS
    for (size_t i = 0; i < SCENARIOS; i++) {
        if (strcmp(scenarios[i].scenario, name) == 0)
            return scenarios[i];
    }
    usage("no such scenario: ", name);
}

static enum irq_glue glue(const char *text) {
    static const char *const names[] = {"masked", "unmasked", "locked"};
    // bound: 3
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(names[i], text) == 0)
            return (enum irq_glue)i;
    }
    usage("--glue is masked, unmasked or locked, not ", text);
}

static void plan_option(struct plan *self, const char *option, const char *value) {
    if (strcmp(option, "--scenario") == 0)
        return; // read before all others
    if (strcmp(option, "--cpus") == 0)
        self->cpus = number(option, value, 1, PLAN_CPUS_MAX);
    else if (strcmp(option, "--seed") == 0)
        self->seed = number(option, value, 0, UINT64_MAX);
    else if (strcmp(option, "--calls") == 0)
        self->calls = number(option, value, 1, UINT64_MAX / 2);
    else if (strcmp(option, "--seconds") == 0)
        self->seconds = seconds(option, value);
    else if (strcmp(option, "--region-mib") == 0)
        self->region_mib = number(option, value, 1, (uint64_t)1 << 20);
    else if (strcmp(option, "--stopped") == 0)
        self->stopped = number(option, value, 0, PLAN_CPUS_MAX);
    else if (strcmp(option, "--patience") == 0)
        self->patience_seconds = seconds(option, value);
    else if (strcmp(option, "--glue") == 0)
        self->glue = glue(value);
    else
        usage("unknown option ", option);
}

struct plan plan_parse(int argc, char **argv) {
    const char *name = NULL;
    // bound: argc
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--scenario") == 0)
            name = argv[i + 1];
    }
    if (name == NULL)
        usage("--scenario is missing", "");
    struct plan self = scenario(name);
    self.seed = 1;
    self.patience_seconds = 60;
    self.stopped = SIZE_MAX;
    // bound: argc
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            usage("nothing follows ", argv[i]);
        plan_option(&self, argv[i], argv[i + 1]);
    }
    if (self.cpus == 0)
        usage("--cpus is missing", "");
    struct rng rng = {self.seed};
    if (self.stopped == SIZE_MAX)
        self.stopped = self.crashes ? 1 + rng_below(&rng, self.cpus < 4 ? 1 : self.cpus / 2) : 0;
    if (self.crashes && self.stopped >= self.cpus)
        self.stopped = self.cpus - 1;
    if (!self.crashes && self.stopped != 0)
        usage("only scenarios with crash in their names stop CPUs", "");
    return self;
}

size_t plan_region_bytes(const struct plan *self) {
    size_t bytes = self->region_mib != 0 ? self->region_mib << 20 : self->kib_per_cpu * self->cpus << 10;
    return bytes < (size_t)4 << 20 ? (size_t)4 << 20 : bytes;
}
