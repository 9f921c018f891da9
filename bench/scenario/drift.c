// SPDX-License-Identifier: MIT
// drift: slots for long, in a region of four times the live size. A heap that loses memory fails here; the high-water
// mark, noted second by second, must come to rest.
#include "slots_loop.h"

// The mean of a log-uniform size up to 16,384 is 16,383 / ln 16,384 = 1,688 bytes.
static size_t drift_region(size_t variant) {
    (void)variant;
    return (size_t)4 * SLOTS_IN_ALL * 1688u / SCENARIO_MIB * SCENARIO_MIB;
}

static const char *const drift_variants[] = {"log16384", NULL};

const struct scenario scenario_drift = {
    .name = "drift",
    .summary = "slots in a region of four times the live size: failed calls, high-water mark second by second",
    .variants = drift_variants,
    .threads_min = 1,
    .threads_max = SIZE_MAX,
    .sampled = true,
    .mailbox_slots = 256,
    .region_bytes = drift_region,
    .scratch_bytes = slots_scratch_bytes,
    .prepare = slots_prepare,
    .run = slots_run,
};
