// SPDX-License-Identifier: MIT
// Parts below the spans: hint sets on two levels over a truth of their own, and runs of pages in one word of the map.
#include "arena.h"
#include "scenarios.h"
#include "shadow.h"
#include "snapshot.h"
#include "tiny.h"

#include <stdio.h>
#include <string.h>

#define MEMBERS 130u // three words, and a level above
#define TRUTHS 3u

static const size_t member[TRUTHS] = {0, 1, 64}; // two share a word, one has its own

static struct {
    struct bitset_shape shape;
    struct bitset set;
    word_t *truth; // as many things as each member has
    unsigned given[CPUS_MAX], taken[CPUS_MAX];
} hints;

static void bitset_build(void) {
    bitset_shape_init(&hints.shape, MEMBERS);
    word_t *words = arena_take((hints.shape.total_words + TRUTHS) * sizeof *words, sizeof *words);
    bitset_init(&hints.set, &hints.shape, words);
    hints.truth = words + hints.shape.total_words;
    arena_keep(words, (hints.shape.total_words + TRUTHS) * sizeof *words);
    snapshot_keep(hints.given, world.cpus * sizeof hints.given[0]);
    snapshot_keep(hints.taken, world.cpus * sizeof hints.taken[0]);
}

static void bitset_begin(void) {
    memset(hints.given, 0, sizeof hints.given);
    memset(hints.taken, 0, sizeof hints.taken);
}

static void give(unsigned cpu, unsigned i) {
    hints.given[cpu]++;
    (void)word_add_seq(&hints.truth[i], 1);
    bitset_put(&hints.set, member[i]);
}

// Takes all that the lowest member has, and withdraws it, unless something has come meanwhile.
static void take(unsigned cpu) {
    bool stale = true; // mend at once
    size_t found = bitset_find(&hints.set, 0, &stale);
    unsigned i = 0;
    while (i < TRUTHS && member[i] != found)
        i++;
    if (i == TRUTHS)
        return;
    hints.taken[cpu] += (unsigned)word_swap_seq(&hints.truth[i], 0);
    bitset_drop(&hints.set, found);
    if (word_load_seq(&hints.truth[i]) != 0)
        bitset_put(&hints.set, found);
}

static void bitset_run(unsigned cpu) {
    for (unsigned i = 0; i < world_ops(cpu); i++) {
        call_begin(cpu, cpu % 2 == 0 ? "give" : "take", 100);
        if (cpu % 2 == 0)
            give(cpu, (cpu / 2 + i) % TRUTHS);
        else
            take(cpu);
        call_end(cpu);
    }
}

static bool shown(size_t position) {
    for (unsigned level = 0; level < hints.shape.levels; level++) {
        uint64_t bits = hints.set.words[hints.shape.offset[level] + position / BITS_WORD].value;
        if (!(bits >> position % BITS_WORD & 1))
            return false;
        position /= BITS_WORD;
    }
    return true;
}

static void bitset_finish(void) {
    unsigned left = 0, given = 0, taken = 0;
    for (unsigned cpu = 0; cpu < world.cpus; cpu++) {
        given += hints.given[cpu];
        taken += hints.taken[cpu];
    }
    for (unsigned i = 0; i < TRUTHS; i++) {
        left += (unsigned)hints.truth[i].value;
        if (world.state.frozen == 0 && hints.truth[i].value != 0 && !shown(member[i]))
            world_fail("member %zu has something, and not every level shows it", member[i]);
    }
    if (world.state.frozen == 0 && taken + left != given)
        world_fail("%u given, %u taken, %u left", given, taken, left);
}

static uint64_t bitset_digest(unsigned cpu) {
    return hash_mix(hints.given[cpu], hints.taken[cpu]);
}

static void bitset_name(const void *at, char *name, size_t bytes) {
    size_t index = (size_t)((const word_t *)at - hints.set.words);
    if (index >= hints.shape.total_words)
        (void)snprintf(name, bytes, "truth[%zu]", member[index - hints.shape.total_words]);
    else if (index >= hints.shape.offset[1])
        (void)snprintf(name, bytes, "set level 1 word %zu", index - hints.shape.offset[1]);
    else
        (void)snprintf(name, bytes, "set level 0 word %zu", index);
}

const struct scenario scenario_bitset = {
    .name = "bitset",
    .summary = "even CPUs give to members of a two-level set and put them, odd ones find, take and drop",
    .cpus_least = 2,
    .cpus_most = CPUS_MAX,
    .ops = 1,
    .build = bitset_build,
    .begin = bitset_begin,
    .run = bitset_run,
    .finish = bitset_finish,
    .digest = bitset_digest,
    .name_word = bitset_name,
};

#define RUN_PAGES 8u

static void page_build(void) {
    tiny_build(world.cpus, RUN_PAGES, 0);
}

static size_t take_aligned(struct page_map *map, unsigned order, unsigned cpu) {
    struct page_seat seat = {.word = 0, .way = cpu, .doubt = PAGE_NONE, .fits = PAGE_ORDERS};
    return page_take_aligned(map, order, &seat);
}

