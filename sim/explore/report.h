// SPDX-License-Identifier: MIT
// What is said of a schedule that failed: a sentence, a line that repeats it, and the schedule step by step.
#ifndef REPORT_H
#define REPORT_H

#include "options.h"

void report_init(const struct options *options);
void report_failure(void);

#endif
