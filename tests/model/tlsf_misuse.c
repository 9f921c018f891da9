// SPDX-License-Identifier: MIT
// What TLSF must refuse: every way init can fail, every defined answer to a senseless request, every kind of misuse, in
// all three forms; and damage that check must find.
#include <wfheap/tlsf.h>

#include <string.h>

#include "testing.h"
#include "tlsf/pool.h"

enum { REGION_BYTES = 1 << 20, CPUS = 3, CPU = 2 };

static void *region;

static void expect_error(enum tlsf_error have, enum tlsf_error want) {
    EXPECT(have == want, "init answered '%s' instead of '%s'", tlsf_strerror(have), tlsf_strerror(want));
}

static void test_sentences(void) {
    for (int i = TLSF_OK; i <= TLSF_ERR_TWICE; i++) {
        const char *sentence = tlsf_strerror((enum tlsf_error)i);
        EXPECT(strlen(sentence) > 4 && strchr(sentence, '\n') == NULL, "error %d has no sentence", i);
        for (int k = TLSF_OK; k < i; k++) {
            EXPECT(strcmp(sentence, tlsf_strerror((enum tlsf_error)k)) != 0, "errors %d and %d read the same", i, k);
        }
    }
    EXPECT(strcmp(tlsf_strerror((enum tlsf_error)99), "unknown error") == 0, "an unknown error reads like a known one");
}

// The errors that all forms share, and the slots of the locked ones. INIT(region, bytes, &heap).
#define EXPECT_INIT_ERRORS(type, INIT)                                                                                 \
    do {                                                                                                               \
        type *heap = NULL;                                                                                             \
        expect_error(INIT(region, REGION_BYTES, NULL), TLSF_ERR_NULL);                                                 \
        expect_error(INIT(NULL, REGION_BYTES, &heap), TLSF_ERR_NULL);                                                  \
        expect_error(INIT((unsigned char *)region + 8, REGION_BYTES - 8, &heap), TLSF_ERR_MISALIGNED);                 \
        expect_error(INIT((void *)(UINTPTR_MAX - 4095), 8192, &heap), TLSF_ERR_OVERFLOW);                              \
        expect_error(INIT(region, TLSF_REGION_BYTES_MAX + 1, &heap), TLSF_ERR_REGION_TOO_LARGE);                       \
        expect_error(INIT(region, 0, &heap), TLSF_ERR_REGION_TOO_SMALL);                                               \
        expect_error(INIT(region, 7, &heap), TLSF_ERR_REGION_TOO_SMALL);                                               \
        expect_error(INIT(region, 1024, &heap), TLSF_ERR_REGION_TOO_SMALL);                                            \
        EXPECT(heap == NULL, "an init that failed changed the handle");                                                \
        expect_error(INIT(region, REGION_BYTES, &heap), TLSF_OK);                                                      \
        expect_error(INIT(region, REGION_BYTES, &heap), TLSF_ERR_TWICE);                                               \
    } while (0)

#define INIT_MCS(region, bytes, heap) tlsf_mcs_init(region, bytes, CPUS, heap)
#define INIT_SPIN(region, bytes, heap) tlsf_spin_init(region, bytes, CPUS, heap)

static void test_init_errors(void) {
    EXPECT_INIT_ERRORS(tlsf, tlsf_init);
    EXPECT_INIT_ERRORS(tlsf_mcs, INIT_MCS);
    EXPECT_INIT_ERRORS(tlsf_spin, INIT_SPIN);
    tlsf_mcs *mcs = NULL;
    expect_error(tlsf_mcs_init(region, REGION_BYTES, 0, &mcs), TLSF_ERR_NO_CPU);
    expect_error(tlsf_mcs_init(region, REGION_BYTES, TLSF_CPUS_MAX + 1, &mcs), TLSF_ERR_TOO_MANY_CPUS);
    expect_error(tlsf_mcs_init(region, 4096, TLSF_CPUS_MAX, &mcs), TLSF_ERR_REGION_TOO_SMALL);
    expect_error(tlsf_mcs_init(region, REGION_BYTES, TLSF_CPUS_MAX, &mcs), TLSF_OK);
    tlsf_spin *spin = NULL;
    expect_error(tlsf_spin_init(region, REGION_BYTES, 0, &spin), TLSF_ERR_NO_CPU);
    expect_error(tlsf_spin_init(region, REGION_BYTES, TLSF_CPUS_MAX + 1, &spin), TLSF_ERR_TOO_MANY_CPUS);
}

