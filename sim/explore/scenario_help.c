// SPDX-License-Identifier: MIT
// The helped supply on a few pages: CPU 0 finds nothing, raises its hand and looks at everything; the others give back
// what they hold, and take again. What is given back by a call that begins and ends while the hand is up must not pass
// the hungry one by.
#include "account.h"
#include "arena.h"
#include "heap/steps.h"
#include "path.h"
#include "scenarios.h"
#include "snapshot.h"
#include "tiny.h"

#include <string.h>

#define HIDDEN_PAGES 3u // by a stopped call: a span in its hands, one out of the hints, a gift
#define LEVELS 1u

static unsigned class;
static word_t *start;               // of every call that gives back
static struct hand given[CPUS_MAX]; // before the schedule begins
static struct {
    unsigned raises;           // of CPU 0, so far
    bool early[CPUS_MAX];      // by giver: its call was over before the first
    unsigned served[CPUS_MAX]; // by giver: the raise during which a whole call of it gave something back
} hungry;

// CPU 0 will want blocks of `size`, the others hold some of `given_size`, of one word each.
static void build(unsigned pages, size_t size, size_t given_size, unsigned blocks) {
    tiny_build(world.cpus, pages, 0);
    const unsigned of = tiny_class(given_size);
    class = tiny_class(size);
    snapshot_keep(&hungry, sizeof hungry);
    start = arena_take(sizeof *start, sizeof *start);
    for (unsigned cpu = 1; cpu < world.cpus; cpu++) {
        struct span_order order = {.class = of, .most = blocks};
        given[cpu] = (struct hand){.class = of, .bits = span_supply(&tiny->map, tiny_me(cpu), &order)};
        given[cpu].word = order.word;
    }
}

static void begin(void) {
    tiny_begin();
    memset(&hungry, 0, sizeof hungry);
    for (unsigned cpu = 1; cpu < world.cpus; cpu++)
        tiny_hold(cpu, &given[cpu]);
}

static struct hand hand_of(const struct span_order *order, uint64_t bits) {
    return (struct hand){.class = class, .word = order->word, .bits = bits};
}

// A gift as blocks in hand, or given back if there are some already.
static struct hand accept(unsigned cpu, struct span_order *order, struct gift gift, struct hand found) {
    unsigned bit;
    struct hand block = {.class = class};
    if (gift.kind == GIFT_BLOCK) {
        const void *at = (const void *)(tiny->map.base + gift.where);
        block.word = span_locate(&tiny->map, &tiny->map.table.classes[class], at, &bit);
        block.bits = bits_one(bit);
        if (found.bits == 0)
            return block;
        span_flush(&tiny->map, tiny_me(cpu), block.word, block.bits);
    } else if (gift.kind == GIFT_SPAN_PAGES && found.bits == 0) {
        uint64_t bits = span_make(&tiny->map, tiny_me(cpu), order, gift.where);
        return hand_of(order, bits);
    } else if (gift.kind == GIFT_SPAN_PAGES) {
        span_give_pages(&tiny->map, tiny_me(cpu), gift.where, 1);
    }
    return found;
}

// As heap_starve does, without cache and runs.
static struct hand starve(unsigned cpu) {
    struct span_map *map = &tiny->map;
    struct span_order order = {.class = class, .most = 1};
    uint64_t bits = span_supply(map, tiny_me(cpu), &order);
    if (bits == 0)
        bits = span_supply_exhaustive(map, tiny_me(cpu), &order);
    if (bits != 0)
        return hand_of(&order, bits);
    hungry.raises++;
    gift_ask(&map->help, cpu, (struct gift_wish){.class = class, .order = 0, .pages = 0});
    bits = span_supply_exhaustive(map, tiny_me(cpu), &order);
    struct hand found = hand_of(&order, bits);
    return accept(cpu, &order, gift_take(&map->help, cpu), found);
}

// The raise of the hand that is up now, 0 if none is: no part of the state that the core goes by.
static unsigned hand_up(void) {
    return tiny->map.help.count->value != 0 ? hungry.raises : 0;
}

