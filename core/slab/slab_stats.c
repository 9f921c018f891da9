// SPDX-License-Identifier: MIT
// Statistics and limits. Contracts: wfheap/slab.h.
#include "slab/slab_state.h"

// What the caches of all slots tell of one class.
struct slab_sums {
    size_t cached;
    uint64_t allocs, frees, refills, flushes;
};

static struct slab_sums slab_sum_class(const struct slab *self, size_t class) {
    struct slab_sums sums = {0};
    // bound: cpus
    for (size_t cpu = 0; cpu < self->cpus; cpu++) {
        const struct slab_cache *cache = &self->cpu[cpu].caches[class];
        sums.cached += (size_t)word_load_relaxed(&cache->count); // relaxed: an estimate, exact when quiescent
        sums.allocs += word_load_relaxed(&cache->allocs);        // relaxed: as above
        sums.frees += word_load_relaxed(&cache->frees);          // relaxed: as above
        sums.refills += word_load_relaxed(&cache->refills);      // relaxed: as above
        sums.flushes += word_load_relaxed(&cache->flushes);      // relaxed: as above
    }
    return sums;
}

// A fault if there is no such slot, whose number is needed for a lock.
static void slab_want_slot(const struct slab *self, size_t cpu) {
    if (cpu >= self->cpus)
        port_fault(PORT_FAULT_BAD_CPU, self, cpu);
}

bool slab_class_stats(slab *self, size_t cpu, size_t index, struct slab_class_stats *out) {
    slab_want_slot(self, cpu);
    if (index >= SLAB_CLASSES)
        return false;
    struct slab_class *class = &self->classes[index];
    struct slab_sums sums = slab_sum_class(self, index);
    slab_lock(self, &class->lock, cpu);
    *out = (struct slab_class_stats){
        .block_bytes = bits_one(slab_shift(index)),
        .slab_bytes = (size_t)slab_units_of(index) << SLAB_UNIT_SHIFT,
        .blocks_per_slab = slab_blocks_of(index),
        .slabs = class->slabs,
        .current_blocks = (size_t)(sums.allocs - sums.frees),
        .cached_blocks = sums.cached,
        .free_blocks = class->slabs * slab_blocks_of(index) - class->out,
        .peak_blocks = class->peak_out,
        .allocs = sums.allocs,
        .frees = sums.frees,
        .refills = sums.refills,
        .flushes = sums.flushes,
        .slabs_made = class->made,
        .slabs_freed = class->freed,
    };
    slab_unlock(self, &class->lock, cpu);
    return true;
}

static void slab_add_class(struct slab *self, size_t cpu, size_t index, struct slab_stats *out) {
    struct slab_class_stats class;
    (void)slab_class_stats(self, cpu, index, &class);
    out->cached_bytes += class.cached_blocks * class.block_bytes;
    out->allocated_bytes += class.allocs * class.block_bytes;
    out->freed_bytes += class.frees * class.block_bytes;
    out->allocs += class.allocs;
    out->frees += class.frees;
    out->slabs += class.slabs;
    out->slab_bytes += class.slabs * class.slab_bytes;
    out->slabs_made += class.slabs_made;
    out->slabs_freed += class.slabs_freed;
}

// The list's lock is held.
static void slab_add_list(const struct slab *self, struct slab_stats *out) {
    const struct slab_list *list = &self->list;
    // bound: free ranges
    for (uint32_t head = list->first; head != SLAB_NONE; head = self->ranges[head].next) {
        size_t bytes = (size_t)self->ranges[head].units << SLAB_UNIT_SHIFT;
        out->largest_free_bytes = bytes > out->largest_free_bytes ? bytes : out->largest_free_bytes;
    }
    out->absent_bytes = list->absent_units << SLAB_UNIT_SHIFT;
    out->free_bytes = list->free_units << SLAB_UNIT_SHIFT;
    out->used_bytes = (self->units - list->free_units - list->absent_units) << SLAB_UNIT_SHIFT;
    out->peak_bytes = list->peak_units << SLAB_UNIT_SHIFT;
    out->runs = list->runs;
    out->free_ranges = list->ranges;
    out->allocs += list->run_allocs;
    out->frees += list->run_frees;
    out->allocated_bytes += list->run_allocated_units << SLAB_UNIT_SHIFT;
    out->freed_bytes += list->run_freed_units << SLAB_UNIT_SHIFT;
}

void slab_stats(slab *self, size_t cpu, struct slab_stats *out) {
    slab_want_slot(self, cpu);
    *out = (struct slab_stats){.total_bytes = self->region_bytes, .metadata_bytes = self->metadata_bytes};
    // bound: SLAB_CLASSES
    for (size_t class = 0; class < SLAB_CLASSES; ++class)
        slab_add_class(self, cpu, class, out);
    slab_lock(self, &self->list.lock, cpu);
    slab_add_list(self, out);
    slab_unlock(self, &self->list.lock, cpu);
    out->current_bytes = (size_t)(out->allocated_bytes - out->freed_bytes);
    // bound: cpus
    for (size_t i = 0; i < self->cpus; i++)
        out->failures += word_load_relaxed(&self->cpu[i].failures); // relaxed: an estimate, exact when quiescent
}

void slab_limits(const slab *self, struct slab_limits *out) {
    *out = (struct slab_limits){.cpus = self->cpus};
    // bound: SLAB_CLASSES
    for (size_t class = 0; class < SLAB_CLASSES; ++class) {
        out->cache_blocks[class] = self->cache_blocks[class];
        out->hidden_bytes_per_cpu += out->cache_blocks[class] << slab_shift(class);
    }
}
