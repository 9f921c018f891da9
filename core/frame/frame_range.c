// SPDX-License-Identifier: MIT
// Ranges of frames named by their addresses: marking as used, admitting what is reclaimed; and how much there ever is
// in a row.
#include "frame/frame_state.h"

// The part of [start, end) that lies in an arena; it may be nothing.
struct frame_part {
    size_t page, count;
};

static struct frame_part frame_part(const struct frame_arena *arena, uint64_t start, uint64_t end) {
    uint64_t from = start > arena->start ? start : arena->start;
    uint64_t to = end < arena->end ? end : arena->end;
    if (from >= to)
        return (struct frame_part){0, 0};
    return (struct frame_part){(size_t)((from - arena->base) >> PAGE_SHIFT), (size_t)((to - from) >> PAGE_SHIFT)};
}

static bool frame_is_range_managed(const struct frame_pool *self, uint64_t start, uint64_t end) {
    // bound: frames of the range; it ends at the first frame that is none of the pool's
    for (uint64_t at = start; at < end; at += PAGE_BYTES) {
        if (frame_find(self, at).arena == NULL)
            return false;
    }
    return true;
}

// Takes what the range has in every arena, or nothing at all.
static bool frame_take_range(struct frame_pool *self, uint64_t start, uint64_t end) {
    // bound: arenas
    for (size_t i = 0; i < self->arena_count; i++) {
        struct frame_part part = frame_part(&self->arenas[i], start, end);
        if (page_take_at(&self->arenas[i].map, part.page, part.count))
            continue;
        // bound: arenas
        while (i-- > 0) {
            part = frame_part(&self->arenas[i], start, end);
            frame_publish(self, (struct frame_place){&self->arenas[i], part.page}, part.count, FRAME_CPU_NONE);
        }
        return false;
    }
    return true;
}

