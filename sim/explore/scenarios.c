// SPDX-License-Identifier: MIT
// The table of scenarios.
#include "scenarios.h"

#include <string.h>

static const struct scenario *const scenarios[] = {
    &scenario_span,
    &scenario_span_publish,
    &scenario_span_retire,
    &scenario_span_retype,
    &scenario_span_keep,
    &scenario_span_remake,
    &scenario_span_mark,
    &scenario_span_made,
    &scenario_help,
    &scenario_help_block,
    &scenario_help_plenty,
    &scenario_help_pages,
    &scenario_help_made,
    &scenario_help_made_words,
    &scenario_bitset,
    &scenario_page,
    &scenario_page_keep,
    &scenario_frame,
    &scenario_frame_share,
    &scenario_frame_starve,
    &scenario_frame_starve_run,
    &scenario_frame_starve_word,
    &scenario_frames,
    &scenario_frame_block,
    &scenario_heap,
    &scenario_realloc,
    &scenario_drain,
    &scenario_addmemory,
    &scenario_rush,
    &scenario_bump,
    &scenario_talloc,
    &scenario_tallocs,
};

const struct scenario *scenario_at(size_t index) {
    return index < sizeof scenarios / sizeof scenarios[0] ? scenarios[index] : NULL;
}

const struct scenario *scenario_find(const char *name) {
    for (size_t i = 0; scenario_at(i) != NULL; i++) {
        if (strcmp(scenario_at(i)->name, name) == 0)
            return scenario_at(i);
    }
    return NULL;
}
