// SPDX-License-Identifier: MIT
// The page map: single words, hints, giving back. Longer runs are in page_run.c.
#include "page/page.h"

#include "page/page_word.h"

static size_t page_line_words(size_t words) {
    const size_t line = PORT_CACHE_LINE / sizeof(word_t);
    return (words + line - 1) / line * line;
}

size_t page_storage_words(size_t pages) {
    struct bitset_shape shape;
    size_t words = pages / BITS_WORD;
    bitset_shape_init(&shape, words);
    return 2 * page_line_words(words) + PAGE_ORDERS * page_line_words(shape.total_words) + page_line_words(1);
}

void page_init(struct page_map *self, size_t pages, size_t number, word_t *storage) {
    self->pages = pages;
    self->number = number;
    self->words = pages / BITS_WORD;
    bitset_shape_init(&self->fit_shape, self->words);
    self->free = storage;
    storage += page_line_words(self->words);
    self->admitted = storage;
    storage += page_line_words(self->words);
    // bound: PAGE_ORDERS
    for (unsigned order = 0; order < PAGE_ORDERS; order++) {
        bitset_init(&self->fit[order], &self->fit_shape, storage);
        storage += page_line_words(self->fit_shape.total_words);
    }
    self->used = storage;
}

// Makes a word with these free pages findable.
static void page_hint(struct page_map *self, size_t word, uint64_t bits) {
    if (bits != 0)
        bitset_put(&self->fit[bits_order(bits)], word);
}

void page_rehint(struct page_map *self, size_t word, unsigned was) {
    bitset_drop(&self->fit[was], word);
    // S page.rehint <-> S page.give; A page.take <- R page.give
    page_hint(self, word, word_load_seq(&self->free[word]));
}

// After a change that left `bits`, of order `now`, the word is found there before it is no longer found where it was.
// If others changed it meanwhile, they see to their orders; but what was dropped too early is put back.
static void page_move_hint(struct page_map *self, size_t word, unsigned was, uint64_t bits, unsigned now) {
    if (bits != 0)
        bitset_put(&self->fit[now], word);
    if (was == now)
        return;
    bitset_drop(&self->fit[was], word);
    uint64_t truth = word_load_seq(&self->free[word]); // S page.rehint <-> S page.give
    if (truth != bits && bits_order(truth) == was)
        bitset_put(&self->fit[was], word);
}

bool page_claim_piece(struct page_map *self, size_t word, uint64_t mask) {
    // relaxed: a look, which the compare-exchange confirms and makes an acquisition
    uint64_t old = word_load_relaxed(&self->free[word]);
    if ((old & mask) != mask || !word_cas_once_seq(&self->free[word], old, old & ~mask)) // A page.take <- R page.give
        return false;
    unsigned was = bits_order(old);
    unsigned now = bits_order(old & ~mask);
    if (was != now)
        page_move_hint(self, word, was, old & ~mask, now);
    return true;
}

bool page_give_piece(struct page_map *self, size_t word, uint64_t mask) {
    // R page.give -> A page.take; S page.give <-> S page.rehint; S page.give <-> S page.look
    uint64_t old = word_add_seq(&self->free[word], mask);
    if (old & mask)
        return false;
    unsigned was = bits_order(old);
    unsigned now = bits_order(old | mask);
    if (old == 0 || !bitset_has(&self->fit[was], word))
        was = now;
    page_move_hint(self, word, was, old | mask, now);
    return true;
}

uint64_t page_take_word(struct page_map *self, size_t word) {
    // relaxed: if there were pages, page_rehint reads what was written here or later, and that is the acquisition
    uint64_t pages = word_swap_relaxed(&self->free[word], 0);
    if (pages != 0)
        page_rehint(self, word, bits_order(pages));
    return pages;
}

// Tries one word for an aligned run of `order`, and notes what it leaves.
static __attribute__((noinline)) size_t page_take_in_word(struct page_map *self, struct page_seat *seat, size_t word,
                                                          unsigned order) {
    uint64_t bits = word_load_relaxed(&self->free[word]); // relaxed: as in page_claim_piece
    uint64_t starts = bits_aligned_runs(bits, order);
    if (starts == 0)
        return PAGE_NONE;
    unsigned first = bits_lowest(starts);
    uint64_t rest = bits & ~bits_range(first, 1u << order);
    if (!word_cas_once_seq(&self->free[word], bits, rest)) // A page.take <- R page.give
        return PAGE_NONE;
    unsigned was = bits_order(bits);
    unsigned now = was < PAGE_ORDERS - 1 ? bits_order(rest) : order < was ? was - 1 : BITS_ORDER_NONE;
    seat->word = word;
    seat->fits = rest != 0 ? (uint8_t)(now + 1) : 0;
    if (was != now)
        page_move_hint(self, word, was, rest, now);
    return word * BITS_WORD + first;
}

// Where to look after a word that had nothing to take. Mostly somebody is just about to move the hint that led there,
// and need not be helped while there are other words.
static size_t page_look_further(const struct bitset *set, size_t word, size_t way, uint64_t *seen) {
    size_t beside = bitset_beside(set, word, way, seen);
    if (beside != BITSET_NONE)
        return beside;
    *seen = 0;
    return bitset_next(set, (word | (BITS_WORD - 1)) + 1);
}

