// SPDX-License-Identifier: MIT
// The list of free ranges: first fit in the order of addresses, merged at once by boundary tags. Every function wants
// the list's lock, but for those that say otherwise.
#ifndef SLAB_SLAB_LIST_H
#define SLAB_SLAB_LIST_H

#include "slab/slab_state.h"

// Takes so many units, the first at a multiple of align bytes, from the first free range that has them, and makes them
// a run. SLAB_NONE: there is none. Linear in the free ranges.
uint32_t slab_list_take(struct slab *self, uint32_t units, size_t align);

// Gives a range back, which is a run, or absent.
void slab_list_give(struct slab *self, uint32_t head);

// Cuts a range in two, both of the first one's kind.
void slab_list_cut(struct slab *self, uint32_t head, uint32_t keep);

// Makes a run so long, shorter or into the free range behind it. False: it is not free, or too short.
bool slab_list_resize(struct slab *self, uint32_t head, uint32_t units);

// The range that a unit lies in. Linear in the ranges.
uint32_t slab_list_around(const struct slab *self, uint32_t unit);

// Without the lock, before anybody else knows of the heap: all units are one range of this kind.
void slab_list_init(struct slab *self, uint16_t kind);

#endif
