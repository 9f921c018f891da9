// SPDX-License-Identifier: MIT
// wfsim: the heap under a simulator that decides what every CPU does at each step on shared memory.
#include "explore.h"
#include "litmus.h"
#include "scenario.h"
#include "step.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int list_scenarios(void) {
    for (size_t i = 0; scenario_at(i) != NULL; i++) {
        const struct scenario *it = scenario_at(i);
        (void)printf("%-14s %u to %u CPUs, %u rounds: each %s\n", it->name, it->cpus_least, it->cpus_most, it->ops,
                     it->summary);
    }
    return 0;
}

// Every place in the core that takes a step; the order that it has.
static int list_sites(void) {
    struct step_site *const *sites;
    size_t count = step_sites(&sites);
    for (size_t i = 0; i < count; i++)
        (void)printf("%s:%u:%s %s %s\n", sites[i]->file, sites[i]->line, sites[i]->name,
                     step_order_name(sites[i]->written), sites[i]->function);
    return 0;
}

// A command that is a program of its own, beside this one.
static int run_sibling(const char *name, char **argv) {
    char self[4096], path[4200];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length > 0) {
        self[length] = '\0';
        (void)snprintf(path, sizeof path, "%s/wfsim-%s", dirname(self), name);
        (void)execv(path, argv);
    }
    (void)fprintf(stderr, "wfsim: the program wfsim-%s is not beside this one.\n", name);
    return 2;
}

int main(int argc, char **argv) {
    struct options options;
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "machine") == 0 || strcmp(command, "scale") == 0)
        return run_sibling(command, argv + 1);
    if (strcmp(command, "scenarios") == 0)
        return list_scenarios();
    if (strcmp(command, "help") == 0 || strcmp(command, "--help") == 0)
        return fputs(options_usage, stdout) == EOF;
    if (strcmp(command, "sites") == 0)
        return list_sites();
    if (strcmp(command, "litmus") == 0)
        return litmus();
    if (strcmp(command, "explore") != 0)
        options_refuse("'%s' is no command.", command);
    options_parse(&options, argc - 1, argv + 1);
    return explore(&options);
}
