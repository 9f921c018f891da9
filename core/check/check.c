// SPDX-License-Identifier: MIT
// The quiescent verifier: every invariant of docs/invariants.md, rule by rule. Nothing may run meanwhile.
#include "check/check.h"

static const void *check_page_address(const struct wfh *self, size_t page) {
    return (const void *)(self->map.base + (page << PAGE_SHIFT));
}

bool check_expect(struct wfh_finding *first, const char *rule, const void *address, uint64_t want, uint64_t have) {
    if (want == have)
        return true;
    *first = (struct wfh_finding){.rule = rule, .address = address, .want = want, .have = have};
    return false;
}

static uint64_t check_word(const word_t *word) {
    return word_load_relaxed(word); // relaxed: nothing runs meanwhile
}

static uint64_t check_kind(const struct wfh *self, size_t page) {
    return tag_load_relaxed(&self->map.kind[page]); // relaxed: nothing runs meanwhile
}

// Every upper level of a hint set shows each word below that is not empty.
static bool check_bitset(const struct bitset *set, struct wfh_finding *first) {
    const struct bitset_shape *shape = set->shape;
    // bound: levels
    for (unsigned level = 1; level < shape->levels; level++) {
        // bound: words of the level below
        for (size_t i = 0; i < shape->words[level - 1]; i++) {
            const word_t *above = &set->words[shape->offset[level] + i / BITS_WORD];
            bool shown = check_word(above) >> (i % BITS_WORD) & 1;
            if (check_word(&set->words[shape->offset[level - 1] + i]) != 0 &&
                !check_expect(first, "hint levels: a word that is not empty is shown above", above, 1, shown))
                return false;
        }
    }
    return true;
}

static bool check_block_bits_zero(const struct wfh *self, size_t page, struct wfh_finding *first) {
    // bound: SPAN_WORDS
    for (unsigned i = 0; i < SPAN_WORDS; i++) {
        const word_t *word = &self->map.bits[page * SPAN_WORDS + i];
        if (!check_expect(first, "pages that begin no span have no block bits", word, 0, check_word(word)))
            return false;
    }
    return true;
}

// The blocks of a span: inside or outside the bits, and found by the hints.
static bool check_span_blocks(const struct wfh *self, size_t page, unsigned class, struct wfh_finding *first) {
    const struct size_class *geometry = &self->map.table.classes[class];
    uint64_t state = check_word(&self->map.state[page]);
    uint64_t blocks = state >> SPAN_LIVE_SHIFT;
    bool any = false;
    // bound: SPAN_WORDS
    for (unsigned i = 0; i < SPAN_WORDS; i++) {
        const word_t *word = &self->map.bits[page * SPAN_WORDS + i];
        uint64_t bits = check_word(word);
        blocks += bits_count(bits);
        any |= bits != 0;
        if (!check_expect(first, "block bits lie within the span", word, 0, bits & ~span_full(geometry, i)))
            return false;
        if (bits != 0 && !check_expect(first, "a word with blocks is in its span's sum", word, 1, state >> i & 1))
            return false;
    }
    if (!check_expect(first, "live and block bits add up to the span's blocks", &self->map.state[page],
                      geometry->blocks, blocks))
        return false;
    if (any && !check_expect(first, "a span with blocks is in its class's hints", check_page_address(self, page), 1,
                             bitset_has(&self->map.partial[class], page >> geometry->order)))
        return false;
    return state >> SPAN_LIVE_SHIFT != 0 ||
           check_expect(first, "a span without live blocks is marked empty", check_page_address(self, page), 1,
                        bitset_has(&self->map.empty, page));
}

static bool check_span(const struct wfh *self, size_t page, unsigned class, struct wfh_finding *first) {
    const struct size_class *geometry = &self->map.table.classes[class];
    size_t pages = (size_t)1 << geometry->order;
    if (!check_expect(first, "a span begins at a multiple of its length", check_page_address(self, page), 0,
                      page % pages))
        return false;
    // bound: 64 pages
    for (size_t i = page; i < page + pages; i++) {
        const void *at = check_page_address(self, i);
        if (!check_expect(first, "all pages of a span have its kind", at, geometry->ticket, check_kind(self, i)) ||
            !check_expect(first, "pages in use are not free", at, 0, page_is_free(&self->map.page, i)) ||
            !check_expect(first, "pages in use are memory", at, 1, page_is_admitted(&self->map.page, i)))
            return false;
        if (i != page && !check_block_bits_zero(self, i, first))
            return false;
    }
    return check_span_blocks(self, page, class, first);
}

