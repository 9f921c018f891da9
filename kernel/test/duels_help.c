// SPDX-License-Identifier: MIT
// Duels between those who starve and those who give.
#include "duel.h"
#include "span/span_word.h"

enum { RUN_BYTES = 8 * PAGE_BYTES, LONG_STRIDE = 7 };

// One who no longer needs help, and one who gives it. The wish is for the class whose blocks come back, or another one.
static void gift_prepare_for(size_t bytes) {
    duel_open_span(TWO_WORDS_BYTES, 64);
    duel_take(1, &duel.holds[1], TWO_WORDS_BYTES, 1, 8);
    gift_ask(&duel.map->help, 0, (struct gift_wish){.class = duel_class(bytes)});
}

static void gift_prepare(void) {
    gift_prepare_for(TWO_WORDS_BYTES);
}

static void other_gift_prepare(void) {
    gift_prepare_for(ONE_WORD_BYTES);
}

static void gift_act(void) {
    duel.gift = gift_take(&duel.map->help, 0);
}

static void gift_strike(unsigned nth) {
    (void)nth;
    duel_give(1, &duel.holds[1]);
}

// The same, the other one standing still.
static void giving_act(void) {
    gift_strike(0);
}

static void giving_strike(unsigned nth) {
    (void)nth;
    gift_act();
}

static void hold_gift(size_t bytes) {
    if (duel.gift.kind == GIFT_NOTHING)
        return;
    const void *block = (const void *)(duel.map->base + duel.gift.where);
    unsigned bit, class = duel_class(bytes);
    if (span_kind(duel.map, span_page_of(duel.map, block)) != span_class(duel.map, class)->ticket) {
        duel_blame("a gift is of another class");
        return;
    }
    duel.holds[3].word = span_locate(duel.map, span_class(duel.map, class), block, &bit);
    duel.holds[3].bits = bits_one(bit);
}

static const char *gift_verify(void) {
    hold_gift(TWO_WORDS_BYTES);
    return duel_verify();
}

static const char *other_gift_verify(void) {
    hold_gift(ONE_WORD_BYTES);
    return duel_verify();
}

// One who finds no memory, and one who gives some: a gift that came although there was enough goes back.
static void starve_prepare(void) {
    duel_open();
    size_t count = 0;
    for (void *p; (p = wfh_alloc(duel.heap, 1, RUN_BYTES, 8)) != NULL;) // bound: DUEL_RUNS
        duel.runs[count++] = p;
}

static void starve_act(void) {
    duel.runs[DUEL_RUNS - 1] = wfh_alloc(duel.heap, 0, RUN_BYTES, 8);
}

static void starve_strike(unsigned nth) {
    (void)nth;
    for (size_t i = 0; i < 3; i++) { // bound: 3
        wfh_free(duel.heap, 1, duel.runs[2 * i]);
        duel.runs[2 * i] = NULL;
    }
}

const struct duel duels_of_help[] = {
    {"help: a hand is lowered while a block is given", {gift_prepare, gift_act, gift_strike, gift_verify, 1, 1}},
    {"help: a block is given while the hand is lowered", {gift_prepare, giving_act, giving_strike, gift_verify, 1, 1}},
    {"help: a hand that wants another class is lowered",
     {other_gift_prepare, gift_act, gift_strike, other_gift_verify, 1, 1}},
    {"starved: runs come back during the last resort",
     {starve_prepare, starve_act, starve_strike, duel_verify, 1, LONG_STRIDE}},
    {NULL, {.act = NULL}},
};
