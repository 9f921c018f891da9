// SPDX-License-Identifier: MIT
// The verifier under test: it accepts a heap in full use, and finds every way of damaging one that breaks a rule.
#include "expect.h"
#include "heap/heap_state.h"
#include "stress/support/rng.h"
#include "stress/support/world.h"

#define BLOCKS 2000u

static struct world world;
static void *blocks[BLOCKS];
static struct wfh_finding finding;

// Small blocks and runs, some of them freed again, so that spans, runs, free pages and caches all have contents.
static void check_setup(void) {
    struct rng rng = {23};
    world_init(&world, (size_t)16 << 20, 0, 2, 1);
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = wfh_alloc(world.heap, i % 2, rng_log_uniform(&rng, i % 50 == 0 ? 100000 : 3000), 8);
        cr_assert_not_null(blocks[i]);
    }
    for (size_t i = 0; i < BLOCKS; i += 3) {
        wfh_free(world.heap, i / 3 % 2, blocks[i]);
        blocks[i] = NULL;
    }
    cr_assert(wfh_check(world.heap, &finding), "a sound heap breaks '%s'", finding.rule);
}

TestSuite(check, .init = check_setup, .timeout = 60);

static struct span_map *map(void) {
    return &world.heap->map;
}

// Damages a word, expects to be told of it, repairs it, and expects silence.
static void must_find(word_t *word, uint64_t damage, const char *what) {
    uint64_t sound = word_load_relaxed(word);
    word_store_relaxed(word, sound ^ damage);
    finding = (struct wfh_finding){NULL, NULL, 0, 0};
    EXPECT(!wfh_check(world.heap, &finding), "%s (bits %lx) is not found", what, damage);
    EXPECT(finding.rule != NULL && finding.address != NULL && finding.want != finding.have, "%s: a poor finding", what);
    word_store_relaxed(word, sound);
    EXPECT(wfh_check(world.heap, &finding), "after repair of %s: '%s'", what, finding.rule);
}

static void must_find_kind(size_t page, uint64_t damage, const char *what) {
    tag_t *kind = &map()->kind[page];
    uint16_t sound = tag_load_relaxed(kind);
    tag_store_relaxed(kind, (uint16_t)(sound ^ damage));
    EXPECT(!wfh_check(world.heap, &finding), "%s (bits %lx) is not found", what, damage);
    tag_store_relaxed(kind, sound);
    EXPECT(wfh_check(world.heap, &finding), "after repair of %s: '%s'", what, finding.rule);
}

// The first page of the first span, or of the first run.
static size_t first_page_of(bool span) {
    size_t page = 0;
    while (page < map()->pages) {
        uint64_t kind = tag_load_relaxed(&map()->kind[page]);
        if (span ? kind_is_class(kind) : kind == KIND_RUN) {
            break;
        }
        page++;
    }
    EXPECT(page < map()->pages, "no span or no run in use");
    return page;
}

static size_t some_span(void) {
    return first_page_of(true);
}

static size_t some_run(void) {
    return first_page_of(false);
}

Test(check, block_bits) {
    size_t page = some_span();
    for (unsigned bit = 0; bit < 64; bit++) { // a live or cached block that is free as well, or one that is lost
        must_find(&map()->bits[page * SPAN_WORDS], UINT64_C(1) << bit, "a flipped block bit");
    }
    must_find(&map()->bits[some_run() * SPAN_WORDS], 1, "a block bit in a run");
    size_t length = 0, free_page = page_next_run(&map()->page, 0, &length);
    must_find(&map()->bits[free_page * SPAN_WORDS + 3], 8, "a block bit in a free page");
}

Test(check, counts) {
    size_t page = some_span();
    must_find(&map()->state[page], UINT64_C(1) << SPAN_LIVE_SHIFT, "live changed by one");
    must_find(&map()->state[page], UINT64_C(64) << SPAN_LIVE_SHIFT, "live changed by 64");
    must_find(&map()->state[some_run()], UINT64_C(1) << SPAN_LIVE_SHIFT, "a run's length changed");
    must_find(&map()->state[some_run()], UINT64_C(1) << 50, "a run beyond the end of the heap");
    must_find(map()->page.used, 1, "the count of used pages");
    must_find(map()->help.count, 1, "a raised hand");
}