// Whether somebody gave something back while the hand was up, from the call's beginning to its end.
static bool was_served(void) {
    bool served = false;
    for (unsigned cpu = 0; cpu < world.cpus; cpu++)
        served |= hungry.raises != 0 && hungry.served[cpu] == hungry.raises;
    return served;
}

// Whether all that the others give back was there before the hand was up, and in nobody's hands.
static bool was_early(void) {
    bool early = world.ops == 1; // else they take again
    for (unsigned cpu = 1; cpu < world.cpus; cpu++)
        early = early && hungry.early[cpu];
    return early;
}

static void run_hungry(unsigned cpu) {
    const size_t others = (size_t)(world.cpus - 1) * 3 * PAGE_BYTES;
    const unsigned before = hungry.raises;
    call_begin(cpu, "starve", HEAP_LAST_RESORT_STEPS(LEVELS, (size_t)TINY_PAGES, (size_t)1));
    account_want(cpu, class, 0);
    struct hand hand = starve(cpu);
    size_t least = account_least(cpu);
    call_end(cpu);
    if (hand.bits == 0 && hungry.raises != before && was_served())
        world_fail("a false NULL: CPU %u found nothing, though a call gave back while its hand was up", cpu);
    if (hand.bits == 0 && hungry.raises != before && was_early())
        world_fail("a false NULL: CPU %u found nothing, though the others had given back before it raised its hand",
                   cpu);
    if (hand.bits == 0 && least >= others && least > 0)
        world_fail("a false NULL: CPU %u found nothing, though %zu bytes were free all the time", cpu, least);
    if (hand.bits == 0)
        return;
    tiny_hold(cpu, &hand);
    tiny_flush(cpu, &hand);
}

// Gives back, and notes it if all of that happened while the hand was up.
static void give_back(unsigned cpu, const struct hand *hand) {
    (void)word_load_relaxed(start); // relaxed: a step of its own, after which the call begins at once
    unsigned up = hand_up();
    tiny_flush(cpu, hand);
    hungry.early[cpu] |= hungry.raises == 0 && hand->bits != 0;
    if (up != 0 && up == hand_up() && hand->bits != 0)
        hungry.served[cpu] = up;
}

static void help_run(unsigned cpu) {
    if (cpu == 0) {
        for (unsigned i = 0; i < world.ops; i++)
            run_hungry(cpu);
        return;
    }
    struct hand hand = given[cpu];
    give_back(cpu, &hand);
    for (unsigned i = 1; i < world_ops(cpu); i++) {
        hand = tiny_claim(cpu, class, 1);
        give_back(cpu, &hand);
    }
}

static uint64_t digest(unsigned cpu) {
    return hash_mix(tiny_digest(cpu), cpu == 0 ? hungry.raises : hungry.served[cpu] * 2 + hungry.early[cpu]);
}

// CPU 0 takes a whole word of the map in its last resort: that much it hides if it stops there.
static void finish(void) {
    const struct cpu *starving = &world.cpu[0];
    bool has_word = starving->frozen && starving->call != NULL && starving->call_path >= PATH_LAST_RESORT;
    tiny_finish(has_word ? TINY_PAGES : HIDDEN_PAGES);
}

// Every block is held by somebody, in spans of one block: what is given back is a span or its page.
static void help_build(void) {
    build(world.cpus - 1, TINY_WHOLE, TINY_WHOLE, 1);
}

const struct scenario scenario_help = {
    .name = "help",
    .summary = "CPU 0 starves; the others give back the one block, a span of its own, that they hold, and take again",
    .cpus_least = 2,
    .cpus_most = CPUS_MAX < TINY_PAGES ? CPUS_MAX : TINY_PAGES,
    .ops = 1,
    .build = help_build,
    .begin = begin,
    .run = help_run,
    .finish = finish,
    .digest = digest,
    .name_word = tiny_name_word,
};

// Spans of another class, each in the hands of one CPU: what is of use to the hungry one is the page.
static void help_pages_build(void) {
    build(world.cpus - 1, TINY_WHOLE, TINY_HALVES, 2);
}

