// SPDX-License-Identifier: MIT
// Which thread stands for which CPU slot just now, and the slots that nobody stands for. Threads look others up and
// interrupt them under read-copy-update, so that a CPU that goes away is out of everybody's sight before its slot is
// handed over, through a queue that releases and acquires, to the next thread that wants to be a CPU.
#ifndef SIM_MACHINE_REGISTRY_H
#define SIM_MACHINE_REGISTRY_H

#include <pthread.h>
#include <stddef.h>

struct registry;

struct registry *registry_make(size_t slots);
void registry_destroy(struct registry *self);

// Around everything a thread does here.
void registry_enter(void);
void registry_leave(void);

// The calling thread stands for a slot; it does no more, and nobody has it in hand still. `thread` must stay valid.
void registry_put(struct registry *self, size_t slot, pthread_t *thread);
void registry_remove(struct registry *self, size_t slot);

// Interrupts whoever stands for a slot, if anybody does.
void registry_interrupt(struct registry *self, size_t slot);

#define REGISTRY_NONE (~(size_t)0)

// Leaves a slot to others; takes one over, REGISTRY_NONE if none is left. All that was done with a slot before it was
// offered is seen by who takes it.
void registry_offer(struct registry *self, size_t slot);
size_t registry_take(struct registry *self);

#endif
