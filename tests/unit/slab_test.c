// SPDX-License-Identifier: MIT
// slab: classes, caches, slabs that come and go, the first-fit list, what is left when nothing is left, statistics, and
// a check that finds what is broken.
#include "expect.h"
#include "slab/slab_class.h"
#include "slab/slab_run.h"
#include "stress/support/region.h"

#include <string.h>
#include <wfheap/slab.h>

#define MIB ((size_t)1 << 20)

TestSuite(slab, .timeout = 60);

enum { CPUS = 3, MANY = 4096 };

static slab *make(size_t bytes) {
    slab *made = NULL;
    unsigned char *region = region_map(bytes, 1);
    memset(region, 0xa5, bytes);
    enum slab_error error = slab_init(region, bytes, CPUS, &made);
    EXPECT(error == SLAB_OK, "%s", slab_strerror(error));
    return made;
}

static struct slab_stats stats_of(slab *self) {
    struct slab_stats stats;
    slab_stats(self, 0, &stats);
    EXPECT(stats.total_bytes == stats.metadata_bytes + stats.absent_bytes + stats.used_bytes + stats.free_bytes &&
               stats.current_bytes == stats.allocated_bytes - stats.freed_bytes &&
               stats.slab_bytes <= stats.used_bytes && stats.peak_bytes >= stats.used_bytes &&
               stats.largest_free_bytes <= stats.free_bytes && stats.slabs == stats.slabs_made - stats.slabs_freed,
           "statistics do not add up");
    return stats;
}

static struct slab_class_stats class_stats_of(slab *self, size_t index) {
    struct slab_class_stats stats;
    EXPECT(slab_class_stats(self, 0, index, &stats), "no class %zu", index);
    EXPECT(stats.slabs * stats.blocks_per_slab == stats.current_blocks + stats.cached_blocks + stats.free_blocks,
           "class %zu: %zu slabs of %zu, %zu current, %zu cached, %zu free", index, stats.slabs, stats.blocks_per_slab,
           stats.current_blocks, stats.cached_blocks, stats.free_blocks);
    EXPECT(stats.current_blocks == stats.allocs - stats.frees && stats.slabs == stats.slabs_made - stats.slabs_freed,
           "class %zu: counts do not add up", index);
    return stats;
}

static void must_hold(slab *self) {
    struct slab_finding finding;
    EXPECT(slab_check(self, 0, &finding), "broken: %s, at %p, want %llu, have %llu", finding.rule, finding.address,
           (unsigned long long)finding.want, (unsigned long long)finding.have);
}

static void drain_all(slab *self) {
    for (size_t cpu = 0; cpu < CPUS; cpu++) {
        for (unsigned turn = 0; slab_drain(self, cpu); turn++)
            EXPECT(turn < SLAB_CLASSES, "a class a call");
    }
    EXPECT(!slab_drain(self, CPUS), "a slot that does not exist");
}

static void must_be_whole(slab *self) {
    drain_all(self);
    must_hold(self);
    struct slab_stats stats = stats_of(self);
    EXPECT(stats.used_bytes == 0 && stats.free_ranges == 1 && stats.largest_free_bytes == stats.free_bytes &&
               stats.current_bytes == 0 && stats.cached_bytes == 0 && stats.allocs == stats.frees,
           "%zu bytes used, %zu free ranges", stats.used_bytes, stats.free_ranges);
}

