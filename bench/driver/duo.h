// SPDX-License-Identifier: MIT
// An allocator and a backup heap behind talloc, for scenarios that ask for both.
#ifndef BENCH_DRIVER_DUO_H
#define BENCH_DRIVER_DUO_H

#include "adapter/adapter.h"

// The adapter that stands for another one's backend as primary heap, and the wait-free heap as backup. One a process.
const struct adapter *duo_of(const struct adapter *primary);

extern const struct bench_talloc duo_talloc;

// After the end of all tasks: NULL, or a sentence that says what was lost or broken.
const char *duo_trouble(void);

// How many requests the backup heap served.
uint64_t duo_backup_allocs(void);

#endif
