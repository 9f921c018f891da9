// SPDX-License-Identifier: MIT
// Raised hands: who is found, what fits whom, and that nobody gets two gifts or one he did not ask for.
#include "expect.h"
#include "span/gift.h"

#define CPUS ((size_t)200)

static struct help help;
static word_t *storage;

static void help_setup(void) {
    size_t bytes = help_storage_words(CPUS) * sizeof(word_t);
    storage = aligned_alloc(64, (bytes + 63) / 64 * 64);
    cr_assert_not_null(storage);
    memset(storage, 0, bytes);
    help_init(&help, CPUS, storage);
}

static void help_teardown(void) {
    free(storage);
}

TestSuite(help, .init = help_setup, .fini = help_teardown);

Test(help, hands_are_seen_while_they_are_up) {
    cr_assert_not(help_anyone(&help));
    cr_assert_eq(help_next(&help, 0), HELP_CPU_NONE);
    for (size_t cpu = 0; cpu < CPUS; cpu++) {
        gift_ask(&help, cpu, (struct gift_wish){.class = 3, .order = 0, .pages = 1});
        cr_assert(help_anyone(&help));
        for (size_t from = 0; from <= cpu; from += 17) {
            EXPECT(help_next(&help, from) == cpu, "from %zu: cpu %zu, want %zu", from, help_next(&help, from), cpu);
        }
        EXPECT(help_next(&help, cpu) == cpu, "cpu %zu is not found from itself", cpu);
        EXPECT(help_next(&help, cpu + 1) == HELP_CPU_NONE, "from %zu: %zu", cpu + 1, help_next(&help, cpu + 1));
        EXPECT(gift_take(&help, cpu).kind == GIFT_NOTHING, "cpu %zu got what nobody gave", cpu);
        EXPECT(!help_anyone(&help) && help_next(&help, 0) == HELP_CPU_NONE, "the hand of cpu %zu stays up", cpu);
    }
}

Test(help, several_hands) {
    static const size_t hungry[] = {0, 1, 63, 64, 130, 199};
    size_t count = sizeof hungry / sizeof hungry[0];
    for (size_t i = 0; i < count; i++) {
        gift_ask(&help, hungry[i], (struct gift_wish){.class = 3, .order = 0, .pages = 1});
    }
    size_t cpu = help_next(&help, 0);
    for (size_t i = 0; i < count; i++) {
        EXPECT(cpu == hungry[i], "hand %zu: cpu %zu", i, cpu);
        cpu = help_next(&help, cpu + 1);
    }
    cr_assert_eq(cpu, HELP_CPU_NONE);
    for (size_t i = 0; i < count; i++) {
        cr_assert(help_anyone(&help));
        gift_take(&help, hungry[i]);
    }
    cr_assert_not(help_anyone(&help));
}

Test(help, turns_go_on_where_the_last_stopped) {
    static const size_t hungry[] = {0, 1, 63, 64, 130, 199};
    size_t count = sizeof hungry / sizeof hungry[0], cursor = 64;
    for (size_t i = 0; i < count; i++)
        gift_ask(&help, hungry[i], (struct gift_wish){.class = 3, .order = 0, .pages = 1});
    for (size_t i = 3; i < 3 + 2 * count; i++) {
        size_t cpu = help_turn(&help, &cursor);
        EXPECT(cpu == hungry[i % count], "turn %zu: cpu %zu, want %zu", i, cpu, hungry[i % count]);
    }
}

Test(help, a_block_goes_to_who_wants_its_class_and_only_once) {
    cr_assert_not(gift_block(&help, 5, 7, 4096), "a gift without a wish");
    gift_ask(&help, 5, (struct gift_wish){.class = 7, .order = 1, .pages = 1});
    cr_assert_not(gift_block(&help, 5, 8, 4096), "a block of another class");
    cr_assert_not(gift_block(&help, 6, 7, 4096), "a gift to another cpu");
    cr_assert(gift_block(&help, 5, 7, 123456));
    cr_assert_not(gift_block(&help, 5, 7, 4096), "a second gift");
    cr_assert_eq(gift_pages(&help, 5, 100, 64), 0, "a second gift");
    struct gift gift = gift_take(&help, 5);
    cr_assert(gift.kind == GIFT_BLOCK && gift.where == 123456);
    cr_assert_not(gift_block(&help, 5, 7, 4096), "a gift after the hand was lowered");
    cr_assert_eq(gift_pages(&help, 5, 100, 64), 0, "a gift after the hand was lowered");
}

Test(help, pages_go_to_whom_they_fit) {
    gift_ask(&help, 9, (struct gift_wish){.class = GIFT_NO_CLASS, .order = 0, .pages = 10});
    cr_assert_eq(gift_pages(&help, 9, 50, 9), 0, "too few pages");
    cr_assert_not(gift_block(&help, 9, 0, 64), "a block for who wants pages only");
    cr_assert_eq(gift_pages(&help, 9, 50, 25), 10);
    struct gift gift = gift_take(&help, 9);
    cr_assert(gift.kind == GIFT_RUN_PAGES && gift.where == 50);

    // A span of 4 pages must begin at a multiple of 4; who wants one may be served by a run of 1 page as well.
    gift_ask(&help, 9, (struct gift_wish){.class = 20, .order = 2, .pages = 1});
    cr_assert_eq(gift_pages(&help, 9, 64, 8), 4);
    gift = gift_take(&help, 9);
    cr_assert(gift.kind == GIFT_SPAN_PAGES && gift.where == 64);
    gift_ask(&help, 9, (struct gift_wish){.class = 20, .order = 2, .pages = 1});
    cr_assert_eq(gift_pages(&help, 9, 65, 2), 1);
    gift = gift_take(&help, 9);
    cr_assert(gift.kind == GIFT_RUN_PAGES && gift.where == 65);
}
