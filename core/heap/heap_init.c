// SPDX-License-Identifier: MIT
// Making a heap: the metadata is laid out at the front of the region, then the remaining pages are given to everyone.
#include "heap/checked.h"
#include "heap/heap_state.h"

#define HEAP_BASE_BYTES                                                                                                \
    (HEAP_WORD_PAGES << PAGE_SHIFT) // page 0 lies on a multiple: spans are aligned in the address space

// How much of a region all caches together may hide in one of their parts: 1/parts.
static size_t heap_share(size_t region_bytes, size_t cpus, size_t parts, size_t least, size_t most) {
    size_t share = region_bytes / cpus / parts;
    return share < least ? least : share > most ? most : share;
}

static struct cache_limits heap_cache_limits(size_t region_bytes, size_t cpus) {
    return (struct cache_limits){
        .magazine_bytes = heap_share(region_bytes, cpus, 256, 1024, (size_t)1 << 20),
        .stash_bytes = heap_share(region_bytes, cpus, 32, 16384, (size_t)2 << 20),
        .pool_bytes = heap_share(region_bytes, cpus, 32, 16384, (size_t)2 << 20),
        .chunks = (uint32_t)heap_share(region_bytes, cpus, (size_t)1 << 20, 1, MAGAZINE_CHUNKS),
    };
}

// Spans of 64 pages waste least, but every class that is in use has some that are partly free: where a CPU's share of
// the region is small they are half as long.
static unsigned heap_span_order(size_t region_bytes, size_t cpus) {
    return region_bytes / cpus < (size_t)8 << 20 ? SIZE_ORDER_MOST - 1 : SIZE_ORDER_MOST;
}

// Walks over the metadata; with no memory behind it, it only measures.
struct heap_layout {
    unsigned char *at; // NULL while measuring
    size_t bytes;
};

// Parts of the metadata that modules of their own take over.
struct heap_parts {
    word_t *page, *help;
    unsigned char *caches;
};

static void *heap_carve(struct heap_layout *layout, size_t bytes) {
    void *p = layout->at == NULL ? NULL : layout->at + layout->bytes;
    layout->bytes += (bytes + PORT_CACHE_LINE - 1) & ~(size_t)(PORT_CACHE_LINE - 1);
    return p;
}

static word_t *heap_carve_words(struct heap_layout *layout, size_t words) {
    return heap_carve(layout, words * sizeof(word_t));
}

// Words of a class's hint set: whole cache lines, unless it is shorter than one.
static size_t heap_set_words(const struct span_map *map, unsigned class) {
    const size_t line = PORT_CACHE_LINE / sizeof(word_t);
    size_t words = map->partial_shape[map->table.classes[class].order].total_words;
    return words < line ? words : (words + line - 1) / line * line;
}

// The hint sets of all classes; short ones, in small regions, share lines.
static word_t *heap_carve_sets(struct heap_layout *layout, const struct span_map *map) {
    size_t words = 0;
    // bound: SIZE_CLASSES
    for (unsigned class = 0; class < SIZE_CLASSES; class += 1)
        words += heap_set_words(map, class);
    return heap_carve_words(layout, words);
}

static void heap_carve_hints(struct span_map *map, struct heap_layout *layout) {
    // bound: PAGE_ORDERS
    for (unsigned order = 0; order < PAGE_ORDERS; order++)
        bitset_shape_init(&map->partial_shape[order], map->pages >> order);
    word_t *words = heap_carve_sets(layout, map);
    // bound: SIZE_CLASSES
    for (unsigned class = 0; class < SIZE_CLASSES; class += 1) {
        if (words == NULL)
            continue; // only measured
        bitset_init(&map->partial[class], &map->partial_shape[map->table.classes[class].order], words);
        words += heap_set_words(map, class);
    }
    const struct bitset_shape *shape = &map->partial_shape[0];
    words = heap_carve_words(layout, shape->total_words);
    if (words != NULL)
        bitset_init(&map->empty, shape, words);
}

