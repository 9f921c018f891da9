// SPDX-License-Identifier: MIT
// The table of size classes: every size has a class that fits, and the arithmetic that tells a block's start from any
// other address, and its index, is right for every address in a span.
#include "expect.h"
#include "span/size_class.h"

static struct size_table table;

static void table_setup(void) {
    size_table_init(&table, SIZE_ORDER_MOST);
}

TestSuite(size_class, .init = table_setup, .timeout = 120);

static const struct size_class *class_of(size_t size) {
    if (size > SIZE_TABLE_MAX) {
        return &table.classes[size_class_above_table(&table, size)];
    }
    uint16_t ticket = table.ticket[(size - 1) / SIZE_STEP];
    cr_assert(kind_is_class(ticket));
    return &table.classes[size_class_of_kind(ticket)];
}

Test(size_class, every_size_has_the_smallest_class_that_fits) {
    for (size_t size = 1; size <= SIZE_SMALL_MAX; size++) {
        const struct size_class *class = class_of(size);
        EXPECT(class->block_bytes >= size, "%zu bytes in blocks of %u", size, class->block_bytes);
        EXPECT(class == table.classes || class[-1].block_bytes < size, "%zu bytes would fit into %u", size,
               class[-1].block_bytes);
        size_t stepped = (size + 7) / 8 * 8;
        EXPECT(class->block_bytes <= (stepped <= 16 ? 16 : stepped + stepped / 8), "%zu bytes take %u", size,
               class->block_bytes);
    }
}

Test(size_class, powers_of_two_align_to_themselves) {
    for (size_t align = 8; align <= 4096; align *= 2) {
        for (size_t size = align; size <= SIZE_TABLE_MAX; size += align) {
            EXPECT(class_of(size)->block_bytes % align == 0, "%zu bytes: blocks of %u are not at multiples of %zu",
                   size, class_of(size)->block_bytes, align);
        }
    }
    for (size_t size = SIZE_TABLE_MAX + 1; size <= SIZE_SMALL_MAX; size++) {
        EXPECT(class_of(size)->block_bytes % SIZE_ALIGN_ABOVE_TABLE == 0, "blocks of %u", class_of(size)->block_bytes);
    }
}

Test(size_class, classes_and_tickets) {
    for (unsigned i = 0; i < SIZE_CLASSES; i++) {
        const struct size_class *class = &table.classes[i];
        size_t span_bytes = size_class_span_bytes(class), used = (size_t) class->blocks * class->block_bytes;
        EXPECT(i == 0 || class->block_bytes > class[-1].block_bytes, "class %u does not grow", i);
        EXPECT(used <= span_bytes && used + class->block_bytes > span_bytes, "class %u: %u blocks", i, class->blocks);
        EXPECT((span_bytes - used) * 100 <= span_bytes * (class->block_bytes > 8192 ? 7u : 4u),
               "class %u (%u bytes) leaves %zu of %zu bytes", i, class->block_bytes, span_bytes - used, span_bytes);
        EXPECT(class->words == (class->blocks + 63) / 64 && class->words <= SPAN_WORDS, "class %u: %u words", i,
               class->words);
        EXPECT(class->ticket == TICKET_FIRST + i * SIZE_MAGAZINE_BYTES, "class %u: ticket %u", i, class->ticket);
        EXPECT(size_class_of_kind(class->ticket) == i, "ticket %u is of class %u", class->ticket,
               size_class_of_kind(class->ticket));
    }
    cr_assert_not(kind_is_class(KIND_FREE));
    cr_assert_not(kind_is_class(KIND_RUN));
    cr_assert_eq(table.classes[SIZE_CLASSES - 1].block_bytes, SIZE_SMALL_MAX);
}

// Every single byte offset of every span: 78 classes, up to 256 KiB each.
Test(size_class, every_address_of_a_span) {
    for (unsigned i = 0; i < SIZE_CLASSES; i++) {
        const struct size_class *class = &table.classes[i];
        for (uint64_t offset = 0; offset < size_class_span_bytes(class); offset++) {
            uint64_t index = offset / class->block_bytes;
            bool start = offset % class->block_bytes == 0 && index < class->blocks;
            EXPECT((offset * class->reciprocal < class->accept) == start, "blocks of %u: offset %lu taken for %d",
                   class->block_bytes, offset, !start);
            EXPECT(offset * class->divisor >> 40 == index, "blocks of %u: offset %lu is in block %lu, not %lu",
                   class->block_bytes, offset, index, offset * class->divisor >> 40);
        }
    }
}
