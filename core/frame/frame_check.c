// SPDX-License-Identifier: MIT
// The quiescent verifier: every invariant of a pool, rule by rule. Nothing may run meanwhile.
#include "frame/frame_state.h"

#define FRAME_CHECK_CACHED (~UINT64_C(0)) // the count of a cached frame while the check runs

static bool frame_expect(struct frame_finding *first, const char *rule, uint64_t frame, uint64_t want, uint64_t have) {
    if (want == have)
        return true;
    *first = (struct frame_finding){.rule = rule, .frame = frame, .want = want, .have = have};
    return false;
}

static uint64_t frame_peek(const word_t *word) {
    return word_load_relaxed(word); // relaxed: nothing runs meanwhile
}

// A frame in a cache: marked, so that it is not met twice.
static bool frame_check_cached(const frame_pool *self, struct frame_place place, struct frame_finding *first) {
    bool is_of_pool = place.arena >= self->arenas && place.arena < self->arenas + self->arena_count;
    uint64_t address = is_of_pool ? frame_address(place.arena, place.page) : FRAME_NONE;
    if (!frame_expect(first, "a cached frame is managed", address, true, frame_find(self, address).arena != NULL))
        return false;
    word_t *count = &place.arena->references[place.page];
    if (!frame_expect(first, "a cached frame is not free for others", address, false,
                      page_is_free(&place.arena->map, place.page)) ||
        !frame_expect(first, "a frame is cached once, and has no references", address, 0, frame_peek(count)))
        return false;
    word_store_relaxed(count, FRAME_CHECK_CACHED); // relaxed: nothing runs meanwhile
    return true;
}

static bool frame_check_shelves(const frame_pool *self, const struct frame_cache *cache, struct frame_finding *first) {
    size_t shelved = 0;
    // bound: FRAME_SHELVES
    for (unsigned order = 1; order <= FRAME_SHELVES; order++) {
        const struct frame_shelf *shelf = &cache->shelves[order - 1];
        // bound: frames on the shelf
        for (size_t i = 0; i < (size_t)shelf->count << order; i++) {
            struct frame_place place = shelf->at[i >> order];
            place.page += i & bits_low(order);
            if (!frame_check_cached(self, place, first))
                return false;
        }
        shelved += (size_t)shelf->count << order;
    }
    return frame_expect(first, "shelves are counted", FRAME_NONE, shelved, cache->shelved);
}

static bool frame_check_cache(const frame_pool *self, const struct frame_cache *cache, struct frame_finding *first) {
    // bound: FRAME_CACHE_FRAMES
    for (size_t i = 0; i < cache->count; i++) {
        struct frame_place place = cache->ring[(cache->oldest + i) & cache->mask];
        if (!frame_check_cached(self, place, first) ||
            !frame_expect(first, "a ring holds frames of its slot's node", frame_address(place.arena, place.page),
                          cache->home, place.arena->node))
            return false;
    }
    // bound: FRAME_CACHE_FRAMES
    for (size_t i = 0; i < cache->run_count; i++) {
        if (!frame_check_cached(self, (struct frame_place){cache->run_arena, cache->run_first + i}, first))
            return false;
    }
    bool is_bounded =
        cache->count <= cache->capacity && cache->run_count <= cache->run_most && cache->shelved <= cache->shelved_most;
    return frame_expect(first, "a cache keeps to its capacity", FRAME_NONE, true, is_bounded) &&
           frame_check_shelves(self, cache, first);
}

// Counts the frames with references.
static bool frame_check_page(const struct frame_arena *arena, size_t page, uint64_t *used,
                             struct frame_finding *first) {
    uint64_t frame = frame_address(arena, page), references = frame_peek(&arena->references[page]);
    bool is_managed = page_is_admitted(&arena->map, page), is_free = page_is_free(&arena->map, page);
    bool is_pending = frame_peek(&arena->pending[page / BITS_WORD]) >> (page % BITS_WORD) & 1;
    bool is_cached = references == FRAME_CHECK_CACHED, is_used = references != 0 && !is_cached;
    *used += is_used;
    return frame_expect(first, "a managed frame is free, cached or used; others are nothing of that", frame, is_managed,
                        (uint64_t)is_free + is_cached + is_used) &&
           frame_expect(first, "a frame that waits to be reclaimed is not managed", frame, false,
                        is_pending && is_managed) &&
           frame_expect(first, "managed frames lie within their arena", frame, false,
                        is_managed && (frame < arena->start || frame >= arena->end)) &&
           frame_expect(first, "references do not exceed their maximum", frame, false,
                        is_used && references > FRAME_REFERENCES_MAX);
}

