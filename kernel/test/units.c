// SPDX-License-Identifier: MIT
// Parts of the core by themselves: words of bits, sets of hints, and runs of pages, the latter two by all CPUs at once.
#include "arch.h"
#include "bits/bits.h"
#include "bitset/bitset.h"
#include "cpus.h"
#include "kheap.h"
#include "options.h"
#include "page/page.h"
#include "random.h"
#include "tap.h"
#include "tests.h"

enum { PATTERN_BITS = 10, STEPS = 40000, MEMBERS = 5000, PAGES = 1 << 12, HELD = 8, RUN_MOST = 100 };

// The length of the run of set bits that begins at a position.
static unsigned run_at(uint64_t x, unsigned at) {
    unsigned length = 0;
    while (at + length < 64 && x >> (at + length) & 1) // bound: 64
        length++;
    return length;
}

static void expect_word(uint64_t x) {
    unsigned order = BITS_ORDER_NONE, count = 0;
    uint64_t runs_of_3 = 0, aligned_4 = 0;
    for (unsigned at = 0; at < 64; at++) { // bound: 64
        unsigned length = run_at(x, at);
        count += x >> at & 1;
        runs_of_3 |= (uint64_t)(length >= 3) << at;
        aligned_4 |= (uint64_t)(length >= 4 && at % 4 == 0) << at;
        for (unsigned k = 0; k <= 6; k++) // bound: 7
            order = at % (1u << k) == 0 && length >= 1u << k && (order == BITS_ORDER_NONE || k > order) ? k : order;
    }
    tap_expect(bits_count(x) == count && bits_order(x) == order, "bits of %lx", x);
    tap_expect(bits_runs(x, 3) == runs_of_3 && bits_aligned_runs(x, 2) == aligned_4, "runs of %lx", x);
}

void test_bits(void) {
    expect_word(0);
    expect_word(BITS_ALL);
    for (uint64_t pattern = 1; pattern < 1u << PATTERN_BITS; pattern++) { // bound: 2^PATTERN_BITS
        expect_word(pattern << pattern % (64 - PATTERN_BITS));
        expect_word(~(pattern << pattern % (64 - PATTERN_BITS)));
    }
}

// Members are dealt out to CPUs in turn, so that all write every word; each CPU knows what its own should be.
static void change_members(void *arg) {
    const struct bitset *set = arg;
    size_t cpus = cpus_count(), me = cpu_self()->index, own = (MEMBERS - 1 - me) / cpus + 1;
    uint64_t random = options.seed + me;
    for (size_t i = 0; i < STEPS / cpus; i++) { // bound: STEPS
        size_t member = me + cpus * random_below(&random, (uint32_t)own);
        if (bitset_has(set, member))
            bitset_drop(set, member);
        else
            bitset_put(set, member);
    }
    for (size_t member = me; member < MEMBERS; member += cpus) { // bound: MEMBERS
        bool wanted = member % 3 == 0 && member / 512 % 2 == 0;
        if (wanted)
            bitset_put(set, member);
        else if (bitset_has(set, member))
            bitset_drop(set, member);
    }
}

void test_bitset(void) {
    struct bitset_shape shape;
    bitset_shape_init(&shape, MEMBERS);
    struct bitset set;
    bitset_init(&set, &shape, kheap_zalloc(shape.total_words * sizeof(word_t), CPU_LINE_BYTES));
    cpus_run(change_members, &set);
    size_t next = bitset_next(&set, 0);
    for (size_t member = 0; member < MEMBERS; member++) { // bound: MEMBERS
        bool wanted = member % 3 == 0 && member / 512 % 2 == 0;
        tap_expect(bitset_has(&set, member) == wanted, "member %zu should be %s", member, wanted ? "in" : "out");
        tap_expect((next == member) == wanted, "the search from %zu finds %zu", member, next);
        next = wanted ? bitset_next(&set, member + 1) : next;
    }
    tap_expect(next == BITSET_NONE, "the search finds %zu beyond the last member", next);
    kheap_free(set.words);
}

static struct {
    struct page_map map;
    unsigned char *owned; // a byte a page
} pages;

struct page_run {
    size_t first, n;
};

static void own(struct page_run run, unsigned char from, unsigned char to) {
    for (size_t i = run.first; i < run.first + run.n; i++) { // bound: RUN_MOST
        // relaxed: a mark for this test alone
        unsigned char was = __atomic_exchange_n(&pages.owned[i], to, __ATOMIC_RELAXED);
        tap_expect(was == from, "page %zu is %s", i, was ? "taken twice" : "lost");
    }
}

static void take_pages(struct page_run *run, uint64_t *random) {
    unsigned order = random_below(random, PAGE_ORDERS);
    run->n = order == 0 ? 1 + random_below(random, RUN_MOST) : (size_t)1 << order;
    struct page_seat seat = {.word = random_below(random, PAGES / 64), .way = cpu_self()->index, .doubt = PAGE_NONE};
    seat.fits = PAGE_ORDERS; // or so it thinks
    run->first = order == 0 ? page_take_run(&pages.map, run->n, 1) : page_take_aligned(&pages.map, order, &seat);
    if (run->first == PAGE_NONE) {
        run->n = 0;
        return;
    }
    tap_expect(order == 0 || run->first % run->n == 0, "pages from %zu on are not aligned to %zu", run->first, run->n);
    own(*run, 0, 1);
}

static void give_pages(struct page_run *run) {
    own(*run, 1, 0);
    tap_expect(page_give(&pages.map, run->first, run->n), "pages from %zu on were free already", run->first);
    run->n = 0;
}

static void change_pages(void *arg) {
    (void)arg;
    struct page_run held[HELD] = {{0, 0}};
    uint64_t random = options.seed + cpu_self()->index;
    for (size_t i = 0; i < STEPS / 4 / cpus_count(); i++) { // bound: STEPS
        struct page_run *run = &held[random_below(&random, HELD)];
        if (run->n == 0)
            take_pages(run, &random);
        else
            give_pages(run);
    }
    for (size_t i = 0; i < HELD; i++) // bound: HELD
        if (held[i].n != 0)
            give_pages(&held[i]);
}

void test_pages(void) {
    word_t *storage = kheap_zalloc(page_storage_words(PAGES) * sizeof(word_t), CPU_LINE_BYTES);
    pages.owned = kheap_zalloc(PAGES, CPU_LINE_BYTES);
    page_init(&pages.map, PAGES, 0, storage);
    tap_expect(page_admit(&pages.map, 0, PAGES) && page_give(&pages.map, 0, PAGES), "new pages are not taken");
    cpus_run(change_pages, NULL);
    size_t length, first = page_next_run(&pages.map, 0, &length);
    tap_expect(first == 0 && length == PAGES, "of %d pages, %zu are back in a row from %zu on", PAGES, length, first);
    tap_expect(page_take_run(&pages.map, PAGES, 1) == 0, "all pages in one run are not found");
    kheap_free(pages.owned);
    kheap_free(storage);
}
