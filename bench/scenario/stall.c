// SPDX-License-Identifier: MIT
// stall: slots, while CPU 0 is stopped again and again in the middle of its calls. What counts is how long the calls
// of the others take meanwhile.
#include "slots_loop.h"

static const char *const stall_variants[] = {"log16384", NULL};

const struct scenario scenario_stall = {
    .name = "stall",
    .summary = "slots while one thread is stopped again and again in mid-call: latencies of the others",
    .variants = stall_variants,
    .threads_min = 2,
    .threads_max = SIZE_MAX,
    .stalled = true,
    .latency = true,
    .mailbox_slots = 256,
    .region_bytes = scenario_region_roomy,
    .scratch_bytes = slots_scratch_bytes,
    .prepare = slots_prepare,
    .run = slots_run,
};
