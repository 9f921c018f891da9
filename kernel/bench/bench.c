// SPDX-License-Identifier: MIT
// mode=bench: the everyday scenarios on all CPUs, and a CSV file over the console, each of its lines behind `csv: `.
#include "arch.h"
#include "cpus.h"
#include "crew.h"
#include "driver/csv_columns.h"
#include "options.h"
#include "print.h"
#include "watchdog.h"

enum { BENCH_NANOSECONDS = 150000000, BENCH_REPEATS = 3, BENCH_WAIT_SECONDS = 600 };

static const struct scenario *const bench_table[] = {&scenario_pair, &scenario_burst, &scenario_slots,
                                                     &scenario_prodcons};

static void head(void) {
    print("csv: # machine: %s, %zu CPUs\n", ARCH_NAME, cpus_count());
    print("csv: # kernel: that of this tree, compiled by gcc %s\n", __VERSION__);
    print("csv: # versions: %s of this tree\n", BACKEND.name);
    print("csv: # conditions: a fresh heap of %zu MiB a measurement, interrupts masked around every call, alignment 8; "
          "an "
          "operation is one call of alloc or free\n",
          crew_region_bytes() / SCENARIO_MIB);
    print("csv: %s\n", CSV_COLUMNS);
}

// Integers only, as the kernel has no floating point: seconds to six places, Mops/s to four. Latencies are not
// measured, a step's bytes and utilisation say nothing here.
static void row(const struct crew_job *job, unsigned long repeat, const struct crew_result *result) {
    unsigned long microseconds = result->nanoseconds / 1000;
    unsigned long mops = result->ops * 10000000u / result->nanoseconds;
    print("csv: %s,%s,%s,%zu,%lu,%lu,%lu.%06lu,%lu.%04lu,,,,,,,,,,,%zu,,,,%lu\n", job->scenario->name,
          job->scenario->variants[job->variant], BACKEND.name, cpus_count(), repeat, (unsigned long)result->ops,
          microseconds / 1000000, microseconds % 1000000, mops / 10000, mops % 10000, crew_region_bytes(),
          (unsigned long)result->failed);
}

static bool measure(const struct scenario *scenario, size_t variant) {
    struct crew_job job = {
        .scenario = scenario,
        .variant = variant,
        .nanoseconds = options.seconds != 0 ? options.seconds * 1000000000u : BENCH_NANOSECONDS,
        .alloc = crew_alloc,
        .free = crew_free,
    };
    bool good = true;
    // bound: BENCH_REPEATS
    for (unsigned long repeat = 0; repeat < BENCH_REPEATS; repeat++) {
        struct crew_result result;
        watchdog_expect(scenario->name, BENCH_WAIT_SECONDS + 10 * options.seconds);
        good &= crew_run(&job, &result);
        row(&job, repeat, &result);
    }
    return good;
}

bool bench_main(void) {
    bool good = true;
    head();
    // bound: the scenarios
    for (size_t i = 0; i < sizeof bench_table / sizeof bench_table[0]; i++) {
        // bound: their variants
        for (size_t variant = 0; bench_table[i]->variants[variant] != NULL; variant++)
            good &= measure(bench_table[i], variant);
    }
    return good;
}
