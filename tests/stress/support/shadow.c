// SPDX-License-Identifier: MIT
// The owner map and the patterns. The map is relaxed on purpose: it must not order memory for the heap under test, or a
// race detector would not see an order that the heap itself forgot.
#include "shadow.h"

#include "die.h"

#include <stdlib.h>
#include <string.h>

#define WATCHED_WHOLE_BYTES ((size_t)512)
#define WATCHED_END_BYTES ((size_t)64)
#define SAMPLE_STRIDE_BYTES ((size_t)2040)
#define GRANULE_BYTES ((size_t)8)

void shadow_init(struct shadow *self, const void *region, size_t bytes) {
    self->base = (uintptr_t)region;
    self->bytes = bytes;
    self->owners = calloc(bytes / GRANULE_BYTES, sizeof *self->owners);
    if (self->owners == NULL) {
        die_unusable("shadow: no memory for a map of %zu bytes", bytes);
    }
}

void shadow_destroy(struct shadow *self) {
    free(self->owners);
    self->owners = NULL;
}

// The offset watched after `offset` in a block of `size` bytes.
static size_t watched_next(size_t size, size_t offset) {
    size_t tail = size > WATCHED_END_BYTES ? (size - WATCHED_END_BYTES) & ~(GRANULE_BYTES - 1) : 0;
    if (size <= WATCHED_WHOLE_BYTES || offset < WATCHED_END_BYTES || offset >= tail) {
        return offset + GRANULE_BYTES;
    }
    size_t next = offset + SAMPLE_STRIDE_BYTES;
    return next < tail ? next : tail;
}

static uint64_t pattern_at(uint64_t tag, size_t offset) {
    uint64_t mixed = (tag ^ (offset + 1)) * UINT64_C(0xff51afd7ed558ccd);
    return mixed ^ (mixed >> 32) ^ tag;
}

static size_t piece_bytes(size_t end, size_t offset) {
    return end - offset < GRANULE_BYTES ? end - offset : GRANULE_BYTES;
}

static const char *shadow_change(struct shadow *self, const struct block *block, uint16_t from, uint16_t to,
                                 const char *complaint) {
    uintptr_t start = (uintptr_t)block->start;
    if (start < self->base || start - self->base > self->bytes || block->size > self->bytes - (start - self->base)) {
        return "the block lies outside the region";
    }
    if (start % GRANULE_BYTES != 0) {
        return "the block is not aligned to 8 bytes";
    }
    size_t first = (start - self->base) / GRANULE_BYTES;
    for (size_t offset = 0; offset < block->size; offset = watched_next(block->size, offset)) {
        _Atomic uint16_t *owner = &self->owners[first + offset / GRANULE_BYTES];
        if (atomic_exchange_explicit(owner, to, memory_order_relaxed) != from) {
            return complaint;
        }
    }
    return NULL;
}

const char *shadow_enter(struct shadow *self, const struct block *block) {
    return shadow_change(self, block, 0, block->owner, "the block overlaps one that is in use");
}

const char *shadow_leave(struct shadow *self, const struct block *block) {
    return shadow_change(self, block, block->owner, 0, "part of the block was given to somebody else");
}

bool shadow_owns(const struct shadow *self, const struct block *block) {
    size_t first = ((uintptr_t)block->start - self->base) / GRANULE_BYTES;
    for (size_t offset = 0; offset < block->size; offset = watched_next(block->size, offset)) {
        const _Atomic uint16_t *owner = &self->owners[first + offset / GRANULE_BYTES];
        if (atomic_load_explicit(owner, memory_order_relaxed) != block->owner) {
            return false;
        }
    }
    return true;
}

const char *shadow_verify(const struct block *block, size_t bytes) {
    for (size_t offset = 0; offset < bytes; offset = watched_next(block->size, offset)) {
        uint64_t want = pattern_at(block->tag, offset);
        if (memcmp(block->start + offset, &want, piece_bytes(bytes, offset)) != 0) {
            return "the block's contents changed";
        }
    }
    return NULL;
}

const char *shadow_verify_zero(const unsigned char *start, size_t bytes) {
    bool zero = bytes == 0 || (start[0] == 0 && memcmp(start, start + 1, bytes - 1) == 0);
    return zero ? NULL : "zeroed memory is not zero";
}

void shadow_fill(const struct block *block) {
    for (size_t offset = 0; offset < block->size; offset = watched_next(block->size, offset)) {
        uint64_t pattern = pattern_at(block->tag, offset);
        memcpy(block->start + offset, &pattern, piece_bytes(block->size, offset));
    }
}
