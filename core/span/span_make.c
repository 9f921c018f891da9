// SPDX-License-Identifier: MIT
// Where blocks come from: partial spans, new spans, empty spans of other classes; and the exhaustive search.
#include "span/span.h"
#include "span/span_word.h"

void span_count(struct span_map *self, struct span_cpu *me, int64_t n) {
    me->uncounted += n;
    if (me->uncounted <= self->uncounted_most && me->uncounted >= -self->uncounted_most)
        return;
    // Below 0 if this CPU gave pages that those who took them have not counted yet.
    int64_t used = (int64_t)page_count_used(&self->page, (uint64_t)me->uncounted);
    me->uncounted = 0;
    if (used > (int64_t)me->peak_pages)
        me->peak_pages = (uint64_t)used;
}

// Serves the starved from the front of a run; answers how many pages went.
static size_t span_donate_pages(struct span_map *self, struct span_cpu *me, size_t first, size_t n) {
    size_t gone = 0;
    // bound: HELP_LOOKS
    for (unsigned i = 0; i < HELP_LOOKS && gone < n; i++) {
        size_t cpu = help_turn(&self->help, &me->helped);
        if (cpu == HELP_CPU_NONE)
            break;
        size_t given = cpu == me->cpu ? 0 : gift_pages(&self->help, cpu, first + gone, n - gone);
        me->donations += given != 0;
        gone += given;
    }
    return gone;
}

size_t span_hand_out_pages(struct span_map *self, struct span_cpu *me, size_t first, size_t n) {
    size_t gone = help_anyone(&self->help) ? span_donate_pages(self, me, first, n) : 0;
    if (!page_give(&self->page, first + gone, n - gone))
        port_fault(PORT_FAULT_CORRUPT, (void *)(self->base + (first << PAGE_SHIFT)), me->cpu);
    return gone;
}

void span_give_pages(struct span_map *self, struct span_cpu *me, size_t first, size_t n) {
    // Counted before anybody can take them again; gifts stay in use.
    span_count(self, me, -(int64_t)n);
    size_t gone = span_hand_out_pages(self, me, first, n);
    if (gone != 0)
        span_count(self, me, (int64_t)gone);
}

// Publishes the blocks of a fresh span that its maker does not keep.
static void span_publish_rest(struct span_map *self, unsigned class, size_t first, uint64_t kept) {
    const struct size_class *geometry = span_class(self, class);
    const unsigned words = geometry->words;
    const uint64_t last = geometry->last;
    word_t *word = &self->bits[first * SPAN_WORDS];
    uint64_t rest = (words > 1 ? BITS_ALL : last) & ~kept;
    uint64_t hints = bits_low(words) - (rest == 0);
    if (hints == 0)
        return;
    if (rest != 0)
        (void)word_add_seq(word, rest); // R span.publish -> A span.take; S span.publish <-> S span.take
    // bound: SPAN_WORDS
    for (unsigned i = 1; i < words; i++) // R span.publish -> A span.take; S span.publish <-> S span.take
        (void)word_add_seq(&word[i], i + 1 < words ? BITS_ALL : last);
    word_or_seq(&self->state[first], hints); // S span.publish <-> S span.take; S span.publish <-> S span.withdraw
    bitset_put(&self->partial[class], first >> geometry->order);
}

// The same while somebody starves: every block is counted, and given back as if it had been used. Apart, for it is
// rare.
static __attribute__((noinline)) void span_offer_rest(struct span_map *self, struct span_cpu *me, unsigned class,
                                                      size_t first, uint64_t kept) {
    const struct size_class *geometry = span_class(self, class);
    word_store_relaxed(&self->state[first], (uint64_t)geometry->blocks << SPAN_LIVE_SHIFT); // relaxed: as in span_make
    // bound: SPAN_WORDS
    for (unsigned i = 0; i < geometry->words; i++) {
        uint64_t rest = span_full(geometry, i) & ~(i == 0 ? kept : 0);
        if (rest != 0)
            span_offer(self, me, class, (uint32_t)(first * SPAN_WORDS + i), rest);
    }
}

