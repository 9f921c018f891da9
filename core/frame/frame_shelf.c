// SPDX-License-Identifier: MIT
// Runs that a slot keeps: a shelf for each power of two, the newest out first. A run that finds no place goes back to
// everyone at once.
#include "frame/frame_state.h"

// The shelf for runs of `count` frames; NULL: there is none.
static struct frame_shelf *frame_shelf_for(struct frame_cache *cache, size_t count) {
    if (count < 2 || (count & (count - 1)) != 0 || count > (size_t)1 << FRAME_SHELVES)
        return NULL;
    return &cache->shelves[bits_log2_up(count) - 1];
}

void frame_keep_run(struct frame_pool *self, size_t cpu, struct frame_place first, size_t count) {
    struct frame_cache *cache = &self->caches[cpu];
    struct frame_shelf *shelf = frame_shelf_for(cache, count);
    bool is_whole = frame_is_block(first, count) && frame_block_state(first) == FRAME_BLOCK_HELD;
    if (shelf == NULL || shelf->count == shelf->places || cache->shelved + count > cache->shelved_most ||
        first.arena->node != cache->home) {
        if (is_whole)
            frame_open_block(first);
        frame_publish(self, first, count, cpu);
        return;
    }
    if (is_whole)
        word_store_relaxed(frame_block_at(first), FRAME_BLOCK_KEPT); // relaxed: the caller owns the block
    shelf->at[shelf->count++] = first;
    cache->shelved += count;
}

struct frame_place frame_unshelve(struct frame_pool *self, size_t cpu, const struct frame_search *search) {
    struct frame_cache *cache = &self->caches[cpu];
    struct frame_shelf *shelf = frame_shelf_for(cache, search->count);
    if (shelf == NULL || shelf->count == 0)
        return (struct frame_place){NULL, 0};
    struct frame_place place = shelf->at[shelf->count - 1];
    if (search->limit < place.arena->end || ((place.arena->map.number + place.page) & (search->align - 1)) != 0)
        return (struct frame_place){NULL, 0};
    shelf->count--;
    cache->shelved -= search->count;
    return place;
}

void frame_clear_shelves(struct frame_pool *self, size_t cpu) {
    struct frame_cache *cache = &self->caches[cpu];
    size_t words = 0;
    // bound: FRAME_SHELVES
    for (unsigned order = FRAME_SHELVES; order > 0; order--) {
        struct frame_shelf *shelf = &cache->shelves[order - 1];
        const size_t count = (size_t)1 << order, of_run = count / BITS_WORD + (count < BITS_WORD ? 2 : 1);
        // bound: FRAME_DRAIN_FRAMES
        for (; shelf->count > 0 && words + of_run <= FRAME_DRAIN_FRAMES; words += of_run) {
            struct frame_place first = shelf->at[--shelf->count];
            cache->shelved -= count;
            frame_must_leave(self, cpu, first, count);
            frame_publish(self, first, count, cpu);
        }
    }
}