static size_t take_pages(unsigned cpu, unsigned turn, size_t *pages) {
    struct page_map *map = &tiny->map.page;
    switch ((cpu + turn) % 3) {
    case 0:
        *pages = 2;
        return take_aligned(map, 1, cpu);
    case 1:
        *pages = 3;
        return page_take_run(map, 3, 1);
    default:
        *pages = 4;
        return page_scan_run(map, 4, 2);
    }
}

static void page_run(unsigned cpu) {
    for (unsigned i = 0; i < world_ops(cpu); i++) {
        size_t pages;
        call_begin(cpu, "take pages", 5000);
        size_t first = take_pages(cpu, i, &pages);
        call_end(cpu);
        if (first == PAGE_NONE)
            continue;
        const void *start = (const void *)(tiny->map.base + (first << PAGE_SHIFT));
        shadow_enter(cpu, start, pages << PAGE_SHIFT);
        shadow_leave(cpu, start, pages << PAGE_SHIFT);
        call_begin(cpu, "give pages", 500);
        if (!page_give(&tiny->map.page, first, pages))
            world_fail("pages that CPU %u gives back were free", cpu);
        call_end(cpu);
    }
}

// The last look through the map takes a whole word: that much a stopped one hides.
static void page_finish(void) {
    tiny_finish(RUN_PAGES);
}

const struct scenario scenario_page = {
    .name = "page",
    .summary = "takes 2, 3 or 4 of 8 pages: an aligned run by hints, any run by hints, or by a look at everything",
    .cpus_least = 1,
    .cpus_most = CPUS_MAX,
    .ops = 1,
    .build = page_build,
    .begin = tiny_begin,
    .run = page_run,
    .finish = page_finish,
    .digest = tiny_digest,
    .name_word = tiny_name_word,
};

static uint64_t kept[CPUS_MAX]; // pages that each CPU holds

// The same pages, in a word of the map that every set of hints names, as it may.
static void page_keep_build(void) {
    page_build();
    for (unsigned order = 0; order < PAGE_ORDERS; order++)
        bitset_put(&tiny->map.page.fit[order], 0);
}

static void page_keep_begin(void) {
    tiny_begin();
    memset(kept, 0, sizeof kept);
}

static size_t take_any(unsigned cpu, struct rng *rng, unsigned order) {
    struct page_map *map = &tiny->map.page;
    const size_t pages = (size_t)1 << order, at = rng_below(rng, RUN_PAGES >> order) << order;
    switch (rng_below(rng, 4)) {
    case 0:
        return take_aligned(map, order, cpu);
    case 1:
        return page_take_run(map, pages, 1);
    case 2:
        return page_scan_run(map, pages, 1);
    default:
        return page_take_at(map, at, pages) ? at : PAGE_NONE;
    }
}

static void give_kept(unsigned cpu) {
    const unsigned first = bits_lowest(kept[cpu]), pages = bits_prefix(kept[cpu] >> first);
    const void *start = (const void *)(tiny->map.base + ((size_t)first << PAGE_SHIFT));
    shadow_leave(cpu, start, (size_t)pages << PAGE_SHIFT);
    kept[cpu] &= ~bits_range(first, pages);
    call_begin(cpu, "give pages", 500);
    if (!page_give(&tiny->map.page, first, pages))
        world_fail("pages that CPU %u gives back were free", cpu);
    call_end(cpu);
}

// Takes runs of any kind and gives some of them back; what is left it keeps.
static void page_keep_run(unsigned cpu) {
    struct rng *rng = &world.cpu[cpu].rng;
    for (unsigned i = 0; i < world_ops(cpu); i++) {
        if (kept[cpu] != 0 && rng_percent(rng, 50)) {
            give_kept(cpu);
            continue;
        }
        const unsigned order = (unsigned)rng_below(rng, 3);
        call_begin(cpu, "take pages", 5000);
        size_t first = take_any(cpu, rng, order);
        call_end(cpu);
        if (first == PAGE_NONE)
            continue;
        kept[cpu] |= bits_range((unsigned)first, 1u << order);
        shadow_enter(cpu, (const void *)(tiny->map.base + (first << PAGE_SHIFT)), PAGE_BYTES << order);
    }
}

// What is kept becomes runs of a page, so that the rules hold.
static void page_keep_finish(void) {
    uint64_t pages = tiny->map.page.free[0].value;
    for (unsigned cpu = 0; cpu < world.cpus; cpu++) {
        pages |= kept[cpu];
        for (uint64_t left = kept[cpu]; left != 0; left &= left - 1)
            (void)heap_run_make(tiny, bits_lowest(left), 1);
        (void)page_count_used(&tiny->map.page, bits_count(kept[cpu]));
    }
    if (world.state.frozen == 0 && pages != bits_low(RUN_PAGES))
        world_fail("lost: of %u pages %#llx are free or kept", RUN_PAGES, (unsigned long long)pages);
    if (world.state.frozen == 0)
        tiny_check();
}

const struct scenario scenario_page_keep = {
    .name = "page-keep",
    .summary = "takes 1, 2 or 4 of 8 pages in any way, gives some back, keeps the rest; all hints are set at first",
    .cpus_least = 1,
    .cpus_most = 8,
    .ops = 3,
    .build = page_keep_build,
    .begin = page_keep_begin,
    .run = page_keep_run,
    .finish = page_keep_finish,
    .name_word = tiny_name_word,
};
