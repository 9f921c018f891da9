// SPDX-License-Identifier: MIT
// How far it is: a line on a terminal, rewritten now and then, and a summary at the end.
#ifndef PROGRESS_H
#define PROGRESS_H

#include "options.h"

void progress_begin(const struct options *options);
void progress_show(bool now);
void progress_complete(void); // the search has seen all there is
void progress_end(void);

#endif
