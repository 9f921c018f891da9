// SPDX-License-Identifier: MIT
// The public calls that hand out and take back; the contract is wfheap/slab.h.
#include "slab/slab_checked.h"
#include "slab/slab_class.h"
#include "slab/slab_run.h"

// The newest block of a slot's cache that has `count` of them.
static inline void *slab_pop(struct slab *self, size_t cpu, size_t class, size_t count) {
    struct slab_cache *cache = &self->cpu[cpu].caches[class];
    void *p = cache->blocks[count - 1];
    word_store_relaxed(&cache->count, count - 1); // relaxed: the slot's own
    slab_count(&cache->allocs);
    *(slab_mark *)p = 0; // what its owner leaves there is no mark
    slab_checked_alloc(self, cpu, class, p);
    return p;
}

static bool slab_drain_class(struct slab *self, size_t cpu, size_t class) {
    size_t count = (size_t)word_load_relaxed(&self->cpu[cpu].caches[class].count); // relaxed: the slot's own
    if (count != 0)
        slab_flush(self, cpu, class, count);
    return count != 0;
}

// A block of this class or a larger one, as far as slabs and the list have one.
static void *slab_alloc_any(struct slab *self, size_t cpu, size_t class) {
    // bound: SLAB_CLASSES
    for (; class < SLAB_CLASSES; ++class) {
        size_t count = slab_refill(self, cpu, class);
        if (count != 0)
            return slab_pop(self, cpu, class, count);
    }
    return NULL;
}

// For when there is no slab to be had. What the slot hides goes back first; then any larger block will do, and then as
// many units as the request needs, which are no slab.
static __attribute__((noinline)) void *slab_alloc_hard(struct slab *self, size_t cpu, size_t class, size_t size,
                                                       size_t align) {
    // bound: SLAB_CLASSES
    for (size_t i = 0; i < SLAB_CLASSES; i++)
        (void)slab_drain_class(self, cpu, i);
    void *p = slab_alloc_any(self, cpu, class);
    return p != NULL ? p : slab_run_alloc(self, cpu, size, align);
}

static void *slab_count_failure(struct slab *self, size_t cpu, void *p) {
    if (p == NULL)
        slab_count(&self->cpu[cpu].failures);
    return p;
}

static __attribute__((noinline)) void *slab_alloc_run(struct slab *self, size_t cpu, size_t size, size_t align) {
    void *p = slab_run_alloc(self, cpu, size, align);
    // bound: SLAB_CLASSES
    for (size_t i = 0; p == NULL && i < SLAB_CLASSES; i++)
        (void)slab_drain_class(self, cpu, i);
    return slab_count_failure(self, cpu, p != NULL ? p : slab_run_alloc(self, cpu, size, align));
}

static __attribute__((noinline)) void *slab_alloc_empty(struct slab *self, size_t cpu, size_t class, size_t size,
                                                        size_t align) {
    size_t count = slab_refill(self, cpu, class);
    if (count != 0)
        return slab_pop(self, cpu, class, count);
    return slab_count_failure(self, cpu, slab_alloc_hard(self, cpu, class, size, align));
}

static bool slab_is_good(const struct slab *self, size_t cpu, size_t size, size_t align) {
    return cpu < self->cpus && size != 0 && (align <= SLAB_BLOCK_BYTES_MIN || (align & (align - 1)) == 0);
}

void *slab_alloc(slab *self, size_t cpu, size_t size, size_t align) {
    if (!slab_is_good(self, cpu, size, align))
        return NULL;
    size_t bytes = size > align ? size : align;
    if (bytes > SLAB_BLOCK_BYTES_MAX)
        return slab_alloc_run(self, cpu, size, align);
    size_t class = slab_class_for(bytes);
    size_t count = (size_t)word_load_relaxed(&self->cpu[cpu].caches[class].count); // relaxed: the slot's own
    return count != 0 ? slab_pop(self, cpu, class, count) : slab_alloc_empty(self, cpu, class, size, align);
}

