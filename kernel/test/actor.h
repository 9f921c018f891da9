// SPDX-License-Identifier: MIT
// An actor uses a heap at random and watches every block: what it gets is marked from end to end, and must be unchanged
// when it goes. Actors hand blocks to each other, across CPUs. Tasks and interrupt handlers alike.
#ifndef KERNEL_TEST_ACTOR_H
#define KERNEL_TEST_ACTOR_H

#include "kheap.h"

enum { ACTOR_PLACES = 24 };

// Actors that share a heap, what they ask of it, and the places through which blocks go from one to another.
struct crowd {
    backend *heap;
    uint32_t places; // blocks that each may hold, at most ACTOR_PLACES
    uint32_t sizes;  // how many different ones, all small; 0: any, large ones too
    uint32_t mail_places;
    void **mail;
};

struct actor {
    struct crowd *crowd;
    size_t slot;   // its own CPU number in the heap: calls are not masked,
    bool has_slot; // unless it has none and comes through masked.h
    uint64_t random;
    void *held[ACTOR_PLACES];
    uint64_t steps, nulls;
};

void crowd_init(struct crowd *self, backend *heap, uint32_t places, uint32_t sizes, uint32_t mail_places);
void crowd_destroy(struct crowd *self); // frees what is in the mail

uint32_t actor_random(struct actor *self, uint32_t below);

// One random call or two: alloc, realloc, free, or a block for another.
void actor_step(struct actor *self);
// Takes blocks of one random size until there are none, or `most`, then frees them.
void actor_feast(struct actor *self, size_t most);
// Gives back a piece of what the own cache hides.
void actor_drain(struct actor *self);
// Frees all that it holds.
void actor_release(struct actor *self);

#endif
