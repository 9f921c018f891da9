// SPDX-License-Identifier: MIT
// The TLSF heap itself: blocks cut from the index, merged back into it, resized in place. No lock, no loop.
#include "tlsf/pool.h"

static size_t align_up(size_t value, size_t align) {
    return (value + align - 1) & ~(align - 1);
}

// Bytes of a block that holds a payload of size; size is no larger than a region.
static size_t block_bytes_for(size_t size) {
    size_t bytes = (size + BLOCK_HEADER_BYTES + BLOCK_GRAIN_BYTES - 1) & ~(size_t)(BLOCK_GRAIN_BYTES - 1);
    return bytes < BLOCK_BYTES_MIN ? BLOCK_BYTES_MIN : bytes;
}

// Blocks of so many bytes more are live.
static void note_used(tlsf *heap, size_t bytes) {
    size_t used_bytes = heap->used_bytes += bytes;
    if (used_bytes > heap->peak_bytes) {
        heap->peak_bytes = used_bytes;
    }
}

// Bytes to leave free at the front of a block that begins at b, so that the payload behind them is aligned: none, or
// enough for a block. At most align + BLOCK_BYTES_MIN - BLOCK_GRAIN_BYTES.
static size_t gap_before_aligned(const struct tlsf_block *b, size_t align) {
    uintptr_t payload = (uintptr_t)block_payload(b);
    size_t gap_bytes = align_up(payload, align) - payload;
    if (gap_bytes != 0 && gap_bytes < BLOCK_BYTES_MIN) {
        gap_bytes = align_up(payload + BLOCK_BYTES_MIN, align) - payload;
    }
    return gap_bytes;
}

// Finds a list in whose first block bytes fit behind the gap; false if there is none.
static bool find_aligned(const struct tlsf_index *index, size_t bytes, size_t align, size_t *list) {
    if (!index_find(index, bytes, list)) {
        return false;
    }
    const struct tlsf_block *b = *index_head(index, *list);
    return gap_before_aligned(b, align) + bytes <= block_size(b) ||
           index_find(index, bytes + align + BLOCK_BYTES_MIN - BLOCK_GRAIN_BYTES, list);
}

// b, in no list, is to be used: cuts it to bytes, if what is over makes a block. What follows b is not free, or
// joins the rest. All headers are right afterwards; flags are b's own. Answers the bytes that b keeps.
static size_t use_and_trim(struct tlsf_index *index, struct tlsf_block *b, size_t have_bytes, size_t bytes,
                           uint64_t flags) {
    struct tlsf_block *after = block_at(b, have_bytes);
    size_t rest_bytes = have_bytes - bytes;
    if (rest_bytes < BLOCK_BYTES_MIN) {
        block_write(b, have_bytes, flags);
        after->header &= ~BLOCK_PREV_FREE;
        return have_bytes;
    }
    block_write(b, bytes, flags);
    struct tlsf_block *rest = block_at(b, bytes);
    block_write(rest, rest_bytes, BLOCK_FREE);
    after->header |= BLOCK_PREV_FREE;
    index_put(index, rest, rest_bytes);
    return bytes;
}

// b, free, is larger by a block at least and leaves a rest that belongs in another list.
static __attribute__((noinline)) void *alloc_cut(tlsf *heap, struct tlsf_block *b, size_t bytes) {
    size_t have_bytes = block_size(b);
    index_take(&heap->index, b, have_bytes);
    use_and_trim(&heap->index, b, have_bytes, bytes, 0);
    heap->allocs++;
    note_used(heap, bytes);
    return block_payload(b);
}

// For any alignment; size is no larger than the region.
static __attribute__((noinline)) void *alloc_aligned(tlsf *heap, size_t size, size_t align) {
    if ((align & (align - 1)) != 0 || align > TLSF_REGION_BYTES_MAX) {
        return NULL;
    }
    size_t bytes = block_bytes_for(size);
    size_t list;
    if (!find_aligned(&heap->index, bytes, align, &list)) {
        return NULL;
    }
    struct tlsf_block *b = *index_head(&heap->index, list);
    size_t have_bytes = block_size(b), gap_bytes = gap_before_aligned(b, align);
    index_take(&heap->index, b, have_bytes);
    uint64_t flags = 0; // the block before a free one is never free
    if (gap_bytes != 0) {
        block_write(b, gap_bytes, BLOCK_FREE);
        index_put(&heap->index, b, gap_bytes);
        b = block_at(b, gap_bytes);
        flags = BLOCK_PREV_FREE;
    }
    bytes = use_and_trim(&heap->index, b, have_bytes - gap_bytes, bytes, flags);
    heap->allocs++;
    note_used(heap, bytes);
    return block_payload(b);
}

