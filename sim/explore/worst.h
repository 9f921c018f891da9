// SPDX-License-Identifier: MIT
// The most steps that any call of a name took, over all schedules, beside its bound, by the path that it went.
#ifndef WORST_H
#define WORST_H

#include "path.h"

#include <stdint.h>

// A call has ended.
void worst_note(const char *call, enum path path, uint64_t steps, uint64_t bound);
// So many steps some schedule makes a call take, whether it was seen or not; by whatever path.
void worst_certain(const char *call, uint64_t steps);
void worst_print(void);

#endif
