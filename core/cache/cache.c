// SPDX-License-Identifier: MIT
// Blocks between magazines, stash and spans; see cache.h.
#include "cache/cache.h"

_Static_assert(TICKET_FIRST == 2 * SIZE_MAGAZINE_BYTES, "the refusing magazines lie in front");

void cache_init(struct cache *self, const struct size_table *table, size_t cpu, size_t near_page_word,
                const struct cache_limits *limits) {
    static const uint16_t refusing[] = {KIND_FREE, KIND_RUN};
    // bound: 2
    for (unsigned i = 0; i < 2; i++) {
        struct magazine *none = magazine_at(self, refusing[i]);
        none->top = none->slots;
        none->limit = magazine_limit(none->top);
    }
    // bound: SIZE_CLASSES
    for (unsigned class = 0; class < SIZE_CLASSES; class += 1) {
        const struct size_class *geometry = &table->classes[class];
        size_t share = limits->stash_bytes / 4 / geometry->block_bytes;
        magazine_init(self, geometry, (uint8_t) class, limits->magazine_bytes);
        self->share[class] = (uint8_t)(share < BITS_WORD ? share : BITS_WORD);
    }
    magazine_pool_init(&self->pool, (void **)(void *)self->chunks, limits->chunks, limits->pool_bytes);
    stash_init(&self->stash, limits->stash_bytes);
    self->span.cpu = cpu;
    self->span.seat = (struct page_seat){.word = near_page_word, .way = cpu, .doubt = PAGE_NONE};
}

static bool cache_place_is_taken(const struct cache *self, uint32_t place, uint32_t word) {
    return self->stash.entries[place].word != word && self->stash.entries[place].word != STASH_NONE;
}

static size_t cache_entry_bytes(const struct cache *self, const struct span_map *map, uint32_t entry) {
    const struct stash_entry *it = &self->stash.entries[entry];
    uint64_t kind = tag_load_relaxed(&map->kind[span_word_page(it->word)]); // relaxed: pinned by the blocks held here
    return (size_t)bits_count(it->bits) * map->table.classes[size_class_of_kind(kind)].block_bytes;
}

// Makes an entry vacant and gives its blocks, so many bytes, back to their span.
static void cache_flush_bytes(struct cache *self, struct span_map *map, uint32_t entry, size_t bytes) {
    uint32_t word = self->stash.entries[entry].word;
    uint64_t bits = self->stash.entries[entry].bits;
    stash_remove(&self->stash, entry);
    self->stash.bytes -= bytes;
    span_flush(map, &self->span, word, bits);
}

static void cache_flush_entry(struct cache *self, struct span_map *map, uint32_t entry) {
    cache_flush_bytes(self, map, entry, cache_entry_bytes(self, map, entry));
}

// Blocks that refill an empty magazine.
static unsigned cache_refill_most(const struct magazine *magazine) {
    return magazine->own_slots < CACHE_UNPACK ? magazine->own_slots : CACHE_UNPACK;
}

// Moves some of the blocks of a word into the empty magazine, the lowest to be popped first, and the very lowest into
// the answer. Tells the bits that are left, and their bytes.
static void *cache_unpack(struct cache *self, struct span_map *map, unsigned class, uint32_t word, uint64_t *bits,
                          size_t *bytes) {
    const struct size_class *geometry = &map->table.classes[class];
    struct magazine *magazine = magazine_at(self, geometry->ticket);
    uintptr_t base = (uintptr_t)span_block(map, geometry, word, 0);
    uintptr_t block_bytes = geometry->block_bytes;
    unsigned have = bits_count(*bits) - 1;
    unsigned room = cache_refill_most(magazine);
    unsigned moved = have < room ? have : room;
    uint64_t rest = *bits;
    void *answer = (void *)(base + bits_lowest(rest) * block_bytes);
    rest &= rest - 1;
    magazine->top += moved;
    void **slot = magazine->top;
    // bound: CACHE_UNPACK
    for (unsigned i = 0; i < moved; i++) {
        *slot-- = (void *)(base + bits_lowest(rest) * block_bytes);
        rest &= rest - 1;
    }
    *bits = rest;
    *bytes = (have - moved) * block_bytes;
    return answer;
}

