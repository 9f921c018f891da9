// SPDX-License-Identifier: MIT
// A heap of a few pages; see tiny.h.
#include "tiny.h"

#include "account.h"
#include "arena.h"
#include "heap/steps.h"
#include "names.h"
#include "shadow.h"
#include "snapshot.h"

#include <string.h>

#define HANDS_MOST 16u
#define LEVELS 1u // a set of 64 members is one word

struct wfh *tiny;

static struct {
    unsigned pages;
    size_t granule_bytes;
    struct hand hands[CPUS_MAX][HANDS_MOST]; // what each CPU holds; no bits: vacant
} state;

static word_t *take_words(size_t words) {
    return arena_take(words * sizeof(word_t), sizeof(word_t));
}

static void build_hints(struct span_map *map) {
    for (unsigned order = 0; order < PAGE_ORDERS; order++)
        bitset_shape_init(&map->partial_shape[order], map->pages >> order);
    for (unsigned class = 0; class < SIZE_CLASSES; class ++)
        bitset_init(&map->partial[class], &map->partial_shape[map->table.classes[class].order], take_words(1));
    bitset_init(&map->empty, &map->partial_shape[0], take_words(1));
}

static void build_map(struct span_map *map, unsigned cpus, unsigned order) {
    map->pages = TINY_PAGES;
    map->cpus = cpus;
    size_table_init(&map->table, order);
    build_hints(map);
    page_init(&map->page, TINY_PAGES, map->base >> PAGE_SHIFT, take_words(page_storage_words(TINY_PAGES)));
    help_init(&map->help, cpus, take_words(help_storage_words(cpus)));
}

static void build_caches(unsigned cpus) {
    static const struct cache_limits limits = {
        .magazine_bytes = TINY_WHOLE, .stash_bytes = 4 * TINY_WHOLE, .pool_bytes = 0, .chunks = 1};
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        tiny->cache_of[cpu] = arena_take(cache_footprint(limits.chunks), PORT_CACHE_LINE);
        cache_init(heap_cache(tiny, cpu), &tiny->map.table, cpu, 0, &limits);
        arena_keep(tiny_me(cpu), sizeof(struct span_cpu));
    }
}

void tiny_build(unsigned cpus, unsigned pages, unsigned order) {
    const size_t bytes = TINY_PAGES << PAGE_SHIFT;
    uintptr_t base = (uintptr_t)arena_take(bytes, bytes);
    unsigned char *front = arena_take(TINY_PAGES * sizeof(tag_t) + sizeof *tiny + cpus * sizeof(void *), bytes);
    tiny = (struct wfh *)(void *)(front + TINY_PAGES * sizeof(tag_t));
    tiny->map.base = tiny->region = base;
    tiny->map.kind = (tag_t *)(void *)front;
    tiny->region_bytes = bytes;
    tiny->end = base + bytes;
    tiny->pages_negated = ~(uintptr_t)TINY_PAGES + 1;
    arena_keep(front, pages * sizeof(tag_t));
    unsigned char *words = arena_take(0, PORT_CACHE_LINE);
    build_map(&tiny->map, cpus, order);
    unsigned char *end = arena_take(0, PORT_CACHE_LINE);
    arena_keep(words, (size_t)(end - words));
    tiny->map.state = take_words(TINY_PAGES);
    tiny->map.bits = take_words(TINY_PAGES * SPAN_WORDS);
    arena_keep(tiny->map.state, pages * sizeof(word_t));
    arena_keep(tiny->map.bits, pages * SPAN_WORDS * sizeof(word_t));
    build_caches(cpus);
    state.pages = pages;
    (void)page_admit(&tiny->map.page, 0, pages);
    (void)page_give(&tiny->map.page, 0, pages);
    account_watch(&tiny->map);
    tiny_watch(TINY_QUARTERS);
    snapshot_keep(state.hands, cpus * sizeof state.hands[0]);
}

void tiny_watch(size_t block_bytes) {
    state.granule_bytes = block_bytes;
    shadow_keep((const void *)tiny->map.base, state.pages << PAGE_SHIFT, block_bytes);
}

struct span_cpu *tiny_me(unsigned cpu) {
    return &heap_cache(tiny, cpu)->span;
}

unsigned tiny_class(size_t size) {
    return size_class_of_kind(tiny->map.table.ticket[(size - 1) / SIZE_STEP]);
}

// Not what it has not counted yet: no more pages than a tiny heap has, and their sum follows from the rest.
uint64_t tiny_digest(unsigned cpu) {
    const struct span_cpu *me = tiny_me(cpu);
    uint64_t digest = hash_mix(me->helped, me->seat.word);
    digest = hash_mix(hash_mix(hash_mix(digest, me->seat.doubt), me->seat.fits), me->doubt);
    digest = hash_bytes(digest, me->near, sizeof me->near);
    digest = hash_bytes(hash_bytes(digest, me->seat.stale, sizeof me->seat.stale), me->stale, sizeof me->stale);
    return hash_bytes(digest, state.hands[cpu], sizeof state.hands[cpu]);
}

void tiny_begin(void) {
    shadow_begin(state.granule_bytes);
    memset(state.hands, 0, world.cpus * sizeof state.hands[0]);
}

static void change_hands(unsigned cpu, const struct hand *hand, bool enters) {
    const struct size_class *class = &tiny->map.table.classes[hand->class];
    for (uint64_t bits = hand->bits; bits != 0; bits &= bits - 1) {
        void *block = span_block(&tiny->map, class, hand->word, bits_lowest(bits));
        if (enters)
            shadow_enter(cpu, block, class->block_bytes);
        else
            shadow_leave(cpu, block, class->block_bytes);
    }
}

