// SPDX-License-Identifier: MIT
// Raised hands and gifts; see help.h.
#include "span/help.h"

#include "port/port.h"

#define WANT_STRIDE (PORT_CACHE_LINE / sizeof(word_t))

// A want word: a tag in the two lowest bits, and behind it, for a wish, the class, the span order and the pages.
enum { TAG_NONE = 0, TAG_WISH = 1, TAG_BLOCK = 2, TAG_PAGES = 3, TAG_BITS = 2 };

static uint64_t help_encode(struct help_wish wish) {
    return TAG_WISH | (uint64_t)wish.class << TAG_BITS | (uint64_t)wish.order << 10 | (uint64_t)wish.pages << 16;
}

static struct help_wish help_decode(uint64_t want) {
    return (struct help_wish){
        .class = want >> TAG_BITS & 0xff, .order = want >> 10 & 0x3f, .pages = (size_t)(want >> 16)};
}

static word_t *help_want(const struct help *self, size_t cpu) {
    return &self->want[cpu * WANT_STRIDE];
}

static size_t help_hungry_words(size_t cpus) {
    size_t words = (cpus + BITS_WORD - 1) / BITS_WORD;
    return (words + WANT_STRIDE - 1) / WANT_STRIDE * WANT_STRIDE;
}

size_t help_storage_words(size_t cpus) {
    return WANT_STRIDE + help_hungry_words(cpus) + cpus * WANT_STRIDE;
}

void help_init(struct help *self, size_t cpus, word_t *storage) {
    self->cpus = cpus;
    self->count = storage;
    self->hungry = storage + WANT_STRIDE;
    self->want = self->hungry + help_hungry_words(cpus);
}

void help_raise(struct help *self, size_t cpu, struct help_wish wish) {
    word_store_release(help_want(self, cpu), help_encode(wish));            // R help.raise -> A help.give
    word_or_seq(&self->hungry[cpu / BITS_WORD], bits_one(cpu % BITS_WORD)); // R help.raise -> A help.give
    // S help.raise <-> S help.anyone
    (void)word_add_seq(self->count, 1);
}

struct help_gift help_lower(struct help *self, size_t cpu) {
    (void)word_add_seq(self->count, ~UINT64_C(0));                            // S help.raise <-> S help.anyone
    word_and_seq(&self->hungry[cpu / BITS_WORD], ~bits_one(cpu % BITS_WORD)); // R help.raise -> A help.give
    uint64_t got = word_swap_seq(help_want(self, cpu), TAG_NONE);             // A help.lower <- R help.give
    size_t payload = (size_t)(got >> TAG_BITS);
    switch (got & 3) {
    case TAG_BLOCK:
        return (struct help_gift){HELP_BLOCK, payload};
    case TAG_PAGES:
        return (struct help_gift){payload & 1 ? HELP_SPAN_PAGES : HELP_RUN_PAGES, payload >> 1};
    default:
        return (struct help_gift){HELP_NOTHING, 0};
    }
}

size_t help_next(const struct help *self, size_t from) {
    // bound: cpus / 64
    while (from < self->cpus) {
        // A help.give <- R help.raise
        uint64_t bits = word_load_acquire(&self->hungry[from / BITS_WORD]) & BITS_ALL << (from % BITS_WORD);
        if (bits != 0)
            return from / BITS_WORD * BITS_WORD + bits_lowest(bits);
        from = (from / BITS_WORD + 1) * BITS_WORD;
    }
    return HELP_CPU_NONE;
}

size_t help_turn(const struct help *self, size_t *cursor) {
    size_t cpu = help_next(self, *cursor);
    if (cpu == HELP_CPU_NONE)
        cpu = help_next(self, 0);
    *cursor = cpu == HELP_CPU_NONE ? 0 : cpu + 1;
    return cpu;
}

bool help_give_block(struct help *self, size_t cpu, unsigned class, size_t offset) {
    word_t *word = help_want(self, cpu);
    uint64_t want = word_load_acquire(word); // A help.give <- R help.raise
    if ((want & 3) != TAG_WISH || help_decode(want).class != class)
        return false;
    return word_cas_once_seq(word, want, TAG_BLOCK | (uint64_t)offset << TAG_BITS); // R help.give -> A help.lower
}

size_t help_give_pages(struct help *self, size_t cpu, size_t first, size_t n) {
    word_t *word = help_want(self, cpu);
    uint64_t want = word_load_acquire(word); // A help.give <- R help.raise
    if ((want & 3) != TAG_WISH)
        return 0;
    struct help_wish wish = help_decode(want);
    size_t span_pages = (size_t)1 << wish.order;
    bool as_span = wish.class != HELP_NO_CLASS && n >= span_pages && first % span_pages == 0;
    size_t given = as_span ? span_pages : wish.pages;
    if (given == 0 || given > n)
        return 0;
    uint64_t gift = TAG_PAGES | (uint64_t)as_span << TAG_BITS | (uint64_t)first << (TAG_BITS + 1);
    return word_cas_once_seq(word, want, gift) ? given : 0; // R help.give -> A help.lower
}
