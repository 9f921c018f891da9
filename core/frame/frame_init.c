// SPDX-License-Identifier: MIT
// Planning a pool and making it.
#include "frame/frame_map.h"
#include "frame/frame_state.h"

#define FRAME_WORD_BYTES ((uint64_t)BITS_WORD << PAGE_SHIFT)

// Walks over the storage; with no memory behind it, it only measures.
struct frame_layout {
    unsigned char *at; // NULL while measuring
    size_t bytes;
};

static void *frame_carve(struct frame_layout *layout, size_t bytes) {
    void *p = layout->at == NULL ? NULL : layout->at + layout->bytes;
    layout->bytes += (bytes + PORT_CACHE_LINE - 1) & ~(size_t)(PORT_CACHE_LINE - 1);
    return p;
}

static size_t frame_nodes(const struct frame_config *config) {
    return config->nodes == 0 ? 1 : config->nodes;
}

static enum frame_error frame_check_regions(const struct frame_config *config) {
    // bound: regions
    for (size_t i = 0; i < config->region_count; i++) {
        const struct frame_region *region = &config->regions[i];
        if (region->bytes != 0 && region->start + (region->bytes - 1) < region->start)
            return FRAME_ERR_OVERFLOW;
        if (region->kind < FRAME_USABLE || region->kind > FRAME_RESERVED)
            return FRAME_ERR_KIND;
        if (region->node >= frame_nodes(config))
            return FRAME_ERR_NODE;
    }
    return FRAME_OK;
}

// Each row of the fallback order must name each node once.
static enum frame_error frame_check_fallback(const struct frame_config *config) {
    const size_t nodes = frame_nodes(config);
    if (config->fallback == NULL)
        return FRAME_OK;
    // bound: nodes
    for (size_t row = 0; row < nodes; row++) {
        uint64_t seen[FRAME_NODES_MAX / BITS_WORD] = {0};
        // bound: nodes
        for (size_t i = 0; i < nodes; i++) {
            uint32_t node = config->fallback[row * nodes + i];
            if (node >= nodes || (seen[node / BITS_WORD] & bits_one(node % BITS_WORD)))
                return FRAME_ERR_FALLBACK;
            seen[node / BITS_WORD] |= bits_one(node % BITS_WORD);
        }
    }
    return FRAME_OK;
}

static enum frame_error frame_check_config(const struct frame_config *config) {
    if (config == NULL || (config->regions == NULL && config->region_count != 0))
        return FRAME_ERR_NULL;
    if (config->cpus == 0)
        return FRAME_ERR_NO_CPU;
    if (config->cpus > FRAME_CPUS_MAX)
        return FRAME_ERR_TOO_MANY_CPUS;
    if (config->nodes > FRAME_NODES_MAX)
        return FRAME_ERR_TOO_MANY_NODES;
    // bound: cpus
    for (size_t cpu = 0; cpu < config->cpus && config->node_of_cpu != NULL; cpu++) {
        if (config->node_of_cpu[cpu] >= frame_nodes(config))
            return FRAME_ERR_NODE;
    }
    enum frame_error error = frame_check_regions(config);
    return error != FRAME_OK ? error : frame_check_fallback(config);
}

static void frame_lay_out_arena(struct frame_arena *arena, const struct frame_chain *chain,
                                struct frame_layout *layout) {
    uint64_t base = chain->start & ~(FRAME_WORD_BYTES - 1);
    size_t pages = (size_t)((chain->end - base + FRAME_WORD_BYTES - 1) / FRAME_WORD_BYTES) * BITS_WORD;
    word_t *references = frame_carve(layout, pages * sizeof(word_t));
    word_t *blocks = frame_carve(layout, (pages / FRAME_BLOCK_FRAMES + 2) * sizeof(word_t));
    word_t *pending = frame_carve(layout, pages / BITS_WORD * sizeof(word_t));
    word_t *map = frame_carve(layout, page_storage_words(pages) * sizeof(word_t));
    if (arena == NULL)
        return; // only measured
    *arena = (struct frame_arena){
        .start = chain->start,
        .end = chain->end,
        .base = base,
        .references = references,
        .blocks = blocks,
        .pending = pending,
        .node = chain->node,
    };
    page_init(&arena->map, pages, (size_t)(base >> PAGE_SHIFT), map);
}