enum frame_error frame_mark_used(frame_pool *self, uint64_t start, uint64_t bytes) {
    if (self == NULL)
        return FRAME_ERR_NULL;
    if (bytes == 0)
        return FRAME_ERR_EMPTY;
    uint64_t first = start & ~(uint64_t)(PAGE_BYTES - 1);
    uint64_t end = (start + bytes + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
    if (bytes > FRAME_ADDRESS_MAX || end <= first || !frame_is_range_managed(self, first, end))
        return FRAME_ERR_NOT_MANAGED;
    if (!frame_take_range(self, first, end))
        return FRAME_ERR_IN_USE;
    // bound: frames of the range
    for (uint64_t at = first; at < end; at += PAGE_BYTES) {
        word_store_relaxed(frame_count_at(frame_must_find(self, at, FRAME_CPU_NONE)), 1); // relaxed: the caller owns it
    }
    word_add_relaxed(self->marked, (end - first) >> PAGE_SHIFT); // relaxed: a statistic
    return FRAME_OK;
}

// Admits the pages of a word, run by run. Apart, so that the machine code shows the counters of all loops.
static __attribute__((noinline)) void frame_admit_bits(struct frame_pool *self, struct frame_arena *arena, size_t word,
                                                       uint64_t bits) {
    // bound: 32 runs, each turn takes one out of bits
    for (unsigned run = 0; run < BITS_WORD / 2 && bits != 0; run++) {
        unsigned first = bits_lowest(bits), count = bits_prefix(bits >> first);
        (void)page_admit(&arena->map, word * BITS_WORD + first, count);
        frame_publish(self, (struct frame_place){arena, word * BITS_WORD + first}, count, FRAME_CPU_NONE);
        bits &= ~bits_range(first, count);
    }
}

// Apart, as above.
static __attribute__((noinline)) size_t frame_reclaim_arena(struct frame_pool *self, struct frame_arena *arena,
                                                            uint64_t start, uint64_t end) {
    struct frame_part part = frame_part(arena, start, end);
    size_t page = part.page, behind = part.page + part.count, admitted = 0;
    // bound: words of the map
    for (size_t word = page / BITS_WORD; word * BITS_WORD < behind; word++) {
        size_t from = page > word * BITS_WORD ? page % BITS_WORD : 0;
        size_t to = behind - word * BITS_WORD < BITS_WORD ? behind % BITS_WORD : BITS_WORD;
        uint64_t bits = word_load_relaxed(&arena->pending[word]); // relaxed: one caller at a time
        uint64_t taken = bits & bits_range((unsigned)from, (unsigned)(to - from));
        word_store_relaxed(&arena->pending[word], bits & ~taken); // relaxed: one caller at a time
        frame_admit_bits(self, arena, word, taken);
        admitted += bits_count(taken);
    }
    return admitted;
}

size_t frame_reclaim(frame_pool *self, uint64_t start, uint64_t bytes) {
    uint64_t end = start + bytes < start ? UINT64_MAX : start + bytes;
    uint64_t first = start + PAGE_BYTES - 1 < start ? UINT64_MAX : start + PAGE_BYTES - 1;
    size_t admitted = 0;
    // bound: arenas
    for (size_t i = 0; i < self->arena_count; i++)
        admitted += frame_reclaim_arena(self, &self->arenas[i], first & ~(uint64_t)(PAGE_BYTES - 1),
                                        end & ~(uint64_t)(PAGE_BYTES - 1));
    return admitted;
}

// The first maximal run of managed pages at or after `from`; its length, 0 if there is none.
static size_t frame_next_managed(const struct frame_arena *arena, size_t from, size_t *length) {
    const word_t *admitted = arena->map.admitted;
    *length = 0;
    // bound: words of the map
    for (size_t page = from; page < arena->map.pages; page = (page / BITS_WORD + 1) * BITS_WORD) {
        uint64_t bits = word_load_relaxed(&admitted[page / BITS_WORD]) >> (page % BITS_WORD); // relaxed: never revoked
        if (bits == 0)
            continue;
        size_t first = page + bits_lowest(bits);
        size_t end = first + bits_prefix(bits >> bits_lowest(bits));
        // bound: words of the map
        while (end % BITS_WORD == 0 && end < arena->map.pages) {
            unsigned prefix = bits_prefix(word_load_relaxed(&admitted[end / BITS_WORD])); // relaxed: never revoked
            end += prefix;
            if (prefix == 0)
                break;
        }
        *length = end - first;
        return first;
    }
    return PAGE_NONE;
}

static bool frame_run_has(uint64_t start, uint64_t end, const struct frame_search *search) {
    uint64_t align = (uint64_t)search->align << PAGE_SHIFT;
    uint64_t first = (start + align - 1) & ~(align - 1);
    return first >= start && first < end && search->count <= (end - first) >> PAGE_SHIFT;
}

bool frame_could_have(const struct frame_pool *self, const struct frame_search *search) {
    // bound: arenas
    for (size_t i = 0; i < self->arena_count; i++) {
        const struct frame_arena *arena = &self->arenas[i];
        size_t length;
        // bound: runs of managed frames
        for (size_t page = 0; (page = frame_next_managed(arena, page, &length)) != PAGE_NONE; page += length) {
            uint64_t start = frame_address(arena, page), end = start + ((uint64_t)length << PAGE_SHIFT);
            if (frame_run_has(start, end < search->limit ? end : search->limit, search))
                return true;
        }
    }
    return false;
}

uint64_t frame_align_max(const frame_pool *self, size_t count) {
    struct frame_search search = {count, 1, FRAME_LIMIT_NONE};
    uint64_t align = 0;
    if (self == NULL || count == 0)
        return 0;
    // bound: 52 - PAGE_SHIFT, the alignments below FRAME_ADDRESS_MAX
    for (; search.align << PAGE_SHIFT < FRAME_ADDRESS_MAX && frame_could_have(self, &search); search.align *= 2)
        align = (uint64_t)search.align << PAGE_SHIFT;
    return align;
}
