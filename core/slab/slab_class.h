// SPDX-License-Identifier: MIT
// Between caches and slabs: blocks move in batches, under the class's lock; slabs are made and given back. The callers
// hold no lock.
#ifndef SLAB_SLAB_CLASS_H
#define SLAB_SLAB_CLASS_H

#include "slab/slab_state.h"

// Half a cache, at least a block: what one refill or flush moves.
static inline size_t slab_batch(const struct slab *self, size_t class) {
    size_t half = self->cache_blocks[class] / 2;
    return half == 0 ? 1 : half;
}

// Fills an empty cache with up to a batch of blocks, out of a new slab if there is no other way. Answers how many.
size_t slab_refill(struct slab *self, size_t cpu, size_t class);

// Takes a cache's `blocks` oldest blocks back to their slabs, and gives back slabs that are whole then. A block that is
// there already is a fault, after all is done.
void slab_flush(struct slab *self, size_t cpu, size_t class, size_t blocks);

#endif
