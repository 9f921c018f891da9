// SPDX-License-Identifier: MIT
// The two-level index of free blocks: which list a size belongs to, and putting, taking, finding in O(1).
//
// Level 0 holds sizes below 256, a list for each 8 bytes. Level n > 0 holds [128 << n, 256 << n) in 32 equal steps.
// Lists are numbered through, 32 to a level, in the order of their sizes. A set bit in a map says that the list (or any
// list of the level) is not empty.
#ifndef TLSF_INDEX_H
#define TLSF_INDEX_H

#include "bits/bits.h"
#include "tlsf/block.h"

enum {
    INDEX_LISTS_LOG2 = 5,
    INDEX_LISTS = 1 << INDEX_LISTS_LOG2,                     // in a level
    INDEX_LINEAR_LOG2 = INDEX_LISTS_LOG2 + BLOCK_GRAIN_LOG2, // below 256 bytes each size has a list of its own
    INDEX_LEVELS_MAX = 36, // sizes below 2^43: any request and its alignment, though no block is as large
};

struct tlsf_index {
    uint64_t level_map;
    uint32_t list_map[INDEX_LEVELS_MAX];
    size_t levels; // that a block of the pool can be in; the heads of their lists follow this struct
    size_t free_blocks;
};

// The first block of a list.
static inline struct tlsf_block **index_head(const struct tlsf_index *index, size_t list) {
    return (struct tlsf_block **)(uintptr_t)(index + 1) + list;
}

// The sizes of two lists of one level, one behind the other, are 2^step apart.
static inline uint32_t index_step_log2(size_t size_bytes) {
    size_t at_level_1 = size_bytes | (size_t)1 << INDEX_LINEAR_LOG2;
    return (63u ^ (uint32_t)__builtin_clzll(at_level_1)) - INDEX_LISTS_LOG2; // with ^ the two are one bsr on x86-64
}

// The list that a block of this size hangs in.
static inline size_t index_list_of(size_t size_bytes) {
    uint32_t step_log2 = index_step_log2(size_bytes);
    // From level 1 on the quotient is 32 to 63: its 32 is the one level that the first term lacks.
    return ((size_t)step_log2 - BLOCK_GRAIN_LOG2) * INDEX_LISTS + (size_bytes >> step_log2);
}

// The first list of which every block has at least this size: the one behind the last that may hold a smaller one.
static inline size_t index_list_above(size_t size_bytes) {
    return index_list_of(size_bytes - 1) + 1;
}

// The level that a list is in, and the bit that says in the level's map whether it is empty.
static inline size_t index_level_of(size_t list) {
    return list / INDEX_LISTS;
}

static inline uint32_t index_bit_of(size_t list) {
    return 1u << list % INDEX_LISTS;
}

static inline bool index_has(const struct tlsf_index *index, size_t list) {
    return (index->list_map[index_level_of(list)] & index_bit_of(list)) != 0;
}

// The block after b learns where b, which is free, begins.
static inline void index_tell_next(struct tlsf_block *b, size_t size_bytes) {
    *block_prev_slot(block_at(b, size_bytes)) = b;
}

// b's header is written, but b is in no list; the block after b learns where b begins.
static inline void index_put(struct tlsf_index *index, struct tlsf_block *b, size_t size_bytes) {
    size_t list = index_list_of(size_bytes), level = index_level_of(list);
    struct tlsf_block **head = index_head(index, list), *old = *head;
    b->next_free = old;
    b->link = head;
    *head = b;
    if (old != NULL) {
        old->link = &b->next_free;
    } else {
        index->list_map[level] |= index_bit_of(list);
        index->level_map |= (uint64_t)1 << level;
    }
    index->free_blocks++;
    index_tell_next(b, size_bytes);
}

static inline void index_take(struct tlsf_index *index, const struct tlsf_block *b, size_t size_bytes) {
    struct tlsf_block *next = b->next_free, **link = b->link;
    *link = next;
    index->free_blocks--;
    if (next != NULL) {
        next->link = link;
        return;
    }
    size_t list = index_list_of(size_bytes), level = index_level_of(list);
    if (*index_head(index, list) == NULL && (index->list_map[level] &= ~index_bit_of(list)) == 0) {
        index->level_map &= ~((uint64_t)1 << level);
    }
}

// Whether blocks of these sizes hang in the same list. In one list sizes differ in the bits below the step only; if the
// levels differ, so does a bit above either step.
static inline bool index_is_same_list(size_t size_bytes, size_t other_bytes) {
    return (size_bytes ^ other_bytes) >> index_step_log2(size_bytes) == 0;
}

// A block whose size belongs in the same list takes the place of b.
static inline void index_replace(const struct tlsf_block *b, struct tlsf_block *by, size_t by_bytes) {
    struct tlsf_block **link = b->link;
    *link = by;
    by->link = link;
    struct tlsf_block *next = b->next_free; // read after the writes, lest the compiler copies both by a vector register
    by->next_free = next;
    if (next != NULL) {
        next->link = &by->next_free;
    }
    index_tell_next(by, by_bytes);
}

// Finds a list whose first block has at least size_bytes; false if there is none.
static inline bool index_find(const struct tlsf_index *index, size_t size_bytes, size_t *found) {
    size_t list = index_list_above(size_bytes), level = index_level_of(list);
    uint32_t lists = index->list_map[level] & ~UINT32_C(0) << list % INDEX_LISTS;
    if (lists == 0) {
        uint64_t levels = index->level_map & ~UINT64_C(1) << level; // all levels above
        if (levels == 0) {
            // No list is certain to fit. The size's own list may hold a block that does: look at its first one, so
            // that a block can be taken by a request of exactly its size.
            *found = index_list_of(size_bytes);
            return index_has(index, *found) && block_size(*index_head(index, *found)) >= size_bytes;
        }
        level = bits_lowest(levels);
        lists = index->list_map[level];
    }
    *found = level * INDEX_LISTS + (size_t)__builtin_ctz(lists);
    return true;
}

#endif
