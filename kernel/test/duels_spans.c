// SPDX-License-Identifier: MIT
// Duels over a span: its words, their hints, its count and its kind.
#include "duel.h"
#include "span/span_word.h"

// A claim of a word against a publisher and a withdrawal: the word's hints have to be there again.
static void claim_prepare(void) {
    duel_open_span(TWO_WORDS_BYTES, 64);
    duel_take(1, &duel.holds[1], TWO_WORDS_BYTES, 1, 8);
}

static void claim_act(void) {
    duel_take(0, &duel.holds[0], TWO_WORDS_BYTES, 1, 64);
}

static void claim_strike(unsigned nth) {
    if (nth == 0)
        duel_give(1, &duel.holds[1]);
    else
        span_withdraw(duel.map, duel_class(TWO_WORDS_BYTES), duel.first);
}

// A withdrawal against a publisher.
static void withdraw_prepare(void) {
    duel_open_span(TWO_WORDS_BYTES, 64);
    duel_take(1, &duel.holds[1], TWO_WORDS_BYTES, 1, 8);
    duel_take(0, &duel.holds[0], TWO_WORDS_BYTES, 1, 64);
}

static void withdraw_act(void) {
    span_withdraw(duel.map, duel_class(TWO_WORDS_BYTES), duel.first);
}

// Retiring against one who takes a word and gives it back while another word is in the retirer's hands: the span is
// left without live blocks, and has to be marked.
static void retire_prepare(void) {
    duel_open_span(TWO_WORDS_BYTES, 64);
    duel_take(0, &duel.holds[0], TWO_WORDS_BYTES, 1, 64);
    duel_offer(0, &duel.holds[0]);
    duel_offer(2, &duel.holds[2]);
}

static void retire_act(void) {
    (void)span_retire(duel.map, duel_cpu(0), duel_class(TWO_WORDS_BYTES), duel.first);
}

static void retire_strike(unsigned nth) {
    if (nth == 0)
        duel_take(1, &duel.holds[1], TWO_WORDS_BYTES, 1, 64);
    else
        duel_give(1, &duel.holds[1]);
}

// Somebody makes the empty span one of another class, of which one word is free.
static void retype_prepare(void) {
    duel_open_span(ONE_WORD_BYTES, 64);
    duel_offer(2, &duel.holds[2]);
}

static void retype_strike(unsigned nth) {
    (void)nth;
    if (!span_retire(duel.map, duel_cpu(1), duel_class(ONE_WORD_BYTES), duel.first) ||
        !page_take_at(&duel.map->page, duel.first, 1))
        return;
    span_count(duel.map, duel_cpu(1), 1);
    struct span_order order = {.class = duel_class(TWO_WORDS_BYTES), .most = 64};
    duel.holds[1].bits = span_make(duel.map, duel_cpu(1), &order, duel.first);
    duel.holds[1].word = order.word;
    duel_take(2, &duel.holds[3], TWO_WORDS_BYTES, 1, 64);
    duel_offer(1, &duel.holds[1]);
}

static void retire_retyped_act(void) {
    (void)span_retire(duel.map, duel_cpu(0), duel_class(ONE_WORD_BYTES), duel.first);
}

static void claim_retyped_act(void) {
    duel_take(0, &duel.holds[0], ONE_WORD_BYTES, 0, 64);
}

// The last blocks go back while somebody looks for empty spans.
static void last_prepare(void) {
    duel_open_span(TWO_WORDS_BYTES, 64);
}

static void last_act(void) {
    duel_offer(2, &duel.holds[2]);
}

static void last_strike(unsigned nth) {
    (void)nth;
    (void)span_retire(duel.map, duel_cpu(1), duel_class(TWO_WORDS_BYTES), duel.first);
}

// One who finds a mark at a span that is in use takes it away while the last blocks come back.
static void unmark_prepare(void) {
    duel_open_span(TWO_WORDS_BYTES, 64);
    bitset_put(&duel.map->empty, duel.first);
}

static void unmark_act(void) {
    (void)span_scavenge(duel.map, duel_cpu(0), 1);
}

static void unmark_strike(unsigned nth) {
    (void)nth;
    duel_offer(2, &duel.holds[2]);
}

const struct duel duels_of_spans[] = {
    {"span: a word is taken, published, and the span withdrawn",
     {claim_prepare, claim_act, claim_strike, duel_verify, 2, 2}},
    {"span: withdrawn while a word is published", {withdraw_prepare, withdraw_act, claim_strike, duel_verify, 1, 1}},
    {"span: retired while a word goes and comes", {retire_prepare, retire_act, retire_strike, duel_verify, 2, 3}},
    {"span: retired while it becomes another class's",
     {retype_prepare, retire_retyped_act, retype_strike, duel_verify, 1, 1}},
    {"span: a word is taken while it becomes another class's",
     {retype_prepare, claim_retyped_act, retype_strike, duel_verify, 1, 1}},
    {"span: retired by another while the last blocks come", {last_prepare, last_act, last_strike, duel_verify, 1, 1}},
    {"span: a mark goes while the last blocks come", {unmark_prepare, unmark_act, unmark_strike, duel_verify, 1, 1}},
    {NULL, {.act = NULL}},
};
