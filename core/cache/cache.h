// SPDX-License-Identifier: MIT
// What one CPU keeps for itself: a magazine for each size class, and behind them the stash. Plain memory with one user.
// Every call moves at most a constant number of blocks and gives back at most one word.
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/magazine.h"
#include "cache/stash.h"
#include "span/span.h"

#define CACHE_BATCH 8u  // blocks or words that one call of a drain moves
#define CACHE_UNPACK 6u // blocks that move from the stash to an empty magazine

struct cache {
    _Alignas(PORT_CACHE_LINE) unsigned char magazines[TICKETS_END];
    struct stash stash;
    struct span_cpu span;
    uint8_t share[SIZE_CLASSES]; // by class: blocks of one claimed word that the stash has room for
    struct magazine_pool pool;
    _Alignas(sizeof(void *)) unsigned char chunks[];
};

// How much a cache may hold, in bytes of blocks, and the chunks that its magazines share.
struct cache_limits {
    size_t magazine_bytes;
    size_t stash_bytes;
    size_t pool_bytes;
    uint32_t chunks;
};

static inline size_t cache_footprint(uint32_t chunks) {
    size_t bytes = offsetof(struct cache, chunks) + magazine_pool_bytes(chunks);
    return (bytes + PORT_CACHE_LINE - 1) & ~(size_t)(PORT_CACHE_LINE - 1);
}

// The memory must be zeroed. near_page_word: of the page map, where the CPU looks for pages first.
void cache_init(struct cache *self, const struct size_table *table, size_t cpu, size_t near_page_word,
                const struct cache_limits *limits);

// A block of a class whose magazine has none in its piece on top. NULL: no supply within bounded steps.
void *cache_refill(struct cache *self, struct span_map *map, unsigned class);

// What this cache would order of a class whose magazine is empty.
struct span_order cache_order(const struct cache *self, const struct span_map *map, unsigned class);

// Takes in what came of an order, for a class of which neither magazine nor stash holds a block: one block is the
// answer, the others go to the stash.
void *cache_accept(struct cache *self, struct span_map *map, const struct span_order *order, uint64_t bits);

// Takes a block into its magazine, or into the stash if that has no room.
void cache_push(struct cache *self, struct span_map *map, unsigned class, void *p);

// Gives back up to CACHE_BATCH blocks and words. False: the cache is empty.
bool cache_drain(struct cache *self, struct span_map *map);

// Bytes of blocks held; blocks of one class. Fair estimates while the owner runs.
size_t cache_bytes(const struct cache *self, const struct size_table *table);
size_t cache_class_blocks(const struct cache *self, const struct span_map *map, unsigned class);

// The most bytes that a cache with these limits can hold.
size_t cache_bytes_most(const struct cache *self, const struct size_table *table);

static inline const struct magazine *cache_magazine(const struct cache *self, const struct size_class *class) {
    return (const struct magazine *)(const void *)(self->magazines + class->ticket);
}

#endif
