// SPDX-License-Identifier: MIT
// What a slot keeps for itself: a ring of frames of its own node, and evicted frames as long as they make one run.
#include "frame/frame_state.h"

static const struct frame_place frame_nowhere = {NULL, 0};

static void frame_publish_run(struct frame_pool *self, struct frame_cache *cache, size_t cpu) {
    size_t count = cache->run_count;
    cache->run_count = 0;
    frame_publish(self, (struct frame_place){cache->run_arena, cache->run_first}, count, cpu);
}

// Adds a frame to the run, or gives the run back and begins another.
static void frame_evict(struct frame_pool *self, size_t cpu, struct frame_place place) {
    struct frame_cache *cache = &self->caches[cpu];
    frame_must_leave(self, cpu, place, 1);
    if (cache->run_count > 0 && cache->run_count < cache->run_most && cache->run_arena == place.arena) {
        if (place.page == cache->run_first + cache->run_count) {
            cache->run_count++;
            return;
        }
        if (place.page + 1 == cache->run_first) {
            cache->run_first--;
            cache->run_count++;
            return;
        }
    }
    frame_publish_run(self, cache, cpu);
    cache->run_arena = place.arena;
    cache->run_first = place.page;
    cache->run_count = 1;
}

static struct frame_place frame_take_oldest(struct frame_cache *cache) {
    struct frame_place place = cache->ring[cache->oldest];
    cache->oldest = (cache->oldest + 1) & cache->mask;
    cache->count--;
    return place;
}

// The ring is full, or for frames of another node: `place` goes in, unless it is of another node, and one goes out.
static __attribute__((noinline)) void frame_keep_slowly(struct frame_pool *self, size_t cpu, struct frame_place place) {
    struct frame_cache *cache = &self->caches[cpu];
    if (place.arena->node != cache->home) {
        frame_evict(self, cpu, place);
        return;
    }
    struct frame_place oldest = frame_take_oldest(cache);
    cache->ring[(cache->oldest + cache->count++) & cache->mask] = place;
    frame_evict(self, cpu, oldest);
}

void frame_keep(struct frame_pool *self, size_t cpu, struct frame_place place) {
    struct frame_cache *cache = &self->caches[cpu];
    if (place.arena->node != cache->home || cache->count == cache->capacity)
        frame_keep_slowly(self, cpu, place);
    else
        cache->ring[(cache->oldest + cache->count++) & cache->mask] = place;
}

struct frame_place frame_take_order(struct frame_pool *self, size_t cpu, struct frame_arena *arena, unsigned order) {
    struct frame_cache *cache = &self->caches[cpu];
    // CPUs begin at places of their own, and go on where they found something.
    struct page_seat seat = {.word = arena->map.words * cpu / self->cpus, .way = cpu, .doubt = PAGE_NONE};
    if (cache->near_arena == arena)
        seat = cache->seat;
    seat.late = false;
    size_t first = page_take_aligned(&arena->map, order, &seat);
    if (first == PAGE_NONE)
        return frame_nowhere;
    cache->near_arena = arena;
    cache->seat = seat;
    return (struct frame_place){arena, first};
}

// A batch from the slot's own node: the first frame is answered, the others go into the empty ring, the next on top.
static struct frame_place frame_take_batch(struct frame_pool *self, size_t cpu, const uint32_t *order) {
    struct frame_cache *cache = &self->caches[cpu];
    const size_t batch = (size_t)1 << FRAME_BATCH_ORDER;
    if (cache->capacity < 2 * batch)
        return frame_nowhere;
    // bound: arenas
    for (size_t i = 0; i < self->arena_count && self->arenas[order[i]].node == cache->home; i++) {
        struct frame_place place = frame_take_order(self, cpu, &self->arenas[order[i]], FRAME_BATCH_ORDER);
        if (place.arena == NULL)
            continue;
        // bound: 2^FRAME_BATCH_ORDER
        for (size_t page = batch - 1; page > 0; page--)
            cache->ring[cache->count++] = (struct frame_place){place.arena, place.page + page};
        cache->oldest = 0;
        return place;
    }
    return frame_nowhere;
}

static struct frame_place frame_take_single(struct frame_pool *self, size_t cpu, const uint32_t *order) {
    // bound: arenas
    for (size_t i = 0; i < self->arena_count; i++) {
        struct frame_place place = frame_take_order(self, cpu, &self->arenas[order[i]], 0);
        if (place.arena != NULL)
            return place;
    }
    return frame_nowhere;
}

struct frame_place frame_supply(struct frame_pool *self, size_t cpu) {
    struct frame_cache *cache = &self->caches[cpu];
    const uint32_t *order = frame_order(self, self->node_of_cpu[cpu]);
    struct frame_place place;
    cache->refills++;
    if (cache->run_count > 0 && cache->run_arena->node == cache->home) {
        cache->run_count--;
        return (struct frame_place){cache->run_arena, cache->run_first + cache->run_count};
    }
    frame_publish_run(self, cache, cpu); // of another node: others may want it, and so may this call in the end
    place = frame_take_batch(self, cpu, order);
    return place.arena != NULL ? place : frame_take_single(self, cpu, order);
}

bool frame_drain(frame_pool *self, size_t cpu) {
    if (self == NULL || cpu >= self->cpus)
        return false;
    struct frame_cache *cache = &self->caches[cpu];
    if (cache->count == 0)
        frame_clear_shelves(self, cpu);
    // bound: FRAME_DRAIN_FRAMES
    for (unsigned i = 0; i < FRAME_DRAIN_FRAMES && cache->count > 0; i++)
        frame_evict(self, cpu, frame_take_oldest(cache));
    if (cache->count == 0)
        frame_publish_run(self, cache, cpu);
    return cache->count > 0 || cache->shelved > 0;
}
