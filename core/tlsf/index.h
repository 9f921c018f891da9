// SPDX-License-Identifier: MIT
// The two-level index of free blocks: which list a size belongs to, and putting, taking, finding in O(1).
//
// Level 0 holds sizes below 256, a list for each 8 bytes. Level n > 0 holds [128 << n, 256 << n) in 32 equal steps.
// A set bit in a map says that the list (or any list of the level) is not empty.
#ifndef TLSF_INDEX_H
#define TLSF_INDEX_H

#include "bits/bits.h"
#include "tlsf/block.h"

enum {
    INDEX_LISTS_LOG2 = 5,
    INDEX_LISTS = 1 << INDEX_LISTS_LOG2,
    INDEX_LINEAR_LOG2 = 8, // below 256 bytes: BLOCK_GRAIN_BYTES << INDEX_LISTS_LOG2
};

_Static_assert(BLOCK_GRAIN_BYTES *INDEX_LISTS == 1 << INDEX_LINEAR_LOG2, "level 0 has one list for each size");

struct tlsf_level {
    uint64_t list_map;
    struct tlsf_block *head[INDEX_LISTS];
};

struct tlsf_index {
    uint64_t level_map;
    uint32_t levels;
    size_t free_bytes, free_blocks;
    struct tlsf_level *level;
};

struct tlsf_list_id {
    uint32_t level, list;
};

// The list that a block of this size hangs in.
static inline struct tlsf_list_id index_list_of(size_t size_bytes) {
    if (size_bytes < (size_t)1 << INDEX_LINEAR_LOG2) {
        return (struct tlsf_list_id){0, (uint32_t)(size_bytes / BLOCK_GRAIN_BYTES)};
    }
    uint32_t log2 = bits_highest(size_bytes);
    uint32_t list = (uint32_t)(size_bytes >> (log2 - INDEX_LISTS_LOG2)) & (INDEX_LISTS - 1u);
    return (struct tlsf_list_id){log2 - INDEX_LINEAR_LOG2 + 1, list};
}

// The first list of which every block has at least this size.
static inline struct tlsf_list_id index_list_above(size_t size_bytes) {
    if (size_bytes < (size_t)1 << INDEX_LINEAR_LOG2) {
        return index_list_of(size_bytes);
    }
    size_t step = (size_t)1 << (bits_highest(size_bytes) - INDEX_LISTS_LOG2);
    return index_list_of(size_bytes + step - 1);
}

// b's header is written, but b is in no list; the block after b learns where b begins.
static inline void index_put(struct tlsf_index *index, struct tlsf_block *b) {
    size_t size_bytes = block_size(b);
    struct tlsf_list_id id = index_list_of(size_bytes);
    struct tlsf_level *level = &index->level[id.level];
    struct tlsf_block *old = level->head[id.list];
    b->next_free = old;
    b->prev_free = NULL;
    if (old != NULL) {
        old->prev_free = b;
    }
    level->head[id.list] = b;
    level->list_map |= (uint64_t)1 << id.list;
    index->level_map |= (uint64_t)1 << id.level;
    index->free_bytes += size_bytes;
    index->free_blocks++;
    *block_prev_slot(block_at(b, size_bytes)) = b;
}

static inline void index_take(struct tlsf_index *index, struct tlsf_block *b) {
    size_t size_bytes = block_size(b);
    index->free_bytes -= size_bytes;
    index->free_blocks--;
    if (b->next_free != NULL) {
        b->next_free->prev_free = b->prev_free;
    }
    if (b->prev_free != NULL) {
        b->prev_free->next_free = b->next_free;
        return;
    }
    struct tlsf_list_id id = index_list_of(size_bytes);
    struct tlsf_level *level = &index->level[id.level];
    level->head[id.list] = b->next_free;
    if (b->next_free == NULL) {
        level->list_map &= ~((uint64_t)1 << id.list);
        if (level->list_map == 0) {
            index->level_map &= ~((uint64_t)1 << id.level);
        }
    }
}

// A free block of at least size_bytes, still in its list, or NULL.
static inline struct tlsf_block *index_find(const struct tlsf_index *index, size_t size_bytes) {
    struct tlsf_list_id id = index_list_above(size_bytes);
    if (id.level < index->levels) {
        uint64_t lists = index->level[id.level].list_map & ~(uint64_t)0 << id.list;
        if (lists != 0) {
            return index->level[id.level].head[bits_lowest(lists)];
        }
        uint64_t levels = index->level_map & ~(uint64_t)1 << id.level; // all levels above
        if (levels != 0) {
            const struct tlsf_level *level = &index->level[bits_lowest(levels)];
            return level->head[bits_lowest(level->list_map)];
        }
    }
    // No list is certain to fit. The size's own list may hold a block that does: look at its first one, so that
    // a block can be taken by a request of exactly its size.
    id = index_list_of(size_bytes);
    struct tlsf_block *first = id.level < index->levels ? index->level[id.level].head[id.list] : NULL;
    return first != NULL && block_size(first) >= size_bytes ? first : NULL;
}

#endif
