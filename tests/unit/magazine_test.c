// SPDX-License-Identifier: MIT
// Magazines and the chunks they share against plain stacks: newest out first, nothing lost, nothing twice, and the pool
// whole in the end.
#include "bits/bits.h"
#include "cache/magazine.h"
#include "expect.h"
#include "stress/support/rng.h"

#include <string.h>

enum { CHUNKS = 6, DEEP = MAGAZINE_OWN_SLOTS + CHUNKS * MAGAZINE_CHUNK_SLOTS };

static struct size_table table;
static struct magazine_pool pool;
static _Alignas(64) unsigned char memory[TICKETS_END + (CHUNKS * (MAGAZINE_CHUNK_SLOTS + 1) + 1) * sizeof(void *)];
static uintptr_t next_block;
static struct stack {
    void *blocks[DEEP + 1];
    size_t count;
} stacks[SIZE_CLASSES];

static struct magazine *magazine_of(unsigned class) {
    return magazine_at(memory, table.classes[class].ticket);
}

static void setup(size_t magazine_bytes, uint64_t pool_bytes) {
    memset(memory, 0, sizeof memory);
    memset(stacks, 0, sizeof stacks);
    memset(&pool, 0, sizeof pool);
    size_table_init(&table, SIZE_ORDER_MOST);
    next_block = 0x100000;
    for (unsigned class = 0; class < SIZE_CLASSES; class += 1) {
        magazine_init(memory, &table.classes[class], (uint8_t) class, magazine_bytes);
    }
    magazine_pool_init(&pool, (void **)(void *)&memory[TICKETS_END], CHUNKS, pool_bytes);
}

// As cache_push does it: false if neither the piece on top nor the pool has room.
static bool push(unsigned class, void *p) {
    struct magazine *magazine = magazine_of(class);
    if (magazine_is_full(magazine) && !magazine_ascend(&pool, magazine)) {
        return false;
    }
    void **above = magazine->top + 1;
    EXPECT(*above != p, "class %u: the slot above holds a block that never was in it", class);
    *above = p;
    magazine->top++;
    stacks[class].blocks[stacks[class].count++] = p;
    return true;
}

static void pop(unsigned class) {
    struct stack *stack = &stacks[class];
    void *want = stack->count == 0 ? NULL : stack->blocks[--stack->count];
    void *have = magazine_pop(&pool, magazine_of(class));
    EXPECT(have == want, "class %u: %p popped, %p was the newest", class, have, want);
}

static void expect_same(unsigned class) {
    const struct stack *stack = &stacks[class];
    size_t count = magazine_count(magazine_of(class), &pool);
    EXPECT(count == stack->count, "class %u counts %zu, not %zu", class, count, stack->count);
    for (size_t i = 0; i < count; i++) {
        void *have = magazine_peek(magazine_of(class), &pool, i);
        EXPECT(have == stack->blocks[count - 1 - i], "class %u: the %zu-th newest", class, i);
    }
}

static void expect_pool_whole(void) {
    EXPECT(pool.vacant == bits_low(CHUNKS) && pool.bytes == 0, "chunks %lx, %lu bytes", pool.vacant, pool.bytes);
    EXPECT(magazine_pool_victim(&pool) == MAGAZINE_NOBODY, "an empty pool has a victim");
}

TestSuite(magazine, .timeout = 60);

Test(magazine, one_class_uses_every_chunk) {
    setup(1 << 20, 1 << 20);
    while (push(0, (void *)(next_block += 16))) {
    }
    EXPECT(stacks[0].count == DEEP, "%zu blocks of %u", stacks[0].count, (unsigned)DEEP);
    EXPECT(pool.vacant == 0 && magazine_pool_victim(&pool) == 0, "chunks are left, or belong to another class");
    expect_same(0);
    for (size_t i = 0; i <= DEEP; i++) {
        pop(0);
    }
    expect_pool_whole();
}

// The pool's bytes bind before its chunks do.
Test(magazine, pool_keeps_within_its_bytes) {
    setup(1 << 20, 3 * MAGAZINE_CHUNK_SLOTS * 16 - 1);
    while (push(0, (void *)(next_block += 16))) {
    }
    EXPECT(stacks[0].count == MAGAZINE_OWN_SLOTS + 2 * MAGAZINE_CHUNK_SLOTS, "%zu blocks", stacks[0].count);
    EXPECT(pool.bytes <= pool.bytes_most, "%lu bytes of %lu", pool.bytes, pool.bytes_most);
}

// A class whose blocks are large for the budget has one slot of its own, or none.
Test(magazine, own_slots_follow_the_budget) {
    setup(4096, 0);
    for (unsigned class = 0; class < SIZE_CLASSES; class += 1) {
        size_t bytes = table.classes[class].block_bytes, affordable = 4096 / bytes;
        size_t most = affordable > MAGAZINE_OWN_SLOTS ? MAGAZINE_OWN_SLOTS : affordable;
        most = most == 0 && bytes <= 4 * 4096 ? 1 : most;
        while (push(class, (void *)(next_block += 32768))) {
        }
        EXPECT(stacks[class].count == most, "class of %zu bytes: %zu blocks, not %zu", bytes, stacks[class].count,
               most);
        pop(class);
        expect_same(class);
    }
}

// What one class left in a chunk must not pass for a block of the next.
Test(magazine, chunks_change_hands_clean) {
    setup(1 << 20, 1 << 20);
    for (unsigned class = 0; class < 20; class += 1) {
        uintptr_t first = next_block;
        while (push(class, (void *)(next_block += 64))) {
        }
        for (size_t i = 0; i <= DEEP; i++) {
            pop(class);
        }
        expect_pool_whole();
        next_block = first; // the same addresses again, as if their pages had been retyped
    }
}

Test(magazine, random_walk_of_several_classes) {
    static const unsigned classes[] = {0, 3, 14, 15, 40};
    struct rng rng = {7};
    setup(1 << 20, 1 << 20);
    for (unsigned step = 0; step < 200000; step++) {
        unsigned class = classes[rng_below(&rng, 5)];
        bool up = rng_below(&rng, 100) < (step / 2000 % 2 == 0 ? 60u : 40u);
        if (!up || !push(class, (void *)(next_block += 32768))) {
            pop(class);
        }
        if (step % 500 == 0) {
            expect_same(class);
        }
    }
    for (unsigned i = 0; i < 5; i++) {
        while (stacks[classes[i]].count > 0) {
            pop(classes[i]);
        }
        pop(classes[i]);
    }
    expect_pool_whole();
}
