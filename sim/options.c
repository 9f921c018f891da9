// SPDX-License-Identifier: MIT
// The command line; see options.h.
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char options_usage[] =
    "usage: wfsim explore --scenario S [--cpus N] [--seed N | --exhaustive [--dpor | --preemptions N]]\n"
    "                     [--adversary freeze|crash|starve|lose [--victim N]] [--memory sc|c11] [--ops N]\n"
    "                     [--rival-ops N] [--steps N] [--schedules N] [--weaken FILE:LINE[:NAME]=WHAT]\n"
    "                     [--replay LINE] [--quiet]\n"
    "       wfsim scenarios | sites | litmus\n"
    "  --exhaustive searches by states, or with --dpor (always in c11) by schedules that differ\n"
    "  --steps      a schedule with more steps has failed\n"
    "  --schedules  ends after so many; 0: when a search is done, or never\n"
    "  --ops        rounds of each CPU; --rival-ops of those that are not the victim\n";

void options_refuse(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("wfsim: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputs(" `wfsim help` tells what there is.\n", stderr);
    exit(2);
}

static uint64_t number(const char *name, const char *text, uint64_t most) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value > most)
        options_refuse("%s wants a number of at most %llu, not '%s'.", name, (unsigned long long)most, text);
    return value;
}

// One option that takes a value; false: there is none of that name.
static bool parse_value(struct options *self, const char *name, const char *value) {
    if (strcmp(name, "--scenario") == 0)
        self->scenario = value;
    else if (strcmp(name, "--adversary") == 0)
        self->adversary = value;
    else if (strcmp(name, "--memory") == 0)
        self->memory = value;
    else if (strcmp(name, "--replay") == 0)
        self->replay = value;
    else if (strcmp(name, "--cpus") == 0)
        self->cpus = (unsigned)number(name, value, 512);
    else if (strcmp(name, "--ops") == 0)
        self->ops = (unsigned)number(name, value, 1000000);
    else if (strcmp(name, "--rival-ops") == 0)
        self->rival_ops = (unsigned)number(name, value, 1000000);
    else if (strcmp(name, "--preemptions") == 0)
        self->preemptions = (unsigned)number(name, value, 100);
    else if (strcmp(name, "--victim") == 0)
        self->victim = number(name, value, 511);
    else if (strcmp(name, "--seed") == 0)
        self->seed = number(name, value, UINT64_MAX);
    else if (strcmp(name, "--steps") == 0)
        self->steps = number(name, value, 100000000);
    else if (strcmp(name, "--schedules") == 0)
        self->schedules = number(name, value, UINT64_MAX);
    else if (strcmp(name, "--weaken") == 0 && self->weakened_count < WEAKENED_MOST)
        self->weakened[self->weakened_count++] = value;
    else
        return false;
    return true;
}

void options_parse(struct options *self, int argc, char **argv) {
    *self = (struct options){.memory = "sc",
                             .seed = 1,
                             .steps = 1000000,
                             .schedules = 10000,
                             .preemptions = OPTIONS_UNBOUNDED,
                             .victim = ~UINT64_C(0)};
    bool counted = false;
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (strcmp(name, "--exhaustive") == 0)
            self->exhaustive = true;
        else if (strcmp(name, "--dpor") == 0)
            self->dpor = true;
        else if (strcmp(name, "--quiet") == 0)
            self->quiet = true;
        else if (i + 1 == argc)
            options_refuse("'%s' is no option, or lacks its value.", name);
        else if (parse_value(self, name, argv[++i]))
            counted |= strcmp(name, "--schedules") == 0;
        else
            options_refuse("'%s' is no option.", name);
    }
    if (self->exhaustive && !counted)
        self->schedules = 0;
    if (self->dpor && !self->exhaustive)
        options_refuse("--dpor is a manner of --exhaustive search.");
    if (self->preemptions != OPTIONS_UNBOUNDED && !self->exhaustive && self->replay == NULL)
        options_refuse("--preemptions bounds an exhaustive search: it wants --exhaustive.");
}