// Takes from one of the words that a hint set names, some of which may be stale. *word: the first, then the last one.
static size_t page_take_in_set(struct page_map *self, struct page_seat *seat, const struct bitset *set, size_t *word,
                               unsigned order) {
    uint64_t seen = 0;
    // bound: PAGE_LOOKS
    for (unsigned looks = 0; looks < PAGE_LOOKS; looks++) {
        size_t first = page_take_in_word(self, seat, *word, order);
        if (first != PAGE_NONE)
            return first;
        size_t further = page_look_further(set, *word, seat->way, &seen);
        if (further == BITSET_NONE)
            break;
        *word = further;
    }
    return PAGE_NONE;
}

// A word of the map for each way, far from those of other ways: multiples of the golden ratio.
static size_t page_far(const struct page_map *self, size_t way) {
    return (size_t)((uint64_t)((uint32_t)way * UINT32_C(0x9e3779b9)) * self->words >> 32);
}

// A hint that led to nothing. Mostly somebody is just about to move it; if it stands there again next time, he is not.
static void page_doubt(struct page_map *self, struct page_seat *seat, size_t word, unsigned fit) {
    size_t doubt = word * PAGE_ORDERS + fit;
    if (seat->doubt == doubt)
        page_rehint(self, word, fit);
    seat->doubt = doubt;
}

// A word that nobody has begun, far from where others look; BITSET_NONE if there is none.
static size_t page_fresh(const struct page_map *self, struct page_seat *seat) {
    return bitset_find(&self->fit[PAGE_ORDERS - 1], page_far(self, seat->way), &seat->stale[PAGE_ORDERS - 1]);
}

// The word that fits best, and what it fits; BITSET_NONE if there is none. A set whose members are gone before they are
// found is one where others look: that counts as a lost race.
static size_t page_best(const struct page_map *self, struct page_seat *seat, unsigned order, unsigned *fit) {
    // bound: PAGE_ORDERS
    for (*fit = order; *fit < PAGE_ORDERS; ++*fit) {
        const struct bitset *set = &self->fit[*fit];
        if (bitset_seems_empty(set))
            continue;
        size_t word = bitset_find(set, seat->word, &seat->stale[*fit]);
        if (word != BITSET_NONE)
            return word;
        if (seat->late)
            continue;
        seat->late = true;
        word = page_fresh(self, seat);
        if (word == BITSET_NONE)
            continue;
        *fit = PAGE_ORDERS - 1;
        return word;
    }
    return BITSET_NONE;
}

// By hints. Who loses a race takes a word that nobody has begun, if there is any, far from where others look. Who has
// lost one already goes there at once, instead of where the run fits best.
static size_t page_take_hinted(struct page_map *self, unsigned order, struct page_seat *seat) {
    unsigned fit = PAGE_ORDERS - 1;
    size_t word = seat->late ? page_fresh(self, seat) : BITSET_NONE;
    if (word == BITSET_NONE) {
        word = page_best(self, seat, order, &fit);
        size_t first = word == BITSET_NONE ? PAGE_NONE : page_take_in_word(self, seat, word, order);
        if (word == BITSET_NONE || first != PAGE_NONE)
            return first;
        seat->late = true;
        page_doubt(self, seat, word, fit);
        size_t fresh = page_fresh(self, seat);
        fit = fresh != BITSET_NONE ? PAGE_ORDERS - 1 : fit;
        word = fresh != BITSET_NONE ? fresh : word;
    }
    size_t first = page_take_in_set(self, seat, &self->fit[fit], &word, order);
    if (first == PAGE_NONE)
        page_rehint(self, word, fit);
    return first;
}

size_t page_take_aligned(struct page_map *self, unsigned order, struct page_seat *seat) {
    bool near = order <= PAGE_NEAR_ORDER && order < seat->fits;
    size_t first = near ? page_take_in_word(self, seat, seat->word, order) : PAGE_NONE;
    return first != PAGE_NONE ? first : page_take_hinted(self, order, seat);
}

bool page_give(struct page_map *self, size_t first, size_t n) {
    bool good = true;
    // bound: n / 64 + 2 words
    while (n > 0) {
        uint64_t mask;
        unsigned here = page_piece(first, n, &mask);
        good &= page_give_piece(self, first / BITS_WORD, mask);
        first += here;
        n -= here;
    }
    return good;
}

bool page_admit(struct page_map *self, size_t first, size_t n) {
    uint64_t mask;
    // bound: n / 64 + 2 words
    for (size_t done = 0, here; done < n; done += here) {
        here = page_piece(first + done, n - done, &mask);
        // relaxed: one caller at a time
        if (word_load_relaxed(&self->admitted[(first + done) / BITS_WORD]) & mask)
            return false;
    }
    // bound: n / 64 + 2 words
    for (size_t done = 0, here; done < n; done += here) {
        word_t *word = &self->admitted[(first + done) / BITS_WORD];
        here = page_piece(first + done, n - done, &mask);
        word_store_relaxed(word, word_load_relaxed(word) | mask); // relaxed: as above; published with the pages
    }
    return true;
}