Test(slab, init_refuses_with_a_reason_and_changes_nothing) {
    unsigned char *region = region_map(2 * MIB, 0);
    slab *heap = NULL, *taken = (slab *)(void *)region;
    EXPECT(slab_init(NULL, MIB, CPUS, &heap) == SLAB_ERR_NULL, "no region");
    EXPECT(slab_init(region, MIB, CPUS, NULL) == SLAB_ERR_NULL, "no place for the handle");
    EXPECT(slab_init(region + 1024, MIB, CPUS, &heap) == SLAB_ERR_MISALIGNED, "misaligned");
    EXPECT(slab_init(region, SIZE_MAX, CPUS, &heap) == SLAB_ERR_OVERFLOW, "wraps around");
    EXPECT(slab_init(region, SLAB_REGION_BYTES_MAX + 1, CPUS, &heap) == SLAB_ERR_REGION_TOO_LARGE, "too large");
    EXPECT(slab_init(region, 8192, CPUS, &heap) == SLAB_ERR_REGION_TOO_SMALL, "too small");
    EXPECT(slab_init_reserved(region, 2 * MIB, 65536, CPUS, &heap) == SLAB_ERR_REGION_TOO_SMALL, "too little present");
    EXPECT(slab_init_reserved(region, MIB, 2 * MIB, CPUS, &heap) == SLAB_ERR_OUTSIDE, "more present than there is");
    EXPECT(slab_init(region, MIB, 0, &heap) == SLAB_ERR_NO_CPU, "no CPU");
    EXPECT(slab_init(region, MIB, SLAB_CPUS_MAX + 1, &heap) == SLAB_ERR_TOO_MANY_CPUS, "too many CPUs");
    EXPECT(slab_init(region, MIB, CPUS, &taken) == SLAB_ERR_TWICE, "twice");
    EXPECT(heap == NULL && region[0] == 0 && memcmp(region, region + 1, 2 * MIB - 1) == 0, "changed");
    for (int error = SLAB_OK; error <= SLAB_ERR_OVERLAP; error++)
        EXPECT(strcmp(slab_strerror((enum slab_error)error), slab_strerror((enum slab_error)99)) != 0,
               "error %d has no sentence", error);
}

Test(slab, the_footprint_is_what_init_takes) {
    unsigned char *region = region_map(8 * MIB, 0);
    for (size_t cpus = 1; cpus <= 64; cpus *= 4) {
        for (size_t bytes = 4096; bytes <= 8 * MIB; bytes += bytes / 3 / 8 * 8) {
            slab *heap = NULL;
            size_t footprint = slab_footprint(bytes, cpus);
            enum slab_error error = slab_init(region, bytes, cpus, &heap);
            EXPECT((footprint != 0) == (error == SLAB_OK), "%zu bytes, %zu CPUs: %zu, %s", bytes, cpus, footprint,
                   slab_strerror(error));
            EXPECT(heap == NULL || stats_of(heap).metadata_bytes == footprint, "%zu bytes", footprint);
            EXPECT(heap == NULL || footprint <= bytes / 1000 * 35 + cpus * 3072 + 8192, "%zu bytes", footprint);
        }
    }
    EXPECT(slab_footprint(MIB, 0) == 0 && slab_footprint(SLAB_REGION_BYTES_MAX + 1, 1) == 0, "what init refuses");
}

Test(slab, classes_are_powers_of_two_aligned_to_their_size) {
    slab *self = make(8 * MIB);
    for (size_t size = 1; size <= 4096; size++) {
        for (size_t align = 0; align <= 4096; align = align == 0 ? 1 : align * 2) {
            void *p = slab_alloc(self, 0, size, align);
            size_t block = 8;
            while (block < size || block < align)
                block *= 2;
            EXPECT(p != NULL && slab_usable_size(self, 0, p) == block && (uintptr_t)p % block == 0,
                   "%zu bytes at %zu: %p, %zu usable", size, align, p, slab_usable_size(self, 0, p));
            slab_free(self, 0, p);
        }
    }
    must_be_whole(self);
}

