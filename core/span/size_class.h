// SPDX-License-Identifier: MIT
// Size classes: what block sizes there are, how long their spans are, how a size finds its class.
//
// 8-byte steps from 16 to 128 bytes, then eight classes a doubling up to 16 KiB, then a 15th to a 9th of 64 pages.
// A power-of-two size is aligned to itself, and every size that is a multiple of a power of two A has blocks at
// multiples of A (spans are aligned to their own length), so that alignment needs nothing but rounding the size up.
// Above 16 KiB blocks are multiples of 16 only. No class wastes more than 1/9 of a block that is just too large for the
// class below, nor more than 4 % of a span behind its last block (11 % above 8 KiB where spans are kept short).
//
// A class's ticket is the offset of its magazine within every per-CPU cache. The kind of a page is the ticket of its
// class, so that free gets from a page to its magazine with a single load.
#ifndef SPAN_SIZE_CLASS_H
#define SPAN_SIZE_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIZE_CLASSES 78u
#define SIZE_STEP 8u               // sizes are looked up in steps of 8 bytes
#define SIZE_TABLE_MAX 16384u      // larger ones have seven classes of their own
#define SIZE_SMALL_MAX 29120u      // the largest block
#define SIZE_ALIGN_ABOVE_TABLE 16u // alignment of blocks above SIZE_TABLE_MAX
#define SIZE_TABLE_ENTRIES (SIZE_TABLE_MAX / SIZE_STEP)

#define SPAN_WORDS 4u // words of block bits of a span, all of them in the record of its first page

#define SIZE_MAGAZINE_BYTES 192u // a magazine in a per-CPU cache

// Kinds of pages that belong to no class are the tickets of two magazines that refuse everything.
#define KIND_FREE 0u                 // no span, no run, or the inside of a run
#define KIND_RUN SIZE_MAGAZINE_BYTES // the first page of a large run
#define TICKET_FIRST 384u            // behind the two
#define TICKETS_END (TICKET_FIRST + SIZE_CLASSES * SIZE_MAGAZINE_BYTES)

struct size_class {
    uint64_t reciprocal; // offset in span * reciprocal modulo 2^64 < accept just for the starts of blocks
    uint64_t accept;
    uint64_t divisor; // offset in span * divisor >> 40 is the block's index
    uint64_t last;    // the bits of a whole span's last word; those before it have all 64
    uint32_t block_bytes;
    uint32_t blocks; // per span
    uint16_t ticket;
    uint8_t words; // used of SPAN_WORDS
    uint8_t order; // a span has 2^order pages
};

struct size_table {
    uint16_t ticket[SIZE_TABLE_ENTRIES]; // of (size - 1) / SIZE_STEP
    struct size_class classes[SIZE_CLASSES];
};

// order_most: of the longest spans; SIZE_ORDER_MOST, or less where spans of 64 pages are too much of a small region.
#define SIZE_ORDER_MOST 6u // 64 pages, one word of the page map
void size_table_init(struct size_table *self, unsigned order_most);

// The class of sizes above SIZE_TABLE_MAX, up to SIZE_SMALL_MAX.
unsigned size_class_above_table(const struct size_table *self, size_t size);

static inline bool kind_is_class(uint64_t kind) {
    return kind >= TICKET_FIRST;
}

// The class of a kind for which kind_is_class holds.
static inline unsigned size_class_of_kind(uint64_t kind) {
    return (unsigned)((uint32_t)kind / SIZE_MAGAZINE_BYTES - 2);
}

static inline size_t size_class_span_bytes(const struct size_class *self) {
    return (size_t)4096 << self->order;
}

#endif
