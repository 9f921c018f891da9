// SPDX-License-Identifier: MIT
// mode=duels, and what all duels share; see duel.h.
#include "duel.h"
#include "kheap.h"
#include "options.h"
#include "print.h"
#include "tap.h"
#include "tests.h"
#include "watchdog.h"

#include "span/span_word.h"

enum { REGION = 1 << 20, DUEL_SECONDS = 600 };

struct duel_scene duel;

struct span_cpu *duel_cpu(size_t number) {
    return &heap_cache(duel.heap, number)->span;
}

unsigned duel_class(size_t bytes) {
    return size_class_of_kind(duel.map->table.ticket[(bytes - 1) / SIZE_STEP]);
}

static size_t free_bytes(void) {
    struct wfh_stats stats;
    wfh_stats(duel.heap, &stats);
    return stats.free_bytes;
}

void duel_open(void) {
    duel.heap = NULL;
    enum wfh_error error = wfh_init(duel.region, REGION, DUEL_CPUS, &duel.heap);
    if (error != WFH_OK)
        panic("no heap for the duels: %s", wfh_strerror(error));
    duel.map = &duel.heap->map;
    duel.free_bytes = free_bytes();
    duel.gift = (struct gift){GIFT_NOTHING, 0};
    duel.trouble = NULL;
    __builtin_memset(duel.holds, 0, sizeof duel.holds);
    __builtin_memset(duel.runs, 0, sizeof duel.runs);
}

void duel_blame(const char *trouble) {
    if (duel.trouble == NULL)
        duel.trouble = trouble;
}

static void check(void) {
    struct wfh_finding finding;
    if (!wfh_check(duel.heap, &finding))
        duel_blame(finding.rule);
}

void duel_take(size_t who, struct hold *hold, size_t bytes, unsigned index, unsigned most) {
    struct span_order order = {.class = duel_class(bytes), .most = most};
    hold->bits = span_take_word(duel.map, duel_cpu(who), &order, duel.first, index);
    hold->word = order.word;
    if (hold->bits != 0 && span_kind(duel.map, duel.first) != span_class(duel.map, order.class)->ticket)
        duel_blame("blocks of another class are taken");
}

void duel_give(size_t who, struct hold *hold) {
    uint64_t bits = hold->bits;
    hold->bits = 0;
    if (bits != 0)
        span_flush(duel.map, duel_cpu(who), hold->word, bits);
}

void duel_offer(size_t who, struct hold *hold) {
    uint64_t bits = hold->bits;
    unsigned class = size_class_of_kind(span_kind(duel.map, span_word_page(hold->word)));
    hold->bits = 0;
    if (bits != 0)
        span_offer(duel.map, duel_cpu(who), class, hold->word, bits);
}

void duel_open_span(size_t bytes, unsigned most) {
    duel_open();
    struct span_order order = {.class = duel_class(bytes), .most = most};
    duel.holds[2].bits = span_supply(duel.map, duel_cpu(2), &order);
    duel.holds[2].word = order.word;
    duel.first = span_word_page(order.word);
}

const char *duel_verify(void) {
    check();
    for (size_t i = 0; i < DUEL_HOLDS; i++) // bound: DUEL_HOLDS
        duel_give(2, &duel.holds[i]);
    for (size_t i = 0; i < DUEL_RUNS; i++) // bound: DUEL_RUNS
        wfh_free(duel.heap, 2, duel.runs[i]);
    span_sweep_empty(duel.map, duel_cpu(2));
    check();
    if (free_bytes() != duel.free_bytes)
        duel_blame("memory is lost");
    return duel.trouble;
}

static const struct duel *fought;

static void fight(void) {
    if (instant_sweep(&fought->at))
        print("# %u instants\n", instant_coverage().tried);
}

static void fight_all(const struct duel *duels) {
    for (fought = duels; fought->name != NULL; fought++) { // bound: the duels
        watchdog_expect(fought->name, DUEL_SECONDS);
        tap_test(fought->name, fight);
    }
}

bool duels_main(void) {
    duel.region = kheap_alloc(REGION, PAGE_BYTES);
    instant_begin();
    tap_begin();
    fight_all(duels_of_hints);
    fight_all(duels_of_spans);
    fight_all(duels_of_help);
    instant_end();
    return tap_end();
}