// How much a slot may hide of so many frames: of its share a quarter at most in the ring, as much, and 64 at most, in
// the run of evicted frames, and the rest on shelves.
static void frame_size_cache(struct frame_cache *cache, uint64_t frames, size_t cpus) {
    uint64_t share = frames / FRAME_HIDDEN_PART / cpus;
    uint64_t capacity = share < 4 ? 1 : share / 4 > FRAME_CACHE_FRAMES ? FRAME_CACHE_FRAMES : share / 4;
    uint64_t run = capacity > FRAME_RUN_FRAMES ? FRAME_RUN_FRAMES : capacity;
    uint64_t rest = share > capacity + run ? share - capacity - run : 0;
    cache->capacity = (uint32_t)capacity;
    cache->run_most = (size_t)run;
    cache->mask = (1u << bits_log2_up(capacity)) - 1;
    cache->shelved_most = rest > FRAME_SHELF_FRAMES ? FRAME_SHELF_FRAMES : (size_t)rest;
}

// A cache's ring and shelves.
static void frame_lay_out_cache(struct frame_cache *cache, struct frame_layout *layout) {
    cache->ring = frame_carve(layout, ((size_t)cache->mask + 1) * sizeof *cache->ring);
    // bound: FRAME_SHELVES
    for (unsigned order = 1; order <= FRAME_SHELVES; order++) {
        struct frame_shelf *shelf = &cache->shelves[order - 1];
        size_t places = cache->shelved_most >> order;
        shelf->places = places > FRAME_SHELF_PLACES ? FRAME_SHELF_PLACES : (uint32_t)places;
        shelf->at = frame_carve(layout, shelf->places * sizeof *shelf->at);
    }
}

// All but what the arenas themselves want. The pool is the storage's beginning, or a scratch one while measuring.
static void frame_lay_out_pool(struct frame_pool *self, uint64_t frames, struct frame_layout *layout) {
    (void)frame_carve(layout, sizeof *self);
    self->caches = frame_carve(layout, self->cpus * sizeof *self->caches);
    self->node_of_cpu = frame_carve(layout, self->cpus * sizeof *self->node_of_cpu);
    self->arenas = frame_carve(layout, self->arena_count * sizeof *self->arenas);
    self->order = frame_carve(layout, self->nodes * self->arena_count * sizeof *self->order);
    word_t *hands = frame_carve(layout, help_storage_words(self->cpus) * sizeof *hands);
    if (hands != NULL) // not while measuring
        help_init(&self->help, self->cpus, hands);
    self->marked = frame_carve(layout, sizeof *self->marked);
    // bound: cpus
    for (size_t cpu = 0; cpu < self->cpus; cpu++) {
        struct frame_cache scratch, *cache = self->caches != NULL ? &self->caches[cpu] : &scratch;
        frame_size_cache(cache, frames, self->cpus);
        frame_lay_out_cache(cache, layout);
    }
}

static uint64_t frame_plan_frames(const struct frame_plan *plan) {
    return (plan->usable_bytes + plan->reclaimable_bytes) >> PAGE_SHIFT;
}

enum frame_error frame_plan(const struct frame_config *config, struct frame_plan *plan) {
    struct frame_walk walk;
    struct frame_chain chain;
    struct frame_layout layout = {NULL, 0};
    enum frame_error error = plan == NULL ? FRAME_ERR_NULL : frame_check_config(config);
    if (error != FRAME_OK)
        return error;
    *plan = (struct frame_plan){.left = plan->left, .left_most = plan->left == NULL ? 0 : plan->left_most};
    frame_walk_init(&walk, config, 0, plan);
    // bound: 2 a region
    while (frame_walk_chain(&walk, &chain)) {
        plan->usable_bytes += chain.usable_bytes;
        plan->reclaimable_bytes += chain.reclaimable_bytes;
        plan->bridged_bytes += chain.end - chain.start - chain.usable_bytes - chain.reclaimable_bytes;
        plan->arenas++;
        frame_lay_out_arena(NULL, &chain, &layout);
    }
    struct frame_pool scratch = {.cpus = config->cpus, .nodes = frame_nodes(config), .arena_count = plan->arenas};
    frame_lay_out_pool(&scratch, frame_plan_frames(plan), &layout);
    plan->storage_bytes = layout.bytes;
    return plan->usable_bytes == 0 ? FRAME_ERR_NO_MEMORY : FRAME_OK;
}

