// SPDX-License-Identifier: MIT
// Large requests: runs of pages, exact in pages. The kind of a run's first page says so, its state how long it is; the
// pages inside have no kind.
#include "heap/heap_state.h"

#include "port/port.h"

void *heap_run_make(struct wfh *self, size_t first, size_t pages) {
    // relaxed: the caller owns the pages, and hands the run on himself
    word_store_relaxed(&self->map.state[first], (uint64_t)pages << SPAN_LIVE_SHIFT);
    tag_store_relaxed(&self->map.kind[first], KIND_RUN); // relaxed: as above
    return (void *)(self->map.base + (first << PAGE_SHIFT));
}

void *heap_run_take(struct wfh *self, size_t cpu, size_t bytes, size_t align) {
    struct span_cpu *me = &heap_cache(self, cpu)->span;
    size_t pages = heap_pages_of(bytes);
    size_t first = page_take_run(&self->map.page, pages, heap_align_pages(align));
    if (first == PAGE_NONE)
        return NULL;
    span_count(&self->map, me, (int64_t)pages);
    me->runs++;
    return heap_run_make(self, first, pages);
}

void heap_run_trim(struct wfh *self, size_t cpu, size_t first, size_t keep) {
    size_t pages = heap_run_pages(self, first);
    if (keep > 0) {
        (void)heap_run_make(self, first, keep);
    } else {
        word_store_relaxed(&self->map.state[first], 0);       // relaxed: published with the pages
        tag_store_relaxed(&self->map.kind[first], KIND_FREE); // relaxed: published with the pages
    }
    span_give_pages(&self->map, &heap_cache(self, cpu)->span, first + keep, pages - keep);
}
