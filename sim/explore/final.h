// SPDX-License-Identifier: MIT
// The set of final states that a search has met, as a count and a sum: the same for any two complete searches.
#ifndef FINAL_H
#define FINAL_H

#include <stdint.h>

void final_note(uint64_t hash);
void final_reset(void);
uint64_t final_count(void);
uint64_t final_sum(void);

#endif
