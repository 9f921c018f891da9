// SPDX-License-Identifier: MIT
// Requests with wishes: many frames in a row, alignment, an address limit, a node; and what is taken or admitted by
// address.
#include "frame/frame_state.h"

// The first page at or after `page` whose address is a multiple of `align` frames.
static size_t frame_align_page(const struct frame_arena *arena, size_t page, size_t align) {
    size_t number = arena->map.number + page;
    return ((number + align - 1) & ~(align - 1)) - arena->map.number;
}

// A run that ends at or before page `below`, wherever it is: hints know nothing of limits, so the map itself is read.
static size_t frame_scan_below(struct frame_arena *arena, const struct frame_search *search, size_t below) {
    size_t from = 0;
    // bound: words of the map and runs that begin in them; each turn goes on behind what it looked at
    for (size_t turn = 0; turn <= arena->map.pages; turn++) {
        size_t length;
        size_t first = page_next_run(&arena->map, from, &length);
        if (first == PAGE_NONE || first >= below)
            break;
        size_t end = first + length < below ? first + length : below;
        size_t start = frame_align_page(arena, first, search->align);
        bool fits = start < end && search->count <= end - start;
        if (fits && page_take_at(&arena->map, start, search->count))
            return start;
        size_t next_word = (start / BITS_WORD + 1) * BITS_WORD;
        from = fits && next_word < end ? next_word : first + length;
    }
    return PAGE_NONE;
}

// Searches one arena; by its hints, or else all of it.
static size_t frame_search_arena(struct frame_arena *arena, const struct frame_search *search, size_t cpu,
                                 bool everywhere) {
    struct page_map *map = &arena->map;
    const size_t count = search->count;
    if (search->limit < arena->end) {
        size_t below = search->limit > arena->base ? (size_t)((search->limit - arena->base) >> PAGE_SHIFT) : 0;
        return frame_scan_below(arena, search, below);
    }
    if (count > map->pages)
        return PAGE_NONE;
    if (everywhere)
        return page_scan_run(map, count, search->align);
    if (count <= BITS_WORD && (count & (count - 1)) == 0 && search->align <= count) {
        size_t first = page_take_aligned(map, bits_log2_up(count), 0, cpu);
        if (first != PAGE_NONE || count == 1)
            return first;
    }
    return page_take_run(map, count, search->align);
}

static struct frame_place frame_search_node(struct frame_pool *self, size_t cpu, uint32_t node,
                                            const struct frame_search *search, bool everywhere) {
    const uint32_t *order = frame_order(self, node);
    // bound: arenas
    for (size_t i = 0; i < self->arena_count; i++) {
        struct frame_arena *arena = &self->arenas[order[i]];
        size_t first = frame_search_arena(arena, search, cpu, everywhere);
        if (first != PAGE_NONE)
            return (struct frame_place){arena, first};
    }
    return (struct frame_place){NULL, 0};
}

static enum frame_error frame_refuse(struct frame_pool *self, size_t cpu, struct frame_search search) {
    self->caches[cpu].failures++;
    if (!frame_could_have(self, &search)) {
        search.align = 1;
        return frame_could_have(self, &search) ? FRAME_ERR_ALIGN : FRAME_ERR_TOO_LARGE;
    }
    return FRAME_ERR_OUT_OF_MEMORY;
}

static enum frame_error frame_check_wish(const struct frame_pool *self, size_t cpu, const struct frame_wish *wish,
                                         const uint64_t *first) {
    if (self == NULL || wish == NULL || first == NULL)
        return FRAME_ERR_NULL;
    if (cpu >= self->cpus)
        return FRAME_ERR_CPU;
    if (wish->count == 0)
        return FRAME_ERR_EMPTY;
    if ((wish->align_bytes & (wish->align_bytes - 1)) != 0)
        return FRAME_ERR_ALIGN;
    if (wish->node != FRAME_NODE_OWN && wish->node >= self->nodes)
        return FRAME_ERR_NODE;
    if (wish->zeroed && self->direct_map == FRAME_UNREACHABLE)
        return FRAME_ERR_UNREACHABLE;
    return wish->count > FRAME_ADDRESS_MAX >> PAGE_SHIFT ? FRAME_ERR_TOO_LARGE : FRAME_OK;
}

enum frame_error frame_alloc_wish(frame_pool *self, size_t cpu, const struct frame_wish *wish, uint64_t *first) {
    enum frame_error error = frame_check_wish(self, cpu, wish, first);
    if (error != FRAME_OK)
        return error;
    const struct frame_search search = {
        .count = wish->count,
        .align = wish->align_bytes <= PAGE_BYTES ? 1 : (size_t)(wish->align_bytes >> PAGE_SHIFT),
        .limit = wish->limit,
    };
    uint32_t node = wish->node == FRAME_NODE_OWN ? self->node_of_cpu[cpu] : wish->node;
    struct frame_place place = frame_search_node(self, cpu, node, &search, false);
    if (place.arena == NULL) {
        // bound: FRAME_CACHE_FRAMES / FRAME_DRAIN_FRAMES
        while (frame_drain(self, cpu))
            continue;
        place = frame_search_node(self, cpu, node, &search, true);
        if (place.arena == NULL)
            return frame_refuse(self, cpu, search);
    }
    if (place.arena->node != self->arenas[frame_order(self, node)[0]].node)
        self->caches[cpu].remote += wish->count;
    frame_hold(&self->caches[cpu], place, wish->count);
    *first = frame_address(place.arena, place.page);
    if (wish->zeroed)
        __builtin_memset(frame_reach(self, *first), 0, wish->count << PAGE_SHIFT);
    return FRAME_OK;
}

enum frame_error frame_alloc_contiguous(frame_pool *self, size_t cpu, size_t count, uint64_t align_bytes,
                                        uint64_t *first) {
    struct frame_wish wish = {count, align_bytes, FRAME_LIMIT_NONE, FRAME_NODE_OWN, false};
    return frame_alloc_wish(self, cpu, &wish, first);
}

enum frame_error frame_alloc_contiguous_zeroed(frame_pool *self, size_t cpu, size_t count, uint64_t align_bytes,
                                               uint64_t *first) {
    struct frame_wish wish = {count, align_bytes, FRAME_LIMIT_NONE, FRAME_NODE_OWN, true};
    return frame_alloc_wish(self, cpu, &wish, first);
}

enum frame_error frame_alloc_zeroed(frame_pool *self, size_t cpu, uint64_t *frame) {
    if (self == NULL)
        return FRAME_ERR_NULL;
    if (self->direct_map == FRAME_UNREACHABLE)
        return FRAME_ERR_UNREACHABLE;
    enum frame_error error = frame_alloc(self, cpu, frame);
    if (error == FRAME_OK)
        __builtin_memset(frame_reach(self, *frame), 0, PAGE_BYTES);
    return error;
}