Test(check, kinds) {
    for (uint64_t damage = 1; damage < 1 << 13; damage *= 2) {
        must_find_kind(some_span(), damage, "a span's kind");
        must_find_kind(some_run(), damage, "a run's kind");
        must_find_kind(some_run() + 1, damage, "the kind of a page inside a run");
    }
    size_t length = 0, free_page = page_next_run(&map()->page, 0, &length);
    must_find_kind(free_page, KIND_RUN, "a free page that is called a run");
}

Test(check, pages) {
    size_t length = 0, free_page = page_next_run(&map()->page, 0, &length);
    size_t places[] = {some_span(), some_run(), some_run() + 1, free_page};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        uint64_t bit = UINT64_C(1) << places[i] % 64;
        must_find(&map()->page.free[places[i] / 64], bit, "a page free or taken behind its user's back");
        must_find(&map()->page.admitted[places[i] / 64], bit, "a page in use that is no memory");
    }
}

Test(check, hints) {
    size_t length = 0, free_word = page_next_run(&map()->page, 0, &length) / 64;
    unsigned order = bits_order(word_load_relaxed(&map()->page.free[free_word]));
    struct bitset *fit = &map()->page.fit[order];
    must_find(&fit->words[free_word / 64], UINT64_C(1) << free_word % 64, "free pages without a hint");
    // Upper levels: a set's second level shows its only word.
    must_find(&fit->words[0], word_load_relaxed(&fit->words[0]), "a hint set emptied");
    for (size_t page = 0; page < map()->pages; page++) {
        uint64_t kind = tag_load_relaxed(&map()->kind[page]);
        if (!kind_is_class(kind) || word_load_relaxed(&map()->bits[page * SPAN_WORDS]) == 0) {
            continue;
        }
        unsigned class = size_class_of_kind(kind);
        size_t member = page >> map()->table.classes[class].order;
        must_find(&map()->partial[class].words[member / 64], UINT64_C(1) << member % 64, "a span without a hint");
        must_find(&map()->state[page], 1, "a span's sum that misses a word");
        return;
    }
    cr_assert_fail("no span has a free block");
}

// Where CPU 0's cache keeps the address of a block that was just freed.
static void **place_in_cache(const void *freed) {
    void **words = (void **)(void *)heap_cache(world.heap, 0)->magazines;
    size_t count = sizeof heap_cache(world.heap, 0)->magazines / sizeof *words, i = 0;
    while (i < count && words[i] != freed) {
        i++;
    }
    EXPECT(i < count, "the freed block is in no magazine");
    return &words[i];
}

Test(check, magazines) {
    char *freed = wfh_alloc(world.heap, 0, 48, 8);
    wfh_free(world.heap, 0, freed);
    void **place = place_in_cache(freed);
    void *impostors[] = {freed + 1, freed + 16, &world, (void *)(map()->base + (some_run() << PAGE_SHIFT)), blocks[1]};
    for (size_t i = 0; i < sizeof impostors / sizeof impostors[0]; i++) {
        *place = impostors[i];
        EXPECT(!wfh_check(world.heap, &finding), "impostor %zu in a magazine is not found", i);
        *place = freed;
        EXPECT(wfh_check(world.heap, &finding), "after repair: '%s'", finding.rule);
    }
}

Test(check, stashes) {
    for (size_t cpu = 0; cpu < world.cpus; cpu++) {
        struct stash *stash = &heap_cache(world.heap, cpu)->stash;
        for (unsigned i = 0; i < STASH_PLACES; i++) {
            struct stash_entry *entry = &stash->entries[i];
            if (entry->word == STASH_NONE) {
                continue;
            }
            uint64_t sound = entry->bits;
            entry->bits = sound & (sound - 1);
            EXPECT(!wfh_check(world.heap, &finding), "a block lost from a stash is not found");
            entry->bits = sound | word_load_relaxed(&map()->bits[entry->word]);
            EXPECT(entry->bits == sound || !wfh_check(world.heap, &finding), "a free block in a stash is not found");
            entry->bits = sound;
            EXPECT(wfh_check(world.heap, &finding), "after repair: '%s'", finding.rule);
            return;
        }
    }
    cr_assert_fail("all stashes are empty");
}
