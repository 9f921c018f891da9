// SPDX-License-Identifier: MIT
// Requests with wishes: many frames in a row, alignment, an address limit, a node; and what is taken or admitted by
// address.
#include "frame/frame_state.h"

// Searches one arena by its hints; below a limit within it, the map itself.
static size_t frame_search_arena(struct frame_pool *self, size_t cpu, struct frame_arena *arena,
                                 const struct frame_search *search) {
    struct page_map *map = &arena->map;
    const size_t count = search->count;
    if (search->limit < arena->end)
        return frame_scan_below(arena, search, frame_pages_below(arena, search->limit));
    if (count > map->pages)
        return PAGE_NONE;
    if (count <= BITS_WORD && (count & (count - 1)) == 0 && search->align <= count) {
        struct frame_place place = frame_take_order(self, cpu, arena, bits_log2_up(count));
        if (place.arena != NULL || count == 1)
            return place.arena != NULL ? place.page : PAGE_NONE;
    }
    if (count == FRAME_BLOCK_FRAMES && search->align < count) { // see frame_block_state
        size_t first = page_take_run(map, count, count);
        if (first != PAGE_NONE)
            return first;
    }
    return page_take_run(map, count, search->align);
}

static struct frame_place frame_search_node(struct frame_pool *self, size_t cpu, uint32_t node,
                                            const struct frame_search *search) {
    const uint32_t *order = frame_order(self, node);
    if (self->arenas[order[0]].node == self->caches[cpu].home) {
        struct frame_place kept = frame_unshelve(self, cpu, search);
        if (kept.arena != NULL)
            return kept;
    }
    // bound: arenas
    for (size_t i = 0; i < self->arena_count; i++) {
        struct frame_arena *arena = &self->arenas[order[i]];
        size_t first = frame_search_arena(self, cpu, arena, search);
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

// An alignment in frames.
static size_t frame_align_of(uint64_t align_bytes) {
    return align_bytes <= PAGE_BYTES ? 1 : (size_t)(align_bytes >> PAGE_SHIFT);
}

enum frame_error frame_alloc_wish(frame_pool *self, size_t cpu, const struct frame_wish *wish, uint64_t *first) {
    enum frame_error error = frame_check_wish(self, cpu, wish, first);
    if (error != FRAME_OK)
        return error;
    const struct frame_search search = {
        .count = wish->count,
        .align = frame_align_of(wish->align_bytes),
        .limit = wish->limit,
    };
    uint32_t node = wish->node == FRAME_NODE_OWN ? self->node_of_cpu[cpu] : wish->node;
    struct frame_place place = frame_search_node(self, cpu, node, &search);
    if (place.arena == NULL)
        place = frame_starve(self, cpu, node, &search);
    if (place.arena == NULL)
        return frame_refuse(self, cpu, search);
    if (place.arena->node != self->arenas[frame_order(self, node)[0]].node)
        self->caches[cpu].remote += wish->count;
    frame_hold(self, cpu, place, wish->count);
    *first = frame_address(place.arena, place.page);
    if (wish->zeroed)
        __builtin_memset(frame_reach(self, *first), 0, wish->count << PAGE_SHIFT);
    return FRAME_OK;
}

enum frame_error frame_alloc_contiguous(frame_pool *self, size_t cpu, size_t count, uint64_t align_bytes,
                                        uint64_t *first) {
    struct frame_wish wish = {count, align_bytes, FRAME_LIMIT_NONE, FRAME_NODE_OWN, false};
    if (self == NULL || first == NULL || cpu >= self->cpus || (align_bytes & (align_bytes - 1)) != 0)
        return frame_alloc_wish(self, cpu, &wish, first); // which says what is wrong
    const struct frame_search search = {count, frame_align_of(align_bytes), FRAME_LIMIT_NONE};
    struct frame_place kept = frame_unshelve(self, cpu, &search);
    if (kept.arena == NULL)
        return frame_alloc_wish(self, cpu, &wish, first);
    frame_hold(self, cpu, kept, count);
    *first = frame_address(kept.arena, kept.page);
    return FRAME_OK;
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
