// SPDX-License-Identifier: MIT
// Claiming words of blocks and giving them back; see span.h and docs/invariants.md.
#include "span/span.h"

#include "span/span_word.h"

static uint64_t span_live(unsigned blocks) {
    return (uint64_t)blocks << SPAN_LIVE_SHIFT;
}

static size_t span_partial_index(const struct span_map *self, unsigned class, size_t first) {
    return first >> span_class(self, class)->order;
}

// Makes a span findable; writes only if it is not.
static void span_announce(struct span_map *self, unsigned class, size_t first) {
    bitset_put(&self->partial[class], span_partial_index(self, class, first));
}

// Whether a page is the first of a span, and of which class.
static bool span_begins(const struct span_map *self, size_t page, unsigned *class) {
    uint64_t kind = span_kind(self, page);
    if (!kind_is_class(kind))
        return false;
    *class = size_class_of_kind(kind);
    return span_first_page(span_class(self, *class), page) == page;
}

void span_withdraw(struct span_map *self, unsigned class, size_t first) {
    size_t index = span_partial_index(self, class, first);
    if (!bitset_has(&self->partial[class], index))
        return;
    bitset_drop(&self->partial[class], index);
    // The state first: whoever set a bit there had set the kind before. S span.withdraw <-> S span.publish
    if ((word_load_seq(&self->state[first]) & bits_low(SPAN_WORDS)) &&
        span_kind(self, first) == span_class(self, class)->ticket)
        span_announce(self, class, first);
}

void span_publish(struct span_map *self, unsigned class, uint32_t word, uint64_t bits) {
    size_t first = span_word_page(word);
    uint64_t hint = bits_one(word % SPAN_WORDS);
    // The bits are clear, so adding sets them; a starved CPU either finds them or was seen before.
    // R span.publish -> A span.take; S span.publish <-> S span.take; S span.publish <-> S span.sweep
    (void)word_add_seq(&self->bits[word], bits);
    // S span.publish <-> S span.take
    if (!(word_load_seq(&self->state[first]) & hint))
        word_or_seq(&self->state[first], hint); // S span.publish <-> S span.withdraw
    span_announce(self, class, first);
}

// Gives back blocks that were taken but not wanted. They are not counted as live, so there is no span to retire here.
static void span_put_back(struct span_map *self, struct span_cpu *me, uint32_t word, uint64_t bits);

uint64_t span_take_word(struct span_map *self, struct span_cpu *me, struct span_order *order, size_t first,
                        unsigned index) {
    uint32_t word = (uint32_t)(first * SPAN_WORDS + index);
    // relaxed: the load of the word below reads what was written here or later, and that is the acquisition
    uint64_t bits = word_swap_relaxed(&self->bits[word], 0);
    word_and_seq(&self->state[first], ~bits_one(index)); // S span.take <-> S span.publish
    // A span.take <- R span.publish; S span.take <-> S span.publish
    if (word_load_seq(&self->bits[word]) != 0) {
        // Published meanwhile by one who may have seen the hints that were just removed.
        word_or_seq(&self->state[first], bits_one(index)); // S span.publish <-> S span.withdraw
        unsigned now;
        if (span_begins(self, first, &now))
            span_announce(self, now, first);
    }
    if (bits == 0)
        return 0;
    bool wanted = span_kind(self, first) == span_class(self, order->class)->ticket;
    uint64_t kept = wanted ? span_share(bits, order->most) : 0;
    unsigned count = bits_count(kept);
    if (kept != 0)
        // relaxed: who overlooks it takes the span for empty, and finds out when he retires it
        (void)word_add_relaxed(&self->state[first], span_live(count));
    if (kept != bits)
        span_put_back(self, me, word, bits & ~kept);
    me->claims += kept != 0;
    order->word = word;
    order->count = count;
    return kept;
}

// Serves the starved with blocks of a word; answers what is left. Gifts stay counted as live.
static uint64_t span_donate(struct span_map *self, struct span_cpu *me, unsigned class, uint32_t word, uint64_t bits) {
    if (!help_anyone(&self->help))
        return bits;
    // bound: HELP_LOOKS
    for (unsigned i = 0; i < HELP_LOOKS && bits != 0; i++) {
        size_t cpu = help_turn(&self->help, &me->helped);
        if (cpu == HELP_CPU_NONE)
            break;
        uintptr_t block = (uintptr_t)span_block(self, span_class(self, class), word, bits_lowest(bits));
        if (cpu == me->cpu || !gift_block(&self->help, cpu, class, block - self->base))
            continue;
        bits &= bits - 1;
        me->donations++;
    }
    return bits;
}

