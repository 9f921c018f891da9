// SPDX-License-Identifier: MIT
// The invariants, range by range, slab by slab and cache by cache, without changing anything.
#include "slab/slab_list.h"

struct slab_tally {
    struct slab_finding *first;
    size_t free_units, absent_units, run_units, runs, ranges;
    size_t slabs[SLAB_CLASSES], out[SLAB_CLASSES], partial[SLAB_CLASSES];
};

static bool slab_broken(struct slab_tally *tally, const char *rule, const void *address, uint64_t want, uint64_t have) {
    if (want == have)
        return false;
    *tally->first = (struct slab_finding){.rule = rule, .address = address, .want = want, .have = have};
    return true;
}

// A slab's blocks and units.
static bool slab_broken_slab(const struct slab *self, size_t class, uint32_t head, struct slab_tally *tally) {
    const void *at = slab_address(self, head);
    uint32_t units = self->ranges[head].units;
    if (slab_broken(tally, "a slab is as long as its class wants", at, slab_units_of(class), units) ||
        slab_broken(tally, "a slab begins at a multiple of 4096", at, 0, (uintptr_t)at % SLAB_REGION_ALIGN))
        return true;
    // bound: units of a slab
    for (uint32_t i = 1; i < units; i++) {
        if (slab_broken(tally, "a slab's units know that they are", at, SLAB_KIND_PART, slab_kind(self, head + i)) ||
            slab_broken(tally, "a slab's units know where it begins", at, i, self->ranges[head + i].before))
            return true;
    }
    size_t blocks = slab_blocks_of(class), free_blocks = 0;
    // bound: words of a slab
    for (size_t index = 0; index < blocks; index += BITS_WORD) {
        uint64_t bits = word_load_relaxed(slab_word(self, head, index)); // relaxed: quiescent
        uint64_t beyond = blocks - index < BITS_WORD ? bits & ~bits_low((unsigned)(blocks - index)) : 0;
        if (slab_broken(tally, "bits stand for blocks", at, 0, beyond))
            return true;
        free_blocks += bits_count(bits);
    }
    tally->slabs[class]++;
    tally->out[class] += blocks - free_blocks;
    tally->partial[class] += free_blocks != 0;
    return slab_broken(tally, "no slab is wholly free", at, true, free_blocks < blocks);
}

static bool slab_broken_range(const struct slab *self, uint32_t head, uint16_t kind, struct slab_tally *tally) {
    uint32_t units = self->ranges[head].units;
    if (slab_kind_is_class(kind)) {
        size_t class = (size_t)kind - SLAB_KIND_CLASS;
        return slab_broken(tally, "a slab has a class", slab_address(self, head), true, class < SLAB_CLASSES) ||
               slab_broken_slab(self, class, head, tally);
    }
    tally->free_units += kind == SLAB_KIND_FREE ? units : 0;
    tally->ranges += kind == SLAB_KIND_FREE;
    tally->absent_units += kind == SLAB_KIND_ABSENT ? units : 0;
    tally->run_units += kind == SLAB_KIND_RUN ? units : 0;
    tally->runs += kind == SLAB_KIND_RUN;
    // bound: units of the range
    for (uint32_t i = 1; i < units; i++) {
        if (slab_broken(tally, "units inside of a range are nothing of their own", slab_address(self, head + i),
                        SLAB_KIND_INSIDE, slab_kind(self, head + i)))
            return true;
    }
    return slab_broken(tally, "a range has a kind", slab_address(self, head), true,
                       kind == SLAB_KIND_FREE || kind == SLAB_KIND_ABSENT || kind == SLAB_KIND_RUN);
}

static bool slab_broken_ranges(const struct slab *self, struct slab_tally *tally) {
    uint16_t kind_before = SLAB_KIND_INSIDE;
    uint32_t before = 0, head = 0;
    // bound: ranges; each turn advances
    while (head < self->units) {
        uint16_t kind = slab_kind(self, head);
        uint32_t units = self->ranges[head].units;
        const void *at = slab_address(self, head);
        bool is_free = kind == SLAB_KIND_FREE;
        bool is_marked = self->free_map[head / BITS_WORD] >> head % BITS_WORD & 1;
        if (slab_broken(tally, "a range ends within the heap", at, true, units != 0 && units <= self->units - head) ||
            slab_broken(tally, "a range knows how long the one before it is", at, before, self->ranges[head].before) ||
            slab_broken(tally, "no two free ranges touch", at, false, is_free && kind_before == SLAB_KIND_FREE) ||
            slab_broken(tally, "the map shows where free ranges begin", at, is_free, is_marked) ||
            slab_broken_range(self, head, kind, tally))
            return true;
        kind_before = kind;
        before = units;
        head += units;
    }
    return false;
}

static bool slab_broken_list(const struct slab *self, struct slab_tally *tally) {
    uint32_t prev = SLAB_NONE, head = self->list.first;
    // bound: free ranges
    for (size_t i = 0; i < tally->ranges; i++) {
        bool is_next = head != SLAB_NONE && head < self->units && (prev == SLAB_NONE || head > prev);
        if (slab_broken(tally, "the list goes from lower to higher addresses", self, true, is_next) ||
            slab_broken(tally, "the list links free ranges", slab_address(self, head), SLAB_KIND_FREE,
                        slab_kind(self, head)) ||
            slab_broken(tally, "the list links both ways", slab_address(self, head), prev, self->ranges[head].prev))
            return true;
        prev = head;
        head = self->ranges[head].next;
    }
    const struct slab_list *list = &self->list;
    return slab_broken(tally, "every free range is in the list", self, SLAB_NONE, head) ||
           slab_broken(tally, "free ranges are counted", self, tally->ranges, list->ranges) ||
           slab_broken(tally, "free units are counted", self, tally->free_units, list->free_units) ||
           slab_broken(tally, "absent units are counted", self, tally->absent_units, list->absent_units) ||
           slab_broken(tally, "runs are counted", self, tally->runs, list->runs) ||
           slab_broken(tally, "runs' units are counted", self, tally->run_units, list->run_units) ||
           slab_broken(tally, "runs' allocs and frees differ by the runs", self, tally->runs,
                       list->run_allocs - list->run_frees);
}

