// SPDX-License-Identifier: MIT
// Medians over repeats. Rows and columns appear in the order in which the measurements were made.
#include "cell.h"

#include <stdlib.h>
#include <string.h>

enum { CELL_REPEATS_MAX = 1000 };

double figure_mops(const struct result *result) {
    return result_mops(result);
}

double figure_utilisation(const struct result *result) {
    return result->utilisation < 0 ? -1.0 : 100 * result->utilisation;
}

double figure_peak_mib(const struct result *result) {
    return result->peak_bytes == 0 ? -1.0 : (double)result->peak_bytes / (1 << 20);
}

double figure_failed(const struct result *result) {
    return (double)result->failed_allocs;
}

#define FIGURE_LATENCY(call, name)                                                                                     \
    static double figure_##call##_##name(const struct result *result) {                                                \
        return result->call.known ? result->call.name##_ns : -1.0;                                                     \
    }
FIGURE_LATENCY(alloc, p50)
FIGURE_LATENCY(alloc, p99)
FIGURE_LATENCY(alloc, p999)
FIGURE_LATENCY(alloc, p9999)
FIGURE_LATENCY(alloc, max)
FIGURE_LATENCY(free, p50)
FIGURE_LATENCY(free, p99)
FIGURE_LATENCY(free, p999)
FIGURE_LATENCY(free, p9999)
FIGURE_LATENCY(free, max)

figure_of *const figures_latency[10] = {
    figure_alloc_p50, figure_alloc_p99, figure_alloc_p999, figure_alloc_p9999, figure_alloc_max,
    figure_free_p50,  figure_free_p99,  figure_free_p999,  figure_free_p9999,  figure_free_max,
};

static void names_add(struct names *names, const char *name) {
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->at[i], name) == 0) {
            return;
        }
    }
    if (names->count < TABLE_NAMES_MAX) {
        names->at[names->count++] = name;
    }
}

static void threads_add(struct table *table, size_t threads) {
    for (size_t i = 0; i < table->thread_count; i++) {
        if (table->threads[i] == threads) {
            return;
        }
    }
    if (table->thread_count < TABLE_NAMES_MAX) {
        table->threads[table->thread_count++] = threads;
    }
}

struct table table_of(const struct result *results, size_t count, const char *base) {
    struct table table = {.results = results, .count = count, .base = base};
    for (size_t i = 0; i < count; i++) {
        names_add(&table.variants, results[i].variant);
        names_add(&table.allocators, results[i].allocator);
        threads_add(&table, results[i].threads);
    }
    return table;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool result_matches(const struct result *result, const char *variant, const char *allocator, size_t threads) {
    return strcmp(result->variant, variant) == 0 && strcmp(result->allocator, allocator) == 0 &&
           result->threads == threads;
}

struct cell table_cell(const struct table *table, const char *variant, const char *allocator, size_t threads,
                       figure_of *figure) {
    static double values[CELL_REPEATS_MAX];
    struct cell cell = {0};
    for (size_t i = 0; i < table->count; i++) {
        const struct result *result = &table->results[i];
        if (!result_matches(result, variant, allocator, threads)) {
            continue;
        }
        cell.failed |= result->failed;
        double value = result->failed ? -1.0 : figure(result);
        if (value >= 0 && cell.count < CELL_REPEATS_MAX) {
            values[cell.count++] = value;
        }
    }
    if (cell.count != 0) {
        qsort(values, cell.count, sizeof values[0], compare_doubles);
        size_t middle = cell.count / 2;
        cell.median = cell.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
        cell.least = values[0];
        cell.most = values[cell.count - 1];
    }
    return cell;
}

bool table_knows(const struct table *table, const char *variant, figure_of *figure) {
    for (size_t i = 0; i < table->count; i++) {
        const struct result *result = &table->results[i];
        bool wanted = variant == NULL || strcmp(result->variant, variant) == 0;
        if (wanted && !result->failed && figure(result) > 0) {
            return true;
        }
    }
    return false;
}