// Subtracts from live, publishes. A span without live blocks is marked as empty while these are still held.
static void span_release(struct span_map *self, unsigned class, uint32_t word, uint64_t bits) {
    size_t first = span_word_page(word);
    uint64_t live = span_live(bits_count(bits));
    // S span.release <-> S span.scavenge
    uint64_t old = word_add_seq(&self->state[first], ~live + 1);
    if (old >> SPAN_LIVE_SHIFT == live >> SPAN_LIVE_SHIFT)
        bitset_put(&self->empty, first);
    span_publish(self, class, word, bits);
}

void span_offer(struct span_map *self, struct span_cpu *me, unsigned class, uint32_t word, uint64_t bits) {
    bits = span_donate(self, me, class, word, bits);
    if (bits != 0)
        span_release(self, class, word, bits);
}

static void span_put_back(struct span_map *self, struct span_cpu *me, uint32_t word, uint64_t bits) {
    size_t first = span_word_page(word);
    unsigned class = size_class_of_kind(span_kind(self, first));
    if (!help_anyone(&self->help)) {
        span_publish(self, class, word, bits);
        return;
    }
    // A gift is a live block, so all are counted before some are given away. relaxed: as in span_take_word
    (void)word_add_relaxed(&self->state[first], span_live(bits_count(bits)));
    span_offer(self, me, class, word, bits);
}

// Every block of the span is the caller's: nobody else can find, count or retype it.
static void span_dissolve(struct span_map *self, struct span_cpu *me, unsigned class, size_t first) {
    const struct size_class *geometry = span_class(self, class);
    size_t index = span_partial_index(self, class, first);
    if (bitset_has(&self->partial[class], index))
        bitset_drop(&self->partial[class], index);
    word_store_relaxed(&self->state[first], 0); // relaxed: published with the pages
    if (bitset_has(&self->empty, first))
        bitset_drop(&self->empty, first);
    span_set_kind(self, first, geometry->order, KIND_FREE);
    me->spans_freed++;
    span_give_pages(self, me, first, (size_t)1 << geometry->order);
}

// Whether the caller's blocks of a word (bits, none for 0) and those that lie free are the whole span of the class.
// Then he holds them all. If some were gone meanwhile, or the span is another class's, what was taken is put back.
static bool span_complete(struct span_map *self, struct span_cpu *me, unsigned class, uint32_t word, uint64_t bits) {
    const struct size_class *geometry = span_class(self, class);
    uint32_t first = word - word % SPAN_WORDS;
    uint64_t taken[SPAN_WORDS];
    // bound: SPAN_WORDS
    for (uint32_t i = 0; i < geometry->words; i++) {
        // relaxed: a look before the taking, which decides
        if ((word_load_relaxed(&self->bits[first + i]) | (first + i == word ? bits : 0)) != span_full(geometry, i))
            return false;
    }
    // bound: SPAN_WORDS
    for (uint32_t i = 0; i < geometry->words; i++) {
        uint64_t mine = first + i == word ? bits : 0;
        uint64_t full = span_full(geometry, i);
        taken[i] = mine == full ? 0 : word_swap_acquire(&self->bits[first + i], 0); // A span.take <- R span.publish
        // Whoever came with blocks of the span knows its class: they pin it.
        if ((taken[i] | mine) == full && (bits != 0 || span_kind(self, span_word_page(first)) == geometry->ticket))
            continue;
        // bound: SPAN_WORDS
        for (uint32_t k = 0; k <= i; k++) {
            if (taken[k] != 0)
                span_put_back(self, me, first + k, taken[k]);
        }
        return false;
    }
    return true;
}

bool span_retire(struct span_map *self, struct span_cpu *me, unsigned class, size_t first) {
    if (!span_complete(self, me, class, (uint32_t)(first * SPAN_WORDS), 0))
        return false;
    span_dissolve(self, me, class, first);
    return true;
}

// Gives back blocks that are not free yet, as far as one can see.
static void span_flush_held(struct span_map *self, struct span_cpu *me, unsigned class, uint32_t word, uint64_t bits) {
    me->flushes++;
    bits = span_donate(self, me, class, word, bits);
    if (bits == 0)
        return;
    // A span that became whole only since this look stays one of the class, until a scavenger comes past: rare, and to
    // look again would make the longest call a third longer.
    if (span_complete(self, me, class, word, bits))
        span_dissolve(self, me, class, span_word_page(word));
    else
        span_release(self, class, word, bits);
}

void span_flush(struct span_map *self, struct span_cpu *me, uint32_t word, uint64_t bits) {
    // relaxed: only a block given back twice can be set here and in `bits`
    uint64_t twice = word_load_relaxed(&self->bits[word]) & bits;
    unsigned class = size_class_of_kind(span_kind(self, span_word_page(word)));
    if (bits & ~twice)
        span_flush_held(self, me, class, word, bits & ~twice);
    if (twice != 0)
        port_fault(PORT_FAULT_DOUBLE_FREE, span_block(self, span_class(self, class), word, bits_lowest(twice)),
                   me->cpu);
}
