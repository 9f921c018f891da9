// SPDX-License-Identifier: MIT
// Where figures come from: commit, command, machine, versions. They stand before every table and in every CSV file.
#ifndef BENCH_DRIVER_ORIGIN_H
#define BENCH_DRIVER_ORIGIN_H

#include "machine.h"

#include <stdio.h>

struct origin {
    const struct machine *machine;
    const char *command;
    char versions[1024];
    char commit[64];
    char date[32];
};

// Finds commit and date; versions are the caller's to fill in.
void origin_look(struct origin *origin);

void origin_print(const struct origin *origin, FILE *file, const char *prefix);

#endif