size_t frame_footprint(const struct frame_config *config) {
    struct frame_plan plan = {.left = NULL};
    return frame_plan(config, &plan) == FRAME_OK ? plan.storage_bytes : 0;
}

// Usable frames are admitted and free, reclaimable ones are noted.
static void frame_fill_arena(struct frame_arena *arena, const struct frame_config *config) {
    struct frame_walk walk;
    frame_walk_init(&walk, config, arena->start, NULL);
    // bound: 2 a region
    for (; walk.has_range && walk.range.start < arena->end; frame_walk_next(&walk)) {
        size_t first = (size_t)((walk.range.start - arena->base) >> PAGE_SHIFT);
        size_t behind = (size_t)((walk.range.end - arena->base) >> PAGE_SHIFT);
        if (walk.range.kind == FRAME_USABLE) {
            (void)page_admit(&arena->map, first, behind - first);
            (void)page_give(&arena->map, first, behind - first);
            continue;
        }
        // bound: frames of the range / 64, and 2
        for (size_t page = first, here; page < behind; page += here) {
            word_t *word = &arena->pending[page / BITS_WORD];
            here = BITS_WORD - page % BITS_WORD < behind - page ? BITS_WORD - page % BITS_WORD : behind - page;
            uint64_t bits = bits_range(page % BITS_WORD, (unsigned)here);
            word_store_relaxed(word, word_load_relaxed(word) | bits); // relaxed: nobody else knows the pool yet
        }
    }
}

// Which arenas serve a node's requests: row `node` of the fallback order, high addresses first.
static void frame_fill_order(struct frame_pool *self, uint32_t *row, size_t node, const uint32_t *fallback) {
    size_t filled = 0;
    // bound: nodes
    for (size_t i = 0; i < self->nodes; i++) {
        size_t next = fallback == NULL ? (node + i) % self->nodes : fallback[node * self->nodes + i];
        // bound: arenas
        for (size_t arena = self->arena_count; arena-- > 0;) {
            if (self->arenas[arena].node == next)
                row[filled++] = (uint32_t)arena;
        }
    }
}

static void frame_fill_caches(struct frame_pool *self, const struct frame_config *config) {
    // bound: cpus
    for (size_t cpu = 0; cpu < self->cpus; cpu++) {
        self->node_of_cpu[cpu] = config->node_of_cpu == NULL ? 0 : config->node_of_cpu[cpu];
        struct frame_arena *nearest = &self->arenas[frame_order(self, self->node_of_cpu[cpu])[0]];
        self->caches[cpu].home = nearest->node;
        self->caches[cpu].recent = nearest;
    }
}

enum frame_error frame_init(const struct frame_config *config, void *storage, size_t storage_bytes, frame_pool **pool) {
    struct frame_walk walk;
    struct frame_chain chain;
    struct frame_plan plan = {.left = NULL};
    if (storage == NULL || pool == NULL)
        return FRAME_ERR_NULL;
    if ((uintptr_t)storage % FRAME_STORAGE_ALIGN != 0)
        return FRAME_ERR_MISALIGNED;
    enum frame_error error = frame_plan(config, &plan);
    if (error != FRAME_OK)
        return error;
    if (storage_bytes < plan.storage_bytes)
        return FRAME_ERR_STORAGE_TOO_SMALL;
    if (*pool != NULL)
        return FRAME_ERR_TWICE;
    __builtin_memset(storage, 0, plan.storage_bytes);
    struct frame_pool *self = storage;
    struct frame_layout layout = {storage, 0};
    self->cpus = config->cpus;
    self->nodes = frame_nodes(config);
    self->arena_count = plan.arenas;
    self->direct_map = config->direct_map;
    frame_lay_out_pool(self, frame_plan_frames(&plan), &layout);
    frame_walk_init(&walk, config, 0, NULL);
    // bound: arenas
    for (size_t i = 0; i < self->arena_count && frame_walk_chain(&walk, &chain); i++) {
        frame_lay_out_arena(&self->arenas[i], &chain, &layout);
        frame_fill_arena(&self->arenas[i], config);
    }
    // bound: nodes
    for (size_t node = 0; node < self->nodes; node++)
        frame_fill_order(self, self->order + node * self->arena_count, node, config->fallback);
    frame_fill_caches(self, config);
    *pool = self;
    return FRAME_OK;
}
