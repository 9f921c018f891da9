// SPDX-License-Identifier: MIT
// An actor is one user of a CPU slot: it allocates, resizes, frees and mails blocks at random, and watches every one.
// It calls nothing but the heap, so that it may act inside a signal handler as well.
#ifndef STRESS_ACTOR_H
#define STRESS_ACTOR_H

#include "rng.h"
#include "watch.h"
#include "world.h"

// What an actor asks for.
struct appetite {
    size_t places;    // blocks held at a time
    size_t size_max;  // largest request, log-uniform from 1 byte
    size_t feast_max; // blocks taken in one feast: until NULL or this many
};

struct actor {
    struct world *world;
    struct appetite appetite;
    struct rng rng;
    size_t index; // own mailbox, and owner in the shadow
    size_t cpu;   // slot in use; the program may change it between steps
    uint64_t serial;
    struct block *held;
    struct block *feast;
    size_t nulls;          // requests that were answered NULL
    size_t null_bytes_min; // the smallest of them, rounded up to its alignment; SIZE_MAX if none
    struct watch watch;    // of its calls into the heap
};

void actor_init(struct actor *self, struct world *world, size_t index, size_t cpu, struct appetite appetite,
                uint64_t seed);
void actor_destroy(struct actor *self);

// One random operation on one of the places.
void actor_step(struct actor *self);
// Takes more and more, first much, then little, until there is nothing left (or feast_max blocks), then frees it all.
void actor_feast(struct actor *self);
// Frees what others mailed.
void actor_read_mail(struct actor *self);
// Frees everything held.
void actor_release(struct actor *self);
// Frees in the name of an actor that was stopped for ever at any instruction what was certainly its own: the block it
// was busy with may be missing. Quiescent but for those that are stopped.
void actor_salvage(struct actor *self);

#endif
