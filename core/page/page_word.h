// SPDX-License-Identifier: MIT
// Within the page layer: steps on one word of the map.
#ifndef PAGE_PAGE_WORD_H
#define PAGE_PAGE_WORD_H

#include "page/page.h"

// The part of the run [first, first + n) that lies in the word of its first page, as a mask; answers how many pages.
static inline unsigned page_piece(size_t first, size_t n, uint64_t *mask) {
    unsigned at = first % BITS_WORD;
    unsigned here = n < BITS_WORD - at ? (unsigned)n : BITS_WORD - at;
    *mask = bits_range(at, here);
    return here;
}

// Takes all pages of the mask by one compare-exchange, tried once, and moves the word's hint. False: not one is taken.
bool page_claim_piece(struct page_map *self, size_t word, uint64_t mask);

// Drops a hint that may no longer fit and sets the one that does.
void page_rehint(struct page_map *self, size_t word, unsigned was);

#endif
