// SPDX-License-Identifier: MIT
// What a starved CPU of a heap wishes for and what it gets (help/help.h): a block of a class, or pages.
#ifndef SPAN_GIFT_H
#define SPAN_GIFT_H

#include "help/help.h"

#define GIFT_NO_CLASS 0xffu

enum gift_kind { GIFT_NOTHING, GIFT_BLOCK, GIFT_SPAN_PAGES, GIFT_RUN_PAGES };

// What a starved CPU got.
struct gift {
    enum gift_kind kind;
    size_t where; // block: offset from page 0 in bytes; pages: first page
};

// A wish, as it stands in a CPU's word: a block or a span of a class, or a run of pages at any place.
struct gift_wish {
    unsigned class; // GIFT_NO_CLASS: pages only
    unsigned order; // of the class's spans
    size_t pages;   // a run of so many pages serves as well
};

// Raises the hand; lowers it and answers what was given meanwhile.
void gift_ask(struct help *help, size_t cpu, struct gift_wish wish);
struct gift gift_take(struct help *help, size_t cpu);

// Hands a block of the class (its offset), or some of the pages [first, first + n), to a CPU that wants it. A gift of
// pages takes them from the front; answers how many.
bool gift_block(struct help *help, size_t cpu, unsigned class, size_t offset);
size_t gift_pages(struct help *help, size_t cpu, size_t first, size_t n);

#endif