// The smallest region that works, found by trying, works; one step less is refused.
static void test_smallest_region(void) {
    tlsf *heap = NULL;
    size_t bytes = 8;
    while (tlsf_init(region, bytes, &heap) != TLSF_OK) {
        bytes += 8;
        EXPECT(bytes <= 4096, "4 KiB are refused, but the header promises that they do");
    }
    void *p = tlsf_alloc(heap, 24, 0);
    EXPECT(p != NULL && tlsf_alloc(heap, 1, 0) == NULL, "the smallest heap does not hold exactly one block");
    EXPECT((unsigned char *)p + tlsf_usable_size(heap, p) + 8 == (unsigned char *)region + bytes,
           "the smallest heap's block does not end where the region does");
}

static tlsf *heap_new(void) {
    tlsf *heap = NULL;
    expect_error(tlsf_init(region, REGION_BYTES, &heap), TLSF_OK);
    return heap;
}

static void test_defined_answers(void) {
    tlsf *heap = heap_new();
    EXPECT(tlsf_alloc(heap, 0, 0) == NULL, "size 0 was served");
    EXPECT(tlsf_alloc(heap, 8, 24) == NULL, "an alignment of 24 was served");
    EXPECT(tlsf_alloc(heap, 8, SIZE_MAX) == NULL && tlsf_alloc(heap, 8, SIZE_MAX / 2 + 1) == NULL,
           "an alignment beyond the region was served");
    EXPECT(tlsf_alloc(heap, SIZE_MAX, 0) == NULL && tlsf_alloc(heap, SIZE_MAX - 7, 4096) == NULL &&
               tlsf_alloc(heap, REGION_BYTES, 0) == NULL,
           "a size beyond the region was served");
    unsigned char *p = tlsf_realloc(heap, NULL, 100, 64);
    EXPECT(p != NULL && (uintptr_t)p % 64 == 0, "realloc of NULL is not alloc");
    EXPECT(tlsf_realloc(heap, p, SIZE_MAX, 0) == NULL && tlsf_realloc(heap, p, 100, 24) == NULL &&
               tlsf_usable_size(heap, p) >= 100,
           "a realloc that cannot be served did not leave the block alone");
    EXPECT(tlsf_realloc(heap, p, 0, 0) == NULL, "realloc to 0 answered a block");
    tlsf_free(heap, NULL);
    EXPECT(tlsf_usable_size(heap, NULL) == 0, "NULL has a usable size");
    EXPECT(!tlsf_owns(heap, heap) && !tlsf_owns(heap, NULL) && !tlsf_owns(heap, &heap), "the heap owns too much");
    struct tlsf_stats stats;
    tlsf_stats(heap, &stats);
    EXPECT(stats.live_blocks == 0 && stats.free_blocks == 1, "something was left behind");
}

// The largest free block is told even where a smaller one comes first in its list.
static void test_largest(void) {
    tlsf *heap = heap_new();
    struct tlsf_stats stats;
    void *small = tlsf_alloc(heap, 4104, 0), *wall = tlsf_alloc(heap, 8, 0), *large = tlsf_alloc(heap, 4200, 0);
    tlsf_stats(heap, &stats);
    void *rest = tlsf_alloc(heap, stats.largest_free_bytes, 0);
    tlsf_stats(heap, &stats);
    EXPECT(rest != NULL && wall != NULL && stats.free_bytes == 0 && stats.largest_free_bytes == 0 &&
               stats.peak_bytes == stats.used_bytes,
           "the heap is not full, though all of it was handed out");
    tlsf_free(heap, large);
    tlsf_free(heap, small);
    EXPECT(index_list_of(4112) == index_list_of(4208), "the test expects both blocks in one list");
    tlsf_stats(heap, &stats);
    EXPECT(stats.free_blocks == 2 && stats.largest_free_bytes == 4200, "the largest of 4200 and 4104 bytes is not %zu",
           stats.largest_free_bytes);
}

