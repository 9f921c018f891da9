// SPDX-License-Identifier: MIT
// Looking at a TLSF heap without changing it: the invariants, block by block and list by list, and the statistics.
#include "tlsf/pool.h"

struct tally {
    size_t free_blocks, free_bytes, live_blocks;
};

static bool found(struct tlsf_finding *first, const char *rule, const void *address, uint64_t want, uint64_t have) {
    if (want == have) {
        return false;
    }
    *first = (struct tlsf_finding){.rule = rule, .address = address, .want = want, .have = have};
    return true;
}

// True if b's header breaks a rule. Only after it returned false may b's size be trusted.
static bool found_in_header(const tlsf *heap, const struct tlsf_block *b, bool prev_free, struct tlsf_finding *first) {
    size_t room_bytes = (size_t)((uintptr_t)heap->sentinel - (uintptr_t)b);
    return found(first, "a header carries the tag of its address", b, block_tag(b), b->header >> BLOCK_TAG_SHIFT) ||
           found(first, "a block has at least 32 bytes", b, true, block_size(b) >= BLOCK_BYTES_MIN) ||
           found(first, "a block ends at or before the sentinel", b, true, block_size(b) <= room_bytes) ||
           found(first, "a header tells whether the block before is free", b, prev_free, block_is_prev_free(b)) ||
           found(first, "no two free blocks touch", b, false, prev_free && block_is_free(b));
}

// Walks the blocks in the order of their addresses and counts them.
static bool found_in_blocks(const tlsf *heap, struct tally *tally, struct tlsf_finding *first) {
    bool prev_free = false;
    const struct tlsf_block *b = heap->first;
    while (b != heap->sentinel) { // bound: blocks in the region; each turn advances by 32 bytes at least
        if (found_in_header(heap, b, prev_free, first)) {
            return true;
        }
        prev_free = block_is_free(b);
        if (prev_free) {
            const struct tlsf_block *told = *block_prev_slot(block_next(b));
            if (found(first, "a free block ends with its own address", b, (uintptr_t)b, (uintptr_t)told)) {
                return true;
            }
            tally->free_blocks++;
            tally->free_bytes += block_size(b);
        } else {
            tally->live_blocks++;
        }
        b = block_next(b);
    }
    return found(first, "the sentinel carries the tag of its address", b, block_tag(b), b->header >> BLOCK_TAG_SHIFT) ||
           found(first, "the sentinel is a used block of size 0", b, prev_free ? BLOCK_PREV_FREE : 0,
                 b->header & (BLOCK_SIZE_MASK | BLOCK_FLAGS));
}

static bool is_block_address(const tlsf *heap, const struct tlsf_block *b) {
    return b >= heap->first && b < heap->sentinel && (uintptr_t)b % BLOCK_GRAIN_BYTES == 0;
}

// Walks one list; *left counts down the free blocks that no list showed yet, so that a cycle ends.
static bool found_in_list(const tlsf *heap, struct tlsf_list_id id, size_t *left, struct tlsf_finding *first) {
    const struct tlsf_level *level = &heap->index.level[id.level];
    const struct tlsf_block *head = level->head[id.list], *prev = NULL;
    if (found(first, "a list's bit tells whether it is empty", &level->head[id.list], head != NULL,
              level->list_map >> id.list & 1)) {
        return true;
    }
    for (const struct tlsf_block *b = head; b != NULL; b = b->next_free) { // bound: free blocks, counted by *left
        if (found(first, "a list links blocks of the pool", prev, true, is_block_address(heap, b)) ||
            found(first, "a list links tagged headers", b, block_tag(b), b->header >> BLOCK_TAG_SHIFT) ||
            found(first, "a list links free blocks", b, true, block_is_free(b)) ||
            found(first, "a list's back link is the block before", b, (uintptr_t)prev, (uintptr_t)b->prev_free) ||
            found(first, "no block is in two lists", b, true, *left != 0)) {
            return true;
        }
        struct tlsf_list_id own = index_list_of(block_size(b));
        if (found(first, "a block is in the level of its size", b, own.level, id.level) ||
            found(first, "a block is in the list of its size", b, own.list, id.list)) {
            return true;
        }
        (*left)--;
        prev = b;
    }
    return false;
}

static bool found_in_lists(const tlsf *heap, size_t free_blocks, struct tlsf_finding *first) {
    const struct tlsf_index *index = &heap->index;
    for (uint32_t level = 0; level < index->levels; level++) { // bound: levels, at most 34
        for (uint32_t list = 0; list < INDEX_LISTS; list++) {  // bound: 32 lists
            if (found_in_list(heap, (struct tlsf_list_id){level, list}, &free_blocks, first)) {
                return true;
            }
        }
        if (found(first, "a level's bit tells whether it is empty", &index->level[level],
                  index->level[level].list_map != 0, index->level_map >> level & 1)) {
            return true;
        }
    }
    return found(first, "every free block is in a list", index, 0, free_blocks);
}

bool tlsf_check(const tlsf *heap, struct tlsf_finding *first) {
    struct tally tally = {0};
    if (found_in_blocks(heap, &tally, first) || found_in_lists(heap, tally.free_blocks, first)) {
        return false;
    }
    const struct tlsf_index *index = &heap->index;
    return !found(first, "free blocks are counted", heap, tally.free_blocks, index->free_blocks) &&
           !found(first, "free bytes are counted", heap, tally.free_bytes, index->free_bytes) &&
           !found(first, "live blocks are counted", heap, tally.live_blocks, heap->allocs - heap->frees);
}

// Only the highest list that is not empty can hold the largest block, but it is not sorted.
static size_t largest_free_block_bytes(const struct tlsf_index *index) {
    size_t largest_bytes = 0;
    if (index->level_map == 0) {
        return 0;
    }
    const struct tlsf_level *level = &index->level[bits_highest(index->level_map)];
    const struct tlsf_block *b = level->head[bits_highest(level->list_map)];
    for (; b != NULL; b = b->next_free) { // bound: free blocks in one list
        largest_bytes = block_size(b) > largest_bytes ? block_size(b) : largest_bytes;
    }
    return largest_bytes;
}

void tlsf_stats(const tlsf *heap, struct tlsf_stats *out) {
    size_t largest_bytes = largest_free_block_bytes(&heap->index);
    *out = (struct tlsf_stats){
        .region_bytes = heap->region_bytes,
        .metadata_bytes = heap->metadata_bytes,
        .used_bytes = heap->region_bytes - heap->metadata_bytes - heap->index.free_bytes,
        .free_bytes = heap->index.free_bytes,
        .peak_bytes = heap->peak_bytes,
        .largest_free_bytes = largest_bytes == 0 ? 0 : largest_bytes - BLOCK_HEADER_BYTES,
        .live_blocks = (size_t)(heap->allocs - heap->frees),
        .free_blocks = heap->index.free_blocks,
        .allocs = heap->allocs,
        .frees = heap->frees,
    };
}