// Gives back one word of any class if the stash holds too much.
static void cache_trim(struct cache *self, struct span_map *map) {
    if (self->stash.bytes <= self->stash.bytes_most)
        return;
    uint32_t victim = stash_next_victim(&self->stash);
    if (victim != STASH_NONE)
        cache_flush_entry(self, map, victim);
}

// Refills the empty magazine from an entry of the stash.
static __attribute__((noinline)) void *cache_refill_from(struct cache *self, struct span_map *map, unsigned class,
                                                         uint32_t entry) {
    struct stash_entry *it = &self->stash.entries[entry];
    uint64_t rest = it->bits;
    size_t before = (size_t)bits_count(rest) * map->table.classes[class].block_bytes;
    size_t after;
    void *p = cache_unpack(self, map, class, it->word, &rest, &after);
    self->stash.bytes -= before - after;
    it->bits = rest;
    if (rest == 0)
        stash_remove(&self->stash, entry);
    cache_trim(self, map);
    return p;
}

static __attribute__((noinline)) void *cache_supply(struct cache *self, struct span_map *map, unsigned class) {
    struct span_order order = cache_order(self, map, class);
    uint64_t bits = span_supply(map, &self->span, &order);
    return bits != 0 ? cache_accept(self, map, &order, bits) : NULL;
}

void *cache_refill(struct cache *self, struct span_map *map, unsigned class) {
    struct magazine *magazine = magazine_at(self, map->table.classes[class].ticket);
    if (*magazine->top != NULL || magazine->piece != MAGAZINE_OWN)
        return magazine_pop(&self->pool, magazine); // a chunk lies on full slots; without any, none is affordable
    self->span.refills++;
    uint32_t entry = stash_newest(&self->stash, class);
    return entry != STASH_NONE ? cache_refill_from(self, map, class, entry) : cache_supply(self, map, class);
}

struct span_order cache_order(const struct cache *self, const struct span_map *map, unsigned class) {
    const struct magazine *magazine = cache_magazine(self, &map->table.classes[class]);
    unsigned share = self->stash.bytes > self->stash.bytes_most ? 0 : self->share[class];
    return (struct span_order){.class = class, .most = share + 1 + cache_refill_most(magazine)};
}

void *cache_accept(struct cache *self, struct span_map *map, const struct span_order *order, uint64_t bits) {
    const struct size_class *geometry = &map->table.classes[order->class];
    void *first = span_block(map, geometry, order->word, bits_lowest(bits));
    if (order->count == 1)
        return first;
    // The magazine stays empty until the next call: together with a new span that would be too much for one.
    self->stash.bytes += (size_t)(order->count - 1) * geometry->block_bytes;
    stash_put_first(&self->stash, order->class, order->word, bits & (bits - 1));
    return first;
}

// Adds one block to the entry that holds its word, or to a vacant one.
static void cache_insert(struct cache *self, unsigned class, size_t block_bytes, uint32_t place, uint32_t word,
                         unsigned bit, void *p) {
    struct stash_entry *entry = &self->stash.entries[place];
    if (entry->word != word)
        stash_put(&self->stash, place, class, word, bits_one(bit));
    else if (entry->bits >> bit & 1)
        port_fault(PORT_FAULT_DOUBLE_FREE, p, self->span.cpu);
    else
        entry->bits |= bits_one(bit);
    self->stash.bytes += block_bytes;
}

