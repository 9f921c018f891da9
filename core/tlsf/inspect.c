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

// The tag that b's header carries, at its place.
static uint64_t header_tag(const struct tlsf_block *b) {
    return b->header >> BLOCK_TAG_SHIFT << BLOCK_TAG_SHIFT;
}

// True if b's header breaks a rule. Only after it returned false may b's size be trusted.
static bool found_in_header(const tlsf *heap, const struct tlsf_block *b, bool prev_free, struct tlsf_finding *first) {
    size_t room_bytes = (size_t)((uintptr_t)heap->sentinel - (uintptr_t)b);
    return found(first, "a header carries the tag of its address", b, block_tag(b), header_tag(b)) ||
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
    return found(first, "the sentinel carries the tag of its address", b, block_tag(b), header_tag(b)) ||
           found(first, "the sentinel is a used block of size 0", b, prev_free ? BLOCK_PREV_FREE : 0, block_word(b));
}

static bool is_block_address(const tlsf *heap, const struct tlsf_block *b) {
    return b >= heap->first && b < heap->sentinel && (uintptr_t)b % BLOCK_GRAIN_BYTES == 0;
}

// Walks one list; *left counts down the free blocks that no list showed yet, so that a cycle ends.
static bool found_in_list(const tlsf *heap, size_t list, size_t *left, struct tlsf_finding *first) {
    struct tlsf_block *const *head = index_head(&heap->index, list), *const *link = head;
    if (found(first, "a list's bit tells whether it is empty", head, *head != NULL, index_has(&heap->index, list))) {
        return true;
    }
    for (const struct tlsf_block *b = *head; b != NULL; b = b->next_free) { // bound: free blocks, counted by *left
        if (found(first, "a list links blocks of the pool", link, true, is_block_address(heap, b)) ||
            found(first, "a list links tagged headers", b, block_tag(b), header_tag(b)) ||
            found(first, "a list links free blocks", b, true, block_is_free(b))) {
            return true;
        }
        size_t own = index_list_of(block_size(b));
        if (found(first, "a block is in the level of its size", b, index_level_of(own), index_level_of(list)) ||
            found(first, "a block is in the list of its size", b, own, list) ||
            found(first, "a list's back link is the link before", b, (uintptr_t)link, (uintptr_t)b->link) ||
            found(first, "no block is in two lists", b, true, *left != 0)) {
            return true;
        }
        (*left)--;
        link = &b->next_free;
    }
    return false;
}

static bool found_in_lists(const tlsf *heap, size_t free_blocks, struct tlsf_finding *first) {
    const struct tlsf_index *index = &heap->index;
    for (size_t list = 0; list < index->levels * INDEX_LISTS; list++) { // bound: lists, 32 for each level
        if (found_in_list(heap, list, &free_blocks, first)) {
            return true;
        }
    }
    for (uint32_t level = 0; level < INDEX_LEVELS_MAX; level++) { // bound: 36
        const uint32_t *map = &index->list_map[level];
        if (found(first, "a level without lists has no bits", map, 0, level < index->levels ? 0 : *map) ||
            found(first, "a level's bit tells whether it is empty", map, *map != 0, index->level_map >> level & 1)) {
            return true;
        }
    }
    return found(first, "every free block is in a list", index, 0, free_blocks);
}

static size_t free_bytes(const tlsf *heap) {
    return heap->region_bytes - heap->metadata_bytes - heap->used_bytes;
}

bool tlsf_check(const tlsf *heap, struct tlsf_finding *first) {
    struct tally tally = {0};
    if (found_in_blocks(heap, &tally, first) || found_in_lists(heap, tally.free_blocks, first)) {
        return false;
    }
    const struct tlsf_index *index = &heap->index;
    return !found(first, "free blocks are counted", heap, tally.free_blocks, index->free_blocks) &&
           !found(first, "free bytes are counted", heap, tally.free_bytes, free_bytes(heap)) &&
           !found(first, "live blocks are counted", heap, tally.live_blocks, heap->allocs - heap->frees);
}

// Only the highest list that is not empty can hold the largest block, but it is not sorted.
static size_t largest_free_block_bytes(const struct tlsf_index *index) {
    size_t largest_bytes = 0;
    if (index->level_map == 0) {
        return 0;
    }
    uint32_t level = bits_highest(index->level_map);
    const struct tlsf_block *b = *index_head(index, level * INDEX_LISTS + bits_highest(index->list_map[level]));
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
        .used_bytes = heap->used_bytes,
        .free_bytes = free_bytes(heap),
        .peak_bytes = heap->peak_bytes,
        .largest_free_bytes = largest_bytes == 0 ? 0 : largest_bytes - BLOCK_HEADER_BYTES,
        .live_blocks = (size_t)(heap->allocs - heap->frees),
        .free_blocks = heap->index.free_blocks,
        .allocs = heap->allocs,
        .frees = heap->frees,
    };
}
