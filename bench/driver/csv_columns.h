// SPDX-License-Identifier: MIT
// The columns of a CSV file of results, the same from every program that writes one.
#ifndef BENCH_DRIVER_CSV_COLUMNS_H
#define BENCH_DRIVER_CSV_COLUMNS_H

#define CSV_COLUMNS                                                                                                    \
    "scenario,variant,allocator,threads,repeat,ops,seconds,mops_per_s,"                                                \
    "alloc_p50_ns,alloc_p99_ns,alloc_p999_ns,alloc_p9999_ns,alloc_max_ns,"                                             \
    "free_p50_ns,free_p99_ns,free_p999_ns,free_p9999_ns,free_max_ns,"                                                  \
    "region_bytes,requested_bytes,utilisation,peak_bytes,failed_allocs"

#endif
