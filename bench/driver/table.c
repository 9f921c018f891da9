// SPDX-License-Identifier: MIT
// Tables for people.
#include "table.h"

#include "cell.h"

#include <stdio.h>
#include <string.h>

static bool base_present(const struct table *table) {
    for (size_t i = 0; i < table->allocators.count; i++) {
        if (strcmp(table->allocators.at[i], table->base) == 0) {
            return true;
        }
    }
    return false;
}

static void print_throughput_cell(const struct table *table, const char *variant, const char *allocator,
                                  size_t threads) {
    struct cell cell = table_cell(table, variant, allocator, threads, figure_mops);
    struct cell base = table_cell(table, variant, table->base, threads, figure_mops);
    char spread[32] = "";
    char ratio[16] = "";
    if (cell.count == 0) {
        printf("  %9s %17s %6s", cell.failed ? "FAILED" : "-", "", "");
        return;
    }
    int digits = cell.median < 10 ? 3 : 1; // locks with many waiters get by with few calls
    (void)snprintf(spread, sizeof spread, "[%.*f..%.*f]%s", digits, cell.least, digits, cell.most,
                   cell.failed ? "!" : "");
    if (base.count != 0 && base.median > 0) {
        (void)snprintf(ratio, sizeof ratio, cell.median < base.median / 100 ? "%.4f" : "%.2f",
                       cell.median / base.median);
    }
    printf("  %9.*f %17s %6s", digits, cell.median, spread, ratio);
}

static void print_throughput(const struct table *table, const char *variant) {
    printf("\n%s %s: million calls a second, median [least..most]%s%s\n", table->results[0].scenario, variant,
           base_present(table) ? ", ratio to " : "", base_present(table) ? table->base : "");
    printf("%-10s", "threads");
    for (size_t i = 0; i < table->thread_count; i++) {
        printf("  %9zu %17s %6s", table->threads[i], "", "");
    }
    printf("\n");
    for (size_t i = 0; i < table->allocators.count; i++) {
        printf("%-10s", table->allocators.at[i]);
        for (size_t j = 0; j < table->thread_count; j++) {
            print_throughput_cell(table, variant, table->allocators.at[i], table->threads[j]);
        }
        printf("\n");
    }
}

static void print_median(const struct cell *cell) {
    if (cell->count == 0) {
        printf(" %10s", cell->failed ? "FAILED" : "-");
    } else {
        int digits = cell->median < 10 ? 3 : 1;
        printf(" %10.*f", cell->median >= 1000 ? 0 : digits, cell->median);
    }
}

static void print_latency(const struct table *table, const char *variant, size_t threads) {
    printf("\n%s %s, %zu threads: nanoseconds, medians\n%-10s", table->results[0].scenario, variant, threads, "");
    printf(" %10s %10s %10s %10s %10s %10s %10s %10s %10s %10s\n", "alloc p50", "p99", "p99.9", "p99.99", "max",
           "free p50", "p99", "p99.9", "p99.99", "max");
    for (size_t i = 0; i < table->allocators.count; i++) {
        printf("%-10s", table->allocators.at[i]);
        for (size_t j = 0; j < sizeof figures_latency / sizeof figures_latency[0]; j++) {
            struct cell cell = table_cell(table, variant, table->allocators.at[i], threads, figures_latency[j]);
            print_median(&cell);
        }
        printf("\n");
    }
}

static void print_failed(const struct table *table, const char *variant) {
    for (size_t i = 0; i < table->allocators.count; i++) {
        for (size_t j = 0; j < table->thread_count; j++) {
            struct cell cell = table_cell(table, variant, table->allocators.at[i], table->threads[j], figure_failed);
            if (cell.count != 0 && cell.most > 0) {
                printf("%s %s, %s, %zu threads: up to %.0f allocations failed\n", table->results[0].scenario, variant,
                       table->allocators.at[i], table->threads[j], cell.most);
            }
        }
    }
}

// Variants downward, allocators across.
static void print_matrix(const struct table *table, const char *what, figure_of *figure) {
    if (!table_knows(table, NULL, figure)) {
        return;
    }
    printf("\n%s: %s, medians\n%-20s", table->results[0].scenario, what, "");
    for (size_t i = 0; i < table->allocators.count; i++) {
        printf(" %10s", table->allocators.at[i]);
    }
    printf("\n");
    for (size_t i = 0; i < table->variants.count; i++) {
        printf("%-20s", table->variants.at[i]);
        for (size_t j = 0; j < table->allocators.count; j++) {
            struct cell cell =
                table_cell(table, table->variants.at[i], table->allocators.at[j], table->threads[0], figure);
            print_median(&cell);
        }
        printf("\n");
    }
}

static void print_by_variant(const struct table *table) {
    print_matrix(table, "million calls a second", figure_mops);
    print_matrix(table, "usable, % of the region", figure_utilisation);
    print_matrix(table, "peak use of memory, MiB", figure_peak_mib);
    print_matrix(table, "failed allocations", figure_failed);
    print_matrix(table, "alloc, ns, p50", figures_latency[0]);
    print_matrix(table, "alloc, ns, p99.9", figures_latency[2]);
    print_matrix(table, "free, ns, p50", figures_latency[5]);
    print_matrix(table, "free, ns, p99", figures_latency[6]);
    print_matrix(table, "free, ns, p99.9", figures_latency[7]);
}

void table_print(const struct result *results, size_t count, const char *base, bool by_variant) {
    struct table table = table_of(results, count, base);
    if (by_variant) {
        print_by_variant(&table);
        return;
    }
    for (size_t i = 0; i < table.variants.count; i++) {
        print_throughput(&table, table.variants.at[i]);
        bool timed = table_knows(&table, table.variants.at[i], figures_latency[9]);
        for (size_t j = 0; timed && j < table.thread_count; j++) {
            print_latency(&table, table.variants.at[i], table.threads[j]);
        }
        print_failed(&table, table.variants.at[i]);
    }
}
