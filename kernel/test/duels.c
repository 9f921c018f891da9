// SPDX-License-Identifier: MIT
// mode=duels: one call of the core stands still, at each of its instructions in turn, while other CPUs make whole calls
// that meet it in the same words. The other CPUs are numbers that the core is given; all runs on the boot CPU, in the
// handler of an interrupt. Whatever the instant, nothing may be lost, in two hands, or hidden from the hints, and in
// the end all memory is back.
#include "heap/heap_state.h"
#include "instant.h"
#include "kheap.h"
#include "modes.h"
#include "print.h"
#include "tap.h"
#include "watchdog.h"

#include "span/span_word.h"

enum { REGION = 1 << 20, CPUS = 3, HOLDS = 4, RUNS_MOST = 64, MEMBERS = 5000 };
enum { ONE_WORD_BYTES = 64, TWO_WORDS_BYTES = 32, RUN_BYTES = 8 * PAGE_BYTES }; // spans of both are a page
enum { LONG_STRIDE = 7, DUEL_SECONDS = 600 };

// Blocks of a word that somebody has.
struct hold {
    uint32_t word;
    uint64_t bits;
};

static struct {
    void *region;
    wfh *heap;
    struct span_map *map;
    size_t free_bytes; // when it was new
    size_t first;      // page of the span that is fought for
    struct hold holds[HOLDS];
    void *runs[RUNS_MOST];
    struct gift gift;
    const char *trouble;
} duel;

static struct span_cpu *cpu(size_t number) {
    return &heap_cache(duel.heap, number)->span;
}

static unsigned class_of(size_t bytes) {
    return size_class_of_kind(duel.map->table.ticket[(bytes - 1) / SIZE_STEP]);
}

static size_t free_bytes(void) {
    struct wfh_stats stats;
    wfh_stats(duel.heap, &stats);
    return stats.free_bytes;
}

static void open(void) {
    duel.heap = NULL;
    enum wfh_error error = wfh_init(duel.region, REGION, CPUS, &duel.heap);
    if (error != WFH_OK)
        panic("no heap for the duels: %s", wfh_strerror(error));
    duel.map = &duel.heap->map;
    duel.free_bytes = free_bytes();
    duel.gift = (struct gift){GIFT_NOTHING, 0};
    duel.trouble = NULL;
    __builtin_memset(duel.holds, 0, sizeof duel.holds);
    __builtin_memset(duel.runs, 0, sizeof duel.runs);
}

static void blame(const char *trouble) {
    if (duel.trouble == NULL)
        duel.trouble = trouble;
}

static void check(void) {
    struct wfh_finding finding;
    if (!wfh_check(duel.heap, &finding))
        blame(finding.rule);
}

// A CPU takes blocks of a word of the span, as of the class of so many bytes.
static void take(size_t who, struct hold *hold, size_t bytes, unsigned index, unsigned most) {
    struct span_order order = {.class = class_of(bytes), .most = most};
    hold->bits = span_take_word(duel.map, cpu(who), &order, duel.first, index);
    hold->word = order.word;
    if (hold->bits != 0 && span_kind(duel.map, duel.first) != span_class(duel.map, order.class)->ticket)
        blame("blocks of another class are taken");
}

static void give(size_t who, struct hold *hold) {
    uint64_t bits = hold->bits;
    hold->bits = 0;
    if (bits != 0)
        span_flush(duel.map, cpu(who), hold->word, bits);
}

// The same where the span stays, empty or not.
static void offer(size_t who, struct hold *hold) {
    uint64_t bits = hold->bits;
    unsigned class = size_class_of_kind(span_kind(duel.map, span_word_page(hold->word)));
    hold->bits = 0;
    if (bits != 0)
        span_offer(duel.map, cpu(who), class, hold->word, bits);
}

// A new span of which CPU 2 has `most` blocks of the first word.
static void open_span(size_t bytes, unsigned most) {
    open();
    struct span_order order = {.class = class_of(bytes), .most = most};
    duel.holds[2].bits = span_supply(duel.map, cpu(2), &order);
    duel.holds[2].word = order.word;
    duel.first = span_word_page(order.word);
}

static const char *verify(void) {
    check();
    for (size_t i = 0; i < HOLDS; i++) // bound: HOLDS
        give(2, &duel.holds[i]);
    for (size_t i = 0; i < RUNS_MOST; i++) // bound: RUNS_MOST
        wfh_free(duel.heap, 2, duel.runs[i]);
    span_sweep_empty(duel.map, cpu(2));
    check();
    if (free_bytes() != duel.free_bytes)
        blame("memory is lost");
    return duel.trouble;
}

