// SPDX-License-Identifier: MIT
// Command lines of the form name=number. Anything else ends the program with a sentence and exit code 2.
#ifndef STRESS_ARGS_H
#define STRESS_ARGS_H

#include <stddef.h>
#include <stdint.h>

struct arg {
    const char *name;
    uint64_t value; // the default at first
    uint64_t min, max;
};

void args_parse(struct arg *args, size_t count, int argc, char **argv);
uint64_t args_get(const struct arg *args, size_t count, const char *name);

#define ARGS_COUNT(array) (sizeof(array) / sizeof(array)[0])

#endif
