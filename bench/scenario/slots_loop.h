// SPDX-License-Identifier: MIT
// The loop that `slots` and `drift` share: slots in all, divided among CPUs; a random one is freed and refilled.
#ifndef BENCH_SCENARIO_SLOTS_LOOP_H
#define BENCH_SCENARIO_SLOTS_LOOP_H

#include "scenario.h"

#define SLOTS_IN_ALL 4096u
#define SLOTS_OCTAVES 14u // sizes up to 16,384

size_t slots_scratch_bytes(size_t variant, size_t cpus, size_t region_bytes);
void slots_prepare(struct bench_env *env);
void slots_run(struct bench_env *env);

#endif
