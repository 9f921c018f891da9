// SPDX-License-Identifier: MIT
// Wishes and gifts as words; see gift.h.
#include "span/gift.h"

// A word: a tag in the two lowest bits, and behind it, for a wish, the class, the span order and the pages.
enum { TAG_NONE = HELP_NOTHING, TAG_WISH = 1, TAG_BLOCK = 2, TAG_PAGES = 3, TAG_BITS = 2 };

static uint64_t gift_encode(struct gift_wish wish) {
    return TAG_WISH | (uint64_t)wish.class << TAG_BITS | (uint64_t)wish.order << 10 | (uint64_t)wish.pages << 16;
}

static struct gift_wish gift_decode(uint64_t want) {
    return (struct gift_wish){
        .class = want >> TAG_BITS & 0xff, .order = want >> 10 & 0x3f, .pages = (size_t)(want >> 16)};
}

void gift_ask(struct help *help, size_t cpu, struct gift_wish wish) {
    help_raise(help, cpu, gift_encode(wish));
}

struct gift gift_take(struct help *help, size_t cpu) {
    uint64_t got = help_lower(help, cpu);
    size_t payload = (size_t)(got >> TAG_BITS);
    switch (got & 3) {
    case TAG_BLOCK:
        return (struct gift){GIFT_BLOCK, payload};
    case TAG_PAGES:
        return (struct gift){payload & 1 ? GIFT_SPAN_PAGES : GIFT_RUN_PAGES, payload >> 1};
    default:
        return (struct gift){GIFT_NOTHING, 0};
    }
}

bool gift_block(struct help *help, size_t cpu, unsigned class, size_t offset) {
    uint64_t want = help_wish(help, cpu);
    if ((want & 3) != TAG_WISH || gift_decode(want).class != class)
        return false;
    return help_give(help, cpu, want, TAG_BLOCK | (uint64_t)offset << TAG_BITS);
}

size_t gift_pages(struct help *help, size_t cpu, size_t first, size_t n) {
    uint64_t want = help_wish(help, cpu);
    if ((want & 3) != TAG_WISH)
        return 0;
    struct gift_wish wish = gift_decode(want);
    size_t span_pages = (size_t)1 << wish.order;
    bool as_span = wish.class != GIFT_NO_CLASS && n >= span_pages && first % span_pages == 0;
    size_t given = as_span ? span_pages : wish.pages;
    if (given == 0 || given > n)
        return 0;
    uint64_t gift = TAG_PAGES | (uint64_t)as_span << TAG_BITS | (uint64_t)first << (TAG_BITS + 1);
    return help_give(help, cpu, want, gift) ? given : 0;
}
