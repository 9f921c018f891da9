// SPDX-License-Identifier: MIT
// The last resort before NULL. A CPU that found nothing where hints led gives back what it hides itself, raises its
// hand so that memory which moves while it looks is handed to it, and reads everything once. Steps are linear in the
// region and in the cache; nobody else waits for it.
#include "heap/heap_state.h"

static void *heap_from_hints(struct wfh *self, size_t cpu, unsigned class, size_t bytes, size_t align) {
    void *p = class == GIFT_NO_CLASS ? NULL : cache_refill(heap_cache(self, cpu), &self->map, class);
    return p != NULL ? p : heap_run_take(self, cpu, bytes, align);
}

static void *heap_from_pages(struct wfh *self, size_t cpu, size_t bytes, size_t align) {
    size_t pages = heap_pages_of(bytes);
    span_sweep_empty(&self->map, &heap_cache(self, cpu)->span);
    size_t first = page_scan_run(&self->map.page, pages, heap_align_pages(align));
    if (first == PAGE_NONE)
        return NULL;
    span_count(&self->map, &heap_cache(self, cpu)->span, (int64_t)pages);
    return heap_run_make(self, first, pages);
}

static void *heap_from_everything(struct wfh *self, size_t cpu, unsigned class, size_t bytes, size_t align) {
    struct cache *cache = heap_cache(self, cpu);
    if (class != GIFT_NO_CLASS) {
        struct span_order order = cache_order(cache, &self->map, class);
        uint64_t bits = span_supply_exhaustive(&self->map, &cache->span, &order);
        if (bits != 0)
            return cache_accept(cache, &self->map, &order, bits);
    }
    return heap_from_pages(self, cpu, bytes, align);
}

// What others gave while the hand was up, as an answer. Magazine and stash of the class are still empty.
static void *heap_accept_gift(struct wfh *self, size_t cpu, unsigned class, size_t bytes, struct gift gift) {
    struct cache *cache = heap_cache(self, cpu);
    struct span_order order;
    uint64_t bits;
    switch (gift.kind) {
    case GIFT_BLOCK:
        return (void *)(self->map.base + gift.where);
    case GIFT_SPAN_PAGES:
        order = cache_order(cache, &self->map, class);
        bits = span_make(&self->map, &cache->span, &order, gift.where);
        return cache_accept(cache, &self->map, &order, bits);
    case GIFT_RUN_PAGES:
        return heap_run_make(self, gift.where, heap_pages_of(bytes));
    default:
        return NULL;
    }
}

// A gift that came too late to be of use.
static void heap_return_gift(struct wfh *self, size_t cpu, size_t span_pages, size_t run_pages, struct gift gift) {
    if (gift.kind == GIFT_BLOCK)
        heap_give_back(self, cpu, (void *)(self->map.base + gift.where));
    else if (gift.kind != GIFT_NOTHING)
        span_give_pages(&self->map, &heap_cache(self, cpu)->span, gift.where,
                        gift.kind == GIFT_SPAN_PAGES ? span_pages : run_pages);
}

// A block of one of the next classes, up to twice the size: better than none.
static void *heap_from_larger(struct wfh *self, size_t cpu, unsigned class, size_t align) {
    // bound: HEAP_LARGER_CLASSES; none for a run
    for (unsigned larger = class + 1; larger <= class + HEAP_LARGER_CLASSES && larger < SIZE_CLASSES; larger++) {
        if (self->map.table.classes[larger].block_bytes % align != 0)
            continue;
        void *p = cache_refill(heap_cache(self, cpu), &self->map, larger);
        if (p != NULL)
            return p;
    }
    return NULL;
}

void *heap_starve(struct wfh *self, size_t cpu, unsigned class, size_t bytes, size_t align) {
    struct cache *cache = heap_cache(self, cpu);
    void *p = heap_from_everything(self, cpu, class, bytes, align);
    if (p != NULL)
        return p;
    cache->span.starved++;
    // bound: more than a cache can hold, at least one block or word a turn
    for (unsigned turns = 0; turns < HEAP_DRAIN_TURNS && cache_drain(cache, &self->map); turns++) {
    }
    p = heap_from_hints(self, cpu, class, bytes, align);
    if (p != NULL)
        return p;
    unsigned order = class == GIFT_NO_CLASS ? 0 : self->map.table.classes[class].order;
    size_t pages = align > PAGE_BYTES ? 0 : heap_pages_of(bytes);
    gift_ask(&self->map.help, cpu, (struct gift_wish){.class = class, .order = order, .pages = pages});
    p = heap_from_everything(self, cpu, class, bytes, align);
    struct gift gift = gift_take(&self->map.help, cpu);
    if (p == NULL)
        p = heap_accept_gift(self, cpu, class, bytes, gift);
    else
        heap_return_gift(self, cpu, (size_t)1 << order, pages, gift);
    return p != NULL ? p : heap_from_larger(self, cpu, class, align);
}
