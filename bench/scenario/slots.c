// SPDX-License-Identifier: MIT
// slots: the everyday mix. 4,096 live blocks in all, sizes log-uniform 1..16,384, a random one replaced at a time,
// first and last byte touched, 20 % of the frees handed to the next CPU.
#include "slots_loop.h"

static const char *const slots_variants[] = {"log16384", NULL};

const struct scenario scenario_slots = {
    .name = "slots",
    .summary = "4,096 live slots in all, a random one replaced; 1..16,384 B log-uniform; 20 % freed by the next CPU",
    .variants = slots_variants,
    .threads_min = 1,
    .threads_max = SIZE_MAX,
    .mailbox_slots = 256,
    .region_bytes = scenario_region_roomy,
    .scratch_bytes = slots_scratch_bytes,
    .prepare = slots_prepare,
    .run = slots_run,
};