void tiny_hold(unsigned cpu, const struct hand *hand) {
    const struct size_class *class = &tiny->map.table.classes[hand->class];
    size_t page = span_word_page(hand->word);
    if ((hand->bits & ~span_full(class, hand->word % SPAN_WORDS)) != 0)
        world_fail("CPU %u was given blocks beyond the span's last", cpu);
    if (tiny->map.kind[page].value != class->ticket)
        world_fail("CPU %u was given blocks of page %zu, which is of another class", cpu, page);
    change_hands(cpu, hand, true);
    for (unsigned i = 0; i < HANDS_MOST; i++) {
        if (state.hands[cpu][i].bits == 0) {
            state.hands[cpu][i] = *hand;
            return;
        }
    }
    world_fail("CPU %u holds more than %u words, which the scenario has no room for", cpu, HANDS_MOST);
}

void tiny_release(unsigned cpu, const struct hand *hand) {
    change_hands(cpu, hand, false);
    uint64_t bits = hand->bits;
    for (unsigned i = 0; i < HANDS_MOST && bits != 0; i++) {
        struct hand *held = &state.hands[cpu][i];
        uint64_t here = held->word == hand->word ? held->bits & bits : 0;
        held->bits &= ~here;
        bits &= ~here;
    }
}

struct hand tiny_claim(unsigned cpu, unsigned class, unsigned most) {
    struct span_order order = {.class = class, .most = most};
    call_begin(cpu, "span_supply", STEPS_SUPPLY(LEVELS));
    struct hand hand = {.class = class, .bits = span_supply(&tiny->map, tiny_me(cpu), &order)};
    call_end(cpu);
    hand.word = order.word;
    if (hand.bits != 0)
        tiny_hold(cpu, &hand);
    return hand;
}

void tiny_flush(unsigned cpu, const struct hand *hand) {
    if (hand->bits == 0)
        return;
    tiny_release(cpu, hand);
    call_begin(cpu, "span_flush", 1 + HEAP_FLUSH_STEPS(LEVELS));
    span_flush(&tiny->map, tiny_me(cpu), hand->word, hand->bits);
    call_end(cpu);
}

static size_t free_bytes_of(size_t size) {
    return account_suitable(tiny_class(size), 0) - account_suitable(GIFT_NO_CLASS, 0);
}

// Free pages, and free blocks of the classes in use.
static size_t free_bytes(void) {
    return account_suitable(GIFT_NO_CLASS, 0) + free_bytes_of(TINY_HALVES) + free_bytes_of(TINY_QUARTERS) +
           free_bytes_of(TINY_WHOLE) + free_bytes_of(TINY_SMALL);
}

static size_t held_bytes(unsigned cpu) {
    size_t bytes = 0;
    for (unsigned i = 0; i < HANDS_MOST; i++)
        bytes += bits_count(state.hands[cpu][i].bits) *
                 (size_t)tiny->map.table.classes[state.hands[cpu][i].class].block_bytes;
    return bytes;
}

// Everybody who ended gives back what he holds. Answers how many CPUs did not end.
static unsigned give_all_back(void) {
    unsigned stopped = 0;
    for (unsigned cpu = 0; cpu < world.cpus; cpu++) {
        stopped += world.cpu[cpu].frozen;
        for (unsigned i = 0; i < HANDS_MOST && !world.cpu[cpu].frozen; i++) {
            struct hand hand = state.hands[cpu][i];
            if (hand.bits == 0)
                continue;
            tiny_release(cpu, &hand);
            span_flush(&tiny->map, tiny_me(cpu), hand.word, hand.bits);
        }
    }
    return stopped;
}

void tiny_check(void) {
    struct wfh_finding finding;
    char name[64];
    tiny->map.cpus = 0;                // caches are not in use
    tiny->map.pages = state.pages + 1; // the rest never was memory
    if (!wfh_check(tiny, &finding)) {
        tiny_name_word(finding.address, name, sizeof name);
        world_fail("broken rule: %s: %s: want %#llx, have %#llx", finding.rule, name, (unsigned long long)finding.want,
                   (unsigned long long)finding.have);
    }
    tiny->map.cpus = world.cpus;
    tiny->map.pages = TINY_PAGES;
}

void tiny_finish(unsigned hidden_pages) {
    unsigned cpu = 0;
    while (world.cpu[cpu].frozen)
        cpu++;
    size_t bytes = (size_t)state.pages << PAGE_SHIFT;
    if (world.state.frozen == 0)
        tiny_check(); // before what comes now repairs a hint
    unsigned stopped_cpus = give_all_back();
    // bound: pages
    for (unsigned i = 0; i < TINY_PAGES && span_scavenge(&tiny->map, tiny_me(cpu), SPAN_SCAVENGES); i++) {
    }
    account_begin(); // what was given back now is counted too
    size_t held = 0;
    for (unsigned i = 0; i < world.cpus; i++)
        held += held_bytes(i);
    if (stopped_cpus == 0 && account_suitable(GIFT_NO_CLASS, 0) != bytes)
        world_fail("lost: %zu of %zu bytes are free pages at the end", account_suitable(GIFT_NO_CLASS, 0), bytes);
    if (free_bytes() + held + ((size_t)stopped_cpus * hidden_pages << PAGE_SHIFT) < bytes)
        world_fail("hidden: %zu of %zu bytes are free and %zu held, with %u CPUs stopped", free_bytes(), bytes, held,
                   stopped_cpus);
    if (stopped_cpus == 0)
        tiny_check();
}

void tiny_name_word(const void *at, char *name, size_t bytes) {
    names_of_heap(tiny, at, name, bytes);
}
