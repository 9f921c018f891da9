// SPDX-License-Identifier: MIT
// One run of a scenario of the benchmark on virtual CPUs.
#ifndef SIM_SCALE_TRIAL_H
#define SIM_SCALE_TRIAL_H

#include "cost.h"
#include "driver/histogram.h"
#include "engine.h"
#include "heaps.h"
#include "scenario/scenario.h"

struct trial {
    const struct scenario *scenario;
    size_t variant;
    const struct heap_kind *heap;
    size_t cpus;
    size_t region_bytes;
    uint64_t seed;
    uint64_t calls; // to be measured, of all CPUs; at least a third of them go before
    struct cost cost;
};

struct trial_result {
    uint64_t calls;          // of alloc and free
    double cycles;           // that they took, all CPUs running at once
    struct engine_counts at; // what was accessed meanwhile, by all CPUs
    uint64_t call_accesses;  // those within calls
    uint64_t failed, damaged;
    struct histogram alloc, free; // cycles
};

void trial_run(const struct trial *trial, struct trial_result *result);

#endif