static void test_faults(void) {
    tlsf *heap = heap_new();
    unsigned char *a = tlsf_alloc(heap, 100, 0), *b = tlsf_alloc(heap, 200, 0), *c = tlsf_alloc(heap, 300, 0);
    memset(a, 0, 100);
    memset(b, 0xff, 200);
    int local = 0;
    EXPECT_FAULT(tlsf_free(heap, &local), PORT_FAULT_FOREIGN, (void *)&local, 0);
    EXPECT_FAULT(tlsf_free(heap, heap), PORT_FAULT_FOREIGN, (void *)heap, 0);
    EXPECT_FAULT(tlsf_free(heap, (unsigned char *)region + REGION_BYTES), PORT_FAULT_FOREIGN,
                 (void *)((unsigned char *)region + REGION_BYTES), 0);
    EXPECT_FAULT(tlsf_free(heap, a + 1), PORT_FAULT_MISPLACED, a + 1, 0);
    EXPECT_FAULT(tlsf_free(heap, a + 8), PORT_FAULT_MISPLACED, a + 8, 0);
    EXPECT_FAULT(tlsf_free(heap, b + 64), PORT_FAULT_MISPLACED, b + 64, 0);
    EXPECT_FAULT(tlsf_usable_size(heap, b + 16), PORT_FAULT_MISPLACED, b + 16, 0);
    EXPECT_FAULT(tlsf_realloc(heap, b + 16, 8, 0), PORT_FAULT_MISPLACED, b + 16, 0);
    tlsf_free(heap, b);
    EXPECT_FAULT(tlsf_free(heap, b), PORT_FAULT_DOUBLE_FREE, b, 0);
    EXPECT_FAULT(tlsf_realloc(heap, b, 10, 0), PORT_FAULT_DOUBLE_FREE, b, 0);
    tlsf_free(heap, a); // merges with b
    EXPECT_FAULT(tlsf_free(heap, a), PORT_FAULT_DOUBLE_FREE, a, 0);
    EXPECT_FAULT(tlsf_free(heap, b), PORT_FAULT_DOUBLE_FREE, b, 0);
    tlsf_free(heap, c); // merges with what is before and behind
    EXPECT_FAULT(tlsf_free(heap, c), PORT_FAULT_DOUBLE_FREE, c, 0);
    unsigned char *big = tlsf_alloc(heap, 4096, 0); // over a, b and c, whose headers nobody wrote over
    EXPECT(big == a, "the test expects the first block where the first one was");
    EXPECT_FAULT(tlsf_free(heap, c), PORT_FAULT_DOUBLE_FREE, c, 0);
    memset(big, 0x5a, 4096);
    EXPECT_FAULT(tlsf_free(heap, c), PORT_FAULT_MISPLACED, c, 0);
    tlsf_free(heap, big);
    struct tlsf_finding first;
    EXPECT(tlsf_check(heap, &first), "faults broke the heap: %s", first.rule);
}

// Flips a word, expects check to name the rule, and mends it.
static void expect_found(const tlsf *heap, void *word, uint64_t flip, const char *rule) {
    struct tlsf_finding first = {.rule = "nothing"};
    uint64_t kept, damaged;
    memcpy(&kept, word, sizeof kept); // by memcpy: the word may be two of 32 bits
    damaged = kept ^ flip;
    memcpy(word, &damaged, sizeof damaged);
    bool holds = tlsf_check(heap, &first);
    memcpy(word, &kept, sizeof kept);
    EXPECT(!holds && strcmp(first.rule, rule) == 0, "damage to '%s' was taken for '%s'", rule, first.rule);
    EXPECT(tlsf_check(heap, &first), "the mended heap still breaks '%s'", first.rule);
}

// Hangs a list's blocks where they do not belong; check must say so.
static void test_wrong_list(tlsf *heap, size_t small, size_t large) {
    struct tlsf_index *index = &heap->index;
    struct tlsf_block *first_small = *index_head(index, small), *first_large = *index_head(index, large);
    uint32_t *map = &index->list_map[index_level_of(small)];
    struct tlsf_finding first;
    *index_head(index, small + 1) = first_small;
    *map |= index_bit_of(small + 1);
    EXPECT(!tlsf_check(heap, &first) && strcmp(first.rule, "a block is in the list of its size") == 0,
           "a block in a second list of its level was taken for '%s'", first.rule);
    *index_head(index, small + 1) = NULL;
    *map &= ~index_bit_of(small + 1);
    *index_head(index, large) = first_small;
    EXPECT(!tlsf_check(heap, &first) && strcmp(first.rule, "a block is in the level of its size") == 0,
           "a block in another level was taken for '%s'", first.rule);
    *index_head(index, large) = first_large;
    struct tlsf_block *last = first_small->next_free;
    last->next_free = first_small; // a cycle must not keep check from ending
    EXPECT(!tlsf_check(heap, &first), "a cycle was not seen");
    last->next_free = NULL;
    EXPECT(tlsf_check(heap, &first), "the mended heap still breaks '%s'", first.rule);
}

