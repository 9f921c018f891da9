// SPDX-License-Identifier: MIT
// One measurement, in this process.
#ifndef BENCH_DRIVER_MEASURE_H
#define BENCH_DRIVER_MEASURE_H

#include "team.h"

// Does the job and reports on its channel. False if the allocator damaged blocks or no figure came out.
bool measure(const struct job *job);

// Reports the allocator's version; false if it cannot be had.
bool measure_version(const struct adapter *adapter, const struct channel *channel);

#endif
