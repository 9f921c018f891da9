// SPDX-License-Identifier: MIT
// The TLSF heap itself: blocks cut from the index, merged back into it, resized in place. No lock, no loop but init's.
#include "tlsf/pool.h"

#define SIZE_LIMIT TLSF_REGION_BYTES_MAX // above it, a request cannot fit and sums might overflow

static size_t align_up(size_t value, size_t align) {
    return (value + align - 1) & ~(align - 1);
}

enum tlsf_error tlsf_region_verdict(const void *region, size_t bytes) {
    if (region == NULL) {
        return TLSF_ERR_NULL;
    }
    if ((uintptr_t)region % TLSF_REGION_ALIGN != 0) {
        return TLSF_ERR_MISALIGNED;
    }
    if (bytes > UINTPTR_MAX - (uintptr_t)region) {
        return TLSF_ERR_OVERFLOW;
    }
    return bytes > TLSF_REGION_BYTES_MAX ? TLSF_ERR_REGION_TOO_LARGE : TLSF_OK;
}

enum tlsf_error tlsf_cpus_verdict(size_t cpus) {
    if (cpus == 0) {
        return TLSF_ERR_NO_CPU;
    }
    return cpus > TLSF_CPUS_MAX ? TLSF_ERR_TOO_MANY_CPUS : TLSF_OK;
}

enum tlsf_error tlsf_init(void *region, size_t bytes, tlsf **heap) {
    if (heap == NULL) {
        return TLSF_ERR_NULL;
    }
    if (*heap != NULL) {
        return TLSF_ERR_TWICE;
    }
    enum tlsf_error error = tlsf_region_verdict(region, bytes);
    if (error != TLSF_OK) {
        return error;
    }
    bytes &= ~(size_t)(BLOCK_GRAIN_BYTES - 1);
    uint32_t levels = bytes == 0 ? 0 : index_list_of(bytes).level + 1;
    size_t front_bytes = sizeof(tlsf) + levels * sizeof(struct tlsf_level);
    if (bytes < front_bytes + BLOCK_BYTES_MIN + BLOCK_HEADER_BYTES) {
        return TLSF_ERR_REGION_TOO_SMALL;
    }
    tlsf *made = region;
    *made = (tlsf){
        .region_bytes = bytes,
        .metadata_bytes = front_bytes + BLOCK_HEADER_BYTES,
        .index = {.levels = levels, .level = (struct tlsf_level *)(made + 1)},
    };
    for (uint32_t i = 0; i < levels; i++) { // bound: one turn for each power of two up to bytes
        made->index.level[i] = (struct tlsf_level){.list_map = 0};
    }
    made->first = (struct tlsf_block *)((uintptr_t)region + front_bytes);
    block_write(made->first, bytes - made->metadata_bytes, BLOCK_FREE);
    made->sentinel = block_next(made->first);
    block_write(made->sentinel, 0, BLOCK_PREV_FREE);
    index_put(&made->index, made->first);
    *heap = made;
    return TLSF_OK;
}

