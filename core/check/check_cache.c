// SPDX-License-Identifier: MIT
// The verifier's rules for per-CPU caches.
#include "check/check.h"

static size_t check_count(const struct cache *cache, const struct size_class *class) {
    return magazine_count(cache_magazine(cache, class), &cache->pool);
}

static const void *check_block(const struct cache *cache, const struct size_class *class, size_t i) {
    return magazine_peek(cache_magazine(cache, class), &cache->pool, i);
}

// In how many stashes a block lies.
static unsigned check_copies_in_stash(const struct wfh *self, unsigned class, uint32_t word, uint64_t bits) {
    unsigned copies = 0;
    // bound: cpus
    for (size_t cpu = 0; cpu < self->map.cpus; cpu++) {
        const struct stash *stash = &heap_cache(self, cpu)->stash;
        const struct stash_entry *entry = &stash->entries[stash_place(stash, class, word)];
        copies += entry->word == word && (entry->bits & bits);
    }
    return copies;
}

static unsigned check_copies_in_magazines(const struct wfh *self, const struct size_class *class, const void *p) {
    unsigned copies = 0;
    // bound: cpus
    for (size_t cpu = 0; cpu < self->map.cpus; cpu++) {
        const struct cache *cache = heap_cache(self, cpu);
        // bound: a magazine's blocks
        for (size_t i = 0; i < check_count(cache, class); i++)
            copies += check_block(cache, class, i) == p;
    }
    return copies;
}

static bool check_magazine_block(const struct wfh *self, unsigned class, const void *p, struct wfh_finding *first) {
    const struct size_class *geometry = &self->map.table.classes[class];
    if (!check_expect(first, "cached blocks lie in the heap", p, 1, wfh_owns(self, p)))
        return false;
    size_t page = span_page_of(&self->map, p);
    uint64_t kind = tag_load_relaxed(&self->map.kind[page]); // relaxed: nothing runs meanwhile
    unsigned bit;
    uint32_t word = span_locate(&self->map, geometry, p, &bit);
    uint64_t free = word_load_relaxed(&self->map.bits[word]) >> bit & 1; // relaxed: nothing runs meanwhile
    return check_expect(first, "cached blocks lie in spans of their class", p, geometry->ticket, kind) &&
           check_expect(first, "cached blocks begin where blocks begin", p, (uintptr_t)p,
                        (uintptr_t)span_block(&self->map, geometry, word, bit)) &&
           check_expect(first, "cached blocks are not free for others", p, 0, free) &&
           check_expect(first, "a block is cached once", p, 1,
                        check_copies_in_magazines(self, geometry, p) +
                            check_copies_in_stash(self, class, word, bits_one(bit)));
}

static bool check_magazines(const struct wfh *self, const struct cache *cache, struct wfh_finding *first) {
    // bound: SIZE_CLASSES
    for (unsigned class = 0; class < SIZE_CLASSES; class += 1) {
        const struct size_class *geometry = &self->map.table.classes[class];
        // bound: a magazine's blocks
        for (size_t i = 0; i < check_count(cache, geometry); i++) {
            if (!check_magazine_block(self, class, check_block(cache, geometry, i), first))
                return false;
        }
    }
    return true;
}

static bool check_stash(const struct wfh *self, const struct cache *cache, struct wfh_finding *first) {
    size_t bytes = 0;
    // bound: STASH_PLACES
    for (uint32_t i = 0; i < STASH_PLACES; i++) {
        const struct stash_entry *entry = &cache->stash.entries[i];
        if (entry->word == STASH_NONE)
            continue;
        uint64_t kind = tag_load_relaxed(&self->map.kind[span_word_page(entry->word)]); // relaxed: quiescent
        if (!check_expect(first, "stashed words belong to spans", entry, 1, kind_is_class(kind)))
            return false;
        unsigned class = size_class_of_kind(kind);
        const struct size_class *geometry = &self->map.table.classes[class];
        uint64_t free = word_load_relaxed(&self->map.bits[entry->word]); // relaxed: nothing runs meanwhile
        bytes += (size_t)bits_count(entry->bits) * geometry->block_bytes;
        uint64_t full = span_full(geometry, entry->word % SPAN_WORDS);
        if (!check_expect(first, "stashed words hold blocks", entry, 1, entry->bits != 0) ||
            !check_expect(first, "stashed blocks lie within their span", entry, 0, entry->bits & ~full) ||
            !check_expect(first, "a block is stashed once", entry, 1,
                          check_copies_in_stash(self, class, entry->word, entry->bits)) ||
            !check_expect(first, "stashed blocks are not free for others", entry, 0, free & entry->bits))
            return false;
    }
    return check_expect(first, "the stash's bytes add up", &cache->stash.bytes, bytes, cache->stash.bytes);
}

// Chunks in use are counted by their magazines, and their bytes by the pool.
static bool check_pool(const struct wfh *self, const struct cache *cache, struct wfh_finding *first) {
    uint64_t chunks = 0, bytes = 0;
    // bound: SIZE_CLASSES
    for (unsigned class = 0; class < SIZE_CLASSES; class += 1) {
        const struct magazine *magazine = cache_magazine(cache, &self->map.table.classes[class]);
        chunks += magazine->chunks;
        bytes += (uint64_t)magazine->chunks * magazine->chunk_bytes;
    }
    return check_expect(first, "every chunk is vacant or in a magazine", &cache->pool, cache->pool.chunks,
                        chunks + bits_count(cache->pool.vacant)) &&
           check_expect(first, "the pool's bytes add up", &cache->pool.bytes, bytes, cache->pool.bytes);
}

bool check_caches(const struct wfh *self, struct wfh_finding *first) {
    // bound: cpus
    for (size_t cpu = 0; cpu < self->map.cpus; cpu++) {
        const struct cache *cache = heap_cache(self, cpu);
        if (!check_magazines(self, cache, first) || !check_stash(self, cache, first) || !check_pool(self, cache, first))
            return false;
    }
    return true;
}
