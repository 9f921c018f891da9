// SPDX-License-Identifier: MIT
// Calls built on alloc and free. Contracts: wfheap/heap.h.
#include "heap/checked.h"
#include "heap/heap_state.h"

void *wfh_zalloc(wfh *self, size_t cpu, size_t size, size_t align) {
    void *p = wfh_alloc(self, cpu, size, align);
    return p == NULL ? NULL : __builtin_memset(p, 0, size);
}

static size_t heap_usable(const struct wfh *self, const void *p, unsigned class) {
    if (class != GIFT_NO_CLASS)
        return self->map.table.classes[class].block_bytes;
    return heap_run_pages(self, span_page_of(&self->map, p)) << PAGE_SHIFT;
}

size_t heap_usable_size(const struct wfh *self, size_t cpu, const void *p) {
    return p == NULL ? 0 : heap_usable(self, p, heap_class_of(self, cpu, p));
}

size_t wfh_usable_size(const wfh *self, const void *p) {
    return heap_usable_size(self, 0, p);
}

// Changes a run's length where it lies; false if it cannot grow there, or should become a small block.
static bool heap_run_resize(struct wfh *self, size_t cpu, size_t first, size_t size) {
    size_t have = heap_run_pages(self, first);
    size_t want = heap_pages_of(size);
    if (size <= SIZE_SMALL_MAX)
        return false;
    if (want < have)
        heap_run_trim(self, cpu, first, want);
    if (want <= have)
        return true;
    if (first + want > self->map.pages || !page_take_at(&self->map.page, first + have, want - have))
        return false;
    span_count(&self->map, &heap_cache(self, cpu)->span, (int64_t)(want - have));
    (void)heap_run_make(self, first, want);
    return true;
}

void *wfh_realloc(wfh *self, size_t cpu, void *p, size_t size, size_t align) {
    if (p == NULL)
        return wfh_alloc(self, cpu, size, align);
    if (size == 0) {
        wfh_free(self, cpu, p);
        return NULL;
    }
    align = heap_align(align);
    if (cpu >= self->map.cpus || !heap_align_is_good(align) || size > self->region_bytes)
        return NULL;
    unsigned class = heap_class_of(self, cpu, p);
    checked_expect(self, cpu, p);
    size_t usable = heap_usable(self, p, class);
    bool aligned = ((uintptr_t)p & (align - 1)) == 0;
    if (aligned && class != GIFT_NO_CLASS && size <= usable && (size > usable / 2 || usable == 16))
        return p;
    if (aligned && class == GIFT_NO_CLASS && heap_run_resize(self, cpu, span_page_of(&self->map, p), size))
        return p;
    void *q = wfh_alloc(self, cpu, size, align);
    if (q == NULL)
        return aligned && size <= usable ? p : NULL;
    __builtin_memcpy(q, p, size < usable ? size : usable);
    wfh_free(self, cpu, p);
    return q;
}

bool wfh_drain(wfh *self, size_t cpu) {
    if (cpu >= self->map.cpus)
        return false;
    struct cache *cache = heap_cache(self, cpu);
    if (cache_drain(cache, &self->map))
        return true;
    // What a claim in a race left behind empty, though nobody noticed.
    return span_scavenge(&self->map, &cache->span, SPAN_SCAVENGES);
}
