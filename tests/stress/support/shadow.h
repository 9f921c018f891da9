// SPDX-License-Identifier: MIT
// What a heap must respect about every live block: nobody else is given any byte of it, and its contents stay.
// A map outside the heap names the owner of every 8 bytes, and every block carries a pattern derived from its tag.
// Small blocks are watched whole, large ones at both ends and twice a page.
#ifndef STRESS_SHADOW_H
#define STRESS_SHADOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shadow {
    uintptr_t base;
    size_t bytes;
    _Atomic uint16_t *owners; // one for every 8 bytes; 0: nobody
};

struct block {
    unsigned char *start; // NULL: no block
    size_t size;          // as requested
    uint64_t tag;         // seed of its pattern
    uint16_t owner;       // what the map says of it, never 0
};

void shadow_init(struct shadow *self, const void *region, size_t bytes);
void shadow_destroy(struct shadow *self);

// Each answers NULL if all is well, else what is wrong.
// Enters a block that the heap just gave: nobody may own any of it.
const char *shadow_enter(struct shadow *self, const struct block *block);
// Takes a block out before it is given back: its owner must own all of it.
const char *shadow_leave(struct shadow *self, const struct block *block);
// Whether its owner owns all of it; changes nothing. For blocks of which it is not known whether they are held.
bool shadow_owns(const struct shadow *self, const struct block *block);
// The first `bytes` bytes must still carry the pattern of a block of block->size bytes.
const char *shadow_verify(const struct block *block, size_t bytes);
// The first `bytes` bytes must be zero.
const char *shadow_verify_zero(const unsigned char *start, size_t bytes);

void shadow_fill(const struct block *block);

#endif
