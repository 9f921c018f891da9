// SPDX-License-Identifier: MIT
// A number of threads that run the same function, each with its index, started together and joined together.
#ifndef STRESS_CREW_H
#define STRESS_CREW_H

#include <pthread.h>
#include <stddef.h>

struct crew;

struct crew_member {
    struct crew *crew;
    size_t index;
    pthread_t thread;
};

struct crew {
    size_t count;
    void *context;
    void (*work)(struct crew_member *member);
    pthread_barrier_t barrier;
    struct crew_member *members;
};

void crew_start(struct crew *self, size_t count, void (*work)(struct crew_member *member), void *context);
// All members wait here for each other.
void crew_meet(struct crew *self);
void crew_join(struct crew *self);

#endif
