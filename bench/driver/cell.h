// SPDX-License-Identifier: MIT
// One cell of a table: a figure of all repeats of a measurement.
#ifndef BENCH_DRIVER_CELL_H
#define BENCH_DRIVER_CELL_H

#include "result.h"

enum { TABLE_NAMES_MAX = 64 };

struct names {
    const char *at[TABLE_NAMES_MAX];
    size_t count;
};

// The results of one scenario, and who and what occurs in them.
struct table {
    const struct result *results;
    size_t count;
    const char *base;
    struct names variants, allocators;
    size_t threads[TABLE_NAMES_MAX];
    size_t thread_count;
};

struct cell {
    double median, least, most;
    size_t count; // 0: nothing known
    bool failed;  // at least one repeat failed
};

// One figure of a result; negative where it is not known.
typedef double figure_of(const struct result *result);

extern figure_of *const figures_latency[10]; // alloc p50, p99, p99.9, p99.99, max, and free likewise
figure_of figure_mops, figure_utilisation, figure_peak_mib, figure_failed;

struct table table_of(const struct result *results, size_t count, const char *base);
struct cell table_cell(const struct table *table, const char *variant, const char *allocator, size_t threads,
                       figure_of *figure);

// Whether any result of a variant (NULL: of all) has a figure other than zero.
bool table_knows(const struct table *table, const char *variant, figure_of *figure);

#endif