uint64_t span_make(struct span_map *self, struct span_cpu *me, struct span_order *order, size_t first) {
    const struct size_class *geometry = span_class(self, order->class);
    span_set_kind(self, first, geometry->order, geometry->ticket);
    uint64_t kept = span_share(span_full(geometry, 0), order->most);
    uint64_t live = order->most < geometry->blocks ? order->most : geometry->blocks;
    live = live < BITS_WORD ? live : BITS_WORD;
    if (help_anyone(&self->help)) {
        span_offer_rest(self, me, order->class, first, kept);
    } else {
        // relaxed: all blocks are ours, nobody else counts; published with them
        word_store_relaxed(&self->state[first], live << SPAN_LIVE_SHIFT);
        span_publish_rest(self, order->class, first, kept);
    }
    me->spans_made++;
    me->near[order->class] = first >> geometry->order;
    order->word = (uint32_t)(first * SPAN_WORDS);
    order->count = (unsigned)live;
    return kept;
}

// A hint that led to nothing, though the span may have become another class's. Mostly the one who took the last blocks
// is just about to withdraw it; if it stands there again next time, he is not.
static void span_doubt(struct span_map *self, struct span_cpu *me, unsigned class, size_t span) {
    uint64_t doubt = (uint64_t)span * SIZE_CLASSES + class;
    if (me->doubt == doubt)
        span_withdraw(self, class, span << span_class(self, class)->order);
    me->doubt = doubt;
}

// Claims the lowest word that the span's hints show.
static uint64_t span_claim(struct span_map *self, struct span_cpu *me, struct span_order *order, size_t span) {
    const struct size_class *geometry = span_class(self, order->class);
    size_t first = span << geometry->order;
    // relaxed: a hint; the withdrawal below reads it again
    uint64_t sum = word_load_relaxed(&self->state[first]) & bits_low(geometry->words);
    uint64_t bits = 0;
    if (sum != 0) {
        bits = span_take_word(self, me, order, first, bits_lowest(sum));
        sum &= sum - 1;
    }
    if (bits == 0)
        span_doubt(self, me, order->class, span);
    // relaxed: a hint; if blocks of the word were put back, its span stays announced
    else if (sum == 0 && (word_load_relaxed(&self->state[first]) & bits_low(geometry->words)) == 0)
        span_withdraw(self, order->class, first);
    return bits;
}

// Claims from the next span that may have blocks.
static uint64_t span_supply_partial(struct span_map *self, struct span_cpu *me, struct span_order *order) {
    const struct bitset *partial = &self->partial[order->class];
    me->seat.late = !bitset_seems_empty(partial); // what follows a look in vain is kept short
    if (!me->seat.late)
        return 0;
    size_t span = bitset_find(partial, me->near[order->class], &me->stale[order->class]);
    if (span == BITSET_NONE)
        return 0;
    uint64_t bits = span_claim(self, me, order, span);
    if (bits != 0)
        me->near[order->class] = span;
    return bits;
}

static uint64_t span_supply_new(struct span_map *self, struct span_cpu *me, struct span_order *order) {
    unsigned length = span_class(self, order->class)->order;
    size_t first = page_take_aligned(&self->page, length, &me->seat);
    if (first == PAGE_NONE)
        return 0;
    span_count(self, me, (int64_t)1 << length);
    // A call that lost a race has taken long enough: what it leaves in the span, the next one claims.
    if (me->seat.late)
        order->most = 1;
    return span_make(self, me, order, first);
}

// Once more, after neither hints of blocks nor of pages led to any. Apart, for it is rare.
static __attribute__((noinline)) uint64_t span_supply_again(struct span_map *self, struct span_cpu *me,
                                                            struct span_order *order) {
    uint64_t bits = span_supply_partial(self, me, order);
    if (bits == 0 && span_scavenge(self, me, SPAN_SCAVENGES))
        bits = span_supply_new(self, me, order);
    return bits;
}

