// SPDX-License-Identifier: MIT
// A measurement in a process of its own: started, listened to, and given up when it takes too long.
#ifndef BENCH_DRIVER_CHILD_H
#define BENCH_DRIVER_CHILD_H

#include "result.h"

// What came from one process.
struct harvest {
    struct result *results; // to be freed
    size_t result_count;
    char (*notes)[256]; // to be freed
    size_t note_count;
    char (*series)[256]; // points of curves; to be freed
    size_t series_count;
    char version[256]; // empty: not told
    char failure[256]; // empty: all went well
};

// Runs this program with the arguments given (ending with NULL), to which it adds the pipe.
void child_run(const char *const *arguments, double timeout_seconds, struct harvest *harvest);
void harvest_release(struct harvest *harvest);

// Room in the static thread-local area for libraries that are loaded later; the loader reads it at the start of a
// process only. False if this process was started without it.
bool child_tunables_present(void);
void child_tunables_set(void);

#endif
