// SPDX-License-Identifier: MIT
// Statistics and limits, computed when asked for: the common paths count nothing. Contracts: wfheap/heap.h.
#include "heap/heap_state.h"
#include "heap/steps.h"

bool wfh_owns(const wfh *self, const void *p) {
    size_t page = span_page_of(&self->map, p);
    return page < self->map.pages && page_is_admitted(&self->map.page, page);
}

// Statistics of one class; a walk over the first pages of its possible spans.
bool wfh_class_stats(const wfh *self, size_t index, struct wfh_class_stats *out) {
    if (index >= SIZE_CLASSES)
        return false;
    const struct size_class *class = &self->map.table.classes[index];
    __builtin_memset(out, 0, sizeof *out);
    out->block_bytes = class->block_bytes;
    out->span_pages = (size_t)1 << class->order;
    out->blocks_per_span = class->blocks;
    size_t live = 0;
    // bound: pages
    for (size_t page = 0; page < self->map.pages; page += out->span_pages) {
        // relaxed: an estimate, exact when quiescent
        if (tag_load_relaxed(&self->map.kind[page]) != class->ticket)
            continue;
        out->spans++;
        live += (size_t)(word_load_relaxed(&self->map.state[page]) >> SPAN_LIVE_SHIFT); // relaxed: as above
    }
    // bound: cpus
    for (size_t cpu = 0; cpu < self->map.cpus; cpu++)
        out->cached_blocks += cache_class_blocks(heap_cache(self, cpu), &self->map, (unsigned)index);
    out->live_blocks = live > out->cached_blocks ? live - out->cached_blocks : 0;
    size_t all = out->spans * class->blocks;
    out->free_blocks = all > live ? all - live : 0;
    return true;
}

static void heap_count_spans(const wfh *self, struct wfh_stats *out) {
    size_t page = 0;
    // bound: pages
    while (page < self->map.pages) {
        uint64_t kind = tag_load_relaxed(&self->map.kind[page]); // relaxed: an estimate, exact when quiescent
        size_t live = (size_t)(word_load_relaxed(&self->map.state[page]) >> SPAN_LIVE_SHIFT); // relaxed: as above
        size_t pages = 1;
        if (kind_is_class(kind)) {
            const struct size_class *class = &self->map.table.classes[size_class_of_kind(kind)];
            pages = (size_t)1 << class->order;
            out->span_bytes += pages << PAGE_SHIFT;
            out->live_bytes += live * class->block_bytes;
        } else if (kind == KIND_RUN && live != 0) {
            pages = live;
            out->run_bytes += pages << PAGE_SHIFT;
            out->live_bytes += pages << PAGE_SHIFT;
        }
        page += pages;
    }
}

static void heap_count_free(const wfh *self, struct wfh_stats *out) {
    size_t length;
    // bound: maximal runs of free pages
    for (size_t page = 0; (page = page_next_run(&self->map.page, page, &length)) != PAGE_NONE; page += length) {
        out->free_bytes += length << PAGE_SHIFT;
        if (length << PAGE_SHIFT > out->largest_free_run_bytes)
            out->largest_free_run_bytes = length << PAGE_SHIFT;
    }
}

void wfh_stats(const wfh *self, struct wfh_stats *out) {
    __builtin_memset(out, 0, sizeof *out);
    out->region_bytes = self->region_bytes;
    out->metadata_bytes = self->metadata_bytes;
    heap_count_spans(self, out);
    heap_count_free(self, out);
    out->peak_bytes = out->span_bytes + out->run_bytes;
    // bound: words of the page map
    for (size_t word = 0; word < self->map.page.words; word++) // relaxed: never revoked
        out->managed_bytes += (size_t)bits_count(word_load_relaxed(&self->map.page.admitted[word])) << PAGE_SHIFT;
    // bound: cpus
    for (size_t cpu = 0; cpu < self->map.cpus; cpu++) {
        const struct cache *cache = heap_cache(self, cpu);
        size_t peak = (size_t) * (const volatile uint64_t *)&cache->span.peak_pages << PAGE_SHIFT;
        out->cached_bytes += cache_bytes(cache, &self->map.table);
        out->peak_bytes = peak > out->peak_bytes ? peak : out->peak_bytes;
    }
    out->peak_bytes = out->peak_bytes < out->managed_bytes ? out->peak_bytes : out->managed_bytes;
    out->live_bytes -= out->cached_bytes < out->live_bytes ? out->cached_bytes : out->live_bytes;
}

bool wfh_cpu_stats(const wfh *self, size_t cpu, struct wfh_cpu_stats *out) {
    if (cpu >= self->map.cpus)
        return false;
    const struct cache *cache = heap_cache(self, cpu);
    const volatile struct span_cpu *own = &cache->span;
    *out = (struct wfh_cpu_stats){
        .cached_bytes = cache_bytes(cache, &self->map.table),
        .refills = own->refills,
        .evictions = own->evictions,
        .claims = own->claims,
        .flushes = own->flushes,
        .spans_made = own->spans_made,
        .spans_freed = own->spans_freed,
        .runs = own->runs,
        .starved = own->starved,
        .donations = own->donations,
    };
    return true;
}

void wfh_limits(const wfh *self, struct wfh_limits *out) {
    const size_t span_bytes = BITS_WORD * PAGE_BYTES;
    const size_t levels = self->map.partial_shape[0].levels;
    const size_t others = self->map.cpus - 1;
    const size_t map_words = self->map.page.words;
    *out = (struct wfh_limits){
        .cpus = self->map.cpus,
        .classes = SIZE_CLASSES,
        .small_bytes_max = SIZE_SMALL_MAX,
        .align_max = (size_t)1 << bits_highest(self->region_bytes),
        .reserve_bytes = others * 3 * span_bytes,
        .hoard_bytes_per_cpu = cache_bytes_most(heap_cache(self, 0), &self->map.table),
        .alloc_steps_max = HEAP_ALLOC_STEPS(levels),
        .free_steps_max = HEAP_FREE_STEPS(levels),
        .drain_steps_max = HEAP_DRAIN_STEPS(levels),
        .last_resort_steps_max = HEAP_LAST_RESORT_STEPS(levels, self->map.pages, map_words),
    };
}