const struct scenario scenario_help_pages = {
    .name = "help-pages",
    .summary =
        "CPU 0 starves; the others give back all blocks of a span of another class that they hold, and take again",
    .cpus_least = 2,
    .cpus_most = CPUS_MAX < TINY_PAGES ? CPUS_MAX : TINY_PAGES,
    .ops = 1,
    .build = help_pages_build,
    .begin = begin,
    .run = help_run,
    .finish = finish,
    .digest = digest,
    .name_word = tiny_name_word,
};

// All blocks of one span.
static void help_block_build(void) {
    build(1, TINY_HALVES, TINY_HALVES, 1);
}

const struct scenario scenario_help_block = {
    .name = "help-block",
    .summary = "CPU 0 starves; the others give back the blocks of one span that they hold, and take again",
    .cpus_least = 3,
    .cpus_most = 3,
    .ops = 1,
    .build = help_block_build,
    .begin = begin,
    .run = help_run,
    .finish = finish,
    .digest = digest,
    .name_word = tiny_name_word,
};

// More pages than others can hide: NULL would be false.
static void help_plenty_build(void) {
    build((world.cpus - 1) * 4 + 1, TINY_WHOLE, TINY_WHOLE, 1);
}

const struct scenario scenario_help_plenty = {
    .name = "help-plenty",
    .summary =
        "CPU 0 takes and must find; the others take and give back, one block at a time, of more than they can hide",
    .cpus_least = 2,
    .cpus_most = 15,
    .ops = 4,
    .build = help_plenty_build,
    .begin = begin,
    .run = help_run,
    .finish = finish,
    .digest = digest,
    .name_word = tiny_name_word,
};

#define MADE_PAGES 2u // a CPU withdraws one hint at most before it looks at everything

static unsigned made_claims; // by the maker of a span

// One free page among some that are held, and all of them named by the hints of a class that has no spans yet.
static void made_build(size_t size, unsigned claims) {
    tiny_build(world.cpus, MADE_PAGES, 0);
    tiny_watch(size < TINY_QUARTERS ? size : TINY_QUARTERS);
    const unsigned wholes = tiny_class(TINY_WHOLE);
    for (size_t page = 0; page < MADE_PAGES - 1; page++) {
        struct span_order order = {.class = wholes, .most = 1};
        given[page] = (struct hand){.class = wholes, .bits = span_supply(&tiny->map, tiny_me(1), &order)};
        given[page].word = order.word;
    }
    class = tiny_class(size);
    made_claims = claims;
    for (size_t page = 0; page < MADE_PAGES; page++)
        bitset_put(&tiny->map.partial[class], page);
    snapshot_keep(&hungry, sizeof hungry);
}

static void made_begin(void) {
    tiny_begin();
    memset(&hungry, 0, sizeof hungry);
    for (size_t page = 0; page < MADE_PAGES - 1; page++)
        tiny_hold(1, &given[page]);
}

// CPU 1 makes a span, and leaves blocks of it to others.
static void made_run(unsigned cpu) {
    if (cpu == 0) {
        run_hungry(cpu);
        return;
    }
    bool all = true;
    for (unsigned i = 0; i < made_claims; i++)
        all = tiny_claim(cpu, class, i == 0 ? 1 : BITS_WORD).bits != 0 && all;
    hungry.early[cpu] = hungry.raises == 0 && all;
}

static void help_made_build(void) {
    made_build(TINY_HALVES, 1);
}

const struct scenario scenario_help_made = {
    .name = "help-made",
    .summary = "CPU 0 starves; CPU 1 makes a span of the only free page and keeps one of its two blocks",
    .cpus_least = 2,
    .cpus_most = 2,
    .ops = 1,
    .build = help_made_build,
    .begin = made_begin,
    .run = made_run,
    .finish = finish,
    .digest = digest,
    .name_word = tiny_name_word,
};

static void help_made_words_build(void) {
    made_build(TINY_SMALL, 2);
}

const struct scenario scenario_help_made_words = {
    .name = "help-made-words",
    .summary = "the same with a span of two words, of which CPU 1 keeps the first",
    .cpus_least = 2,
    .cpus_most = 2,
    .ops = 1,
    .build = help_made_words_build,
    .begin = made_begin,
    .run = made_run,
    .finish = finish,
    .digest = digest,
    .name_word = tiny_name_word,
};
