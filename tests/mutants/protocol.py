# SPDX-License-Identifier: MIT
"""Mutants of the span protocol, of raised hands and of step bounds; mutants.py tells what a mutant is. "sim" is a scenario
for `wfsim explore`, every other layer has the name of a ctest.
"""
from mutants import Mutant

KEEP = "span-keep --cpus 2 --exhaustive"
MARK = "span-mark --cpus 2 --exhaustive"
RETYPE = "span-retype --cpus 3 --exhaustive"
REMAKE = "span-remake --cpus 2 --exhaustive"
HELP = "help --cpus 2 --exhaustive"
OBJECTS = "audit.objects-x86_64"

PROTOCOL_MUTANTS = [
    Mutant("withdraw-kind-first", "core/span/span.c", """    if ((word_load_seq(&self->state[first]) & bits_low(SPAN_WORDS)) &&
        span_kind(self, first) == span_class(self, class)->ticket)
""", """    if (span_kind(self, first) == span_class(self, class)->ticket &&
        (word_load_seq(&self->state[first]) & bits_low(SPAN_WORDS)))
""", "a kind from before the hint was dropped withdraws a span that has been made since",
           {"sim": "span-made --cpus 2 --exhaustive --memory c11"}),
    Mutant("publish-stores", "core/span/span.c", "    (void)word_add_seq(&self->bits[word], bits);\n",
           "    word_store_release(&self->bits[word], word_load_seq(&self->bits[word]) | bits);\n",
           "what others give back to the same word meanwhile is lost, or what they took comes back", {"sim": KEEP}),
    Mutant("publish-hints-first", "core/span/span.c", """    (void)word_add_seq(&self->bits[word], bits);
""", """    word_or_seq(&self->state[first], hint);
    span_announce(self, class, first);
    (void)word_add_seq(&self->bits[word], bits);
    return;
""", "who follows the hint finds nothing yet, and takes it away", {"sim": KEEP}),
    Mutant("take-uncounted", "core/span/span.c", "    if (kept != 0)\n        // relaxed", "    if (kept == 0)\n        // relaxed",
           "blocks in hands are not counted as live", {"sim": KEEP}),
    Mutant("complete-loads", "core/span/span.c",
           "        taken[i] = mine == full ? 0 : word_swap_acquire(&self->bits[first + i], 0); // A span.take <- R span.publish\n",
           "        taken[i] = mine == full ? 0 : word_load_acquire(&self->bits[first + i]); // A span.take <- R span.publish\n"
           "        word_store_relaxed(&self->bits[first + i], 0);\n",
           "two take the same blocks", {"sim": RETYPE}),
    Mutant("complete-any-part", "core/span/span.c",
           "        if ((taken[i] | mine) == full && (bits != 0 || span_kind(self, span_word_page(first)) == geometry->ticket))\n",
           "        if (bits != 0 || span_kind(self, span_word_page(first)) == geometry->ticket)\n",
           "a span of which somebody holds a block is taken apart", {"sim": RETYPE}),
    Mutant("dissolve-kind-late", "core/span/span.c", """    span_set_kind(self, first, geometry->order, KIND_FREE);
    me->spans_freed++;
    span_give_pages(self, me, first, (size_t)1 << geometry->order);
""", """    me->spans_freed++;
    span_give_pages(self, me, first, (size_t)1 << geometry->order);
    span_set_kind(self, first, geometry->order, KIND_FREE);
""", "the kind of the span that others have made there is overwritten", {"sim": REMAKE}),
    Mutant("dissolve-state-late", "core/span/span.c", """    word_store_relaxed(&self->state[first], 0); // relaxed: published with the pages
""", "", "the next span there begins with counts of the last", {"sim": "span-retire --cpus 2 --exhaustive"}),
    Mutant("dissolve-hint-late", "core/span/span.c", """    if (bitset_has(&self->partial[class], index))
        bitset_drop(&self->partial[class], index);
    word_store_relaxed(&self->state[first], 0); // relaxed: published with the pages
    if (bitset_has(&self->empty, first))
        bitset_drop(&self->empty, first);
    span_set_kind(self, first, geometry->order, KIND_FREE);
    me->spans_freed++;
    span_give_pages(self, me, first, (size_t)1 << geometry->order);
""", """    word_store_relaxed(&self->state[first], 0); // relaxed: published with the pages
    if (bitset_has(&self->empty, first))
        bitset_drop(&self->empty, first);
    span_set_kind(self, first, geometry->order, KIND_FREE);
    me->spans_freed++;
    span_give_pages(self, me, first, (size_t)1 << geometry->order);
    bitset_drop(&self->partial[class], index);
""", "the hint of the next span there is taken away", {"sim": REMAKE}),
    Mutant("flush-undonated", "core/span/span.c", """    me->flushes++;
    bits = span_donate(self, me, class, word, bits);
""", """    me->flushes++;
""", "the starved are passed by with blocks", {"sim": "help-block --cpus 3 --exhaustive"}),
    Mutant("pages-undonated", "core/span/span_make.c",
           "    size_t gone = help_anyone(&self->help) ? span_donate_pages(self, me, first, n) : 0;\n",
           "    size_t gone = 0;\n    (void)span_donate_pages;\n", "the starved are passed by with pages",
           {"sim": "help-pages --cpus 2 --exhaustive"}),
    Mutant("make-stores", "core/span/span_make.c",
           "    word_or_seq(&self->state[first], hints); // S span.publish <-> S span.take; S span.publish <-> S span.withdraw\n",
           "    word_store_release(&self->state[first], word_load_seq(&self->state[first]) | hints);\n",
           "what others count meanwhile is overwritten", {"sim": REMAKE}),
    Mutant("raise-unlisted", "core/help/help.c",
           "    word_or_relaxed(&self->hungry[cpu / BITS_WORD], bits_one(cpu % BITS_WORD)); // relaxed: as above\n", "",
           "who sees that there is a hand does not see whose", {"sim": HELP}),
    Mutant("lower-loads", "core/help/help.c",
           "    return word_swap_acquire(help_want(self, cpu), HELP_NOTHING);                 // A help.lower <- R help.give\n",
           """    uint64_t got = word_load_acquire(help_want(self, cpu)); // A help.lower <- R help.give
    word_store_release(help_want(self, cpu), HELP_NOTHING);
    return got;
""", "a gift that comes between looking and lowering the hand is lost", {"sim": HELP}),
    Mutant("turn-dropped", "core/help/help.c", "    *cursor = cpu == HELP_CPU_NONE ? 0 : cpu + 1;\n", "    *cursor = 0;\n",
           "givers look at the first of the starved for ever", {"unit": "unit.help"}),
    Mutant("page-give-unhinted", "core/page/page.c", "    page_move_hint(self, word, was, old | mask, now);\n    return true;\n}\n\nuint64_t",
           "    (void)was;\n    (void)now;\n    return true;\n}\n\nuint64_t", "pages that were given back are not found",
           {"sim": "page-keep --cpus 2 --schedules 20000"}),
    Mutant("page-take-splits", "core/page/page.c",
           "    if (!word_cas_once_seq(&self->free[word], bits, rest)) // A page.take <- R page.give\n        return PAGE_NONE;\n",
           "    word_store_release(&self->free[word], rest);\n", "two take the same pages",
           {"sim": "page --cpus 2 --exhaustive"}),
    Mutant("page-seize-keeps", "core/page/page_run.c",
           "    if (bits != kept)\n        (void)page_give_piece(self, word, bits & ~kept);\n", "",
           "what was taken of a word beside the run is lost", {"sim": "page-keep --cpus 3 --schedules 30000"}),
    Mutant("claim-retries", "core/page/page.c",
           "    if ((old & mask) != mask || !word_cas_once_seq(&self->free[word], old, old & ~mask)) // A page.take <- R page.give\n        return false;\n",
           """    while ((old & mask) == mask && !word_cas_once_seq(&self->free[word], old, old & ~mask))
        old = word_load_relaxed(&self->free[word]);
    if ((old & mask) != mask)
        return false;
""", "a call can lose for ever", {"audit": OBJECTS, "source": "audit.edges"}),
    Mutant("search-unbounded", "core/bitset/bitset.c", """    // bound: BITSET_TRIES
    for (unsigned i = 0; i < BITSET_TRIES; i++) {
""", """    for (;;) {
""", "a search goes on as long as others change what it reads", {"source": "audit.edges"}),
    Mutant("magazine-flushed", "core/cache/cache.c", """    self->span.evictions++;
    if (!cache_stash_within_limit(self, map, class, p)""", """    self->span.evictions++;
    for (void *q = magazine_pop(&self->pool, magazine); q != NULL; q = magazine_pop(&self->pool, magazine))
        (void)cache_stash_within_limit(self, map, class, q);
    if (!cache_stash_within_limit(self, map, class, p)""", "one free pays for a whole magazine",
           {"golden": "golden.worst"}),
    Mutant("stash-unlimited", "core/cache/cache.c", "    if (self->stash.bytes <= self->stash.bytes_most)\n        return cache_stash(",
           "    if (self->stash.bytes <= 16 * self->stash.bytes_most)\n        return cache_stash(",
           "a CPU hides more than its share", {"stress": "stress.found-hoard"}),
    Mutant("drain-forgets-stash", "core/cache/cache.c", "        cache_flush_entry(self, map, entry);\n        moved++;\n", "        moved++;\n",
           "a drained CPU still hides blocks", {"unit": "unit.heap_account"}),
    Mutant("alloc-slower", "core/heap/heap.c", "    void *p = *magazine_at(cache, ticket)->top;\n    if (unlikely(p == NULL))\n        return heap_alloc_empty",
           "    void *p = *magazine_at(cache, ticket)->top;\n    (void)page_count_used(&self->map.page, 0);\n    if (unlikely(p == NULL))\n        return heap_alloc_empty",
           "the common path has a locked instruction", {"golden": "golden.instructions"}),
    Mutant("realloc-copies-less", "core/heap/heap_realloc.c", "(q, p, size < usable ? size : usable)",
           "(q, p, size < usable ? size / 2 : usable)", "contents are lost when a block moves",
           {"sim": "realloc --cpus 3 --schedules 2000"}),
]