Test(slab, caches_serve_without_slabs_and_stop_at_their_limit) {
    slab *self = make(64 * MIB);
    struct slab_limits limits;
    static void *blocks[MANY];
    slab_limits(self, &limits);
    size_t hidden = 0;
    for (size_t class = 0; class < SLAB_CLASSES; class += 1) {
        size_t size = (size_t)8 << class, cap = limits.cache_blocks[class];
        EXPECT(cap == (size < 512 ? 32 : 16384 / size), "%zu blocks of %zu bytes", cap, size);
        hidden += cap * size;
        for (size_t i = 0; i < 3 * cap; i++)
            blocks[i] = slab_alloc(self, 0, size, 8);
        for (size_t i = 0; i < 3 * cap; i++) {
            slab_free(self, 1, blocks[i]);
            EXPECT(class_stats_of(self, class).cached_blocks <= 2 * cap, "slot 1 keeps too much");
        }
        struct slab_class_stats before = class_stats_of(self, class);
        for (size_t i = 0; i < 1000; i++)
            slab_free(self, 1, slab_alloc(self, 1, size, 8));
        struct slab_class_stats after = class_stats_of(self, class);
        EXPECT(after.refills == before.refills && after.flushes == before.flushes &&
                   after.allocs == before.allocs + 1000,
               "class %zu: a pair went to the slabs", class);
        EXPECT(after.peak_blocks >= 3 * cap && after.peak_blocks <= 4 * cap, "peak of %zu", after.peak_blocks);
    }
    EXPECT(limits.hidden_bytes_per_cpu == hidden && limits.cpus == CPUS, "wrong limits");
    must_hold(self);
    EXPECT(stats_of(self).cached_bytes <= 2 * hidden, "hidden: %zu", stats_of(self).cached_bytes);
    must_be_whole(self);
}

Test(slab, a_whole_slab_goes_back_at_once_and_serves_another_class) {
    slab *self = make(2 * MIB);
    static void *blocks[MANY];
    for (size_t i = 0; i < MANY; i++)
        blocks[i] = slab_alloc(self, 0, 64, 8);
    struct slab_stats full = stats_of(self);
    EXPECT(full.slabs >= MANY / 64 && full.slab_bytes == full.slabs * 4096, "%zu slabs", full.slabs);
    for (size_t i = 0; i < MANY; i++)
        slab_free(self, 0, blocks[i]);
    EXPECT(stats_of(self).slabs <= 2, "%zu slabs are left of %zu free blocks", stats_of(self).slabs, (size_t)32);
    EXPECT(slab_alloc(self, 1, stats_of(self).largest_free_bytes, 8) != NULL, "their memory is no run");
    EXPECT(class_stats_of(self, 3).slabs_freed >= MANY / 64 - 1, "wrong count");
}

Test(slab, the_list_is_first_fit_and_merges) {
    slab *self = make(2 * MIB);
    unsigned char *p[8];
    for (unsigned i = 0; i < 8; i++)
        p[i] = slab_alloc(self, 0, 10000 + i * 1024, 8);
    for (unsigned i = 1; i < 8; i++)
        EXPECT(p[i] == p[i - 1] + (10 + i - 1) * 1024, "run %u does not follow", i);
    slab_free(self, 0, p[1]);
    slab_free(self, 1, p[4]);
    slab_free(self, 2, p[6]);
    must_hold(self);
    EXPECT(stats_of(self).free_ranges == 4 && stats_of(self).runs == 5, "%zu ranges", stats_of(self).free_ranges);
    unsigned char *first = slab_alloc(self, 0, 12000, 8), *fits = slab_alloc(self, 0, 11000, 8);
    EXPECT(first == p[4] && fits == p[1], "not the first that fits");
    unsigned char *aligned = slab_alloc(self, 0, 5000, 65536);
    EXPECT(aligned != NULL && (uintptr_t)aligned % 65536 == 0, "%p", (void *)aligned);
    must_hold(self);
    slab_free(self, 0, first);
    slab_free(self, 0, fits);
    slab_free(self, 0, aligned);
    static const unsigned order[] = {3, 0, 7, 5, 2}; // in front of, behind and between free ones
    for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++) {
        slab_free(self, 0, p[order[i]]);
        must_hold(self);
    }
    must_be_whole(self);
    EXPECT(stats_of(self).peak_bytes >= (10 + 17) * 8 / 2 * 1024, "peak of %zu", stats_of(self).peak_bytes);
}

