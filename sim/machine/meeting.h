// SPDX-License-Identifier: MIT
// CPUs wait until all of them are there and the main thread, which looks at them meanwhile, lets them go on.
#ifndef SIM_MACHINE_MEETING_H
#define SIM_MACHINE_MEETING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct meeting {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t members, arrived, rounds;
};

void meeting_init(struct meeting *self, size_t members);
void meeting_destroy(struct meeting *self);

// A CPU, with interrupts masked.
void meeting_join(struct meeting *self);

// The main thread: true once all are there, false if they are not after so many seconds.
bool meeting_await(struct meeting *self, double patience_seconds);
void meeting_end(struct meeting *self);

#endif
