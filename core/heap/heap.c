// SPDX-License-Identifier: MIT
// The two calls that matter, on their common paths, and what they fall back to. Contracts: wfheap/heap.h.
#include "heap/heap_state.h"

#include "heap/checked.h"
#include "port/port.h"

#define unlikely(x) __builtin_expect(!!(x), 0)

// Keeps the compiler from holding what it loaded, or an address it computed from `base`, in a register between the use
// and the change in memory: the change is one instruction, and with a copy it would be three.
#define compiler_forgets(base) __asm__ volatile("" : "+r"(base)::"memory")

// The class for a request of at most SIZE_SMALL_MAX bytes, GIFT_NO_CLASS if only a run will do.
static unsigned heap_class_for(const struct size_table *table, size_t size, size_t align) {
    size_t rounded = (size + align - 1) & ~(align - 1);
    if (rounded <= SIZE_TABLE_MAX)
        return size_class_of_kind(table->ticket[(rounded - 1) / SIZE_STEP]);
    if (rounded <= SIZE_SMALL_MAX && align <= SIZE_ALIGN_ABOVE_TABLE)
        return size_class_above_table(table, size);
    return GIFT_NO_CLASS;
}

// A run, when a class has no block or the request is too large for any; then the last resort.
static void *heap_alloc_run(wfh *self, size_t cpu, size_t size, size_t align, unsigned class) {
    void *p = heap_run_take(self, cpu, size, align);
    if (p == NULL && span_scavenge(&self->map, &heap_cache(self, cpu)->span, SPAN_SCAVENGES))
        p = heap_run_take(self, cpu, size, align);
    return p != NULL ? p : heap_starve(self, cpu, class, size, align);
}

// A block of a class whose magazine is empty in the piece on top, or a run in its stead.
static __attribute__((noinline)) void *heap_alloc_empty(wfh *self, struct cache *cache, size_t ticket) {
    unsigned class = size_class_of_kind(ticket);
    void *p = cache_refill(cache, &self->map, class);
    // Every multiple of a page up to SIZE_TABLE_MAX is a class, so the block is as many pages long as the request.
    if (p == NULL)
        p = heap_alloc_run(self, cache->span.cpu, self->map.table.classes[class].block_bytes, SIZE_STEP, class);
    return checked_alloc(self, p);
}

// Everything but a block of up to SIZE_TABLE_MAX bytes, aligned to 8, that lies in the magazine.
static __attribute__((noinline)) void *heap_alloc_other(wfh *self, size_t cpu, size_t size, size_t align) {
    align = heap_align(align);
    if (cpu >= self->map.cpus || size == 0 || size > self->region_bytes || !heap_align_is_good(align) ||
        align > self->region_bytes)
        return NULL;
    unsigned class = heap_class_for(&self->map.table, size, align);
    void *p = NULL;
    if (class != GIFT_NO_CLASS) {
        struct cache *cache = heap_cache(self, cpu);
        struct magazine *magazine = magazine_at(cache, self->map.table.classes[class].ticket);
        p = *magazine->top;
        if (p != NULL)
            magazine->top--;
        else
            p = cache_refill(cache, &self->map, class);
    }
    return checked_alloc(self, p != NULL ? p : heap_alloc_run(self, cpu, size, align, class));
}

void *wfh_alloc(wfh *self, size_t cpu, size_t size, size_t align) {
    size_t step = size - 1;
    if (unlikely(align > SIZE_STEP || step >= SIZE_TABLE_MAX || cpu >= self->map.cpus))
        return heap_alloc_other(self, cpu, step + 1, align);
    struct cache *cache = heap_cache(self, cpu);
    size_t ticket = self->map.table.ticket[step / SIZE_STEP];
    void *p = *magazine_at(cache, ticket)->top;
    if (unlikely(p == NULL))
        return heap_alloc_empty(self, cache, ticket);
    compiler_forgets(ticket);
    magazine_at(cache, ticket)->top--;
    return checked_alloc(self, p);
}

unsigned heap_class_of(const struct wfh *self, size_t cpu, const void *p) {
    size_t page = span_page_of(&self->map, p);
    if (!wfh_owns(self, p))
        port_fault(PORT_FAULT_FOREIGN, p, cpu);
    // relaxed: if p is a live block, its holder was given it together with the kind
    uint64_t kind = tag_load_relaxed(&self->map.kind[page]);
    if (kind == KIND_FREE)
        port_fault(page_is_free(&self->map.page, page) ? PORT_FAULT_FREE_PAGE : PORT_FAULT_MISPLACED, p, cpu);
    if (kind == KIND_RUN) {
        if ((uintptr_t)p % PAGE_BYTES != 0)
            port_fault(PORT_FAULT_MISPLACED, p, cpu);
        return GIFT_NO_CLASS;
    }
    unsigned class = size_class_of_kind(kind);
    const struct size_class *geometry = &self->map.table.classes[class];
    uint64_t offset = (uintptr_t)p & (size_class_span_bytes(geometry) - 1);
    if (offset * geometry->reciprocal >= geometry->accept)
        port_fault(PORT_FAULT_MISPLACED, p, cpu);
    return class;
}

void heap_give_back(struct wfh *self, size_t cpu, void *p) {
    unsigned class = heap_class_of(self, cpu, p);
    if (class == GIFT_NO_CLASS)
        heap_run_trim(self, cpu, span_page_of(&self->map, p), 0);
    else
        cache_push(heap_cache(self, cpu), &self->map, class, p);
}

// NULL, a run, or misuse.
static __attribute__((noinline)) void heap_free_other(wfh *self, size_t cpu, void *p) {
    if (p == NULL)
        return;
    if (cpu >= self->map.cpus)
        port_fault(PORT_FAULT_BAD_CPU, p, cpu);
    heap_give_back(self, cpu, p);
}

// A block whose magazine is full, or what is none.
static __attribute__((noinline)) void heap_free_checked(wfh *self, size_t cpu, void *p, struct magazine *magazine) {
    if (unlikely(!magazine_accepts(magazine, p)))
        heap_free_other(self, cpu, p);
    else
        cache_push(heap_cache(self, cpu), &self->map, magazine->class, p);
}

void wfh_free(wfh *self, size_t cpu, void *p) {
    intptr_t page = heap_page_from_end(self, p);
    if (unlikely((uintptr_t)page < self->pages_negated || cpu >= self->map.cpus)) {
        heap_free_other(self, cpu, p);
        return;
    }
    checked_free(self, cpu, p);
    struct cache *cache = heap_cache(self, cpu);
    // relaxed: if p is a live block, its holder was given it together with the kind
    size_t ticket = tag_load_relaxed(heap_kinds_end(self) + page);
    void **above = magazine_at(cache, ticket)->top + 1;
    if (*above != p) {
        compiler_forgets(ticket);
        struct magazine *magazine = magazine_at(cache, ticket);
        if (unlikely(!magazine_accepts(magazine, p) || magazine_is_full(magazine))) {
            heap_free_checked(self, cpu, p, magazine);
            return;
        }
        *above = p;
    }
    compiler_forgets(ticket);
    magazine_at(cache, ticket)->top++;
}
