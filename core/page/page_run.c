// SPDX-License-Identifier: MIT
// Runs of pages that may cross words of the page map. They are packed: a run begins with the free pages at the end of
// the word before the one that hints name, so that runs of any length fill a region without gaps.
#include "page/page_word.h"

bool page_take_at(struct page_map *self, size_t first, size_t n) {
    size_t done = 0;
    // bound: n / 64 + 2 words
    while (done < n) {
        uint64_t mask;
        unsigned here = page_piece(first + done, n - done, &mask);
        if (!page_claim_piece(self, (first + done) / BITS_WORD, mask)) {
            (void)page_give(self, first, done);
            return false;
        }
        done += here;
    }
    return true;
}

// The first page at or after `page` whose address is a multiple of `align` pages.
static size_t page_align(const struct page_map *self, size_t page, size_t align) {
    return ((self->number + page + align - 1) & ~(align - 1)) - self->number;
}

static uint64_t page_bits(const struct page_map *self, size_t word) {
    // relaxed: a look before the take, which decides
    return word < self->words ? word_load_relaxed(&self->free[word]) : 0;
}

// How many pages, at most n, are free in a row from the beginning of `word` on.
static size_t page_free_ahead(const struct page_map *self, size_t word, size_t n) {
    size_t have = 0;
    // bound: n / 64 + 1 words
    while (have < n) {
        unsigned prefix = bits_prefix(page_bits(self, word));
        have += prefix;
        if (prefix < BITS_WORD)
            break;
        word++;
    }
    return have;
}

// Where a run of n pages may begin around a word with many free pages; PAGE_NONE if it does not fit there.
static size_t page_place_run(const struct page_map *self, size_t word, size_t n, size_t align) {
    size_t here = word * BITS_WORD;
    size_t before = word > 0 ? bits_suffix(page_bits(self, word - 1)) : 0;
    size_t start = page_align(self, here - before, align);
    if (start + n <= here + page_free_ahead(self, word, n + align))
        return start;
    if (n > BITS_WORD || align > BITS_WORD)
        return PAGE_NONE;
    uint64_t starts = bits_runs(page_bits(self, word), (unsigned)n) & bits_multiples(bits_log2_up(align));
    return starts != 0 ? here + bits_lowest(starts) : PAGE_NONE;
}

// Tries up to PAGE_TRIES words whose largest aligned run has order `fit`, in the order of their addresses.
static size_t page_take_around(struct page_map *self, size_t n, size_t align, unsigned fit) {
    size_t from = 0;
    // bound: PAGE_TRIES
    for (unsigned i = 0; i < PAGE_TRIES; i++) {
        size_t word = bitset_next(&self->fit[fit], from);
        if (word == BITSET_NONE)
            return PAGE_NONE;
        size_t first = page_place_run(self, word, n, align);
        if (first != PAGE_NONE && page_take_at(self, first, n))
            return first;
        uint64_t bits = page_bits(self, word);
        if (bits_order(bits) != fit)
            page_rehint(self, word, fit);
        from = word + 1;
    }
    return PAGE_NONE;
}

// A run of more than 64 pages holds whole words: the next place, from word `from` on, where hints show enough of them.
static size_t page_find_words(const struct page_map *self, size_t from, size_t n) {
    size_t whole = n < (size_t)2 * BITS_WORD ? 1 : (n - BITS_WORD + 1) / BITS_WORD;
    size_t have = 0;
    size_t word = from;
    // bound: words of the map; 64 at a time where none is whole
    while (word < self->words && have < whole) {
        uint64_t hints = bitset_word(&self->fit[PAGE_ORDERS - 1], word / BITS_WORD) >> (word % BITS_WORD);
        if (hints & 1) {
            have += bits_prefix(hints);
            word += bits_prefix(hints);
        } else {
            word += hints != 0 ? bits_lowest(hints) : BITS_WORD - word % BITS_WORD;
            have = 0;
        }
    }
    return have < whole ? PAGE_NONE : word - have;
}