Test(slab, realloc_stays_where_it_can) {
    slab *self = make(2 * MIB);
    unsigned char *p = slab_alloc(self, 0, 100, 8);
    EXPECT(slab_realloc(self, 0, p, 65, 8) == p && slab_realloc(self, 0, p, 128, 64) == p, "the same class");
    unsigned char *small = slab_realloc(self, 0, p, 64, 8);
    EXPECT(small != p && slab_usable_size(self, 0, small) == 64, "a smaller class");
    unsigned char *run = slab_realloc(self, 0, small, 10000, 8);
    EXPECT(slab_usable_size(self, 0, run) == 10240, "a run");
    EXPECT(slab_realloc(self, 0, run, 50000, 8) == run && slab_usable_size(self, 0, run) == 50176, "grown in place");
    unsigned char *wall = slab_alloc(self, 0, 5000, 8);
    EXPECT(wall == run + 50176 && slab_realloc(self, 0, run, 20000, 8) == run, "shrunk in place");
    must_hold(self);
    EXPECT(slab_realloc(self, 0, run, 40000, 8) == run, "into what was given back");
    unsigned char *moved = slab_realloc(self, 0, run, 60000, 8);
    EXPECT(moved != NULL && moved != run, "grown through a wall");
    EXPECT(slab_realloc(self, 0, moved, 8 * MIB, 8) == NULL && slab_usable_size(self, 0, moved) == 60416, "too large");
    small = slab_realloc(self, 0, moved, 1000, 8);
    EXPECT(small != NULL && slab_usable_size(self, 0, small) == 1024, "a block again");
    EXPECT(slab_realloc(self, 0, small, 0, 8) == NULL, "a free");
    slab_free(self, 0, wall);
    must_be_whole(self);
}

Test(slab, what_is_left_serves_when_no_slab_can_be_made) {
    slab *self = make(MIB);
    size_t units = 0, blocks = 0, larger = 0;
    static void *kept[MANY];
    void *keep = slab_alloc(self, 0, 300, 8); // leaves blocks of 512 bytes
    while (slab_alloc(self, 0, 3072, 2048) != NULL || slab_alloc(self, 1, 5000, 8) != NULL)
        units++;
    size_t free_before = stats_of(self).free_bytes;
    EXPECT(free_before <= 64 * 1024, "%zu bytes are left of %zu", free_before, units);
    for (void *p; (p = slab_alloc(self, 1, 16, 8)) != NULL; blocks++) {
        larger += slab_usable_size(self, 1, p) > 16;
        kept[blocks] = p;
    }
    EXPECT(blocks > 0 && larger > 0 && stats_of(self).free_bytes == 0, "%zu blocks, %zu larger", blocks, larger);
    must_hold(self);
    struct slab_class_stats of_512 = class_stats_of(self, 6);
    EXPECT(of_512.free_blocks == 0, "%zu blocks of 512 bytes are free, and 16 bytes were refused", of_512.free_blocks);
    EXPECT(stats_of(self).failures >= 1, "not counted");
    while (blocks > 0)
        slab_free(self, 2, kept[--blocks]);
    slab_free(self, 0, keep);
    must_hold(self);
}