// Bytes of a block that holds a payload of size; 0 if no region could.
static size_t block_bytes_for(size_t size) {
    if (size > SIZE_LIMIT) {
        return 0;
    }
    size_t bytes = align_up(size + BLOCK_HEADER_BYTES, BLOCK_GRAIN_BYTES);
    return bytes < BLOCK_BYTES_MIN ? BLOCK_BYTES_MIN : bytes;
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

// A free block in which bytes fit behind the gap, still in its list, or NULL.
static struct tlsf_block *find_aligned(const struct tlsf_index *index, size_t bytes, size_t align) {
    struct tlsf_block *b = index_find(index, bytes);
    if (align <= BLOCK_GRAIN_BYTES || b == NULL || gap_before_aligned(b, align) + bytes <= block_size(b)) {
        return b;
    }
    return index_find(index, bytes + align + BLOCK_BYTES_MIN - BLOCK_GRAIN_BYTES);
}

// b, in no list, is to be used: cuts it to bytes, if what is over makes a block. What follows b is not free, or
// joins the rest. All headers are right afterwards; flags are b's own.
static void use_and_trim(struct tlsf_index *index, struct tlsf_block *b, size_t have_bytes, size_t bytes,
                         uint64_t flags) {
    struct tlsf_block *after = block_at(b, have_bytes);
    if (have_bytes - bytes < BLOCK_BYTES_MIN) {
        block_write(b, have_bytes, flags);
        after->header &= ~BLOCK_PREV_FREE;
        return;
    }
    block_write(b, bytes, flags);
    struct tlsf_block *rest = block_next(b);
    block_write(rest, have_bytes - bytes, BLOCK_FREE);
    after->header |= BLOCK_PREV_FREE;
    index_put(index, rest);
}

static void note_peak(tlsf *heap) {
    size_t used_bytes = heap->region_bytes - heap->metadata_bytes - heap->index.free_bytes;
    if (used_bytes > heap->peak_bytes) {
        heap->peak_bytes = used_bytes;
    }
}

void *tlsf_alloc(tlsf *heap, size_t size, size_t align) {
    size_t bytes = block_bytes_for(size);
    if (size == 0 || bytes == 0 || (align & (align - 1)) != 0 || align > SIZE_LIMIT) {
        return NULL;
    }
    if (align < BLOCK_GRAIN_BYTES) {
        align = BLOCK_GRAIN_BYTES;
    }
    struct tlsf_block *b = find_aligned(&heap->index, bytes, align);
    if (b == NULL) {
        return NULL;
    }
    index_take(&heap->index, b);
    size_t have_bytes = block_size(b);
    size_t gap_bytes = gap_before_aligned(b, align);
    uint64_t flags = 0; // the block before a free one is never free
    if (gap_bytes != 0) {
        block_write(b, gap_bytes, BLOCK_FREE);
        index_put(&heap->index, b);
        b = block_next(b);
        flags = BLOCK_PREV_FREE;
    }
    use_and_trim(&heap->index, b, have_bytes - gap_bytes, bytes, flags);
    heap->allocs++;
    note_peak(heap);
    return block_payload(b);
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
    size_t room_bytes = (size_t)((uintptr_t)heap->sentinel - (uintptr_t)b);
    if (block_size(b) < BLOCK_BYTES_MIN || block_size(b) > room_bytes) {
        return PORT_FAULT_CORRUPT;
    }
    const struct tlsf_block *next = block_next(b);
    if (!block_is_tagged(next) || block_is_prev_free(next) || block_size(next) > room_bytes - block_size(b)) {
        return PORT_FAULT_CORRUPT;
    }
    if (block_is_prev_free(b)) {
        const struct tlsf_block *prev = *block_prev_slot(b);
        if (prev < heap->first || prev >= b || (uintptr_t)prev % BLOCK_GRAIN_BYTES != 0 || !block_is_tagged(prev) ||
            !block_is_free(prev) || block_next(prev) != b) {
            return PORT_FAULT_CORRUPT;
        }
    }
    return 0;
}

tlsf_verdict tlsf_release(tlsf *heap, void *p) {
    tlsf_verdict verdict = tlsf_block_verdict(heap, p);
    if (verdict != 0) {
        return verdict;
    }
    struct tlsf_block *b = block_of(p), *next = block_next(b);
    size_t bytes = block_size(b);
    if (block_is_free(next)) {
        index_take(&heap->index, next);
        bytes += block_size(next);
    }
    if (block_is_prev_free(b)) {
        b->header |= BLOCK_FREE; // goes out of use: see block.h
        b = *block_prev_slot(b);
        index_take(&heap->index, b);
        bytes += block_size(b);
    }
    block_write(b, bytes, BLOCK_FREE);
    block_next(b)->header |= BLOCK_PREV_FREE;
    index_put(&heap->index, b);
    heap->frees++;
    return 0;
}

struct tlsf_resize tlsf_resize(tlsf *heap, void *p, size_t size, size_t align) {
    struct tlsf_resize done = {.verdict = tlsf_block_verdict(heap, p)};
    size_t bytes = block_bytes_for(size);
    if (done.verdict != 0 || bytes == 0 || (align & (align - 1)) != 0) {
        return done;
    }
    struct tlsf_block *b = block_of(p), *next = block_next(b);
    size_t room_bytes = block_size(b) + (block_is_free(next) ? block_size(next) : 0);
    if (bytes <= room_bytes && (align == 0 || (uintptr_t)p % align == 0)) {
        if (block_is_free(next)) {
            index_take(&heap->index, next);
        }
        use_and_trim(&heap->index, b, room_bytes, bytes, b->header & BLOCK_PREV_FREE);
        note_peak(heap);
        done.result = p;
        return done;
    }
    done.result = tlsf_alloc(heap, size, align);
    if (done.result != NULL) {
        size_t old_bytes = block_payload_bytes(b);
        done.copy_bytes = old_bytes < size ? old_bytes : size;
    }
    return done;
}

bool tlsf_owns(const tlsf *heap, const void *p) {
    return (uintptr_t)p > (uintptr_t)heap->first && (uintptr_t)p < (uintptr_t)heap->sentinel;
}