uint64_t span_supply(struct span_map *self, struct span_cpu *me, struct span_order *order) {
    uint64_t bits = span_supply_partial(self, me, order);
    if (bits == 0)
        bits = span_supply_new(self, me, order);
    return bits != 0 ? bits : span_supply_again(self, me, order);
}

// Looks at one page that the empty set names; true if a span was retired. Else the name is removed, if it was too
// early.
static bool span_scavenge_at(struct span_map *self, struct span_cpu *me, size_t first) {
    // relaxed: a hint; retiring validates
    uint64_t kind = span_kind(self, first);
    bool class_page = kind_is_class(kind);
    unsigned class = class_page ? size_class_of_kind(kind) : 0;
    bool begins = class_page && span_first_page(span_class(self, class), first) == first;
    // relaxed: a hint; it is read again after the removal
    if (begins && word_load_relaxed(&self->state[first]) >> SPAN_LIVE_SHIFT == 0)
        return span_retire(self, me, class, first);
    bitset_drop(&self->empty, first);
    // The state first: who brought live to 0 knew the kind. S span.scavenge <-> S span.release
    uint64_t live = word_load_seq(&self->state[first]) >> SPAN_LIVE_SHIFT;
    kind = span_kind(self, first);
    if (live == 0 && kind_is_class(kind) && span_first_page(span_class(self, size_class_of_kind(kind)), first) == first)
        bitset_put(&self->empty, first);
    return false;
}

bool span_scavenge(struct span_map *self, struct span_cpu *me, unsigned most) {
    bool any = false;
    size_t from = 0;
    // bound: most
    for (unsigned i = 0; i < most; i++) {
        size_t first = bitset_next(&self->empty, from);
        if (first == BITSET_NONE)
            break;
        any |= span_scavenge_at(self, me, first);
        from = first + 1;
    }
    return any;
}

// Every word of the spans that word `w` of level 0 of the class's hints names, hints of the words ignored. Apart, so
// that the machine code shows each loop's counter.
static __attribute__((noinline)) uint64_t span_sweep_spans(struct span_map *self, struct span_cpu *me,
                                                           struct span_order *order, size_t w) {
    const struct size_class *geometry = span_class(self, order->class);
    // bound: 64 spans
    for (uint64_t spans = bitset_word(&self->partial[order->class], w); spans != 0; spans &= spans - 1) {
        size_t first = (w * BITS_WORD + bits_lowest(spans)) << geometry->order;
        // bound: SPAN_WORDS
        for (unsigned i = 0; i < geometry->words; i++) {
            // S span.sweep <-> S span.publish
            if (word_load_seq(&self->bits[first * SPAN_WORDS + i]) == 0)
                continue;
            uint64_t bits = span_take_word(self, me, order, first, i);
            if (bits != 0)
                return bits;
        }
    }
    return 0;
}

static uint64_t span_sweep_partial(struct span_map *self, struct span_cpu *me, struct span_order *order) {
    const size_t words = self->partial[order->class].shape->words[0];
    // bound: spans of this length in the region / 64
    for (size_t w = 0; w < words; w++) {
        uint64_t bits = span_sweep_spans(self, me, order, w);
        if (bits != 0)
            return bits;
    }
    return 0;
}

void span_sweep_empty(struct span_map *self, struct span_cpu *me) {
    // bound: pages / 64
    for (size_t w = 0; w < self->empty.shape->words[0]; w++) {
        // bound: 64 pages
        for (uint64_t pages = bitset_word(&self->empty, w); pages != 0; pages &= pages - 1)
            (void)span_scavenge_at(self, me, w * BITS_WORD + bits_lowest(pages));
    }
}

uint64_t span_supply_exhaustive(struct span_map *self, struct span_cpu *me, struct span_order *order) {
    uint64_t bits = span_sweep_partial(self, me, order);
    if (bits != 0)
        return bits;
    span_sweep_empty(self, me);
    size_t pages = (size_t)1 << span_class(self, order->class)->order;
    size_t first = page_scan_run(&self->page, pages, pages);
    if (first == PAGE_NONE)
        return 0;
    span_count(self, me, (int64_t)pages);
    return span_make(self, me, order, first);
}