void *tlsf_alloc(tlsf *heap, size_t size, size_t align) {
    if (size - 1 >= heap->region_bytes) { // 0 wraps around
        return NULL;
    }
    if (align > BLOCK_GRAIN_BYTES) {
        return alloc_aligned(heap, size, align);
    }
    size_t bytes = block_bytes_for(size);
    size_t list;
    if (!index_find(&heap->index, bytes, &list)) {
        return NULL;
    }
    struct tlsf_block *b = *index_head(&heap->index, list);
    size_t have_bytes = block_size(b), rest_bytes = have_bytes - bytes;
    // The block before a free one is never free, and the one behind it has BLOCK_PREV_FREE already.
    if (rest_bytes < BLOCK_BYTES_MIN) {
        bytes = have_bytes;
        index_take(&heap->index, b, bytes);
        b->header &= ~BLOCK_FREE;
        block_at(b, bytes)->header &= ~BLOCK_PREV_FREE;
    } else if (index_is_same_list(have_bytes, rest_bytes)) {
        struct tlsf_block *rest = block_at(b, bytes);
        block_write(rest, rest_bytes, BLOCK_FREE);
        index_replace(b, rest, rest_bytes);
        block_write(b, bytes, 0);
    } else {
        return alloc_cut(heap, b, bytes);
    }
    heap->allocs++;
    note_used(heap, bytes);
    return block_payload(b);
}

// A live block and its surroundings.
struct place {
    struct tlsf_block *block, *next;
    size_t bytes, next_bytes;
    bool is_prev_free, is_next_free;
};

// Whether p is a live block with sane neighbours, where a free block before it is not looked at; if so, *place tells
// about it. As few branches as possible; if it is false, tlsf_block_verdict tells why.
static inline __attribute__((always_inline)) bool find_place(const tlsf *heap, const void *p, struct place *place) {
    struct tlsf_block *b = block_of(p);
    size_t offset = (uintptr_t)b - (uintptr_t)heap->first;
    if (offset > heap->last_offset || offset % BLOCK_GRAIN_BYTES != 0) {
        return false;
    }
    uint64_t word = block_word(b); // a wrong tag makes the size too large
    size_t bytes = block_word_size(word), room_beyond_min = heap->last_offset - offset;
    if ((word & BLOCK_FREE) != 0 || bytes - BLOCK_BYTES_MIN > room_beyond_min) {
        return false;
    }
    uint64_t next_word = block_word(block_at(b, bytes));
    size_t next_bytes = block_word_size(next_word);
    if ((next_word & BLOCK_PREV_FREE) != 0 || next_bytes > room_beyond_min - (bytes - BLOCK_BYTES_MIN)) {
        return false;
    }
    *place = (struct place){
        .block = b,
        .next = block_at(b, bytes),
        .bytes = bytes,
        .next_bytes = next_bytes,
        .is_prev_free = (word & BLOCK_PREV_FREE) != 0,
        .is_next_free = (next_word & BLOCK_FREE) != 0,
    };
    return true;
}

// Whether prev, which is said to be free and to end where b begins, is and does.
static bool is_free_before(const tlsf *heap, const struct tlsf_block *prev, const struct tlsf_block *b) {
    if (prev < heap->first || prev >= b || (uintptr_t)prev % BLOCK_GRAIN_BYTES != 0) {
        return false;
    }
    uint64_t word = block_word(prev); // a wrong tag makes the size too large
    return (word & BLOCK_FREE) != 0 && block_word_size(word) == (uintptr_t)b - (uintptr_t)prev;
}

tlsf_verdict tlsf_block_verdict(const tlsf *heap, const void *p) {
    if (!tlsf_owns(heap, p)) {
        return PORT_FAULT_FOREIGN;
    }
    if ((uintptr_t)p % BLOCK_GRAIN_BYTES != 0) {
        return PORT_FAULT_MISPLACED;
    }
    const struct tlsf_block *b = block_of(p);
    if (!block_is_tagged(b)) {
        return PORT_FAULT_MISPLACED;
    }
    if (block_is_free(b)) {
        return PORT_FAULT_DOUBLE_FREE;
    }
    struct place place;
    if (!find_place(heap, p, &place)) {
        return PORT_FAULT_CORRUPT;
    }
    return place.is_prev_free && !is_free_before(heap, *block_prev_slot(b), b) ? PORT_FAULT_CORRUPT : 0;
}