Test(slab, the_last_units_serve_what_they_can_hold) {
    slab *self = make(MIB);
    unsigned char *low = slab_alloc(self, 0, stats_of(self).largest_free_bytes - 4096, 8);
    unsigned char *hole = slab_run_alloc(self, 0, 3072, 8), *wall = slab_run_alloc(self, 0, 1024, 8);
    EXPECT(hole == low + slab_usable_size(self, 0, low) && wall == hole + 3072, "%p, %p, %p", (void *)low, (void *)hole,
           (void *)wall);
    slab_free(self, 0, hole);
    EXPECT(stats_of(self).free_bytes == 3072, "%zu bytes are left", stats_of(self).free_bytes);
    for (size_t size = 1; size <= 3072; size++) {
        unsigned char *p = slab_alloc(self, 0, size, size % 2 == 0 ? 8 : 4096);
        EXPECT(p == hole && slab_usable_size(self, 0, p) >= size, "%zu bytes at %p of 3072", size, (void *)p);
        slab_free(self, 1, p);
    }
    must_hold(self);
    EXPECT(slab_alloc(self, 0, 3073, 8) == NULL && stats_of(self).failures == 1, "3073 bytes of 3072");
    unsigned char *p = slab_alloc(self, 0, 2049, 8), *grown = slab_realloc(self, 0, p, 3072, 8);
    EXPECT(grown == p && stats_of(self).failures == 1, "grown to %p, or counted as refused", (void *)grown);
    EXPECT(slab_realloc(self, 0, p, 3073, 8) == NULL && stats_of(self).failures == 2, "3073 bytes of 3072");
    slab_free(self, 0, wall);
    EXPECT(slab_realloc(self, 0, p, 4096, 8) == p && slab_usable_size(self, 0, p) == 4096, "into what was the wall");
    EXPECT(slab_realloc(self, 0, p, 100, 8) == p && stats_of(self).free_bytes == 3072, "shrunk where no slab can be");
    slab_free(self, 0, p);
    slab_free(self, 0, low);
    must_be_whole(self);
}

Test(slab, memory_is_added_around_what_is_there) {
    unsigned char *range = region_map(16 * MIB, 0);
    slab *self = NULL;
    EXPECT(slab_init_reserved(range, 16 * MIB, 2 * MIB, CPUS, &self) == SLAB_OK, "2 MiB of 16");
    size_t before = stats_of(self).free_bytes;
    EXPECT(stats_of(self).absent_bytes == 14 * MIB, "%zu", stats_of(self).absent_bytes);
    EXPECT(slab_add_memory(self, 0, range, MIB) == SLAB_ERR_OUTSIDE, "the metadata");
    EXPECT(slab_add_memory(self, 0, range + 15 * MIB, 2 * MIB) == SLAB_ERR_OUTSIDE, "beyond the end");
    EXPECT(slab_add_memory(self, 0, range + 15 * MIB, SIZE_MAX) == SLAB_ERR_OVERFLOW, "wraps around");
    EXPECT(slab_add_memory(self, 0, NULL, MIB) == SLAB_ERR_NULL && slab_add_memory(NULL, 0, range, 1) == SLAB_ERR_NULL,
           "nothing");
    EXPECT(slab_add_memory(self, CPUS, range + 8 * MIB, MIB) == SLAB_ERR_CPU, "no such slot");
    EXPECT(slab_add_memory(self, 0, range + 8 * MIB + 1, 1023) == SLAB_OK, "no whole unit");
    EXPECT(slab_add_memory(self, 0, range + 8 * MIB - 1000, 2 * MIB + 2000) == SLAB_OK, "in the middle");
    must_hold(self);
    EXPECT(stats_of(self).free_bytes == before + 2 * MIB && stats_of(self).free_ranges == 2, "%zu free, %zu more",
           stats_of(self).free_bytes, stats_of(self).free_bytes - before);
    EXPECT(slab_add_memory(self, 0, range + 9 * MIB, 2 * MIB) == SLAB_ERR_OVERLAP, "half of it there");
    EXPECT(slab_add_memory(self, 0, range + 7 * MIB, 4 * MIB) == SLAB_ERR_OVERLAP, "around what is there");
    EXPECT(slab_add_memory(self, 0, range + 2 * MIB, 6 * MIB) == SLAB_OK, "up to what is there");
    EXPECT(slab_add_memory(self, 0, range + 10 * MIB, 6 * MIB) == SLAB_OK, "from there to the end");
    EXPECT(stats_of(self).absent_bytes == 0 && stats_of(self).free_bytes == before + 14 * MIB, "something is left out");
    must_be_whole(self);
}

