// SPDX-License-Identifier: MIT
// Meetings by a mutex and a condition; see meeting.h.
#include "meeting.h"

#include <time.h>

void meeting_init(struct meeting *self, size_t members) {
    *self = (struct meeting){.members = members};
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
}

void meeting_destroy(struct meeting *self) {
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
}

void meeting_join(struct meeting *self) {
    pthread_mutex_lock(&self->lock);
    size_t round = self->rounds;
    if (++self->arrived == self->members)
        pthread_cond_broadcast(&self->changed);
    // bound: none, waits for the main thread
    while (self->rounds == round)
        pthread_cond_wait(&self->changed, &self->lock);
    pthread_mutex_unlock(&self->lock);
}

bool meeting_await(struct meeting *self, double patience_seconds) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)patience_seconds + 1;
    pthread_mutex_lock(&self->lock);
    int error = 0;
    // bound: the patience
    while (self->arrived < self->members && error == 0)
        error = pthread_cond_timedwait(&self->changed, &self->lock, &until);
    bool complete = self->arrived == self->members;
    pthread_mutex_unlock(&self->lock);
    return complete;
}

void meeting_end(struct meeting *self) {
    pthread_mutex_lock(&self->lock);
    self->arrived = 0;
    self->rounds++;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}
