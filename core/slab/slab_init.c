// SPDX-License-Identifier: MIT
// Making a heap, and memory that comes later.
#include "slab/slab_checked.h"
#include "slab/slab_list.h"

static size_t slab_align_up(size_t value, size_t align) {
    return (value + align - 1) & ~(align - 1);
}

// Where the tables lie, from the heap's own address on.
struct slab_layout {
    size_t ranges, kinds, bits, held, free_map, end;
};

static struct slab_layout slab_lay_out(size_t units, size_t cpus) {
    struct slab_layout layout = {.ranges = sizeof(struct slab) + cpus * sizeof(struct slab_cpu)};
    layout.bits = layout.ranges + (units + 1) * sizeof(struct slab_range);
    layout.held = layout.bits + units * SLAB_UNIT_WORDS * sizeof(word_t);
    layout.free_map = layout.held + slab_checked_words(units) * sizeof(word_t);
    layout.kinds = layout.free_map + (units / BITS_WORD + 1) * sizeof(uint64_t);
    layout.end = slab_align_up(layout.kinds + (units + 1) * sizeof(tag_t), SLAB_REGION_ALIGN);
    return layout;
}

static enum slab_error slab_cpus_verdict(size_t cpus) {
    if (cpus == 0)
        return SLAB_ERR_NO_CPU;
    return cpus > SLAB_CPUS_MAX ? SLAB_ERR_TOO_MANY_CPUS : SLAB_OK;
}

static enum slab_error slab_range_verdict(const void *range, size_t bytes, size_t present_bytes) {
    if (range == NULL)
        return SLAB_ERR_NULL;
    if ((uintptr_t)range % SLAB_REGION_ALIGN != 0)
        return SLAB_ERR_MISALIGNED;
    if (bytes > UINTPTR_MAX - (uintptr_t)range)
        return SLAB_ERR_OVERFLOW;
    if (bytes > SLAB_REGION_BYTES_MAX)
        return SLAB_ERR_REGION_TOO_LARGE;
    return present_bytes > bytes ? SLAB_ERR_OUTSIDE : SLAB_OK;
}

size_t slab_footprint(size_t region_bytes, size_t cpus) {
    if (region_bytes > SLAB_REGION_BYTES_MAX || slab_cpus_verdict(cpus) != SLAB_OK)
        return 0;
    size_t bytes = slab_lay_out(region_bytes >> SLAB_UNIT_SHIFT, cpus).end;
    return bytes + ((size_t)SLAB_UNITS_MIN << SLAB_UNIT_SHIFT) > region_bytes ? 0 : bytes;
}

// How many blocks of each class a slot's cache may hold.
static void slab_limit_caches(struct slab *self) {
    size_t share = (self->units << SLAB_UNIT_SHIFT) / ((size_t)8 * SLAB_CLASSES * self->cpus);
    share = share > SLAB_CACHE_BYTES_MAX ? SLAB_CACHE_BYTES_MAX : share;
    // bound: SLAB_CLASSES
    for (size_t class = 0; class < SLAB_CLASSES; ++class) {
        size_t blocks = share >> slab_shift(class);
        blocks = blocks > SLAB_CACHE_BLOCKS_MAX ? SLAB_CACHE_BLOCKS_MAX : blocks;
        self->cache_blocks[class] = (uint32_t)(blocks == 0 ? 1 : blocks);
    }
}

static void slab_make_heap(void *region, size_t bytes, const struct slab_layout *layout, size_t cpus) {
    struct slab *self = region;
    unsigned char *start = region;
    __builtin_memset(self, 0, layout->end);
    self->cpus = cpus;
    self->base = start + layout->end;
    self->units = (bytes - layout->end) >> SLAB_UNIT_SHIFT;
    self->region_bytes = layout->end + (self->units << SLAB_UNIT_SHIFT);
    self->metadata_bytes = layout->end;
    self->ranges = (struct slab_range *)(void *)(start + layout->ranges);
    self->bits = (word_t *)(void *)(start + layout->bits);
    self->held = (word_t *)(void *)(start + layout->held);
    self->free_map = (uint64_t *)(void *)(start + layout->free_map);
    self->kinds = (tag_t *)(void *)(start + layout->kinds);
    slab_limit_caches(self);
    // bound: SLAB_CLASSES
    for (size_t class = 0; class < SLAB_CLASSES; ++class)
        self->classes[class].partial = SLAB_NONE;
    slab_list_init(self, SLAB_KIND_ABSENT);
}

