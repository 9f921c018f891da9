// SPDX-License-Identifier: MIT
// The layout of TLSF blocks: pure functions on one header and its neighbours' addresses.
//
//   header (8 bytes) | payload ..................................................| next block's header
//   free blocks only:  next_free | link | ... | own address, the last 8 bytes |
//
// A header word: check tag (24 bits of the header's address) | size in bytes, header included (40 bits, the lowest
// three of them flags). Blocks tile the pool without gaps up to the sentinel, a used header of size 0. No two free
// blocks touch. Whenever a header goes out of use (a merge), it is first marked free, so that what is left of it in
// memory tells a second free of the same pointer as long as nobody writes over it.
#ifndef TLSF_BLOCK_H
#define TLSF_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BLOCK_HEADER_BYTES = 8,
    BLOCK_GRAIN_LOG2 = 3,
    BLOCK_GRAIN_BYTES = 1 << BLOCK_GRAIN_LOG2,
    BLOCK_BYTES_MIN = 32, // header, two links, own address
};

#define BLOCK_FREE ((uint64_t)1)      // this block is free
#define BLOCK_PREV_FREE ((uint64_t)2) // the block before is free, so its address stands just before this header
#define BLOCK_FLAGS ((uint64_t)7)
#define BLOCK_TAG_SHIFT 40

struct tlsf_block {
    uint64_t header;
    struct tlsf_block *next_free, **link; // meaningful in free blocks only; *link is what leads here: a list's head or
                                          // the next_free of the block before
};

_Static_assert(offsetof(struct tlsf_block, next_free) == BLOCK_HEADER_BYTES, "the links begin where the payload does");
_Static_assert(sizeof(struct tlsf_block) + sizeof(uint64_t) <= BLOCK_BYTES_MIN, "links and own address fit any block");

// The tag at its place in the header: the address's bits from the grain up, shifted so that nothing needs masking.
static inline uint64_t block_tag(const struct tlsf_block *b) {
    return (uint64_t)(uintptr_t)b << (BLOCK_TAG_SHIFT - BLOCK_GRAIN_LOG2);
}

// Size and flags; 2^BLOCK_TAG_SHIFT or more, larger than any size, if the tag is wrong.
static inline uint64_t block_word(const struct tlsf_block *b) {
    return b->header ^ block_tag(b);
}

static inline bool block_word_is_tagged(uint64_t word) {
    return word >> BLOCK_TAG_SHIFT == 0;
}

static inline size_t block_word_size(uint64_t word) {
    return (size_t)(word & ~BLOCK_FLAGS);
}

static inline void block_write(struct tlsf_block *b, size_t size_bytes, uint64_t flags) {
    b->header = block_tag(b) + (size_bytes + flags); // the three share no bit
}

static inline bool block_is_tagged(const struct tlsf_block *b) {
    return block_word_is_tagged(block_word(b));
}

static inline size_t block_size(const struct tlsf_block *b) {
    return block_word_size(block_word(b));
}

static inline bool block_is_free(const struct tlsf_block *b) {
    return (b->header & BLOCK_FREE) != 0;
}

static inline bool block_is_prev_free(const struct tlsf_block *b) {
    return (b->header & BLOCK_PREV_FREE) != 0;
}

static inline struct tlsf_block *block_at(const struct tlsf_block *b, size_t offset_bytes) {
    return (struct tlsf_block *)((uintptr_t)b + offset_bytes);
}

static inline struct tlsf_block *block_next(const struct tlsf_block *b) {
    return block_at(b, block_size(b));
}

// Where a free block before b keeps its own address. Only meaningful while b has BLOCK_PREV_FREE.
static inline struct tlsf_block **block_prev_slot(const struct tlsf_block *b) {
    return (struct tlsf_block **)((uintptr_t)b - sizeof(uint64_t));
}

static inline void *block_payload(const struct tlsf_block *b) {
    return (void *)((uintptr_t)b + BLOCK_HEADER_BYTES);
}

static inline struct tlsf_block *block_of(const void *payload) {
    return (struct tlsf_block *)((uintptr_t)payload - BLOCK_HEADER_BYTES);
}

static inline size_t block_payload_bytes(const struct tlsf_block *b) {
    return block_size(b) - BLOCK_HEADER_BYTES;
}

#endif
