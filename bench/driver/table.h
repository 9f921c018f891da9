// SPDX-License-Identifier: MIT
// Tables for people: medians with least and most, and ratios to a base.
#ifndef BENCH_DRIVER_TABLE_H
#define BENCH_DRIVER_TABLE_H

#include "result.h"

// Prints what the results of one scenario hold: throughput, latencies, failed calls, variant by variant.
// by_variant: the scenario does a fixed amount of work on one thread; one table a figure, variants downward.
void table_print(const struct result *results, size_t count, const char *base, bool by_variant);

#endif
