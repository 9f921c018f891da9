// SPDX-License-Identifier: MIT
// Within the heap layer: what a heap is made of, and the paths that are too rare for the header of the public calls.
#ifndef HEAP_HEAP_STATE_H
#define HEAP_HEAP_STATE_H

#include <wfheap/heap.h>

#include "cache/cache.h"

// The kinds of all pages lie just in front of it, the last page's last: free reaches them without loading a pointer.
struct wfh {
    struct span_map map;
    uintptr_t end;           // of the last page
    uintptr_t pages_negated; // 0 - map.pages
    uintptr_t region;        // begins here
    size_t region_bytes;
    size_t metadata_bytes;
    word_t *held;             // of the checked build, see checked.h
    struct cache *cache_of[]; // by CPU
};

// Runs longer than this, and alignments above it, take steps in proportion to their length.
#define HEAP_WORD_PAGES ((size_t)BITS_WORD)

// Drains that empty any cache: each moves CACHE_BATCH blocks or words, or says that there are no more.
#define HEAP_DRAIN_TURNS                                                                                               \
    (((size_t)SIZE_CLASSES * MAGAZINE_OWN_SLOTS + (size_t)MAGAZINE_CHUNKS * MAGAZINE_CHUNK_SLOTS + STASH_PLACES) /     \
         CACHE_BATCH +                                                                                                 \
     2)

#define HEAP_LARGER_CLASSES 8u // whose blocks may serve in place of a class that has none left

static inline struct cache *heap_cache(const struct wfh *self, size_t cpu) {
    return self->cache_of[cpu];
}

// The page of an address counted from the end, so that those of the heap are -pages .. -1.
static inline intptr_t heap_page_from_end(const struct wfh *self, const void *p) {
    return (intptr_t)((uintptr_t)p - self->end) >> PAGE_SHIFT;
}

static inline const tag_t *heap_kinds_end(const struct wfh *self) {
    return (const tag_t *)(const void *)self;
}

static inline size_t heap_pages_of(size_t bytes) {
    return (bytes + PAGE_BYTES - 1) >> PAGE_SHIFT;
}

static inline size_t heap_align_pages(size_t align) {
    return align > PAGE_BYTES ? align >> PAGE_SHIFT : 1;
}

static inline size_t heap_align(size_t align) {
    return align < SIZE_STEP ? SIZE_STEP : align;
}

static inline bool heap_align_is_good(size_t align) {
    return (align & (align - 1)) == 0;
}

// A run of pages for a request; NULL if hints show none.
void *heap_run_take(struct wfh *self, size_t cpu, size_t bytes, size_t align);

// Makes pages that the caller owns a run.
void *heap_run_make(struct wfh *self, size_t first, size_t pages);

// Gives a run back, all or only what follows its first `keep` pages.
void heap_run_trim(struct wfh *self, size_t cpu, size_t first, size_t keep);

static inline size_t heap_run_pages(const struct wfh *self, size_t first) {
    // relaxed: the caller holds the run
    return (size_t)(word_load_relaxed(&self->map.state[first]) >> SPAN_LIVE_SHIFT);
}

// The last resort: gives back what this CPU hides, raises the hand, reads the truth. class GIFT_NO_CLASS: a run only.
void *heap_starve(struct wfh *self, size_t cpu, unsigned class, size_t bytes, size_t align);

// Frees a block or a run, whichever p is; a fault if it is neither.
void heap_give_back(struct wfh *self, size_t cpu, void *p);

// What p is, for calls that do not mind a few more steps: its class, GIFT_NO_CLASS for a run; a fault for all else.
unsigned heap_class_of(const struct wfh *self, size_t cpu, const void *p);

// wfh_usable_size, with the CPU that a fault tells of.
size_t heap_usable_size(const struct wfh *self, size_t cpu, const void *p);

#endif
