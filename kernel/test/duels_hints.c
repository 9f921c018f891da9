// SPDX-License-Identifier: MIT
// Duels over hints: of a set, and of free pages.
#include "duel.h"

enum { MEMBERS = 5000 };

// A page is taken from a word of the map while others come back to it, so that it is found by the same length again.
static void page_prepare(void) {
    duel_open();
    struct page_map *page = &duel.map->page;
    duel.first = page_take_run(page, BITS_WORD, BITS_WORD);
    (void)page_give(page, duel.first, 2);
    span_count(duel.map, duel_cpu(0), BITS_WORD - 1);
}

static void page_act(void) {
    struct page_seat seat = {.word = duel.first / BITS_WORD, .fits = 2, .doubt = PAGE_NONE}; // two pages: order 1
    if (page_take_aligned(&duel.map->page, 0, &seat) != duel.first)
        duel_blame("the page that lies nearest is not taken");
}

static void page_strike(unsigned nth) {
    (void)nth;
    (void)page_count_used(&duel.map->page, ~UINT64_C(2) + 1);
    (void)page_give(&duel.map->page, duel.first + 2, 2);
}

static const char *page_verify(void) {
    struct wfh_finding finding;
    for (size_t i = 0; i < BITS_WORD; i++) // bound: a word
        if (!page_is_free(&duel.map->page, duel.first + i))
            (void)heap_run_make(duel.heap, duel.first + i, 1);
    if (!wfh_check(duel.heap, &finding))
        duel_blame(finding.rule);
    return duel.trouble;
}

// A set of hints: a member goes, and another one of its word comes.
static word_t hint_words[128];
static struct bitset_shape hint_shape;
static struct bitset hints;

static void hint_prepare(void) {
    duel.trouble = NULL;
    __builtin_memset(hint_words, 0, sizeof hint_words);
    bitset_shape_init(&hint_shape, MEMBERS);
    bitset_init(&hints, &hint_shape, hint_words);
    bitset_put(&hints, MEMBERS - 1);
}

static void hint_act(void) {
    bitset_drop(&hints, MEMBERS - 1);
}

static void hint_strike(unsigned nth) {
    (void)nth;
    bitset_put(&hints, MEMBERS - 2);
}

// Whoever has put a member finds it, though somebody else has put it by half.
static void same_hint_prepare(void) {
    hint_prepare();
    bitset_drop(&hints, MEMBERS - 1);
}

static void same_hint_act(void) {
    bitset_put(&hints, MEMBERS - 2);
}

static void same_hint_strike(unsigned nth) {
    hint_strike(nth);
    if (bitset_next(&hints, 0) != MEMBERS - 2)
        duel_blame("a member is not found by the one who has just put it");
}

static const char *hint_verify(void) {
    if (bitset_next(&hints, 0) != MEMBERS - 2)
        duel_blame("a member that was put is not found");
    return duel.trouble;
}

const struct duel duels_of_hints[] = {
    {"hints: a member goes, another of its word comes", {hint_prepare, hint_act, hint_strike, hint_verify, 1, 1}},
    {"hints: a member is put by two", {same_hint_prepare, same_hint_act, same_hint_strike, hint_verify, 1, 1}},
    {"page: one is taken, others of its word come back", {page_prepare, page_act, page_strike, page_verify, 1, 1}},
    {NULL, {.act = NULL}},
};
