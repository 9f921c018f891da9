// SPDX-License-Identifier: MIT
// Pages and runs of pages, shared by all CPUs. A set bit in the page map is a free page; whoever clears it owns the
// page.
//
// Beside the map stand seven hint sets: set k holds the words of the map (64 pages each) whose largest free run of 2^k
// pages, aligned to its own size, has just that order. Searching from the wanted order upwards is a best fit in bounded
// steps. Giver and taker pair like Dekker's algorithm: the giver sets page bits, then reads the hint; the taker drops
// the hint, then reads the page bits again.
#ifndef PAGE_PAGE_H
#define PAGE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bitset/bitset.h"
#include "port/port.h"

#define PAGE_SHIFT 12u
#define PAGE_BYTES ((size_t)1 << PAGE_SHIFT)
#define PAGE_ORDERS 7u // 1, 2, 4, ... 64 pages
#define PAGE_NONE (~(size_t)0)
#define PAGE_TRIES 3u      // places that a search for a run tries for each order before it looks elsewhere
#define PAGE_NEAR_ORDER 3u // of the longest runs for which a CPU tries the word first that it took from last
#define PAGE_LOOKS 8u      // words that a search for an aligned run looks at

struct page_map {
    size_t pages;  // a multiple of 64
    size_t number; // of page 0 in the address space, a multiple of 64 too
    size_t words;
    word_t *free;     // the truth
    word_t *admitted; // pages that are memory at all; the others are never free
    struct bitset_shape fit_shape;
    struct bitset fit[PAGE_ORDERS];
    word_t *used; // pages in use, on a line of its own
};

// Where a CPU looks for pages; it alone uses it.
struct page_seat {
    size_t word;  // of the map, that it took from last; at the beginning any
    size_t way;   // any number that differs from CPU to CPU: those that lose the same race go on in different places
    size_t doubt; // the hint that led to nothing last time; at the beginning PAGE_NONE
    uint8_t fits; // orders of runs that the word had left then; at the beginning 0
    bool late;    // the call lost a race: keep away from where everybody looks
    bool stale[PAGE_ORDERS]; // of the hint sets, see bitset_find
};

size_t page_storage_words(size_t pages);

// number: of page 0 in the address space. storage: page_storage_words(pages) zeroed words on a cache line. No page is
// free afterwards.
void page_init(struct page_map *self, size_t pages, size_t number, word_t *storage);

// Takes 2^order pages, aligned to their size, near the CPU's seat, which moves there. PAGE_NONE if hints show none.
// Steps: constant times the levels of a hint set.
size_t page_take_aligned(struct page_map *self, unsigned order, struct page_seat *seat);

// Takes n pages (any number) that begin at a multiple of `align` pages (a power of two), wherever hints show enough
// free pages in a row. Steps: as above, plus (n + align) / 64 for every place tried.
size_t page_take_run(struct page_map *self, size_t n, size_t align);

// The same without trusting hints: reads the whole map once. Steps: linear in its words.
size_t page_scan_run(struct page_map *self, size_t n, size_t align);

// Takes exactly these pages, or none of them. Steps: linear in n / 64.
bool page_take_at(struct page_map *self, size_t first, size_t n);

// The free pages of a word, as bits, no older than what the caller has done or seen in sequentially consistent order.
static inline uint64_t page_look(const struct page_map *self, size_t word) {
    return word_load_seq(&self->free[word]); // S page.look <-> S page.give
}

// Takes all free pages of a word by an exchange, which cannot be lost to others who change it meanwhile; and gives
// pages of a word back, as page_give. Steps: constant times the levels of a hint set.
uint64_t page_take_word(struct page_map *self, size_t word);
bool page_give_piece(struct page_map *self, size_t word, uint64_t mask);

// Gives pages back. False if one of them was free already: the metadata is corrupt. Steps: linear in n / 64.
bool page_give(struct page_map *self, size_t first, size_t n);

// Notes that pages are memory, for page_give to follow. False: some were already, nothing has changed. One caller at a
// time. Steps: linear in n / 64.
bool page_admit(struct page_map *self, size_t first, size_t n);

// The first maximal run of free pages at or after `from`; its length, 0 if there is none. Not atomic as a whole.
size_t page_next_run(const struct page_map *self, size_t from, size_t *length);

static inline bool page_is_admitted(const struct page_map *self, size_t page) {
    return word_load_relaxed(&self->admitted[page / BITS_WORD]) >> (page % BITS_WORD) & 1; // relaxed: never revoked
}

static inline bool page_is_free(const struct page_map *self, size_t page) {
    return word_load_relaxed(&self->free[page / BITS_WORD]) >> (page % BITS_WORD) & 1; // relaxed: for reports
}

// Changes the count of used pages by delta (two's complement) and answers the new count.
static inline uint64_t page_count_used(struct page_map *self, uint64_t delta) {
    return word_add_relaxed(self->used, delta) + delta; // relaxed: a statistic
}

#endif