static bool frame_check_arena(const struct frame_arena *arena, uint64_t *used, struct frame_finding *first) {
    // bound: frames of the arena
    for (size_t page = 0; page < arena->map.pages; page++) {
        if (!frame_check_page(arena, page, used, first))
            return false;
    }
    // bound: words of the map
    for (size_t word = 0; word < arena->map.words; word++) {
        uint64_t bits = frame_peek(&arena->map.free[word]);
        if (bits != 0 && !frame_expect(first, "free frames are hinted by their largest aligned run",
                                       frame_address(arena, word * BITS_WORD), true,
                                       bitset_has(&arena->map.fit[bits_order(bits)], word)))
            return false;
    }
    return true;
}

// What is in caches gets its count of 0 back.
static void frame_unmark_cached(const struct frame_pool *self) {
    // bound: arenas
    for (size_t i = 0; i < self->arena_count; i++) {
        const struct frame_arena *arena = &self->arenas[i];
        // bound: frames of the arena
        for (size_t page = 0; page < arena->map.pages; page++) {
            if (frame_peek(&arena->references[page]) == FRAME_CHECK_CACHED)
                word_store_relaxed(&arena->references[page], 0); // relaxed: nothing runs meanwhile
        }
    }
}

// Blocks that are kept whole become ordinary runs on their shelves, with counts of 0 as all that is cached.
static void frame_open_kept(const frame_pool *self) {
    // bound: cpus
    for (size_t cpu = 0; cpu < self->cpus; cpu++) {
        const struct frame_shelf *shelf = &self->caches[cpu].shelves[FRAME_SHELVES - 1];
        // bound: runs on the shelf
        for (uint32_t i = 0; i < shelf->count; i++) {
            struct frame_place place = shelf->at[i];
            if (frame_is_block(place, FRAME_BLOCK_FRAMES) && frame_block_state(place) == FRAME_BLOCK_KEPT)
                frame_open_block(place);
        }
    }
}

static bool frame_check_blocks(const frame_pool *self, struct frame_finding *first) {
    // bound: arenas
    for (size_t i = 0; i < self->arena_count; i++) {
        const struct frame_arena *arena = &self->arenas[i];
        // bound: frames of the arena
        for (size_t page = 0; page < arena->map.pages; page++) {
            struct frame_place place = {&self->arenas[i], page};
            uint64_t state = frame_block_state(place), frame = frame_address(arena, page);
            if (!frame_expect(first, "a block that is kept whole is on a shelf", frame, false,
                              state == FRAME_BLOCK_KEPT) ||
                !frame_expect(first, "a frame of a block that is held whole has one reference", frame, 1,
                              state == FRAME_BLOCK_HELD ? frame_peek(&arena->references[page]) : 1))
                return false;
        }
    }
    return true;
}

bool frame_check(frame_pool *self, struct frame_finding *first) {
    struct frame_stats stats;
    uint64_t used = 0;
    frame_open_kept(self);
    bool good = frame_check_blocks(self, first);
    // bound: cpus
    for (size_t cpu = 0; cpu < self->cpus && good; cpu++)
        good = frame_check_cache(self, &self->caches[cpu], first);
    // bound: arenas
    for (size_t i = 0; i < self->arena_count && good; i++)
        good = frame_check_arena(&self->arenas[i], &used, first);
    frame_unmark_cached(self);
    frame_stats(self, &stats);
    return good && frame_expect(first, "no hand is raised", FRAME_NONE, HELP_CPU_NONE, help_next(&self->help, 0)) &&
           frame_expect(first, "the counts of used frames are right", FRAME_NONE, used, stats.used) &&
           frame_expect(first, "free, cached and used frames add up", FRAME_NONE, stats.managed,
                        stats.free + stats.cached + stats.used);
}
