// SPDX-License-Identifier: MIT
// Read-copy-update for scenarios, by liburcu. Retired objects are freed by its call_rcu thread, on a CPU slot of its
// own.
#ifndef BENCH_DRIVER_RCU_H
#define BENCH_DRIVER_RCU_H

#include "scenario/env.h"

extern const struct bench_rcu rcu_host;

// freer: the slot that all frees happen on; blocks_shared: the allocator hands the same bytes to everybody.
// Call once, before any thread enters.
void rcu_start(struct bench_env *freer, bool blocks_shared);
void rcu_enter(void);
void rcu_leave(void);

// Waits until everything retired is freed.
void rcu_finish(void);

#endif
