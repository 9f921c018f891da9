// SPDX-License-Identifier: MIT
// Words by name, for traces; see names.h.
#include "names.h"

#include <stdio.h>

static bool in_words(const word_t *start, size_t words, const void *at, size_t *index) {
    const word_t *word = at;
    if (word < start || word >= start + words)
        return false;
    *index = (size_t)(word - start);
    return true;
}

static bool name_set(const struct bitset *set, const char *what, unsigned number, const void *at, char *name,
                     size_t bytes) {
    const struct bitset_shape *shape = set->shape;
    size_t index;
    if (set->words == NULL || !in_words(set->words, shape->total_words, at, &index))
        return false;
    unsigned level = shape->levels - 1;
    while (index < shape->offset[level])
        level--;
    (void)snprintf(name, bytes, "%s[%u] level %u word %zu", what, number, level, index - shape->offset[level]);
    return true;
}

static bool name_span(const struct span_map *map, const void *at, char *name, size_t bytes) {
    size_t index;
    const tag_t *tag = at;
    if (tag >= map->kind && tag < map->kind + map->pages)
        (void)snprintf(name, bytes, "kind[%zu]", (size_t)(tag - map->kind));
    else if (in_words(map->state, map->pages, at, &index))
        (void)snprintf(name, bytes, "state[%zu]", index);
    else if (in_words(map->bits, map->pages * SPAN_WORDS, at, &index))
        (void)snprintf(name, bytes, "bits[%zu] word %zu", index / SPAN_WORDS, index % SPAN_WORDS);
    else
        return false;
    return true;
}

static bool name_page(const struct page_map *map, const void *at, char *name, size_t bytes) {
    size_t index;
    if (in_words(map->free, map->words, at, &index))
        (void)snprintf(name, bytes, "page.free[%zu]", index);
    else if (in_words(map->admitted, map->words, at, &index))
        (void)snprintf(name, bytes, "page.admitted[%zu]", index);
    else if (at == map->used)
        (void)snprintf(name, bytes, "page.used");
    else
        return false;
    return true;
}

static bool name_fits(const struct page_map *map, const void *at, char *name, size_t bytes) {
    for (unsigned order = 0; order < PAGE_ORDERS; order++) {
        if (name_set(&map->fit[order], "page.fit", order, at, name, bytes))
            return true;
    }
    return false;
}

static bool name_help(const struct help *help, const void *at, char *name, size_t bytes) {
    size_t index;
    if (at == help->count)
        (void)snprintf(name, bytes, "help.count");
    else if (in_words(help->hungry, (size_t)(help->want - help->hungry), at, &index))
        (void)snprintf(name, bytes, "help.hungry[%zu]", index);
    else if (in_words(help->want, help->cpus * (PORT_CACHE_LINE / sizeof(word_t)), at, &index))
        (void)snprintf(name, bytes, "help.want[%zu]", index / (PORT_CACHE_LINE / sizeof(word_t)));
    else
        return false;
    return true;
}

void names_of_heap(const struct wfh *heap, const void *at, char *name, size_t bytes) {
    const struct span_map *map = &heap->map;
    if (name_span(map, at, name, bytes) || name_page(&map->page, at, name, bytes) ||
        name_help(&map->help, at, name, bytes) || name_set(&map->empty, "empty", 0, at, name, bytes))
        return;
    if (name_fits(&map->page, at, name, bytes))
        return;
    for (unsigned class = 0; class < SIZE_CLASSES; class ++) {
        if (name_set(&map->partial[class], "partial", map->table.classes[class].block_bytes, at, name, bytes))
            return;
    }
    (void)snprintf(name, bytes, "%p", at);
}

void names_of_frames(const struct frame_pool *pool, const void *at, char *name, size_t bytes) {
    size_t index;
    for (size_t i = 0; i < pool->arena_count; i++) {
        const struct frame_arena *arena = &pool->arenas[i];
        if (name_page(&arena->map, at, name, bytes) || name_fits(&arena->map, at, name, bytes))
            return;
        if (in_words(arena->references, arena->map.pages, at, &index)) {
            (void)snprintf(name, bytes, "references[%zu]", index);
            return;
        }
    }
    if (!name_help(&pool->help, at, name, bytes))
        (void)snprintf(name, bytes, "%p", at);
}
