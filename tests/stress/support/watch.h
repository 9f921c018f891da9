// SPDX-License-Identifier: MIT
// A watch over one user's calls of what is under test: signal handlers ask it whether they interrupt one, and whoever
// runs the user may be told when one begins and ends.
#ifndef STRESS_WATCH_H
#define STRESS_WATCH_H

#include <stdbool.h>
#include <stddef.h>

struct watch {
    volatile bool in_call;
    void (*on_enter)(void); // right before and after every call, if not NULL
    void (*on_leave)(void);
};

static inline void watch_enter(struct watch *self) {
    self->in_call = true;
    if (self->on_enter != NULL) {
        self->on_enter();
    }
}

static inline void watch_leave(struct watch *self) {
    if (self->on_leave != NULL) {
        self->on_leave();
    }
    self->in_call = false;
}

#endif