static size_t page_take_words(struct page_map *self, size_t n, size_t align) {
    size_t from = 0;
    // bound: PAGE_TRIES
    for (unsigned i = 0; i < PAGE_TRIES; i++) {
        size_t word = page_find_words(self, from, n);
        if (word == PAGE_NONE)
            break;
        size_t first = page_place_run(self, word, n, align);
        if (first != PAGE_NONE && page_take_at(self, first, n))
            return first;
        from = word + 1 + page_free_ahead(self, word, n) / BITS_WORD;
    }
    return PAGE_NONE;
}

size_t page_take_run(struct page_map *self, size_t n, size_t align) {
    if (n > BITS_WORD)
        return page_take_words(self, n, align);
    unsigned order = bits_log2_up(n);
    // bound: PAGE_ORDERS
    for (unsigned fit = order; fit < PAGE_ORDERS; fit++) {
        size_t first = page_take_around(self, n, align, fit);
        if (first != PAGE_NONE)
            return first;
    }
    // Words whose aligned runs are all shorter may have a longer one that is not aligned.
    return order > 0 && (n & (n - 1)) != 0 ? page_take_around(self, n, align, order - 1) : PAGE_NONE;
}

size_t page_next_run(const struct page_map *self, size_t from, size_t *length) {
    *length = 0;
    size_t word = from / BITS_WORD;
    uint64_t bits = page_bits(self, word) & BITS_ALL << (from % BITS_WORD);
    // bound: words of the map
    while (bits == 0) {
        if (++word >= self->words)
            return PAGE_NONE;
        bits = page_bits(self, word);
    }
    unsigned start = bits_lowest(bits);
    size_t first = word * BITS_WORD + start;
    *length = bits_prefix(bits >> start);
    if (start + *length == BITS_WORD)
        *length += page_free_ahead(self, word + 1, self->pages);
    return first;
}

// Takes the whole word, keeps a run of n pages if it has one, gives the rest back.
static size_t page_seize(struct page_map *self, size_t word, size_t n, size_t align) {
    uint64_t places = bits_multiples(bits_log2_up(align));
    if ((bits_runs(page_look(self, word), (unsigned)n) & places) == 0)
        return PAGE_NONE;
    uint64_t bits = page_take_word(self, word);
    uint64_t starts = bits_runs(bits, (unsigned)n) & places;
    uint64_t kept = starts != 0 ? bits_range(bits_lowest(starts), (unsigned)n) : 0;
    if (bits != kept)
        (void)page_give_piece(self, word, bits & ~kept);
    return starts != 0 ? word * BITS_WORD + bits_lowest(starts) : PAGE_NONE;
}

// Every place in the order of addresses; a lost race costs the word in which it was lost.
static size_t page_scan_places(struct page_map *self, size_t n, size_t align) {
    size_t from = 0;
    // bound: words of the map and runs that begin in them; each turn goes on behind what it looked at
    for (size_t turn = 0; turn <= self->pages; turn++) {
        size_t length;
        size_t first = page_next_run(self, from, &length);
        if (first == PAGE_NONE)
            break;
        size_t start = page_align(self, first, align);
        bool fits = start + n <= first + length;
        if (fits && page_take_at(self, start, n))
            return start;
        size_t next_word = (start / BITS_WORD + 1) * BITS_WORD;
        from = fits && next_word < first + length ? next_word : first + length;
    }
    return PAGE_NONE;
}

size_t page_scan_run(struct page_map *self, size_t n, size_t align) {
    size_t first = page_scan_places(self, n, align);
    if (first != PAGE_NONE || n > BITS_WORD || align > BITS_WORD)
        return first;
    // bound: words of the map
    for (size_t word = 0; word < self->words; word++) {
        first = page_seize(self, word, n, align);
        if (first != PAGE_NONE)
            return first;
    }
    return PAGE_NONE;
}
