// SPDX-License-Identifier: MIT
// The command `wfsim explore`.
#ifndef EXPLORE_H
#define EXPLORE_H

#include "options.h"

// The exit status: 0 no violation, 1 a violation, 2 wrong arguments.
int explore(struct options *options);

#endif
