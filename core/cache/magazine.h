// SPDX-License-Identifier: MIT
// A magazine: a stack of the blocks of one class that one CPU took or freed last.
//
// It begins in slots of its own, and when these are full goes on in chunks of 31 slots from a pool that all classes of
// the CPU share; so a burst in any class finds room for hundreds of blocks, and none keeps that room. Only the piece on
// top, the class's own slots or a chunk, is worked on; those below are full. Below and above every piece lies a slot
// that always holds NULL: a pop needs no check but for NULL.
// A slot above the newest block keeps what lay there: freeing the block that was popped last finds itself, and need be
// neither checked nor stored again.
#ifndef CACHE_MAGAZINE_H
#define CACHE_MAGAZINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span/size_class.h"

#define MAGAZINE_OWN_SLOTS 17u
#define MAGAZINE_CHUNK_SLOTS 31u // and a NULL
#define MAGAZINE_CHUNKS 40u      // of a pool, at most
#define MAGAZINE_OWN 0xffu       // as a piece: the magazine's own slots
#define MAGAZINE_NOBODY 0xffu    // as an owner of a chunk

struct magazine {
    void **top;                  // the newest block's slot, or the NULL below the piece
    uint64_t reciprocal, accept; // of the class, both 0 in the magazines that refuse all
    uint32_t limit;              // the piece's last slot, the address's lower half
    uint32_t span_mask;          // bytes of a span - 1
    uint32_t chunk_bytes;        // of a chunk's blocks
    uint8_t class;
    uint8_t piece;     // on top: MAGAZINE_OWN or a chunk
    uint8_t chunks;    // in use
    uint8_t own_slots; // as many of its own slots may be used
    void *slots[MAGAZINE_OWN_SLOTS + 2];
};
_Static_assert(sizeof(struct magazine) == SIZE_MAGAZINE_BYTES, "tickets are multiples of a magazine's length");

struct magazine_pool {
    uint64_t vacant; // a bit for each chunk
    uint32_t chunks;
    uint64_t bytes;                 // that the chunks in use can hold
    uint64_t bytes_most;            // allowed
    uint32_t hand;                  // the chunk looked at last for a victim
    uint8_t below[MAGAZINE_CHUNKS]; // the piece under a chunk
    uint8_t owner[MAGAZINE_CHUNKS]; // the class that used it last
    void **slots;                   // from the first chunk's NULL on
};

static inline struct magazine *magazine_at(void *cache, size_t ticket) {
    return (struct magazine *)(void *)((char *)cache + ticket);
}

// Whether the address could begin a block of the magazine's class, judged by its place in the span.
static inline bool magazine_accepts(const struct magazine *self, const void *p) {
    return ((uintptr_t)p & self->span_mask) * self->reciprocal < self->accept;
}

static inline uint32_t magazine_limit(void *const *slot) {
    return (uint32_t)(uintptr_t)slot;
}

static inline bool magazine_is_full(const struct magazine *self) {
    return magazine_limit(self->top) == self->limit;
}

// Bytes of a pool's chunks.
static inline size_t magazine_pool_bytes(size_t chunks) {
    return (chunks * (MAGAZINE_CHUNK_SLOTS + 1) + 1) * sizeof(void *);
}

void magazine_init(void *cache, const struct size_class *class, uint8_t index, size_t bytes_most);
// slots: magazine_pool_bytes of them, zeroed.
void magazine_pool_init(struct magazine_pool *self, void **slots, uint32_t chunks, uint64_t bytes_most);

// Goes down to the full piece below an empty chunk, which returns to the pool. False: there is none, all is empty.
bool magazine_descend(struct magazine_pool *pool, struct magazine *self);

// Goes up to a chunk from the pool. False: the pool has none, or enough.
bool magazine_ascend(struct magazine_pool *pool, struct magazine *self);

// The newest block, taken; NULL if there is none.
void *magazine_pop(struct magazine_pool *pool, struct magazine *self);

// The class of the next chunk in use, turning around the pool; MAGAZINE_NOBODY if none is in use.
uint8_t magazine_pool_victim(struct magazine_pool *self);

// Blocks held. A fair estimate while the owner runs.
size_t magazine_count(const struct magazine *self, const struct magazine_pool *pool);

// The i-th newest block, i < magazine_count. Quiescent.
void *magazine_peek(const struct magazine *self, const struct magazine_pool *pool, size_t i);

#endif
