// SPDX-License-Identifier: MIT
// wfbench: compares allocators. This file decides what the program is to be: the one that plans and collects, or one
// that measures.
#include "campaign.h"
#include "child.h"
#include "duo.h"
#include "measure.h"

#include <port/port.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void port_fault(enum port_fault_kind kind, const void *address, size_t cpu) {
    (void)fprintf(stderr, "wfbench: the heap reports fault %d at %p on CPU %zu\n", (int)kind, address, cpu);
    abort();
}

static void list_all(void) {
    printf("allocators\n");
    for (const struct adapter *const *at = adapter_table; *at != NULL; at++) {
        printf("  %-11s %s\n", (*at)->name, (*at)->summary);
    }
    printf("scenarios\n");
    for (const struct scenario *const *at = scenario_table; *at != NULL; at++) {
        const struct scenario *scenario = *at;
        printf("  %-11s %s\n  %-11s threads: %s; variants:", scenario->name, scenario->summary, "",
               scenario->threads_max == 1   ? "1"
               : scenario->threads_min == 2 ? "2 or more"
                                            : "any");
        for (size_t i = 0; scenario->variants[i] != NULL; i++) {
            printf(" %s", scenario->variants[i]);
        }
        printf("\n");
    }
}

static void join_command(char *text, size_t bytes, int argc, char **argv) {
    size_t length = (size_t)snprintf(text, bytes, "wfbench");
    for (int i = 1; i < argc && length < bytes; i++) {
        length += (size_t)snprintf(text + length, bytes - length, " %s", argv[i]);
    }
}

static bool measure_here(struct options *options, const struct machine *machine) {
    const struct scenario *scenario = options->scenarios[0];
    struct job job = {
        .scenario = scenario,
        .adapter = scenario->talloc ? duo_of(options->adapters[0]) : options->adapters[0],
        .threads = scenario->threads_max == 1 ? 1 : options->threads[0],
        .seconds = options->seconds,
        .ops = scenario->counted ? 0 : options->ops,
        .seed = options->seed,
        .latency = options->latency,
        .units = options->unit_count != 0 ? options->units : machine->order,
        .unit_count = options->unit_count != 0 ? options->unit_count : machine->units,
        .channel = {.descriptor = options->pipe},
    };
    while (!options_wants_variant(options, scenario->variants[job.variant])) {
        job.variant++;
    }
    job.region_bytes =
        options->region_mib != 0 ? options->region_mib * SCENARIO_MIB : scenario->region_bytes(job.variant);
    if (job.threads < scenario->threads_min) {
        (void)fprintf(stderr, "wfbench: %s needs %zu threads at least\n", scenario->name, scenario->threads_min);
        return false;
    }
    return measure(&job);
}

// hwloc's own allocations are left out of a process that measures: the collector hands the units down.
static bool run(struct options *options, const char *command) {
    struct channel channel = {.descriptor = options->pipe};
    if (options->version) {
        return measure_version(options->adapters[0], &channel);
    }
    static struct machine machine;
    if (!options->direct || options->unit_count == 0) {
        const char *trouble = machine_look(&machine);
        if (trouble != NULL) {
            (void)fprintf(stderr, "wfbench: %s\n", trouble);
            return false;
        }
    }
    return options->direct ? measure_here(options, &machine) : campaign_run(options, &machine, command);
}

// A process that is to load an allocator itself must have been started with room for it.
static void restart_with_tunables(int argc, char **argv) {
    for (int i = 1; i < argc && !child_tunables_present(); i++) {
        if (strcmp(argv[i], "--direct") == 0 || strcmp(argv[i], "--version") == 0) {
            child_tunables_set();
            (void)execv("/proc/self/exe", argv);
            perror("wfbench: the program could not be restarted");
        }
    }
}

int main(int argc, char **argv) {
    static struct options options;
    static char command[1024];
    restart_with_tunables(argc, argv);
    join_command(command, sizeof command, argc, argv);
    if (!options_parse(&options, argc, argv)) {
        return 2;
    }
    if (options.help || options.list) {
        (options.help ? options_usage : list_all)();
        return EXIT_SUCCESS;
    }
    return run(&options, command) ? EXIT_SUCCESS : EXIT_FAILURE;
}
