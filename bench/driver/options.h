// SPDX-License-Identifier: MIT
// The command line of wfbench.
#ifndef BENCH_DRIVER_OPTIONS_H
#define BENCH_DRIVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "adapter/adapter.h"
#include "scenario/scenario.h"

#define OPTIONS_LIST_MAX 64
#define OPTIONS_THREADS_MAX 512

struct options {
    const struct scenario *scenarios[OPTIONS_LIST_MAX];
    size_t scenario_count;
    bool all_scenarios; // asked for as `all`, or by saying nothing: those without a fitting allocator are left out
    const char *variants[OPTIONS_LIST_MAX]; // none: all of them
    size_t variant_count;
    const struct adapter *adapters[OPTIONS_LIST_MAX];
    size_t adapter_count;
    bool all_adapters; // likewise
    size_t threads[OPTIONS_LIST_MAX];
    size_t thread_count;
    int units[OPTIONS_THREADS_MAX]; // to pin threads to, round robin; none: as hwloc orders them
    size_t unit_count;
    const struct adapter *base; // NULL: by scenario
    const char *csv;
    double seconds;
    double timeout_seconds; // 0: from seconds
    size_t repeats;
    uint64_t ops; // calls after which the first thread to make them ends the run; 0: run for `seconds`
    uint64_t seed;
    size_t region_mib; // 0: as the scenario wishes
    bool latency;
    bool list;
    bool help;
    bool direct;  // one measurement, in this process
    bool version; // only tell the allocator's version
    int pipe;     // where a measuring process reports to; -1: the terminal
};

// Prints a sentence and answers false on any wrong argument.
bool options_parse(struct options *options, int argc, char **argv);

void options_usage(void);

// Whether a variant of a scenario was asked for.
bool options_wants_variant(const struct options *options, const char *variant);

#endif