// Whether a block of this class lies in the other cache's first `count` places.
static bool slab_is_cached(const struct slab_cache *cache, size_t count, const void *p) {
    // bound: count
    for (size_t i = 0; i < count; i++) {
        if (cache->blocks[i] == p)
            return true;
    }
    return false;
}

static bool slab_broken_block(const struct slab *self, size_t class, const void *p, struct slab_tally *tally) {
    size_t offset = (size_t)((uintptr_t)p - (uintptr_t)self->base);
    if (slab_broken(tally, "a cached block is the heap's", p, true, offset >> SLAB_UNIT_SHIFT < self->units))
        return true;
    struct slab_place place = slab_place_of(self, class, p);
    if (slab_broken(tally, "a cached block is of its cache's class", p, SLAB_KIND_CLASS + class,
                    slab_kind(self, place.head)) ||
        slab_broken(tally, "a cached block begins where blocks do", p, 0, offset % bits_one(slab_shift(class))))
        return true;
    uint64_t bits = word_load_relaxed(slab_word(self, place.head, place.index)); // relaxed: quiescent
    return slab_broken(tally, "a cached block is not in its slab", p, 0, bits >> place.index % BITS_WORD & 1) ||
           slab_broken(tally, "nobody writes over the mark of a free block", p, slab_mark_of(p), *(const slab_mark *)p);
}

static bool slab_broken_cache(const struct slab *self, size_t cpu, size_t class, struct slab_tally *tally) {
    const struct slab_cache *cache = &self->cpu[cpu].caches[class];
    size_t count = (size_t)word_load_relaxed(&cache->count); // relaxed: quiescent
    if (slab_broken(tally, "a cache holds no more than it may", cache, true, count <= self->cache_blocks[class]))
        return true;
    // bound: blocks in a cache
    for (size_t i = 0; i < count; i++) {
        bool is_twice = slab_is_cached(cache, i, cache->blocks[i]);
        // bound: cpus
        for (size_t other = 0; other < cpu && !is_twice; other++) {
            const struct slab_cache *others = &self->cpu[other].caches[class];
            // relaxed: quiescent
            is_twice = slab_is_cached(others, (size_t)word_load_relaxed(&others->count), cache->blocks[i]);
        }
        if (slab_broken(tally, "no block is cached twice", cache->blocks[i], false, is_twice) ||
            slab_broken_block(self, class, cache->blocks[i], tally))
            return true;
    }
    return false;
}

static bool slab_broken_partial(const struct slab *self, size_t class, struct slab_tally *tally) {
    uint32_t prev = SLAB_NONE, head = self->classes[class].partial;
    // bound: slabs with free blocks
    for (size_t i = 0; i < tally->partial[class]; i++) {
        if (slab_broken(tally, "every slab with free blocks is in its class's list", self, true,
                        head != SLAB_NONE && head < self->units) ||
            slab_broken(tally, "a class links its own slabs", slab_address(self, head), SLAB_KIND_CLASS + class,
                        slab_kind(self, head)) ||
            slab_broken(tally, "a class links both ways", slab_address(self, head), prev, self->ranges[head].prev))
            return true;
        prev = head;
        head = self->ranges[head].next;
    }
    return slab_broken(tally, "no slab without free blocks is in a list", self, SLAB_NONE, head);
}

static bool slab_broken_class(const struct slab *self, size_t class, struct slab_tally *tally) {
    const struct slab_class *of = &self->classes[class];
    uint64_t held = 0; // by callers and caches
    // bound: cpus
    for (size_t cpu = 0; cpu < self->cpus; cpu++) {
        const struct slab_cache *cache = &self->cpu[cpu].caches[class];
        if (slab_broken_cache(self, cpu, class, tally))
            return true;
        held += word_load_relaxed(&cache->allocs) - word_load_relaxed(&cache->frees) + // relaxed: quiescent
                word_load_relaxed(&cache->count);                                      // relaxed: quiescent
    }
    return slab_broken_partial(self, class, tally) ||
           slab_broken(tally, "slabs are counted", of, tally->slabs[class], of->slabs) ||
           slab_broken(tally, "slabs made and given back are counted", of, of->slabs, of->made - of->freed) ||
           slab_broken(tally, "blocks outside slabs are counted", of, tally->out[class], of->out) ||
           slab_broken(tally, "what is outside slabs is in hands or caches", of, of->out, held);
}

bool slab_check(slab *self, size_t cpu, struct slab_finding *first) {
    if (cpu >= self->cpus)
        port_fault(PORT_FAULT_BAD_CPU, self, cpu);
    struct slab_tally tally = {.first = first};
    if (slab_broken_ranges(self, &tally) || slab_broken_list(self, &tally))
        return false;
    // bound: SLAB_CLASSES
    for (size_t class = 0; class < SLAB_CLASSES; ++class) {
        if (slab_broken_class(self, class, &tally))
            return false;
    }
    return true;
}