// A value that is changed must be found, and put back.
static void must_find(slab *self, void *where, size_t bytes, const char *what) {
    unsigned char was[16];
    struct slab_finding finding;
    memcpy(was, where, bytes);
    for (unsigned change = 0; change < 3; change++) {
        *(unsigned char *)where = (unsigned char)(change == 0 ? was[0] ^ 1 : change == 1 ? was[0] + 3 : ~was[0]);
        EXPECT(!slab_check(self, 0, &finding), "%s changed from %#x to %#x, and nothing found", what, was[0],
               *(unsigned char *)where);
        memcpy(where, was, bytes);
    }
    must_hold(self);
}

Test(slab, check_finds_what_is_broken) {
    slab *self = make(2 * MIB);
    unsigned char *p = slab_alloc(self, 0, 64, 8), *q = slab_alloc(self, 0, 64, 8), *run = slab_alloc(self, 0, 9000, 8);
    unsigned char *gap = slab_alloc(self, 0, 9000, 8), *wall = slab_alloc(self, 0, 9000, 8);
    slab_free(self, 0, q);
    slab_free(self, 0, gap);
    must_hold(self);
    uint32_t head = (uint32_t)((size_t)(p - self->base) >> SLAB_UNIT_SHIFT) & ~3u;
    uint32_t at_run = (uint32_t)((size_t)(run - self->base) >> SLAB_UNIT_SHIFT), at_gap = at_run + 9;
    struct slab_cache *cache = &self->cpu[0].caches[3];
    must_find(self, &self->ranges[head].units, 4, "a slab's length");
    must_find(self, &self->ranges[head + 1].before, 4, "a unit's way to its slab");
    must_find(self, &self->ranges[at_run].units, 4, "a run's length");
    must_find(self, &self->ranges[at_run].before, 4, "the length of the range before");
    must_find(self, &self->ranges[at_gap].prev, 4, "a link back");
    must_find(self, &self->ranges[at_gap].next, 4, "a link on");
    must_find(self, &self->kinds[head], 2, "a slab's class");
    must_find(self, &self->kinds[head + 2], 2, "a slab's inside");
    must_find(self, &self->kinds[at_run], 2, "a run's kind");
    must_find(self, &self->kinds[at_run + 1], 2, "a run's inside");
    must_find(self, slab_word(self, head, 0), 8, "a slab's bits");
    must_find(self, &self->free_map[at_gap / 64], 8, "the map of free ranges");
    must_find(self, &self->list.first, 4, "the first free range");
    must_find(self, &self->list.free_units, 8, "free units");
    must_find(self, &self->list.runs, 8, "runs");
    must_find(self, &self->list.run_units, 8, "units of runs");
    must_find(self, &self->list.run_allocs, 8, "allocs of runs");
    must_find(self, &self->list.absent_units, 8, "absent units");
    must_find(self, &self->list.ranges, 8, "free ranges");
    must_find(self, &self->classes[3].partial, 4, "a class's list");
    must_find(self, &self->classes[3].slabs, 8, "a class's slabs");
    must_find(self, &self->classes[3].out, 8, "a class's blocks");
    must_find(self, &self->classes[3].made, 8, "slabs made");
    must_find(self, &cache->allocs, 8, "a slot's allocs");
    must_find(self, &cache->count, 8, "a cache's count");
    must_find(self, &cache->blocks[0], 8, "a cached block");
    must_find(self, q, 8, "the mark of a free block");
    struct slab_finding finding;
    void *was = cache->blocks[1];
    cache->blocks[1] = cache->blocks[0];
    EXPECT(!slab_check(self, 0, &finding) && strstr(finding.rule, "twice") != NULL, "a block cached twice");
    cache->blocks[1] = was;
    slab_free(self, 0, p);
    slab_free(self, 0, run);
    slab_free(self, 0, wall);
    must_be_whole(self);
}