// A claim of a word against a publisher and a withdrawal: the word's hints have to be there again.
static void claim_prepare(void) {
    open_span(TWO_WORDS_BYTES, 64);
    take(1, &duel.holds[1], TWO_WORDS_BYTES, 1, 8);
}

static void claim_act(void) {
    take(0, &duel.holds[0], TWO_WORDS_BYTES, 1, 64);
}

static void claim_strike(unsigned nth) {
    if (nth == 0)
        give(1, &duel.holds[1]);
    else
        span_withdraw(duel.map, class_of(TWO_WORDS_BYTES), duel.first);
}

// A withdrawal against a publisher.
static void withdraw_prepare(void) {
    open_span(TWO_WORDS_BYTES, 64);
    take(1, &duel.holds[1], TWO_WORDS_BYTES, 1, 8);
    take(0, &duel.holds[0], TWO_WORDS_BYTES, 1, 64);
}

static void withdraw_act(void) {
    span_withdraw(duel.map, class_of(TWO_WORDS_BYTES), duel.first);
}

// Retiring against one who takes a word and gives it back while another word is in the retirer's hands: the span is
// left without live blocks, and has to be marked.
static void retire_prepare(void) {
    open_span(TWO_WORDS_BYTES, 64);
    take(0, &duel.holds[0], TWO_WORDS_BYTES, 1, 64);
    offer(0, &duel.holds[0]);
    offer(2, &duel.holds[2]);
}

static void retire_act(void) {
    (void)span_retire(duel.map, cpu(0), class_of(TWO_WORDS_BYTES), duel.first);
}

static void retire_strike(unsigned nth) {
    if (nth == 0)
        take(1, &duel.holds[1], TWO_WORDS_BYTES, 1, 64);
    else
        give(1, &duel.holds[1]);
}

// Somebody makes the empty span one of another class, of which one word is free.
static void retype_prepare(void) {
    open_span(ONE_WORD_BYTES, 64);
    offer(2, &duel.holds[2]);
}

static void retype_strike(unsigned nth) {
    (void)nth;
    if (!span_retire(duel.map, cpu(1), class_of(ONE_WORD_BYTES), duel.first) ||
        !page_take_at(&duel.map->page, duel.first, 1))
        return;
    span_count(duel.map, cpu(1), 1);
    struct span_order order = {.class = class_of(TWO_WORDS_BYTES), .most = 64};
    duel.holds[1].bits = span_make(duel.map, cpu(1), &order, duel.first);
    duel.holds[1].word = order.word;
    take(2, &duel.holds[3], TWO_WORDS_BYTES, 1, 64);
    offer(1, &duel.holds[1]);
}

static void retire_retyped_act(void) {
    (void)span_retire(duel.map, cpu(0), class_of(ONE_WORD_BYTES), duel.first);
}

static void claim_retyped_act(void) {
    take(0, &duel.holds[0], ONE_WORD_BYTES, 0, 64);
}

// The last blocks go back while somebody looks for empty spans.
static void last_prepare(void) {
    open_span(TWO_WORDS_BYTES, 64);
}

static void last_act(void) {
    offer(2, &duel.holds[2]);
}

static void last_strike(unsigned nth) {
    (void)nth;
    (void)span_retire(duel.map, cpu(1), class_of(TWO_WORDS_BYTES), duel.first);
}

// One who finds a mark at a span that is in use takes it away while the last blocks come back.
static void unmark_prepare(void) {
    open_span(TWO_WORDS_BYTES, 64);
    bitset_put(&duel.map->empty, duel.first);
}

static void unmark_act(void) {
    (void)span_scavenge(duel.map, cpu(0), 1);
}

static void unmark_strike(unsigned nth) {
    (void)nth;
    offer(2, &duel.holds[2]);
}

// One who no longer needs help, and one who gives it. The wish is for the class whose blocks come back, or another one.
static void gift_prepare_for(size_t bytes) {
    open_span(TWO_WORDS_BYTES, 64);
    take(1, &duel.holds[1], TWO_WORDS_BYTES, 1, 8);
    gift_ask(&duel.map->help, 0, (struct gift_wish){.class = class_of(bytes)});
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
    give(1, &duel.holds[1]);
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
    unsigned bit, class = class_of(bytes);
    if (span_kind(duel.map, span_page_of(duel.map, block)) != span_class(duel.map, class)->ticket) {
        blame("a gift is of another class");
        return;
    }
    duel.holds[3].word = span_locate(duel.map, span_class(duel.map, class), block, &bit);
    duel.holds[3].bits = bits_one(bit);
}

