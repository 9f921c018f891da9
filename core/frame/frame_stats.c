// SPDX-License-Identifier: MIT
// Statistics and limits, computed when asked for; errors as sentences. Contracts: wfheap/frame.h.
#include "frame/frame_steps.h"

static size_t frame_cached(const struct frame_cache *cache) {
    const volatile struct frame_cache *shared = cache; // another CPU may be its owner
    return shared->count + shared->run_count + shared->shelved;
}

// Set bits of all words of a map.
static size_t frame_count_bits(const word_t *words, size_t count) {
    size_t bits = 0;
    // bound: words of the map
    for (size_t i = 0; i < count; i++)
        bits += bits_count(word_load_relaxed(&words[i])); // relaxed: an estimate, exact when quiescent
    return bits;
}

static size_t frame_longest_run(const struct page_map *map, size_t longest) {
    size_t length;
    // bound: maximal runs of free pages
    for (size_t page = 0; (page = page_next_run(map, page, &length)) != PAGE_NONE; page += length)
        longest = length > longest ? length : longest;
    return longest;
}

void frame_stats(const frame_pool *self, struct frame_stats *out) {
    *out = (struct frame_stats){.allocated = word_load_relaxed(self->marked)}; // relaxed: a statistic
    // bound: arenas
    for (size_t i = 0; i < self->arena_count; i++) {
        const struct frame_arena *arena = &self->arenas[i];
        out->managed += frame_count_bits(arena->map.admitted, arena->map.words);
        out->pending += frame_count_bits(arena->pending, arena->map.words);
        out->free += frame_count_bits(arena->map.free, arena->map.words);
        out->largest_free_run = frame_longest_run(&arena->map, out->largest_free_run);
    }
    // bound: cpus
    for (size_t cpu = 0; cpu < self->cpus; cpu++) {
        const volatile struct frame_cache *cache = &self->caches[cpu];
        out->cached += frame_cached(&self->caches[cpu]);
        out->allocated += cache->allocated;
        out->freed += cache->freed;
    }
    out->used = (size_t)(out->allocated - out->freed);
}

bool frame_node_stats(const frame_pool *self, uint32_t node, struct frame_node_stats *out) {
    if (node >= self->nodes)
        return false;
    *out = (struct frame_node_stats){0};
    // bound: arenas
    for (size_t i = 0; i < self->arena_count; i++) {
        const struct frame_arena *arena = &self->arenas[i];
        if (arena->node != node)
            continue;
        out->arenas++;
        out->managed += frame_count_bits(arena->map.admitted, arena->map.words);
        out->pending += frame_count_bits(arena->pending, arena->map.words);
        out->free += frame_count_bits(arena->map.free, arena->map.words);
    }
    return true;
}

bool frame_cpu_stats(const frame_pool *self, size_t cpu, struct frame_cpu_stats *out) {
    if (cpu >= self->cpus)
        return false;
    const volatile struct frame_cache *own = &self->caches[cpu];
    *out = (struct frame_cpu_stats){
        .cached = frame_cached(&self->caches[cpu]),
        .allocated = own->allocated,
        .freed = own->freed,
        .refills = own->refills,
        .remote = own->remote,
        .failures = own->failures,
    };
    return true;
}

void frame_limits(const frame_pool *self, struct frame_limits *out) {
    size_t levels = 0, words = 0;
    // bound: arenas
    for (size_t i = 0; i < self->arena_count; i++) {
        const struct page_map *map = &self->arenas[i].map;
        levels = map->fit_shape.levels > levels ? map->fit_shape.levels : levels;
        words += map->words;
    }
    *out = (struct frame_limits){
        .cpus = self->cpus,
        .nodes = self->nodes,
        .arenas = self->arena_count,
        .hidden_frames_per_cpu = self->caches[0].capacity + self->caches[0].run_most + self->caches[0].shelved_most,
        .reserve_frames = (self->cpus - 1) * BITS_WORD,
        .alloc_steps_max = FRAME_ALLOC_STEPS(levels, self->arena_count),
        .put_steps_max = FRAME_PUT_STEPS(levels),
        .drain_steps_max = FRAME_DRAIN_STEPS(levels),
        .last_resort_steps_max = FRAME_LAST_RESORT_STEPS(levels, self->arena_count, words),
    };
}

const char *frame_left_reason_name(enum frame_left_reason reason) {
    switch (reason) {
    case FRAME_LEFT_PARTIAL:
        return "less than a whole frame";
    case FRAME_LEFT_SMALL:
        return "too small and too far from other memory";
    case FRAME_LEFT_BEYOND:
        return "beyond the addresses that frames have";
    }
    return "no reason that is known";
}
