// SPDX-License-Identifier: MIT
// Frames that go back, and those who wait for some (help/help.h): who gives first gives to everyone, then looks for
// raised hands; who raises his hand looks at every word afterwards. So nobody's frame becomes free behind a hungry
// CPU's back but he who freed it sees the hand, takes what suits out of the word again, and hands it over.
#include "frame/frame_state.h"

// A want word: a tag in the two lowest bits. Behind it, of a wish, count - 1, the order of the alignment, and the limit
// in frames; of a gift, the number of its first frame.
enum { TAG_WISH = 1, TAG_GIFT = 2, TAG_BITS = 2, WISH_ALIGN = 8, WISH_LIMIT = 11 };

static uint64_t frame_encode(const struct frame_search *search) {
    uint64_t limit = (search->limit < FRAME_ADDRESS_MAX ? search->limit : FRAME_ADDRESS_MAX) >> PAGE_SHIFT;
    return TAG_WISH | (uint64_t)(search->count - 1) << TAG_BITS | (uint64_t)bits_log2_up(search->align) << WISH_ALIGN |
           limit << WISH_LIMIT;
}

static struct frame_search frame_decode(uint64_t want) {
    return (struct frame_search){
        .count = (want >> TAG_BITS & (BITS_WORD - 1)) + 1,
        .align = (size_t)1 << (want >> WISH_ALIGN & 7),
        .limit = want >> WISH_LIMIT << PAGE_SHIFT,
    };
}

// The bits of a word at which a run may begin.
static uint64_t frame_places(const struct frame_arena *arena, size_t word, const struct frame_search *search) {
    size_t below = frame_pages_below(arena, search->limit), first = word * BITS_WORD;
    if (below < first + search->count)
        return 0;
    size_t starts = below - search->count - first + 1;
    return bits_multiples(bits_log2_up(search->align)) & bits_low(starts < BITS_WORD ? (unsigned)starts : BITS_WORD);
}

bool frame_word_suits(const struct frame_arena *arena, size_t word, const struct frame_search *search) {
    uint64_t runs = bits_runs(page_look(&arena->map, word), (unsigned)search->count);
    return (runs & frame_places(arena, word, search)) != 0;
}

static void frame_give_piece(struct frame_arena *arena, size_t word, uint64_t pages, size_t cpu) {
    if (!page_give_piece(&arena->map, word, pages))
        frame_fault(PORT_FAULT_CORRUPT, frame_address(arena, word * BITS_WORD + bits_lowest(pages)), cpu);
}

size_t frame_seize(struct frame_arena *arena, size_t word, const struct frame_search *search) {
    uint64_t pages = page_take_word(&arena->map, word);
    uint64_t starts = bits_runs(pages, (unsigned)search->count) & frame_places(arena, word, search);
    uint64_t kept = starts != 0 ? bits_range(bits_lowest(starts), (unsigned)search->count) : 0;
    if (pages != kept)
        frame_give_piece(arena, word, pages & ~kept, FRAME_CPU_NONE);
    return starts != 0 ? word * BITS_WORD + bits_lowest(starts) : PAGE_NONE;
}

// Hands over what suits one who waits; false if there is no such thing, or he has something by now.
static bool frame_serve_one(struct frame_pool *self, size_t hungry, struct frame_arena *arena, size_t word) {
    uint64_t want = help_wish(&self->help, hungry);
    struct frame_search search = frame_decode(want);
    if ((want & bits_low(TAG_BITS)) != TAG_WISH || !frame_word_suits(arena, word, &search))
        return false;
    size_t page = frame_seize(arena, word, &search);
    if (page == PAGE_NONE)
        return false;
    if (help_give(&self->help, hungry, want, TAG_GIFT | frame_address(arena, page) >> PAGE_SHIFT << TAG_BITS))
        return true;
    frame_give_piece(arena, word, bits_range(page % BITS_WORD, (unsigned)search.count), FRAME_CPU_NONE);
    return false;
}

void frame_serve(struct frame_pool *self, size_t cpu, struct frame_arena *arena, size_t word) {
    size_t cursor = cpu == FRAME_CPU_NONE ? 0 : self->caches[cpu].helped, first = HELP_CPU_NONE;
    if (!help_anyone(&self->help))
        return;
    // bound: HELP_LOOKS
    for (unsigned i = 0; i < HELP_LOOKS; i++) {
        size_t hungry = help_turn(&self->help, &cursor);
        if (hungry == HELP_CPU_NONE || hungry == first)
            break;
        first = first == HELP_CPU_NONE ? hungry : first;
        if (hungry != cpu)
            (void)frame_serve_one(self, hungry, arena, word);
    }
    if (cpu != FRAME_CPU_NONE)
        self->caches[cpu].helped = cursor;
}

void frame_publish(struct frame_pool *self, struct frame_place first, size_t count, size_t cpu) {
    size_t page = first.page, end = first.page + count;
    // bound: count / 64 + 2 words
    for (size_t here; page < end; page += here) {
        here = BITS_WORD - page % BITS_WORD < end - page ? BITS_WORD - page % BITS_WORD : end - page;
        frame_give_piece(first.arena, page / BITS_WORD, bits_range(page % BITS_WORD, (unsigned)here), cpu);
        frame_serve(self, cpu, first.arena, page / BITS_WORD);
    }
}

void frame_ask(struct frame_pool *self, size_t cpu, const struct frame_search *search) {
    help_raise(&self->help, cpu, frame_encode(search));
}

struct frame_place frame_accept(struct frame_pool *self, size_t cpu) {
    uint64_t got = help_lower(&self->help, cpu);
    if ((got & bits_low(TAG_BITS)) != TAG_GIFT)
        return (struct frame_place){NULL, 0};
    return frame_locate(self, got >> TAG_BITS << PAGE_SHIFT);
}
