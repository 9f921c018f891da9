// SPDX-License-Identifier: MIT
// The table of scenarios.
#include "scenario.h"

const struct scenario *const scenario_table[] = {
    &scenario_pair,  &scenario_burst,    &scenario_slots,  &scenario_larson, &scenario_prodcons,
    &scenario_rcu,   &scenario_phase,    &scenario_fill,   &scenario_stall,  &scenario_frag,
    &scenario_drift, &scenario_freesize, &scenario_frames, &scenario_oom,    NULL,
};

size_t scenario_region_default(size_t variant) {
    (void)variant;
    return 64 * SCENARIO_MIB;
}

size_t scenario_region_roomy(size_t variant) {
    (void)variant;
    return 512 * SCENARIO_MIB;
}
