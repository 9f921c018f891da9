// SPDX-License-Identifier: MIT
// The CSV file: a head of comments that says where the figures come from, then a row for every measurement as it
// ends; remarks and curves are comments too.
#ifndef BENCH_DRIVER_CSV_H
#define BENCH_DRIVER_CSV_H

#include "origin.h"
#include "result.h"

struct csv {
    const char *name; // NULL: no file is wanted, and every call does nothing
    FILE *file;
};

// False, with a sentence printed, if the file cannot be written.
bool csv_open(struct csv *csv, const char *name, const struct origin *origin);
bool csv_close(struct csv *csv);

void csv_row(struct csv *csv, const struct result *result);
void csv_comment(struct csv *csv, const char *text);

// Whatever comes later, what was written up to here stays.
void csv_flush(struct csv *csv);

#endif
