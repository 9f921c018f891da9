// SPDX-License-Identifier: MIT
// The table of size classes; see size_class.h.
#include "span/size_class.h"

#include "bits/bits.h"

// Up to 128 bytes a span is one page; above, it is the shortest with at least 32 blocks, if that is allowed.
static uint8_t size_span_order(uint32_t block_bytes, unsigned order_most) {
    unsigned log2 = bits_log2_up(block_bytes);
    unsigned order = log2 <= 7 ? 0 : log2 - 7;
    return (uint8_t)(order < order_most ? order : order_most);
}

static void size_class_init(struct size_class *self, uint32_t block_bytes, uint16_t ticket, unsigned order_most) {
    self->block_bytes = block_bytes;
    self->order = size_span_order(block_bytes, order_most);
    self->blocks = (uint32_t)(size_class_span_bytes(self) / block_bytes);
    self->words = (uint8_t)((self->blocks + BITS_WORD - 1) / BITS_WORD);
    self->last = bits_low(self->blocks - (self->words - 1u) * BITS_WORD);
    self->ticket = ticket;
    self->divisor = (UINT64_C(1) << 40) / block_bytes + 1;
    // A multiple k of the block size gives k * excess, everything else at least 2^64 / block size.
    self->reciprocal = UINT64_MAX / block_bytes + 1;
    uint64_t excess = self->reciprocal * block_bytes;
    if (excess == 0) {
        self->reciprocal++;
        excess = block_bytes;
    }
    self->accept = excess * self->blocks;
}

static uint32_t size_of_class(unsigned class) {
    if (class < 15)
        return 16 + 8 * class;
    if (class < 71) {
        unsigned base = 128u << (class - 15) / 8;
        return base + base / 8 * ((class - 15) % 8 + 1);
    }
    unsigned blocks = 15 - (class - 71); // the span's 64 pages in 15 to 9 parts
    return (64u * 4096u / blocks) & ~15u;
}

void size_table_init(struct size_table *self, unsigned order_most) {
    unsigned entry = 0;
    // bound: SIZE_CLASSES
    for (unsigned class = 0; class < SIZE_CLASSES; class += 1) {
        uint32_t block_bytes = size_of_class(class);
        uint16_t ticket = (uint16_t)(TICKET_FIRST + class * SIZE_MAGAZINE_BYTES);
        size_class_init(&self->classes[class], block_bytes, ticket, order_most);
        // bound: SIZE_TABLE_ENTRIES for all classes together
        for (; entry < SIZE_TABLE_ENTRIES && (entry + 1) * SIZE_STEP <= block_bytes; entry++)
            self->ticket[entry] = ticket;
    }
}

unsigned size_class_above_table(const struct size_table *self, size_t size) {
    unsigned class = 71;
    // bound: 7 classes
    while (self->classes[class].block_bytes < size)
        class += 1;
    return class;
}
