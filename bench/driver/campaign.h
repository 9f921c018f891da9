// SPDX-License-Identifier: MIT
// All measurements that were asked for: one process each, allocators taking turns repeat by repeat.
#ifndef BENCH_DRIVER_CAMPAIGN_H
#define BENCH_DRIVER_CAMPAIGN_H

#include "machine.h"
#include "options.h"

// command: the command line, for the record. False if any measurement failed, or the CSV could not be written.
bool campaign_run(struct options *options, const struct machine *machine, const char *command);

#endif