// Frees a block with free ones beside it, whatever lists they and the merged block belong in.
// next_bytes: 0 if the one behind is not free.
static __attribute__((noinline)) tlsf_verdict release_merging(tlsf *heap, struct tlsf_block *b, size_t bytes,
                                                              size_t next_bytes) {
    struct tlsf_index *index = &heap->index;
    struct tlsf_block *merged = b, *next = block_at(b, bytes);
    size_t prev_bytes = 0;
    if (block_is_prev_free(b)) {
        merged = *block_prev_slot(b);
        if (!is_free_before(heap, merged, b)) {
            return PORT_FAULT_CORRUPT;
        }
        prev_bytes = block_size(merged);
    }
    b->header |= BLOCK_FREE; // goes out of use, unless nothing is free before it: see block.h
    if (next_bytes != 0) {
        index_take(index, next, next_bytes);
    } else {
        next->header |= BLOCK_PREV_FREE;
    }
    heap->frees++;
    heap->used_bytes -= bytes;
    size_t merged_bytes = prev_bytes + bytes + next_bytes;
    block_write(merged, merged_bytes, BLOCK_FREE);
    if (prev_bytes != 0 && index_is_same_list(merged_bytes, prev_bytes)) {
        index_tell_next(merged, merged_bytes);
        return 0;
    }
    if (prev_bytes != 0) {
        index_take(index, merged, prev_bytes);
    }
    index_put(index, merged, merged_bytes);
    return 0;
}

// Frees a block with no free one beside it.
static __attribute__((noinline)) tlsf_verdict release_alone(tlsf *heap, struct tlsf_block *b, size_t bytes) {
    b->header |= BLOCK_FREE;
    block_at(b, bytes)->header |= BLOCK_PREV_FREE;
    index_put(&heap->index, b, bytes);
    heap->frees++;
    heap->used_bytes -= bytes;
    return 0;
}

// The other cases are functions of their own and the last thing done, so that the commonest one, a block cut from the
// free one behind it goes back there, needs no more registers than a call may use freely.
tlsf_verdict tlsf_release(tlsf *heap, void *p) {
    struct place place;
    if (!find_place(heap, p, &place)) {
        return tlsf_block_verdict(heap, p);
    }
    struct tlsf_block *b = place.block, *next = place.next;
    size_t bytes = place.bytes, next_bytes = place.next_bytes, merged_bytes = bytes + next_bytes;
    if (!place.is_next_free) {
        return place.is_prev_free ? release_merging(heap, b, bytes, 0) : release_alone(heap, b, bytes);
    }
    if (place.is_prev_free || !index_is_same_list(merged_bytes, next_bytes)) {
        return release_merging(heap, b, bytes, next_bytes);
    }
    heap->frees++;
    heap->used_bytes -= bytes;
    block_write(b, merged_bytes, BLOCK_FREE);
    index_replace(next, b, merged_bytes);
    return 0;
}

struct tlsf_resize tlsf_resize(tlsf *heap, void *p, size_t size, size_t align) {
    struct tlsf_resize done = {.verdict = tlsf_block_verdict(heap, p)};
    align = align < BLOCK_GRAIN_BYTES ? BLOCK_GRAIN_BYTES : align;
    if (done.verdict != 0 || size > heap->region_bytes || (align & (align - 1)) != 0) {
        return done;
    }
    struct tlsf_block *b = block_of(p), *next = block_next(b);
    size_t old_bytes = block_size(b), next_bytes = block_is_free(next) ? block_size(next) : 0;
    size_t bytes = block_bytes_for(size), room_bytes = old_bytes + next_bytes;
    if (bytes <= room_bytes && ((uintptr_t)p & (align - 1)) == 0) {
        if (next_bytes != 0) {
            index_take(&heap->index, next, next_bytes);
        }
        bytes = use_and_trim(&heap->index, b, room_bytes, bytes, b->header & BLOCK_PREV_FREE);
        heap->used_bytes -= old_bytes;
        note_used(heap, bytes);
        done.result = p;
        return done;
    }
    done.result = tlsf_alloc(heap, size, align);
    if (done.result != NULL) {
        size_t old_size = old_bytes - BLOCK_HEADER_BYTES;
        done.copy_bytes = old_size < size ? old_size : size;
    }
    return done;
}

bool tlsf_owns(const tlsf *heap, const void *p) {
    return (uintptr_t)p > (uintptr_t)heap->first && (uintptr_t)p < (uintptr_t)heap->sentinel;
}