// Makes units free that were absent, all of one range.
static void slab_admit(struct slab *self, uint32_t first, uint32_t units) {
    uint32_t head = slab_list_around(self, first);
    if (head != first)
        slab_list_cut(self, head, first - head);
    if (self->ranges[first].units != units)
        slab_list_cut(self, first, units);
    self->list.absent_units -= units;
    slab_list_give(self, first);
}

enum slab_error slab_init_reserved(void *range, size_t range_bytes, size_t present_bytes, size_t cpus, slab **heap) {
    if (heap == NULL)
        return SLAB_ERR_NULL;
    if (*heap != NULL)
        return SLAB_ERR_TWICE;
    enum slab_error error = slab_range_verdict(range, range_bytes, present_bytes);
    if (error == SLAB_OK)
        error = slab_cpus_verdict(cpus);
    if (error != SLAB_OK)
        return error;
    struct slab_layout layout = slab_lay_out(range_bytes >> SLAB_UNIT_SHIFT, cpus);
    size_t units = present_bytes < layout.end ? 0 : (present_bytes - layout.end) >> SLAB_UNIT_SHIFT;
    if (units < SLAB_UNITS_MIN)
        return SLAB_ERR_REGION_TOO_SMALL;
    slab_make_heap(range, range_bytes, &layout, cpus);
    slab_admit(range, 0, (uint32_t)units);
    *heap = range;
    return SLAB_OK;
}

enum slab_error slab_init(void *region, size_t bytes, size_t cpus, slab **heap) {
    return slab_init_reserved(region, bytes, bytes, cpus, heap);
}

enum slab_error slab_add_memory(slab *self, size_t cpu, void *start, size_t bytes) {
    if (self == NULL || start == NULL)
        return SLAB_ERR_NULL;
    if (cpu >= self->cpus)
        return SLAB_ERR_CPU;
    if (bytes > UINTPTR_MAX - (uintptr_t)start)
        return SLAB_ERR_OVERFLOW;
    size_t offset = (uintptr_t)start - (uintptr_t)self->base;
    if (!slab_owns(self, start) || bytes > (self->units << SLAB_UNIT_SHIFT) - offset)
        return SLAB_ERR_OUTSIDE;
    uint32_t first = (uint32_t)(slab_align_up(offset, SLAB_UNIT_BYTES) >> SLAB_UNIT_SHIFT);
    uint32_t end = (uint32_t)((offset + bytes) >> SLAB_UNIT_SHIFT);
    if (first >= end)
        return SLAB_OK;
    slab_lock(self, &self->list.lock, cpu);
    uint32_t head = slab_list_around(self, first);
    bool is_absent = slab_kind(self, head) == SLAB_KIND_ABSENT && end <= head + self->ranges[head].units;
    if (is_absent)
        slab_admit(self, first, end - first);
    slab_unlock(self, &self->list.lock, cpu);
    return is_absent ? SLAB_OK : SLAB_ERR_OVERLAP;
}

const char *slab_strerror(enum slab_error error) {
    switch (error) {
    case SLAB_OK:
        return "no error";
    case SLAB_ERR_NULL:
        return "the region, the memory to add or the place for the heap's handle is NULL";
    case SLAB_ERR_MISALIGNED:
        return "the region does not begin at a multiple of 4096 bytes";
    case SLAB_ERR_OVERFLOW:
        return "the memory wraps around the end of the address space";
    case SLAB_ERR_REGION_TOO_SMALL:
        return "the memory present cannot hold the metadata and one slab";
    case SLAB_ERR_REGION_TOO_LARGE:
        return "the region is larger than 128 GiB";
    case SLAB_ERR_NO_CPU:
        return "the heap needs at least one CPU slot";
    case SLAB_ERR_TOO_MANY_CPUS:
        return "the heap has at most 1024 CPU slots";
    case SLAB_ERR_TWICE:
        return "the handle refers to a heap already";
    case SLAB_ERR_CPU:
        return "the heap has no such CPU slot";
    case SLAB_ERR_OUTSIDE:
        return "the memory lies outside the heap's range, or in its metadata";
    case SLAB_ERR_OVERLAP:
        return "the memory was admitted before, wholly or in part";
    }
    return "unknown error";
}