static void test_damage(void) {
    tlsf *heap = heap_new();
    unsigned char *a = tlsf_alloc(heap, 96, 0), *b = tlsf_alloc(heap, 96, 0), *c = tlsf_alloc(heap, 96, 0);
    unsigned char *d = tlsf_alloc(heap, 96, 0), *e = tlsf_alloc(heap, 96, 0);
    tlsf_free(heap, b);
    tlsf_free(heap, d); // free: b and d, in one list, and what is behind e
    expect_found(heap, a - 8, (uint64_t)1 << 50, "a header carries the tag of its address");
    expect_found(heap, a - 8, 64 + 32 + 8, "a block has at least 32 bytes");
    expect_found(heap, a - 8, (uint64_t)1 << 32, "a block ends at or before the sentinel");
    expect_found(heap, a - 8, 2, "a header tells whether the block before is free");
    expect_found(heap, c - 8, 1, "no two free blocks touch");
    expect_found(heap, c - 8, 2, "a header tells whether the block before is free");
    expect_found(heap, c - 16, 8, "a free block ends with its own address");
    expect_found(heap, d + 8, 8, "a list's back link is the link before");
    expect_found(heap, d, 4, "a list links blocks of the pool");
    expect_found(heap, d, (uint64_t)(uintptr_t)(b - 8) ^ (uint64_t)(uintptr_t)b, "a list links tagged headers");
    expect_found(heap, d, (uint64_t)(uintptr_t)(b - 8) ^ (uint64_t)(uintptr_t)(a - 8), "a list links free blocks");
    expect_found(heap, d, (uint64_t)(uintptr_t)(b - 8), "every free block is in a list");
    expect_found(heap, (unsigned char *)region + REGION_BYTES - 8, 1, "the sentinel is a used block of size 0");
    expect_found(heap, (unsigned char *)region + REGION_BYTES - 8, (uint64_t)1 << 50,
                 "the sentinel carries the tag of its address");

    struct tlsf_index *index = &heap->index;
    size_t small = index_list_of(104), large = index_list_of(block_size(block_next(block_of(e))));
    size_t level = index_level_of(small);
    uint32_t *map = &index->list_map[level];
    expect_found(heap, map, index_bit_of(small + 1), "a list's bit tells whether it is empty");
    expect_found(heap, map, index_bit_of(small), "a list's bit tells whether it is empty");
    expect_found(heap, &index->list_map[INDEX_LEVELS_MAX - 2], 1, "a level without lists has no bits");
    expect_found(heap, &index->level_map, UINT64_C(1) << level, "a level's bit tells whether it is empty");
    expect_found(heap, &index->level_map, UINT64_C(1) << (index_level_of(large) - 1),
                 "a level's bit tells whether it is empty");
    expect_found(heap, &index->level_map, UINT64_C(1) << (INDEX_LEVELS_MAX - 1),
                 "a level's bit tells whether it is empty");
    expect_found(heap, &index->free_blocks, 1, "free blocks are counted");
    expect_found(heap, &heap->used_bytes, 8, "free bytes are counted");
    expect_found(heap, &heap->frees, 1, "live blocks are counted");
    test_wrong_list(heap, small, large);

    // The next free sees the damage too: an overrun of a into the free block b, an overrun of e, a write into freed b.
    uint64_t kept;
    memcpy(&kept, b - 8, 8);
    memset(b - 8, 'x', 8);
    EXPECT_FAULT(tlsf_free(heap, a), PORT_FAULT_CORRUPT, a, 0);
    memcpy(b - 8, &kept, 8);
    memcpy(&kept, c - 16, 8);
    memset(c - 16, 'x', 8);
    EXPECT_FAULT(tlsf_free(heap, c), PORT_FAULT_CORRUPT, c, 0);
    memcpy(c - 16, &kept, 8);
    memcpy(&kept, e - 8, 8);
    memset(e - 8, 0, 8); // an overrun can also hit the header of the pointer itself
    EXPECT_FAULT(tlsf_free(heap, e), PORT_FAULT_MISPLACED, e, 0);
    memcpy(e - 8, &kept, 8);
    tlsf_free(heap, a);
    tlsf_free(heap, c);
    tlsf_free(heap, e);
    struct tlsf_stats stats;
    tlsf_stats(heap, &stats);
    EXPECT(stats.free_blocks == 1 && stats.used_bytes == 0, "faults kept blocks from merging");
}