void slab_free(slab *self, size_t cpu, void *p) {
    if (p == NULL)
        return;
    struct slab_place place = slab_find(self, cpu, p);
    if (place.class == SLAB_CLASSES) {
        slab_run_free(self, cpu, place.head);
        return;
    }
    struct slab_cache *cache = &self->cpu[cpu].caches[place.class];
    size_t count = (size_t)word_load_relaxed(&cache->count); // relaxed: the slot's own
    if (count == self->cache_blocks[place.class]) {
        slab_flush(self, cpu, place.class, slab_batch(self, place.class));
        count = (size_t)word_load_relaxed(&cache->count); // relaxed: the slot's own
    }
    slab_checked_free(self, cpu, &place, p);
    *(slab_mark *)p = slab_mark_of(p);
    cache->blocks[count] = p;
    word_store_relaxed(&cache->count, count + 1); // relaxed: the slot's own
    slab_count(&cache->frees);
}

// Bytes of a live block.
static size_t slab_bytes_of(const struct slab *self, const struct slab_place *place) {
    return place->class == SLAB_CLASSES ? slab_run_bytes(self, place->head) : bits_one(slab_shift(place->class));
}

size_t slab_usable_size(slab *self, size_t cpu, const void *p) {
    if (p == NULL)
        return 0;
    struct slab_place place = slab_find(self, cpu, p);
    return slab_bytes_of(self, &place);
}

// Whether a request of a live block can be met without another: a run changes its length, unless it should be a block.
static bool slab_resize(struct slab *self, size_t cpu, const struct slab_place *place, size_t size, bool must_stay) {
    if (place->class == SLAB_CLASSES)
        return (size > SLAB_BLOCK_BYTES_MAX || must_stay) && slab_run_resize(self, cpu, place->head, size);
    return size <= SLAB_BLOCK_BYTES_MAX &&
           (must_stay ? slab_class_for(size) <= place->class : slab_class_for(size) == place->class);
}

void *slab_realloc(slab *self, size_t cpu, void *p, size_t size, size_t align) {
    if (p == NULL)
        return slab_alloc(self, cpu, size, align);
    if (size == 0) {
        slab_free(self, cpu, p);
        return NULL;
    }
    if (!slab_is_good(self, cpu, size, align))
        return NULL;
    struct slab_place place = slab_find(self, cpu, p);
    bool is_aligned = align <= SLAB_BLOCK_BYTES_MIN || ((uintptr_t)p & (align - 1)) == 0;
    if (is_aligned && slab_resize(self, cpu, &place, size, false))
        return p;
    void *q = slab_alloc(self, cpu, size, align);
    if (q == NULL) {
        if (!is_aligned || !slab_resize(self, cpu, &place, size, true))
            return NULL;
        word_t *failures = &self->cpu[cpu].failures;                   // it is none after all
        word_store_relaxed(failures, word_load_relaxed(failures) - 1); // relaxed: a statistic of the slot's owner
        return p;
    }
    size_t bytes = slab_bytes_of(self, &place);
    __builtin_memcpy(q, p, bytes < size ? bytes : size);
    slab_free(self, cpu, p);
    return q;
}

bool slab_owns(const slab *self, const void *p) {
    return (uintptr_t)p - (uintptr_t)self->base < self->units << SLAB_UNIT_SHIFT;
}

bool slab_drain(slab *self, size_t cpu) {
    if (cpu >= self->cpus)
        return false;
    bool is_drained = false;
    // bound: SLAB_CLASSES
    for (size_t class = 0; class < SLAB_CLASSES; ++class) {
        if (is_drained && word_load_relaxed(&self->cpu[cpu].caches[class].count) != 0) // relaxed: the slot's own
            return true;
        is_drained = is_drained || slab_drain_class(self, cpu, class);
    }
    return false;
}
