// SPDX-License-Identifier: MIT
// Where CPUs run: each on a processing unit of its own as long as there are some, then round robin, as hwloc sees them.
#ifndef SIM_MACHINE_PIN_H
#define SIM_MACHINE_PIN_H

#include <stddef.h>

struct pin;

struct pin *pin_make(void);
void pin_destroy(struct pin *self);
size_t pin_units(const struct pin *self);

// Binds the calling thread.
void pin_thread(const struct pin *self, size_t index);

#endif
