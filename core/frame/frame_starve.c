// SPDX-License-Identifier: MIT
// The last resort before FRAME_ERR_OUT_OF_MEMORY. A CPU that found nothing where hints led gives back what it hides
// itself, raises its hand, and reads every map once: each word whose frames suit is taken whole by an exchange, which
// cannot be lost, and frames that become free behind it are handed to it by whoever frees them. Nobody waits for it.
#include "frame/frame_state.h"

// The first page at or after `page` whose address is a multiple of `align` frames.
static size_t frame_align_page(const struct frame_arena *arena, size_t page, size_t align) {
    size_t number = arena->map.number + page;
    return ((number + align - 1) & ~(align - 1)) - arena->map.number;
}

size_t frame_scan_below(struct frame_arena *arena, const struct frame_search *search, size_t below) {
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

// Runs within one word; whatever was taken beside them is offered to others who wait.
static size_t frame_seize_any(struct frame_pool *self, size_t cpu, struct frame_arena *arena,
                              const struct frame_search *search) {
    // bound: words of the map
    for (size_t word = 0; word < arena->map.words; word++) {
        if (!frame_word_suits(arena, word, search))
            continue;
        size_t page = frame_seize(arena, word, search);
        frame_serve(self, cpu, arena, word);
        if (page != PAGE_NONE)
            return page;
    }
    return PAGE_NONE;
}

// Reads all maps; `in_words` those runs too that lie in one word of a map, which no race can hide.
static struct frame_place frame_scan(struct frame_pool *self, size_t cpu, uint32_t node,
                                     const struct frame_search *search, bool in_words) {
    const uint32_t *order = frame_order(self, node);
    // bound: arenas
    for (size_t i = 0; i < self->arena_count; i++) {
        struct frame_arena *arena = &self->arenas[order[i]];
        size_t below = frame_pages_below(arena, search->limit);
        size_t page = search->count > 1 || !in_words ? frame_scan_below(arena, search, below) : PAGE_NONE;
        if (page == PAGE_NONE && in_words)
            page = frame_seize_any(self, cpu, arena, search);
        if (page != PAGE_NONE)
            return (struct frame_place){arena, page};
    }
    return (struct frame_place){NULL, 0};
}

struct frame_place frame_starve(struct frame_pool *self, size_t cpu, uint32_t node, const struct frame_search *search) {
    bool in_words = search->count <= BITS_WORD && search->align <= BITS_WORD;
    // bound: FRAME_DRAIN_CALLS
    for (unsigned turn = 0; turn < FRAME_DRAIN_CALLS && frame_drain(self, cpu); turn++) {
    }
    if (in_words)
        frame_ask(self, cpu, search);
    struct frame_place place = frame_scan(self, cpu, node, search, in_words);
    struct frame_place gift = in_words ? frame_accept(self, cpu) : (struct frame_place){NULL, 0};
    if (place.arena == NULL)
        return gift;
    if (gift.arena != NULL)
        frame_publish(self, gift, search->count, cpu);
    return place;
}
