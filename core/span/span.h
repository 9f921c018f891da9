// SPDX-License-Identifier: MIT
// Spans: naturally aligned runs of 1 to 64 pages that hold the blocks of one size class. Nobody owns a span. Each block
// has a bit in a word of the span's record; a set bit is a block that nobody holds, and whoever clears it owns the
// block.
//
// The record lies with the span's first page: four words of block bits, and a state word with `live`, the count of
// blocks outside the bits (upper half), and `sum`, which of the four words may be non-zero (a hint). Every page has a
// kind: the ticket of its span's class. Holding a block of a span pins its kind. docs/invariants.md tells the protocol
// and its rules.
#ifndef SPAN_SPAN_H
#define SPAN_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "page/page.h"
#include "span/gift.h"
#include "span/size_class.h"

#define SPAN_LIVE_SHIFT 32u
#define SPAN_SCAVENGES 4u // empty spans it looks at between the two rounds
#define SPAN_UNCOUNTED 64 // most pages that a CPU counts for itself; all CPUs together at most a 64th of the heap

struct span_map {
    uintptr_t base; // of page 0: a multiple of 64 pages
    size_t pages;
    size_t cpus;
    int64_t uncounted_most; // pages
    tag_t *kind;            // one a page
    word_t *state;          // one a page
    word_t *bits;           // SPAN_WORDS a page
    struct page_map page;
    struct bitset partial[SIZE_CLASSES]; // by class: spans that may have free blocks, numbered by their own length
    struct bitset empty;                 // first pages of spans whose blocks may all be free
    struct bitset_shape partial_shape[PAGE_ORDERS];
    struct help help;
    struct size_table table;
};

// What a CPU keeps for itself: where it looks first, and its statistics. One writer; others may read for statistics.
struct span_cpu {
    size_t cpu;
    size_t helped; // the CPU looked at last when somebody starved, and one more
    struct page_seat seat;
    size_t near[SIZE_CLASSES];
    uint64_t doubt;           // the span, and its class, whose hint led to nothing last time
    bool stale[SIZE_CLASSES]; // of the classes' hint sets, see bitset_find
    uint64_t claims, flushes, spans_made, spans_freed, runs, starved, donations, refills, evictions;
    int64_t uncounted;   // pages taken, less those given, that the map's count does not know of yet
    uint64_t peak_pages; // the most pages in use that this CPU saw when it counted
};

// Words of a span are numbered across the heap: SPAN_WORDS * first page + word.
static inline size_t span_word_page(uint32_t word) {
    return word / SPAN_WORDS;
}

static inline size_t span_page_of(const struct span_map *self, const void *p) {
    return ((uintptr_t)p - self->base) >> PAGE_SHIFT;
}

static inline size_t span_first_page(const struct size_class *class, size_t page) {
    return page >> class->order << class->order;
}

static inline uint64_t span_full(const struct size_class *class, unsigned word) {
    return word + 1 < class->words ? BITS_ALL : word + 1 == class->words ? class->last : 0;
}

static inline void *span_block(const struct span_map *self, const struct size_class *class, uint32_t word,
                               unsigned bit) {
    size_t index = word % SPAN_WORDS * BITS_WORD + bit;
    return (void *)(self->base + (span_word_page(word) << PAGE_SHIFT) + index * class->block_bytes);
}

// The word and bit of a block.
static inline uint32_t span_locate(const struct span_map *self, const struct size_class *class, const void *p,
                                   unsigned *bit) {
    size_t first = span_first_page(class, span_page_of(self, p));
    uint64_t offset = (uintptr_t)p - self->base - (first << PAGE_SHIFT);
    uint64_t index = offset * class->divisor >> 40;
    *bit = index % BITS_WORD;
    return (uint32_t)(first * SPAN_WORDS + index / BITS_WORD);
}

// What a CPU asks spans for, and where it came from.
struct span_order {
    unsigned class;
    unsigned most;  // blocks wanted; what lies behind them in the word stays with everyone
    uint32_t word;  // told by the supplier
    unsigned count; // likewise: how many blocks
};

// Takes blocks of the class, all of one word, from a partial span or a new one. Answers their bits; 0 if neither was
// found in a bounded number of steps. The blocks are counted as live.
uint64_t span_supply(struct span_map *self, struct span_cpu *me, struct span_order *order);

// The last resort: reads all hints of the class and the whole page map. Steps: linear in the region.
uint64_t span_supply_exhaustive(struct span_map *self, struct span_cpu *me, struct span_order *order);

// Gives back blocks (bits, not empty) of a word; the starved are served first. Retires the span if it became empty.
// A block that is free already: the others are given back, then port_fault.
void span_flush(struct span_map *self, struct span_cpu *me, uint32_t word, uint64_t bits);

// The same for blocks of a span of which the caller holds others too: it cannot become empty.
void span_offer(struct span_map *self, struct span_cpu *me, unsigned class, uint32_t word, uint64_t bits);

// Of the blocks of a word, those from the lowest on that were asked for: at most `most`.
static inline uint64_t span_share(uint64_t bits, unsigned most) {
    return most >= BITS_WORD ? bits : bits & bits_low(most) << bits_lowest(bits);
}

// Types pages that the caller owns as a span of the class and takes blocks of its first word; the rest is published.
uint64_t span_make(struct span_map *self, struct span_cpu *me, struct span_order *order, size_t first);

// Gives pages back; the starved are served first.
void span_give_pages(struct span_map *self, struct span_cpu *me, size_t first, size_t n);

// The same for pages that were never counted as used; answers how many went to the starved, and are not counted yet.
size_t span_hand_out_pages(struct span_map *self, struct span_cpu *me, size_t first, size_t n);

// Counts pages that were just taken, or -n that are about to be given. They reach the count that all CPUs share when
// they are more than uncounted_most, lest every span moves one cache line around.
void span_count(struct span_map *self, struct span_cpu *me, int64_t n);

// Retires up to `most` spans that hints call empty; true if any was.
bool span_scavenge(struct span_map *self, struct span_cpu *me, unsigned most);

// Retires every span that is empty. Steps: linear in the region.
void span_sweep_empty(struct span_map *self, struct span_cpu *me);

#endif