// Faults in a locked form release the lock first: the next call on another slot goes through.
#define TEST_LOCKED_FORM(form)                                                                                         \
    static void test_faults_##form(void) {                                                                             \
        tlsf_##form *heap = NULL;                                                                                      \
        expect_error(tlsf_##form##_init(region, REGION_BYTES, CPUS, &heap), TLSF_OK);                                  \
        unsigned char *p = tlsf_##form##_alloc(heap, 0, 100, 0);                                                       \
        memset(p, 0, 100);                                                                                             \
        EXPECT(tlsf_##form##_owns(heap, p) && !tlsf_##form##_owns(heap, heap), "owns answers wrongly");                \
        EXPECT(tlsf_##form##_alloc(heap, CPUS, 8, 0) == NULL, "a slot that is none was served");                       \
        EXPECT(tlsf_##form##_realloc(heap, CPUS, p, 8, 0) == NULL, "a slot that is none was served");                  \
        EXPECT(tlsf_##form##_realloc(heap, CPUS, NULL, 8, 0) == NULL, "a slot that is none was served");               \
        EXPECT_FAULT(tlsf_##form##_free(heap, CPUS, p), PORT_FAULT_BAD_CPU, p, CPUS);                                  \
        EXPECT_FAULT(tlsf_##form##_usable_size(heap, CPUS, p), PORT_FAULT_BAD_CPU, p, CPUS);                           \
        EXPECT_FAULT(tlsf_##form##_free(heap, CPU, p + 8), PORT_FAULT_MISPLACED, p + 8, CPU);                          \
        EXPECT_FAULT(tlsf_##form##_usable_size(heap, CPU, p + 8), PORT_FAULT_MISPLACED, p + 8, CPU);                   \
        EXPECT_FAULT(tlsf_##form##_realloc(heap, CPU, p + 8, 1, 0), PORT_FAULT_MISPLACED, p + 8, CPU);                 \
        EXPECT_FAULT(tlsf_##form##_free(heap, CPU, region), PORT_FAULT_FOREIGN, region, CPU);                          \
        EXPECT(tlsf_##form##_usable_size(heap, 1, p) >= 100, "a fault changed the block");                             \
        EXPECT(tlsf_##form##_realloc(heap, 1, p, 0, 0) == NULL, "realloc to 0 answered a block");                      \
        EXPECT_FAULT(tlsf_##form##_free(heap, CPU, p), PORT_FAULT_DOUBLE_FREE, p, CPU);                                \
        tlsf_##form##_free(heap, CPUS, NULL);                                                                          \
        struct tlsf_finding first;                                                                                     \
        EXPECT(tlsf_##form##_check(heap, 1, &first), "faults broke the heap: %s", first.rule);                         \
        struct tlsf_stats stats;                                                                                       \
        EXPECT_FAULT(tlsf_##form##_stats(heap, CPUS, &stats), PORT_FAULT_BAD_CPU, (void *)heap, CPUS);                 \
        tlsf_##form##_stats(heap, 1, &stats);                                                                          \
        EXPECT(stats.free_blocks == 1 && stats.region_bytes == REGION_BYTES &&                                         \
                   stats.metadata_bytes + stats.free_bytes == REGION_BYTES,                                            \
               "the statistics of an empty heap do not add up");                                                       \
    }
TEST_LOCKED_FORM(mcs)
TEST_LOCKED_FORM(spin)

int main(void) {
    region = region_new(REGION_BYTES);
    test_sentences();
    test_init_errors();
    test_smallest_region();
    test_defined_answers();
    test_largest();
    test_faults();
    test_damage();
    test_faults_mcs();
    test_faults_spin();
    free(region);
    return 0;
}