static const char *gift_verify(void) {
    hold_gift(TWO_WORDS_BYTES);
    return verify();
}

static const char *other_gift_verify(void) {
    hold_gift(ONE_WORD_BYTES);
    return verify();
}

// A page is taken from a word of the map while others come back to it, so that it is found by the same length again.
static void page_prepare(void) {
    open();
    struct page_map *page = &duel.map->page;
    duel.first = page_take_run(page, BITS_WORD, BITS_WORD);
    (void)page_give(page, duel.first, 2);
    span_count(duel.map, cpu(0), BITS_WORD - 1);
}

static void page_act(void) {
    struct page_seat seat = {.word = duel.first / BITS_WORD, .way = 0, .doubt = PAGE_NONE};
    if (page_take_aligned(&duel.map->page, 0, &seat) != duel.first)
        blame("the page that lies nearest is not taken");
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
        blame(finding.rule);
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
        blame("a member is not found by the one who has just put it");
}

static const char *hint_verify(void) {
    if (bitset_next(&hints, 0) != MEMBERS - 2)
        blame("a member that was put is not found");
    return duel.trouble;
}

// One who finds no memory, and one who gives some: a gift that came although there was enough goes back.
static void starve_prepare(void) {
    open();
    size_t count = 0;
    for (void *p; (p = wfh_alloc(duel.heap, 1, RUN_BYTES, 8)) != NULL;) // bound: RUNS_MOST
        duel.runs[count++] = p;
}

static void starve_act(void) {
    duel.runs[RUNS_MOST - 1] = wfh_alloc(duel.heap, 0, RUN_BYTES, 8);
}

static void starve_strike(unsigned nth) {
    (void)nth;
    for (size_t i = 0; i < 3; i++) { // bound: 3
        wfh_free(duel.heap, 1, duel.runs[2 * i]);
        duel.runs[2 * i] = NULL;
    }
}

static const struct duel {
    const char *name;
    struct instant at;
} duels[] = {
    {"hints: a member goes, another of its word comes", {hint_prepare, hint_act, hint_strike, hint_verify, 1, 1}},
    {"hints: a member is put by two", {same_hint_prepare, same_hint_act, same_hint_strike, hint_verify, 1, 1}},
    {"page: one is taken, others of its word come back", {page_prepare, page_act, page_strike, page_verify, 1, 1}},
    {"span: a word is taken, published, and the span withdrawn",
     {claim_prepare, claim_act, claim_strike, verify, 2, 2}},
    {"span: withdrawn while a word is published", {withdraw_prepare, withdraw_act, gift_strike, verify, 1, 1}},
    {"span: retired while a word goes and comes", {retire_prepare, retire_act, retire_strike, verify, 2, 3}},
    {"span: retired while it becomes another class's",
     {retype_prepare, retire_retyped_act, retype_strike, verify, 1, 1}},
    {"span: a word is taken while it becomes another class's",
     {retype_prepare, claim_retyped_act, retype_strike, verify, 1, 1}},
    {"span: retired by another while the last blocks come", {last_prepare, last_act, last_strike, verify, 1, 1}},
    {"span: a mark goes while the last blocks come", {unmark_prepare, unmark_act, unmark_strike, verify, 1, 1}},
    {"help: a hand is lowered while a block is given", {gift_prepare, gift_act, gift_strike, gift_verify, 1, 1}},
    {"help: a block is given while the hand is lowered", {gift_prepare, giving_act, giving_strike, gift_verify, 1, 1}},
    {"help: a hand that wants another class is lowered",
     {other_gift_prepare, gift_act, gift_strike, other_gift_verify, 1, 1}},
    {"starved: runs come back during the last resort",
     {starve_prepare, starve_act, starve_strike, verify, 1, LONG_STRIDE}},
};
static const struct duel *fought;

static void fight(void) {
    if (instant_sweep(&fought->at))
        print("# %u instants\n", instant_coverage().tried);
}

bool duels_main(void) {
    duel.region = kheap_alloc(REGION, PAGE_BYTES);
    instant_begin();
    tap_begin();
    for (size_t i = 0; i < sizeof duels / sizeof duels[0]; i++) { // bound: the duels
        watchdog_expect(duels[i].name, DUEL_SECONDS);
        fought = &duels[i];
        tap_test(fought->name, fight);
    }
    instant_end();
    return tap_end();
}
