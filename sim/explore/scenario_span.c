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
            *hand = tiny_claim(cpu, rng_percent(rng, 50) ? halves : quarters, 1 + (unsigned)rng_below(rng, 4));
        }
    }
    tiny_flush(cpu, &hands[0]);
    tiny_flush(cpu, &hands[1]);
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
