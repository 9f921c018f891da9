// SPDX-License-Identifier: MIT
// Spans of every class, one caller at a time: each block is given out once, gathers again, and its pages come back.
#include "expect.h"
#include "heap/heap_state.h"
#include "stress/support/rng.h"
#include "stress/support/world.h"

static struct world world;
static struct span_map *map;
static struct span_cpu *me; // of CPU 0, which makes no calls of its own here
static uint64_t *held;      // by word: blocks that this test holds

static void span_setup(void) {
    world_init(&world, (size_t)8 << 20, 17, 1, 1);
    map = &world.heap->map;
    me = &heap_cache(world.heap, 0)->span;
    held = calloc(map->pages * SPAN_WORDS, sizeof *held);
    cr_assert_not_null(held);
}

static void span_teardown(void) {
    free(held);
    world_destroy(&world);
}

TestSuite(span, .init = span_setup, .fini = span_teardown, .timeout = 120);

static void hold(unsigned class, uint32_t word, uint64_t bits) {
    const struct size_class *geometry = &map->table.classes[class];
    size_t page = span_word_page(word);
    EXPECT(page % ((size_t)1 << geometry->order) == 0, "word %u is not in a span's first page", word);
    EXPECT((bits & ~span_full(geometry, word % SPAN_WORDS)) == 0, "blocks %lx beyond the span", bits);
    EXPECT(tag_load_relaxed(&map->kind[page]) == geometry->ticket, "page %zu is of another class", page);
    EXPECT((held[word] & bits) == 0, "blocks %lx of word %u were given out twice", held[word] & bits, word);
    held[word] |= bits;
}

// Orders whole words and few blocks by turns.
static uint64_t take(unsigned class) {
    static unsigned turn;
    struct span_order order = {.class = class, .most = turn++ % 2 == 0 ? BITS_WORD : 5};
    uint64_t bits = span_supply(map, me, &order);
    bits = bits != 0 ? bits : span_supply_exhaustive(map, me, &order);
    if (bits != 0) {
        EXPECT(bits_count(bits) <= order.most, "%u blocks where %u were ordered", bits_count(bits), order.most);
        hold(class, order.word, bits);
    }
    return bits;
}

static void flush(uint32_t word, uint64_t bits) {
    held[word] &= ~bits;
    span_flush(map, me, word, bits);
}

static void expect_all_back(void) {
    struct wfh_stats stats;
    wfh_stats(world.heap, &stats);
    EXPECT(stats.free_bytes == stats.managed_bytes, "%zu of %zu bytes came back", stats.free_bytes,
           stats.managed_bytes);
    world_check(&world);
}

Test(span, every_class_to_exhaustion_and_back) {
    struct wfh_stats stats;
    wfh_stats(world.heap, &stats);
    struct rng rng = {41};
    for (unsigned class = 0; class < SIZE_CLASSES; class ++) {
        size_t bytes = 0, words = map->pages * SPAN_WORDS;
        for (uint64_t bits; (bits = take(class)) != 0;) {
            bytes += (size_t)bits_count(bits) * map->table.classes[class].block_bytes;
        }
        EXPECT(bytes >= stats.managed_bytes / 100 * 85, "class %u: %zu of %zu bytes", class, bytes,
               stats.managed_bytes);
        world_check(&world);
        for (uint32_t word = 0; word < words; word++) { // in two parts, in a random split
            uint64_t part = held[word] & rng_next(&rng);
            if (part != 0) {
                flush(word, part);
            }
        }
        for (uint32_t word = 0; word < words; word++) {
            if (held[word] != 0) {
                flush(word, held[word]);
            }
        }
        expect_all_back();
    }
}

// What is flushed is found again before anything else is touched: no new span while a word of the class is free.
Test(span, flushed_words_are_supplied_again) {
    for (unsigned class = 0; class < SIZE_CLASSES; class += 7) {
        struct span_order order = {.class = class, .most = BITS_WORD};
        uint64_t bits = span_supply(map, me, &order);
        EXPECT(bits != 0, "class %u: nothing in a new heap", class);
        hold(class, order.word, bits);
        uint64_t pin = bits & (0 - bits), made = me->spans_made, taken = bits_count(pin);
        flush(order.word, bits & ~pin);
        while (taken < map->table.classes[class].blocks) {
            bits = span_supply(map, me, &order);
            EXPECT(bits != 0, "class %u: %lu of %u blocks, then nothing", class, taken,
                   map->table.classes[class].blocks);
            hold(class, order.word, bits);
            taken += bits_count(bits);
        }
        EXPECT(me->spans_made == made, "class %u: a second span was made while the first had blocks", class);
    }
}

Test(span, a_block_is_where_it_is_located) {
    for (unsigned class = 0; class < SIZE_CLASSES; class ++) {
        const struct size_class *geometry = &map->table.classes[class];
        uint32_t first = (uint32_t)(((size_t)1 << geometry->order) * SPAN_WORDS);
        for (unsigned index = 0; index < geometry->blocks; index++) {
            uint32_t word = first + index / BITS_WORD;
            unsigned bit = BITS_WORD;
            unsigned char *block = span_block(map, geometry, word, index % BITS_WORD);
            EXPECT(block == (unsigned char *)map->base + size_class_span_bytes(geometry) +
                                (size_t)index * geometry->block_bytes,
                   "class %u, block %u at %p", class, index, (void *)block);
            EXPECT(span_locate(map, geometry, block, &bit) == word && bit == index % BITS_WORD,
                   "class %u, block %u is located at bit %u", class, index, bit);
        }
    }
}

Test(span, full_masks_count_the_blocks) {
    for (unsigned class = 0; class < SIZE_CLASSES; class ++) {
        unsigned blocks = 0;
        for (unsigned word = 0; word < SPAN_WORDS; word++) {
            uint64_t full = span_full(&map->table.classes[class], word);
            EXPECT(full == bits_low(bits_count(full)), "class %u, word %u: %lx", class, word, full);
            blocks += bits_count(full);
        }
        EXPECT(blocks == map->table.classes[class].blocks, "class %u: %u blocks", class, blocks);
    }
}
