// SPDX-License-Identifier: MIT
// Within slab: what a heap is made of. The region: this struct, one slab_cpu for each slot, the tables of the units,
// and from the next multiple of SLAB_REGION_ALIGN on the units themselves.
//
// Ranges of units tile the heap. The first unit of each tells its kind and length, and the length of the one before it;
// all of that is under the list's lock. What lies in a slab belongs to its class: bits and links under the class's
// lock. No call ever holds two locks. A block is in one of three places: in its slab (its bit is set), in one slot's
// cache (its bit is clear, and it carries its mark), or in a caller's hands.
#ifndef SLAB_SLAB_STATE_H
#define SLAB_SLAB_STATE_H

#include <wfheap/slab.h>

#include "bits/bits.h"
#include "lock/lock_mcs.h"
#include "port/port.h"
#include "word.h"

enum {
    SLAB_UNIT_SHIFT = 10,
    SLAB_BLOCK_SHIFT_MIN = 3, // of class 0
    SLAB_UNIT_WORDS = 2,      // of bits: a unit has 128 blocks at most
    SLAB_BLOCKS_PER_LARGE = 16,
    SLAB_UNITS_MIN = 4, // of a slab: a multiple of 4096 bytes, so that all blocks are aligned to their size
    SLAB_CACHE_BLOCKS_MAX = 32,
    SLAB_CACHE_BYTES_MAX = 16384, // of one class
};

#define SLAB_NONE UINT32_MAX // no unit

_Static_assert(SLAB_UNIT_BYTES == 1u << SLAB_UNIT_SHIFT, "the header and the shift say the same");
_Static_assert(SLAB_REGION_BYTES_MAX >> SLAB_UNIT_SHIFT < SLAB_NONE, "units are counted in 32 bits");

// What a unit is.
enum {
    SLAB_KIND_INSIDE = 0, // of a range that is no slab
    SLAB_KIND_FREE = 1,   // a free range begins
    SLAB_KIND_RUN = 2,    // a run begins
    SLAB_KIND_ABSENT = 3, // a range that is no memory yet begins
    SLAB_KIND_PART = 4,   // inside of a slab
    SLAB_KIND_CLASS = 5,  // and above: a slab of class 0, 1, ... begins
};

struct slab_range {
    uint32_t units;      // of the range that begins here
    uint32_t before;     // units of the range in front; inside of a slab: how far away its first unit is
    uint32_t next, prev; // where a range begins: free ones, in the order of their addresses; slabs with free blocks
};

// Blocks of one class that a slot keeps, the newest last.
struct slab_cache {
    word_t count; // written by the slot's owner alone, as the others
    word_t allocs, frees, refills, flushes;
    void *blocks[SLAB_CACHE_BLOCKS_MAX];
};

struct slab_cpu {
    struct lock_mcs_node node;
    word_t failures;
    struct slab_cache caches[SLAB_CLASSES];
};

struct slab_class {
    struct lock_mcs lock;
    uint32_t partial;            // slabs with free blocks
    size_t slabs, out, peak_out; // slabs; blocks outside them
    uint64_t made, freed;
};

// Free ranges, and what is counted in units.
struct slab_list {
    struct lock_mcs lock;
    uint32_t first; // the lowest free range
    size_t free_units, absent_units, peak_units, runs, run_units, ranges;
    uint64_t run_allocs, run_frees, run_allocated_units, run_freed_units;
};

struct slab {
    size_t cpus, units;
    unsigned char *base; // of unit 0
    size_t region_bytes, metadata_bytes;
    struct slab_range *ranges; // one for each unit, and one behind the last
    tag_t *kinds;              // likewise
    word_t *bits;              // SLAB_UNIT_WORDS for each unit; a slab's begin with those of its first
    word_t *held;              // of the checked build, see slab_checked.h
    uint64_t *free_map;        // a bit for each unit: a free range begins
    uint32_t cache_blocks[SLAB_CLASSES];
    struct slab_list list;
    struct slab_class classes[SLAB_CLASSES];
    struct slab_cpu cpu[];
};

static inline unsigned slab_shift(size_t class) {
    return (unsigned)class + SLAB_BLOCK_SHIFT_MIN;
}

// Units of a slab.
static inline uint32_t slab_units_of(size_t class) {
    uint32_t units = (uint32_t)SLAB_BLOCKS_PER_LARGE << slab_shift(class) >> SLAB_UNIT_SHIFT;
    return units < SLAB_UNITS_MIN ? SLAB_UNITS_MIN : units;
}

static inline unsigned slab_blocks_of(size_t class) {
    return slab_units_of(class) << SLAB_UNIT_SHIFT >> slab_shift(class);
}

// The class of so many bytes, at most SLAB_BLOCK_BYTES_MAX.
static inline size_t slab_class_for(size_t bytes) {
    return bytes <= SLAB_BLOCK_BYTES_MIN ? 0 : bits_log2_up(bytes) - SLAB_BLOCK_SHIFT_MIN;
}

static inline unsigned char *slab_address(const struct slab *self, uint32_t unit) {
    return self->base + ((size_t)unit << SLAB_UNIT_SHIFT);
}

// relaxed: a range's kind changes only while nobody holds a block of it, and under the list's lock or by its owner
static inline uint16_t slab_kind(const struct slab *self, uint32_t unit) {
    return tag_load_relaxed(&self->kinds[unit]); // relaxed: as above
}

static inline void slab_set_kind(struct slab *self, uint32_t unit, uint16_t kind) {
    tag_store_relaxed(&self->kinds[unit], kind); // relaxed: as above
}

static inline bool slab_kind_is_class(uint16_t kind) {
    return kind >= SLAB_KIND_CLASS;
}

static inline word_t *slab_word(const struct slab *self, uint32_t head, size_t index) {
    return &self->bits[(size_t)head * SLAB_UNIT_WORDS + index / BITS_WORD];
}

// What a block carries while it lies in a cache.
typedef uint64_t slab_mark __attribute__((may_alias));

static inline uint64_t slab_mark_of(const void *p) {
    return (uintptr_t)p * UINT64_C(0x9e3779b97f4a7c15) ^ UINT64_C(0x5ab5ab5ab5ab5ab5);
}

// A block, as its slab knows it.
struct slab_place {
    size_t class; // SLAB_CLASSES: it is a run, and head its first unit
    uint32_t head;
    size_t index;
};

// Where p, a block of the class, lies, in its slab or outside.
static inline struct slab_place slab_place_of(const struct slab *self, size_t class, const void *p) {
    size_t offset = (size_t)((uintptr_t)p - (uintptr_t)self->base);
    uint32_t unit = (uint32_t)(offset >> SLAB_UNIT_SHIFT);
    uint32_t head = slab_kind(self, unit) == SLAB_KIND_PART ? unit - self->ranges[unit].before : unit;
    return (struct slab_place){class, head, (offset - ((size_t)head << SLAB_UNIT_SHIFT)) >> slab_shift(class)};
}

// What p is; a fault if it is no block, or a free one.
struct slab_place slab_find(struct slab *self, size_t cpu, const void *p);

static inline void slab_lock(struct slab *self, struct lock_mcs *lock, size_t cpu) {
    lock_mcs_acquire(lock, &self->cpu[cpu].node);
}

static inline void slab_unlock(struct slab *self, struct lock_mcs *lock, size_t cpu) {
    lock_mcs_release(lock, &self->cpu[cpu].node);
}

// relaxed: a statistic of the slot's owner
static inline void slab_count(word_t *count) {
    word_store_relaxed(count, word_load_relaxed(count) + 1); // relaxed: as above
}

#endif