// A multiple of a cache line, for pages are a multiple of 64: the heap follows without a gap.
static size_t heap_kinds_bytes(size_t pages) {
    return pages * sizeof(tag_t);
}

// Places everything; self is the heap, or a scratch one while measuring.
static void heap_lay_out(struct wfh *self, struct heap_layout *layout, size_t cache_bytes, struct heap_parts *parts) {
    struct span_map *map = &self->map;
    map->kind = heap_carve(layout, heap_kinds_bytes(map->pages));
    (void)heap_carve(layout, sizeof *self + map->cpus * sizeof(void *));
    map->state = heap_carve_words(layout, map->pages);
    map->bits = heap_carve_words(layout, map->pages * SPAN_WORDS);
    self->held = heap_carve_words(layout, checked_words(map->pages));
    parts->page = heap_carve_words(layout, page_storage_words(map->pages));
    heap_carve_hints(map, layout);
    parts->help = heap_carve_words(layout, help_storage_words(map->cpus));
    parts->caches = heap_carve(layout, map->cpus * cache_bytes);
}

static size_t heap_measure(size_t pages, size_t region_bytes, size_t cpus) {
    struct wfh scratch;
    struct heap_layout layout = {NULL, 0};
    struct heap_parts parts;
    __builtin_memset(&scratch, 0, sizeof scratch);
    scratch.map.pages = pages;
    scratch.map.cpus = cpus;
    size_table_init(&scratch.map.table, heap_span_order(region_bytes, cpus));
    heap_lay_out(&scratch, &layout, cache_footprint(heap_cache_limits(region_bytes, cpus).chunks), &parts);
    return layout.bytes;
}

static enum wfh_error heap_check_size(size_t bytes, size_t cpus) {
    if (bytes < WFH_REGION_BYTES_MIN)
        return WFH_ERR_REGION_TOO_SMALL;
    if (bytes > WFH_REGION_BYTES_MAX)
        return WFH_ERR_REGION_TOO_LARGE;
    if (cpus == 0)
        return WFH_ERR_NO_CPU;
    return cpus > WFH_CPUS_MAX ? WFH_ERR_TOO_MANY_CPUS : WFH_OK;
}

