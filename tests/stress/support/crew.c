// SPDX-License-Identifier: MIT
// Threads for the stress programs.
#include "crew.h"

#include "die.h"

#include <stdlib.h>

static void *crew_member_main(void *argument) {
    struct crew_member *member = argument;
    crew_meet(member->crew);
    member->crew->work(member);
    return NULL;
}

void crew_start(struct crew *self, size_t count, void (*work)(struct crew_member *member), void *context) {
    *self = (struct crew){.count = count, .context = context, .work = work};
    self->members = calloc(count, sizeof *self->members);
    if (self->members == NULL || pthread_barrier_init(&self->barrier, NULL, (unsigned)count) != 0) {
        die_unusable("crew: no memory for %zu threads", count);
    }
    for (size_t i = 0; i < count; i++) {
        self->members[i] = (struct crew_member){.crew = self, .index = i};
        if (pthread_create(&self->members[i].thread, NULL, crew_member_main, &self->members[i]) != 0) {
            die_unusable("crew: the system refused thread %zu of %zu", i + 1, count);
        }
    }
}

void crew_meet(struct crew *self) {
    pthread_barrier_wait(&self->barrier);
}

void crew_join(struct crew *self) {
    for (size_t i = 0; i < self->count; i++) {
        pthread_join(self->members[i].thread, NULL);
    }
    pthread_barrier_destroy(&self->barrier);
    free(self->members);
}
