// SPDX-License-Identifier: MIT
// All scenarios.
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "scenario.h"

extern const struct scenario scenario_span, scenario_span_publish, scenario_span_retire, scenario_span_retype;
extern const struct scenario scenario_span_keep, scenario_span_remake, scenario_span_mark, scenario_span_made;
extern const struct scenario scenario_help, scenario_help_block, scenario_help_plenty;
extern const struct scenario scenario_help_pages, scenario_help_made, scenario_help_made_words;
extern const struct scenario scenario_bitset, scenario_page, scenario_page_keep;
extern const struct scenario scenario_frame, scenario_frame_share, scenario_frame_starve, scenario_frame_starve_run;
extern const struct scenario scenario_frame_starve_word, scenario_frames, scenario_frame_block;
extern const struct scenario scenario_talloc, scenario_tallocs;
extern const struct scenario scenario_heap, scenario_realloc, scenario_drain, scenario_addmemory, scenario_rush;
extern const struct scenario scenario_bump;

#endif