size_t wfh_footprint(size_t region_bytes, size_t cpus) {
    if (heap_check_size(region_bytes, cpus) != WFH_OK)
        return 0;
    // The region may begin anywhere within the first 64 pages, and end anywhere within the last.
    size_t pages = ((region_bytes >> PAGE_SHIFT) + 2 * HEAP_WORD_PAGES - 1) & ~(HEAP_WORD_PAGES - 1);
    size_t bytes = heap_measure(pages, region_bytes, cpus);
    bytes = (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    return bytes < region_bytes ? bytes : 0;
}

static bool heap_admit(struct wfh *self, size_t first, size_t n) {
    if (!page_admit(&self->map.page, first, n))
        return false;
    // Whoever adds memory has no slot: what a CPU keeps for itself is his own.
    struct span_cpu nobody = {.cpu = HELP_CPU_NONE};
    size_t gone = span_hand_out_pages(&self->map, &nobody, first, n);
    if (gone != 0)
        (void)page_count_used(&self->map.page, gone);
    return true;
}

static void heap_build(struct wfh *self, struct heap_layout *layout) {
    struct cache_limits limits = heap_cache_limits(self->region_bytes, self->map.cpus);
    size_t cache_bytes = cache_footprint(limits.chunks);
    struct heap_parts parts;
    size_table_init(&self->map.table, heap_span_order(self->region_bytes, self->map.cpus));
    heap_lay_out(self, layout, cache_bytes, &parts);
    page_init(&self->map.page, self->map.pages, self->map.base >> PAGE_SHIFT, parts.page);
    help_init(&self->map.help, self->map.cpus, parts.help);
    size_t near = (self->region + self->metadata_bytes - self->map.base) / HEAP_BASE_BYTES;
    // bound: cpus
    for (size_t cpu = 0; cpu < self->map.cpus; cpu++) {
        self->cache_of[cpu] = (struct cache *)(void *)(parts.caches + cpu * cache_bytes);
        // Side by side, so that CPUs that begin at the same time do not race for the same word.
        cache_init(heap_cache(self, cpu), &self->map.table, cpu, near + cpu % (self->map.page.words - near), &limits);
    }
}

static enum wfh_error heap_check_range(uintptr_t start, size_t bytes, size_t present, size_t cpus) {
    if (start == 0)
        return WFH_ERR_NULL;
    if (start % PAGE_BYTES != 0)
        return WFH_ERR_MISALIGNED;
    if (start + bytes < start)
        return WFH_ERR_OVERFLOW;
    if (present > bytes)
        return WFH_ERR_OUTSIDE;
    return heap_check_size(bytes, cpus);
}

enum wfh_error wfh_init_reserved(void *range, size_t range_bytes, size_t present_bytes, size_t cpus, wfh **heap) {
    uintptr_t start = (uintptr_t)range;
    size_t bytes = range_bytes & ~(PAGE_BYTES - 1);
    size_t present = present_bytes & ~(PAGE_BYTES - 1);
    if (heap == NULL)
        return WFH_ERR_NULL;
    enum wfh_error error = heap_check_range(start, range_bytes, present_bytes, cpus);
    if (error != WFH_OK)
        return error;
    if (*heap != NULL)
        return WFH_ERR_TWICE;
    uintptr_t base = start & ~(uintptr_t)(HEAP_BASE_BYTES - 1);
    size_t pages = ((start + bytes - base + HEAP_BASE_BYTES - 1) & ~(HEAP_BASE_BYTES - 1)) >> PAGE_SHIFT;
    size_t metadata = (heap_measure(pages, bytes, cpus) + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    if (metadata > present)
        return WFH_ERR_NO_ROOM_METADATA;
    if (metadata == present)
        return WFH_ERR_NO_ROOM_SPAN;
    __builtin_memset(range, 0, metadata);
    struct wfh *self = (struct wfh *)(void *)((char *)range + heap_kinds_bytes(pages));
    self->map.base = base;
    self->map.pages = pages;
    self->map.cpus = cpus;
    size_t uncounted = pages / 64 / cpus;
    self->map.uncounted_most = uncounted < SPAN_UNCOUNTED ? (int64_t)uncounted : SPAN_UNCOUNTED;
    self->end = base + (pages << PAGE_SHIFT);
    self->pages_negated = ~(uintptr_t)pages + 1;
    self->region = start;
    self->region_bytes = bytes;
    self->metadata_bytes = metadata;
    struct heap_layout layout = {range, 0};
    heap_build(self, &layout);
    (void)heap_admit(self, (start + metadata - base) >> PAGE_SHIFT, (present - metadata) >> PAGE_SHIFT);
    *heap = self;
    return WFH_OK;
}

enum wfh_error wfh_init(void *region, size_t bytes, size_t cpus, wfh **heap) {
    return wfh_init_reserved(region, bytes, bytes, cpus, heap);
}

enum wfh_error wfh_add_memory(wfh *self, void *start, size_t bytes) {
    uintptr_t begin = ((uintptr_t)start + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);
    uintptr_t end = ((uintptr_t)start + bytes) & ~(uintptr_t)(PAGE_BYTES - 1);
    if (self == NULL || start == NULL)
        return WFH_ERR_NULL;
    if ((uintptr_t)start + bytes < (uintptr_t)start || begin < (uintptr_t)start)
        return WFH_ERR_OVERFLOW;
    if (begin >= end)
        return WFH_OK;
    if (begin < self->region + self->metadata_bytes || end > self->region + self->region_bytes)
        return WFH_ERR_OUTSIDE;
    size_t first = (begin - self->map.base) >> PAGE_SHIFT;
    return heap_admit(self, first, (end - begin) >> PAGE_SHIFT) ? WFH_OK : WFH_ERR_OVERLAP;
}
