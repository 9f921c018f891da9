// SPDX-License-Identifier: MIT
// What a cache holds and may hold; for statistics.
#include "cache/cache.h"

size_t cache_bytes(const struct cache *self, const struct size_table *table) {
    size_t bytes = *(const volatile size_t *)&self->stash.bytes;
    // bound: SIZE_CLASSES
    for (unsigned class = 0; class < SIZE_CLASSES; class += 1) {
        const struct size_class *geometry = &table->classes[class];
        bytes += magazine_count(cache_magazine(self, geometry), &self->pool) * geometry->block_bytes;
    }
    return bytes;
}

size_t cache_class_blocks(const struct cache *self, const struct span_map *map, unsigned class) {
    const struct size_class *geometry = &map->table.classes[class];
    size_t blocks = magazine_count(cache_magazine(self, geometry), &self->pool);
    // bound: STASH_PLACES
    for (uint32_t i = 0; i < STASH_PLACES; i++) {
        const volatile struct stash_entry *entry = &self->stash.entries[i];
        uint32_t word = entry->word;
        if (word == STASH_NONE || span_word_page(word) >= map->pages)
            continue;
        // relaxed: an estimate, exact when quiescent
        uint64_t kind = tag_load_relaxed(&map->kind[span_word_page(word)]);
        if (kind_is_class(kind) && size_class_of_kind(kind) == class)
            blocks += bits_count(entry->bits);
    }
    return blocks;
}

// The own slots of all magazines, the pool, and a stash that was just below its limit when a share of a word or a block
// arrived.
size_t cache_bytes_most(const struct cache *self, const struct size_table *table) {
    size_t bytes = (size_t)self->pool.bytes_most + self->stash.bytes_most / 4 * 5;
    bytes += 2 * (size_t)SIZE_SMALL_MAX;
    // bound: SIZE_CLASSES
    for (unsigned class = 0; class < SIZE_CLASSES; class += 1) {
        const struct size_class *geometry = &table->classes[class];
        bytes += cache_magazine(self, geometry)->own_slots * (size_t)geometry->block_bytes;
    }
    return bytes;
}
