// SPDX-License-Identifier: MIT
// The span protocol on a few pages: claiming, publishing, retiring and retyping, by the span layer's own calls.
#include "scenarios.h"
#include "tiny.h"

// Pages that a stopped call hides at most: a span in its hands, one out of the hints, and a gift.
#define HIDDEN_PAGES 3u

static unsigned halves, quarters;
static struct hand given[CPUS_MAX]; // before the schedule begins

static void finish(void) {
    tiny_finish(HIDDEN_PAGES);
}

static void build(unsigned pages) {
    tiny_build(world.cpus, pages, 0);
    halves = tiny_class(TINY_HALVES);
    quarters = tiny_class(TINY_QUARTERS);
}

// Takes blocks while the scenario is built; they are in the CPU's hands when a schedule begins.
static void give(unsigned cpu, unsigned class, unsigned most) {
    struct span_order order = {.class = class, .most = most};
    given[cpu] = (struct hand){.class = class, .bits = span_supply(&tiny->map, tiny_me(cpu), &order)};
    given[cpu].word = order.word;
}

static void begin(void) {
    tiny_begin();
    for (unsigned cpu = 0; cpu < world.cpus; cpu++) {
        if (given[cpu].bits != 0)
            tiny_hold(cpu, &given[cpu]);
    }
}

// Takes from one class after the other, and gives back.
static void span_run(unsigned cpu) {
    struct rng *rng = &world.cpu[cpu].rng;
    struct hand hands[2] = {{0}, {0}};
    for (unsigned i = 0; i < world_ops(cpu); i++) {
        struct hand *hand = &hands[rng_below(rng, 2)];
        if (hand->bits != 0) {
            tiny_flush(cpu, hand);
            hand->bits = 0;
        } else {
            unsigned class = rng_percent(rng, 50) ? halves : quarters;
            *hand = tiny_claim(cpu, class, 1 + (unsigned)rng_below(rng, 4));
        }
    }
    // The others keep what they have: nothing that they do later makes up for a hint that is missing.
    for (unsigned i = 0; i < 2 && cpu % 2 == 0; i++)
        tiny_flush(cpu, &hands[i]);
}

static void span_build(void) {
    build(2);
}

const struct scenario scenario_span = {
    .name = "span",
    .summary = "takes 1 to 4 blocks of one of two classes, or gives them back, at random, on 2 pages",
    .cpus_least = 1,
    .cpus_most = CPUS_MAX,
    .ops = 6,
    .build = span_build,
    .begin = begin,
    .run = span_run,
    .finish = finish,
    .digest = tiny_digest,
    .name_word = tiny_name_word,
};

// A span of one word with a block for each CPU, and some free.
static void publish_build(void) {
    build(2);
    for (unsigned cpu = 0; cpu < world.cpus; cpu++)
        give(cpu, quarters, 1);
}

// Even CPUs give a block back and take one, odd ones the other way round.
static void publish_run(unsigned cpu) {
    struct hand hand = given[cpu];
    if (cpu % 2 == 0)
        tiny_flush(cpu, &hand);
    for (unsigned i = 0; i < world_ops(cpu); i++) {
        struct hand more = tiny_claim(cpu, quarters, 1);
        tiny_flush(cpu, &more);
    }
    if (cpu % 2 == 1)
        tiny_flush(cpu, &hand);
}

const struct scenario scenario_span_publish = {
    .name = "span-publish",
    .summary = "holds a block of one span, gives it back before or after taking and giving another (--ops times)",
    .cpus_least = 2,
    .cpus_most = 4,
    .ops = 1,
    .build = publish_build,
    .begin = begin,
    .run = publish_run,
    .finish = finish,
    .digest = tiny_digest,
    .name_word = tiny_name_word,
};

// All blocks of one span are held: whoever gives the last one back retires it.
static void retire_build(void) {
    build(1);
    for (unsigned cpu = 0; cpu < world.cpus; cpu++)
        give(cpu, quarters, cpu + 1 < world.cpus ? 1 : 4 - cpu);
}

static void retire_run(unsigned cpu) {
    tiny_flush(cpu, &given[cpu]);
}

const struct scenario scenario_span_retire = {
    .name = "span-retire",
    .summary = "holds a share of one span's blocks and gives it back: together the whole span",
    .cpus_least = 2,
    .cpus_most = 4,
    .ops = 1,
    .build = retire_build,
    .begin = begin,
    .run = retire_run,
    .finish = finish,
    .digest = tiny_digest,
    .name_word = tiny_name_word,
};