static bool check_run(const struct wfh *self, size_t page, struct wfh_finding *first) {
    size_t pages = heap_run_pages(self, page);
    if (!check_expect(first, "a run has pages and ends within the heap", check_page_address(self, page), 1,
                      pages > 0 && pages <= self->map.pages - page))
        return false;
    // bound: the run's pages
    for (size_t i = page; i < page + pages; i++) {
        const void *at = check_page_address(self, i);
        if (!check_expect(first, "pages inside a run have no kind", at, i == page ? KIND_RUN : KIND_FREE,
                          check_kind(self, i)) ||
            !check_expect(first, "pages in use are not free", at, 0, page_is_free(&self->map.page, i)) ||
            !check_expect(first, "pages in use are memory", at, 1, page_is_admitted(&self->map.page, i)) ||
            !check_block_bits_zero(self, i, first))
            return false;
    }
    return true;
}

static bool check_free_page(const struct wfh *self, size_t page, struct wfh_finding *first) {
    const void *at = check_page_address(self, page);
    uint64_t live = check_word(&self->map.state[page]) >> SPAN_LIVE_SHIFT;
    return check_expect(first, "a page that is memory is free, in a span or in a run", at,
                        page_is_admitted(&self->map.page, page), page_is_free(&self->map.page, page)) &&
           check_expect(first, "a free page has no live blocks", at, 0, live) &&
           check_block_bits_zero(self, page, first);
}

// Every page is in exactly one span, run or the free set; the shared count and those of the CPUs know how many are
// used.
static bool check_pages(const struct wfh *self, struct wfh_finding *first) {
    uint64_t used = 0;
    size_t page = 0;
    // bound: pages
    while (page < self->map.pages) {
        uint64_t kind = check_kind(self, page);
        size_t pages = 1;
        bool good;
        if (kind_is_class(kind)) {
            unsigned class = size_class_of_kind(kind);
            good = check_span(self, page, class, first);
            pages = (size_t)1 << self->map.table.classes[class].order;
        } else if (kind == KIND_RUN) {
            good = check_run(self, page, first);
            pages = heap_run_pages(self, page);
        } else {
            good = check_expect(first, "kinds are free, run, or a class", check_page_address(self, page), KIND_FREE,
                                kind) &&
                   check_free_page(self, page, first);
        }
        if (!good)
            return false;
        used += kind == KIND_FREE ? 0 : pages;
        page += pages;
    }
    uint64_t counted = check_word(self->map.page.used);
    // bound: cpus
    for (size_t cpu = 0; cpu < self->map.cpus; cpu++)
        counted += (uint64_t)heap_cache(self, cpu)->span.uncounted;
    return check_expect(first, "the count of used pages is right", self->map.page.used, used, counted);
}

static bool check_page_hints(const struct wfh *self, struct wfh_finding *first) {
    const struct page_map *map = &self->map.page;
    // bound: words of the page map
    for (size_t i = 0; i < map->words; i++) {
        uint64_t bits = check_word(&map->free[i]);
        if (bits != 0 && !check_expect(first, "free pages are hinted by their largest aligned run", &map->free[i], 1,
                                       bitset_has(&map->fit[bits_order(bits)], i)))
            return false;
    }
    // bound: PAGE_ORDERS
    for (unsigned order = 0; order < PAGE_ORDERS; order++) {
        if (!check_bitset(&map->fit[order], first))
            return false;
    }
    return true;
}

static bool check_span_hints(const struct wfh *self, struct wfh_finding *first) {
    // bound: SIZE_CLASSES
    for (unsigned class = 0; class < SIZE_CLASSES; class += 1) {
        if (!check_bitset(&self->map.partial[class], first))
            return false;
    }
    return check_bitset(&self->map.empty, first);
}

static bool check_help(const struct wfh *self, struct wfh_finding *first) {
    const word_t *count = self->map.help.count;
    size_t hungry = help_next(&self->map.help, 0);
    return check_expect(first, "no hand is raised", count, 0, check_word(count)) &&
           check_expect(first, "no CPU is hungry", self->map.help.hungry, HELP_CPU_NONE, hungry);
}

bool wfh_check(const wfh *self, struct wfh_finding *first) {
    return check_pages(self, first) && check_page_hints(self, first) && check_span_hints(self, first) &&
           check_help(self, first) && check_caches(self, first);
}
