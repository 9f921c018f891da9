// SPDX-License-Identifier: MIT
// Runs: what no class serves, straight from the list. The callers hold no lock.
#ifndef SLAB_SLAB_RUN_H
#define SLAB_SLAB_RUN_H

#include "slab/slab_state.h"

void *slab_run_alloc(struct slab *self, size_t cpu, size_t size, size_t align);

void slab_run_free(struct slab *self, size_t cpu, uint32_t head);

// Changes a run's length where it lies; false if it cannot grow there.
bool slab_run_resize(struct slab *self, size_t cpu, uint32_t head, size_t size);

static inline size_t slab_run_bytes(const struct slab *self, uint32_t head) {
    return (size_t)self->ranges[head].units << SLAB_UNIT_SHIFT; // its owner's, as long as it lives
}

#endif
