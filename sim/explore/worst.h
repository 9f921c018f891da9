// SPDX-License-Identifier: MIT
// The most steps that any call of a name took, over all schedules, beside its bound.
#ifndef WORST_H
#define WORST_H

#include <stdint.h>

void worst_note(const char *call, uint64_t steps, uint64_t bound);
void worst_print(void);

#endif