// One page, a span of halves. CPU 0 gives back the only block that is held, others take.
static void retype_build(void) {
    build(1);
    give(0, halves, 1);
}

// CPU 0: the span may go. Odd CPUs take of its class, the others of another class, for which it has to go first.
static void retype_run(unsigned cpu) {
    if (cpu == 0) {
        tiny_flush(cpu, &given[0]);
        return;
    }
    for (unsigned i = 0; i < world_ops(cpu); i++) {
        struct hand hand = tiny_claim(cpu, cpu % 2 == 1 ? halves : quarters, 1);
        tiny_flush(cpu, &hand);
    }
}

const struct scenario scenario_span_retype = {
    .name = "span-retype",
    .summary = "CPU 0 gives back the last block of a span, odd CPUs take of its class, even ones of another",
    .cpus_least = 2,
    .cpus_most = 4,
    .ops = 1,
    .build = retype_build,
    .begin = begin,
    .run = retype_run,
    .finish = finish,
    .digest = tiny_digest,
    .name_word = tiny_name_word,
};

// A span of one word with a block for each CPU, and some free, as for span-publish.
static void keep_run(unsigned cpu) {
    if (cpu == 0)
        tiny_flush(cpu, &given[0]);
    for (unsigned i = cpu == 0; i < world_ops(cpu); i++)
        (void)tiny_claim(cpu, quarters, 4);
}

const struct scenario scenario_span_keep = {
    .name = "span-keep",
    .summary = "holds a block of one span; CPU 0 gives it back, the others take what is free, all keep what they have",
    .cpus_least = 2,
    .cpus_most = 3,
    .ops = 1,
    .build = publish_build,
    .begin = begin,
    .run = keep_run,
    .finish = finish,
    .digest = tiny_digest,
    .name_word = tiny_name_word,
};

// One page, a span of quarters; CPU 0 holds all but one.
static void remake_build(void) {
    build(1);
    give(0, quarters, 3);
}

// CPU 0 gives back what makes the span empty, and takes a block of the next span there; the others take beside it.
static void remake_run(unsigned cpu) {
    if (cpu == 0)
        tiny_flush(cpu, &given[0]);
    (void)tiny_claim(cpu, quarters, 1 + cpu % 2);
}

const struct scenario scenario_span_remake = {
    .name = "span-remake",
    .summary = "CPU 0 gives back what empties a span and takes of a new one in its place, the others take of either",
    .cpus_least = 2,
    .cpus_most = 4,
    .ops = 1,
    .build = remake_build,
    .begin = begin,
    .run = remake_run,
    .finish = finish,
    .digest = tiny_digest,
    .name_word = tiny_name_word,
};

// One page, a span of two words; CPU 0 holds a block of the first, CPU 1 one of the second. The span is marked as
// empty, as it may be if it once was.
static void mark_build(void) {
    build(1);
    tiny_watch(TINY_SMALL);
    const unsigned small = tiny_class(TINY_SMALL);
    give(0, small, 1);
    give(1, small, BITS_WORD); // what is left of the first word
    struct hand rest = given[1];
    give(1, small, 1);
    span_flush(&tiny->map, tiny_me(1), rest.word, rest.bits);
    bitset_put(&tiny->map.empty, 0);
}

// Both give back; CPU 1 wants another class then, for which the span has to go.
static void mark_run(unsigned cpu) {
    tiny_flush(cpu, &given[cpu]);
    if (cpu == 1)
        (void)tiny_claim(cpu, halves, 1);
}

const struct scenario scenario_span_mark = {
    .name = "span-mark",
    .summary = "each gives back a block of another word of one span, and CPU 1 takes of another class",
    .cpus_least = 2,
    .cpus_most = 2,
    .ops = 1,
    .build = mark_build,
    .begin = begin,
    .run = mark_run,
    .finish = finish,
    .digest = tiny_digest,
    .name_word = tiny_name_word,
};

// A free page, which the hints of a class name that has no spans yet. Its maker leaves the hint as it is; who comes
// upon it twice withdraws it.
static void made_build(void) {
    build(1);
    bitset_put(&tiny->map.partial[quarters], 0);
}

static void made_run(unsigned cpu) {
    (void)tiny_claim(cpu, quarters, 1);
}

const struct scenario scenario_span_made = {
    .name = "span-made",
    .summary = "takes a block, and keeps it, of a class that has no spans, though its hints name the only free page",
    .cpus_least = 2,
    .cpus_most = 4,
    .ops = 1,
    .build = made_build,
    .begin = begin,
    .run = made_run,
    .finish = finish,
    .digest = tiny_digest,
    .name_word = tiny_name_word,
};
