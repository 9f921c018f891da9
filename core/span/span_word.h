// SPDX-License-Identifier: MIT
// Within the span layer: steps on one word of a span, shared by claiming, giving back and searching.
#ifndef SPAN_SPAN_WORD_H
#define SPAN_SPAN_WORD_H

#include "span/span.h"

// The kind of a page. While the caller holds a block of the page's span it cannot change; else it is a hint.
static inline uint64_t span_kind(const struct span_map *self, size_t page) {
    return tag_load_relaxed(&self->kind[page]); // relaxed: a hint, or pinned by a block whose claim was the acquire
}

static inline const struct size_class *span_class(const struct span_map *self, unsigned class) {
    return &self->table.classes[class];
}

// Gives all pages of a span their kind.
static inline void span_set_kind(struct span_map *self, size_t first, unsigned order, uint16_t kind) {
    // relaxed: published with the pages or with the span's first blocks
    tag_fill_relaxed(&self->kind[first], (size_t)1 << order, kind);
}

// Takes blocks out of word `index` of the span of the class that should begin at page `first`: xchg, validation, and
// what was not asked for is put back. Answers the bits, counted as live; 0 if the word was empty or belongs to another
// class.
uint64_t span_take_word(struct span_map *self, struct span_cpu *me, struct span_order *order, size_t first,
                        unsigned index);

// Sets bits that the caller holds, then the hints above them. The blocks are no longer counted as live.
void span_publish(struct span_map *self, unsigned class, uint32_t word, uint64_t bits);

// Withdraws a span from the hints of its class, unless its words show blocks.
void span_withdraw(struct span_map *self, unsigned class, size_t first);

// Takes every word of a span if all its blocks are free, and gives its pages back. False: somebody holds a block.
bool span_retire(struct span_map *self, struct span_cpu *me, unsigned class, size_t first);

#endif