// Puts one block into the stash. True if a word had to be given back for it.
static bool cache_stash(struct cache *self, struct span_map *map, unsigned class, void *p) {
    const struct size_class *geometry = &map->table.classes[class];
    unsigned bit;
    uint32_t word = span_locate(map, geometry, p, &bit);
    uint32_t place = stash_place(&self->stash, class, word);
    bool taken = cache_place_is_taken(self, place, word);
    if (taken)
        cache_flush_entry(self, map, place);
    cache_insert(self, class, geometry->block_bytes, place, word, bit, p);
    return taken;
}

// A class that finds the pool empty moves a block of another class, which holds chunks, towards the stash: room wanders
// to where it is used.
static void cache_squeeze(struct cache *self, struct span_map *map, unsigned class) {
    uint8_t victim = magazine_pool_victim(&self->pool);
    if (victim == MAGAZINE_NOBODY || victim == class)
        return;
    struct magazine *magazine = magazine_at(self, map->table.classes[victim].ticket);
    (void)cache_stash(self, map, victim, magazine_pop(&self->pool, magazine));
}

// A block for a stash that holds enough: it goes back itself, or another word that is no smaller in its stead.
static void cache_stash_full(struct cache *self, struct span_map *map, unsigned class, void *p) {
    const struct size_class *geometry = &map->table.classes[class];
    unsigned bit;
    uint32_t word = span_locate(map, geometry, p, &bit);
    uint32_t place = stash_place(&self->stash, class, word);
    if (self->stash.entries[place].word == word) {
        cache_insert(self, class, geometry->block_bytes, place, word, bit, p);
        cache_flush_entry(self, map, place);
        return;
    }
    uint32_t victim = cache_place_is_taken(self, place, word) ? place : stash_next_victim(&self->stash);
    size_t bytes = victim == STASH_NONE ? 0 : cache_entry_bytes(self, map, victim);
    if (bytes < geometry->block_bytes) {
        span_flush(map, &self->span, word, bits_one(bit));
        return;
    }
    cache_flush_bytes(self, map, victim, bytes);
    cache_insert(self, class, geometry->block_bytes, place, word, bit, p);
}

// Puts one block into the stash, whether that holds enough or not. True if a word had to be given back for it.
static bool cache_stash_within_limit(struct cache *self, struct span_map *map, unsigned class, void *p) {
    if (self->stash.bytes <= self->stash.bytes_most)
        return cache_stash(self, map, class, p);
    cache_stash_full(self, map, class, p);
    return true;
}

void cache_push(struct cache *self, struct span_map *map, unsigned class, void *p) {
    struct magazine *magazine = magazine_at(self, map->table.classes[class].ticket);
    if (!magazine_is_full(magazine) || magazine_ascend(&self->pool, magazine)) {
        *++magazine->top = p;
        return;
    }
    self->span.evictions++;
    if (!cache_stash_within_limit(self, map, class, p) && self->pool.vacant == 0)
        cache_squeeze(self, map, class);
}

// Moves up to `most` blocks from magazines to the stash; answers how many.
static unsigned cache_drain_magazines(struct cache *self, struct span_map *map, unsigned most) {
    unsigned moved = 0;
    unsigned class = 0;
    // bound: the blocks moved and the classes passed on the way
    for (unsigned turn = 0; turn < SIZE_CLASSES + most; turn++) {
        if (class == SIZE_CLASSES || moved == most)
            break;
        void *p = magazine_pop(&self->pool, magazine_at(self, map->table.classes[class].ticket));
        if (p == NULL) {
            class += 1;
            continue;
        }
        (void)cache_stash_within_limit(self, map, class, p);
        moved++;
    }
    return moved;
}

bool cache_drain(struct cache *self, struct span_map *map) {
    unsigned moved = cache_drain_magazines(self, map, CACHE_BATCH);
    // bound: STASH_PLACES, and CACHE_BATCH words given back
    for (uint32_t entry = 0; entry < STASH_PLACES && moved < CACHE_BATCH; entry++) {
        if (self->stash.entries[entry].word == STASH_NONE)
            continue;
        cache_flush_entry(self, map, entry);
        moved++;
    }
    return moved == CACHE_BATCH;
}
