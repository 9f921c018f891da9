// SPDX-License-Identifier: MIT
// slab against a model: a map that says for every 8 bytes which live block owns them, and one that says for every unit
// whether it is free. Runs are the model's own knowledge; where slabs lie is looked up. From the maps alone it is known
// where the next run must begin, which requests must succeed, which reallocs must stay in place, and what the
// statistics must say.    usage: slab_model [seed [operations]]
#include "slab/slab_state.h"
#include "testing.h"

#include <string.h>

enum { GRAIN = 8, SLOTS = 3000, CPUS = 2, CHECK_EVERY = 2048 };

struct live {
    unsigned char *p; // NULL: the slot is empty
    size_t size, usable_bytes;
    unsigned char pattern;
};

struct model {
    slab *heap;
    uint32_t *owner;      // slot + 1 for each grain of a live block
    unsigned char *taken; // for each unit: of a run or a slab, as of the last look
    struct live slot[SLOTS];
    struct random random;
    size_t live_bytes, runs;
    uint64_t allocs, frees;
    uint64_t nulls, makeshifts, moved, stayed, placed; // what the run met
};

static bool is_run(const struct model *m, const struct live *block) {
    return slab_kind(m->heap, (uint32_t)((size_t)(block->p - m->heap->base) >> SLAB_UNIT_SHIFT)) == SLAB_KIND_RUN;
}

static void take_units(struct model *m, const unsigned char *p, size_t units) {
    size_t first = (size_t)(p - m->heap->base) >> SLAB_UNIT_SHIFT;
    for (size_t i = first; i < first + units; i++) {
        EXPECT(m->taken[i] == 0, "unit %zu belongs to two", i);
        m->taken[i] = 1;
    }
}

// Which units are taken: live runs, as the model knows them, and slabs.
static void look(struct model *m) {
    memset(m->taken, 0, m->heap->units);
    for (size_t s = 0; s < SLOTS; s++) {
        if (m->slot[s].p != NULL && is_run(m, &m->slot[s])) {
            take_units(m, m->slot[s].p, m->slot[s].usable_bytes / SLAB_UNIT_BYTES);
        }
    }
    for (uint32_t unit = 0; unit < m->heap->units; unit++) {
        uint16_t kind = slab_kind(m->heap, unit);
        if (slab_kind_is_class(kind)) {
            take_units(m, slab_address(m->heap, unit), slab_units_of((size_t)kind - SLAB_KIND_CLASS));
        }
    }
}

// Where first fit would put so many bytes; NULL: nowhere.
static unsigned char *first_fit(const struct model *m, size_t size, size_t align) {
    size_t units = (size + SLAB_UNIT_BYTES - 1) / SLAB_UNIT_BYTES, found = 0;
    align = align < SLAB_UNIT_BYTES ? SLAB_UNIT_BYTES : align;
    for (uint32_t unit = 0; unit < m->heap->units; unit++) {
        bool begins = found != 0 || (uintptr_t)slab_address(m->heap, unit) % align == 0;
        found = m->taken[unit] == 0 && begins ? found + 1 : 0;
        if (found == units) {
            return slab_address(m->heap, unit + 1 - (uint32_t)units);
        }
    }
    return NULL;
}

static void own(struct model *m, const struct live *block, uint32_t before, uint32_t after) {
    size_t first = (size_t)(block->p - m->heap->base) / GRAIN;
    for (size_t g = first; g < first + block->usable_bytes / GRAIN; g++) {
        EXPECT(m->owner[g] == before, "block %u overlaps block %u", before + after, m->owner[g]);
        m->owner[g] = after;
    }
}

static void expect_pattern(const struct live *block, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        EXPECT(block->p[i] == block->pattern, "byte %zu of a block of %zu changed", i, block->size);
    }
}

static size_t class_bytes(size_t size, size_t align) {
    size_t bytes = size > align ? size : align;
    return bytes > SLAB_BLOCK_BYTES_MAX ? 0 : (size_t)8 << slab_class_for(bytes);
}

static void adopt(struct model *m, uint32_t s, void *p, size_t size, size_t align) {
    struct live *block = &m->slot[s];
    *block = (struct live){.p = p, .size = size, .pattern = (unsigned char)random_next(&m->random)};
    block->usable_bytes = slab_usable_size(m->heap, 0, p);
    size_t want = class_bytes(size, align), units = (size + SLAB_UNIT_BYTES - 1) / SLAB_UNIT_BYTES;
    want = want != 0 ? want : units * SLAB_UNIT_BYTES;
    EXPECT((uintptr_t)p % (align < GRAIN ? GRAIN : align) == 0, "%p is not aligned to %zu", p, align);
    EXPECT(block->usable_bytes >= size && slab_owns(m->heap, p), "%zu usable bytes for %zu", block->usable_bytes, size);
    m->makeshifts += block->usable_bytes != want;
    own(m, block, 0, s + 1);
    memset(p, block->pattern, block->usable_bytes);
    m->live_bytes += block->usable_bytes;
    m->runs += is_run(m, block);
}

static void forget(struct model *m, uint32_t s, bool was_run) {
    own(m, &m->slot[s], s + 1, 0);
    m->live_bytes -= m->slot[s].usable_bytes;
    m->runs -= was_run;
    m->slot[s].p = NULL;
}

// A NULL is right only if the slot hides nothing, no block of the class or a larger one is in a slab, and no free range
// would do.
static void expect_exhausted(struct model *m, size_t cpu, size_t size, size_t align) {
    size_t block_bytes = class_bytes(size, align);
    for (size_t class = 0; class < SLAB_CLASSES; class += 1) {
        struct slab_class_stats stats;
        (void)slab_class_stats(m->heap, cpu, class, &stats);
        bool serves = block_bytes != 0 && stats.block_bytes >= block_bytes;
        EXPECT(m->heap->cpu[cpu].caches[class].count.value == 0, "the slot keeps blocks, and is refused");
        EXPECT(!serves || stats.free_blocks == 0, "%zu blocks of %zu bytes are free, and %zu are refused",
               stats.free_blocks, stats.block_bytes, size);
    }
    look(m);
    EXPECT(first_fit(m, size, align) == NULL, "%zu bytes at %zu are free, and refused", size, align);
    m->nulls++;
}

static void step_alloc(struct model *m, uint32_t s, size_t cpu, size_t size, size_t align) {
    unsigned char *expected = NULL;
    if (class_bytes(size, align) == 0) {
        look(m);
        expected = first_fit(m, size, align);
    }
    void *p = slab_alloc(m->heap, cpu, size, align);
    EXPECT(expected == NULL || p == expected, "a run of %zu bytes lies at %p, first fit is %p", size, p,
           (void *)expected);
    m->placed += expected != NULL;
    if (p == NULL) {
        expect_exhausted(m, cpu, size, align);
        return;
    }
    m->allocs++;
    adopt(m, s, p, size, align);
}

static void step_free(struct model *m, uint32_t s, size_t cpu) {
    expect_pattern(&m->slot[s], m->slot[s].usable_bytes);
    void *p = m->slot[s].p;
    forget(m, s, is_run(m, &m->slot[s]));
    m->frees++;
    slab_free(m->heap, cpu, p);
}

// Whether the realloc must stay where it is: the same class, or a run that stays one and has room behind.
static bool must_stay(struct model *m, const struct live *old, size_t size, size_t align) {
    bool is_aligned = align == 0 || (uintptr_t)old->p % align == 0;
    if (!is_run(m, old)) {
        return is_aligned && class_bytes(size, 8) == old->usable_bytes;
    }
    look(m);
    size_t unit = (size_t)(old->p - m->heap->base) >> SLAB_UNIT_SHIFT, room = old->usable_bytes / SLAB_UNIT_BYTES;
    while (unit + room < m->heap->units && m->taken[unit + room] == 0) {
        room++;
    }
    return is_aligned && size > SLAB_BLOCK_BYTES_MAX && size <= room * SLAB_UNIT_BYTES;
}

static void step_realloc(struct model *m, uint32_t s, size_t cpu, size_t size, size_t align) {
    struct live old = m->slot[s];
    bool was_run = is_run(m, &old), stays = must_stay(m, &old, size, align);
    expect_pattern(&old, old.usable_bytes);
    unsigned char *p = slab_realloc(m->heap, cpu, old.p, size, align);
    if (p == NULL) {
        EXPECT(!stays, "no room for %zu bytes, though they are there in place", size);
        expect_exhausted(m, cpu, size, align);
        expect_pattern(&old, old.usable_bytes);
        return;
    }
    EXPECT(!stays || p == old.p, "realloc to %zu bytes moved without need", size);
    *(p == old.p ? &m->stayed : &m->moved) += 1;
    m->allocs += p != old.p;
    m->frees += p != old.p;
    forget(m, s, was_run);
    struct live kept = {.p = p, .size = old.size, .pattern = old.pattern};
    expect_pattern(&kept, size < old.usable_bytes ? size : old.usable_bytes);
    adopt(m, s, p, size, align);
}

static void compare(struct model *m) {
    struct slab_finding first;
    EXPECT(slab_check(m->heap, 0, &first), "broken: %s, at %p, want %#llx, have %#llx", first.rule, first.address,
           (unsigned long long)first.want, (unsigned long long)first.have);
    struct slab_stats stats;
    slab_stats(m->heap, 0, &stats);
    look(m);
    size_t free_units = 0, longest = 0, found = 0;
    for (size_t unit = 0; unit < m->heap->units; unit++) {
        found = m->taken[unit] == 0 ? found + 1 : 0;
        free_units += m->taken[unit] == 0;
        longest = found > longest ? found : longest;
    }
    EXPECT(stats.free_bytes == free_units * SLAB_UNIT_BYTES, "%zu bytes free, the model says %zu", stats.free_bytes,
           free_units * SLAB_UNIT_BYTES);
    EXPECT(stats.largest_free_bytes == longest * SLAB_UNIT_BYTES, "largest free %zu, the model says %zu",
           stats.largest_free_bytes, longest * SLAB_UNIT_BYTES);
    EXPECT(stats.current_bytes == m->live_bytes && stats.runs == m->runs, "%zu bytes live, the model says %zu",
           stats.current_bytes, m->live_bytes);
    EXPECT(stats.allocs == m->allocs && stats.frees == m->frees, "%llu allocs, the model says %llu",
           (unsigned long long)stats.allocs, (unsigned long long)m->allocs);
}

static void run(struct model *m, size_t region_bytes, uint64_t operations) {
    unsigned char *region = region_new(region_bytes);
    m->heap = NULL;
    enum slab_error error = slab_init(region, region_bytes, CPUS, &m->heap);
    EXPECT(error == SLAB_OK, "init of %zu bytes: %s", region_bytes, slab_strerror(error));
    m->owner = calloc(m->heap->units * SLAB_UNIT_BYTES / GRAIN, sizeof *m->owner);
    m->taken = calloc(m->heap->units, 1);
    EXPECT(m->owner != NULL && m->taken != NULL, "no memory for the model");
    m->allocs = m->frees = 0;
    size_t in_use = 1, log2_max = 12;
    for (uint64_t i = 0; i < operations; i++) {
        if (i % CHECK_EVERY == 0) {
            compare(m);
            in_use = random_log_uniform(&m->random, 11) + 1;
            log2_max = 6 + random_below(&m->random, 12);
        }
        uint32_t s = (uint32_t)random_below(&m->random, i % 64 == 0 ? SLOTS : in_use);
        size_t cpu = random_below(&m->random, CPUS), size = random_log_uniform(&m->random, log2_max);
        size_t align = random_below(&m->random, 6) == 0 ? (size_t)1 << random_below(&m->random, 15) : 0;
        if (m->slot[s].p == NULL) {
            step_alloc(m, s, cpu, size, align);
        } else if (random_below(&m->random, 4) == 0) {
            step_realloc(m, s, cpu, size, align);
        } else {
            step_free(m, s, cpu);
        }
    }
    compare(m);
    for (uint32_t s = 0; s < SLOTS; s++) {
        if (m->slot[s].p != NULL) {
            step_free(m, s, s % CPUS);
        }
    }
    for (size_t cpu = 0; cpu < CPUS; cpu++) {
        while (slab_drain(m->heap, cpu)) {
        }
    }
    compare(m);
    EXPECT(m->heap->list.free_units == m->heap->units, "not all came back");
    free(m->owner);
    free(m->taken);
    free(region);
}

int main(int argc, char **argv) {
    static struct model m;
    uint64_t seed = argument(argc, argv, 1, 1), operations = argument(argc, argv, 2, 400000);
    m.random.state = seed;
    static const size_t regions[] = {64 << 10, (200 << 10) + 13, 1 << 20, (6 << 20) + 4096 + 8};
    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++) {
        run(&m, regions[i], operations / 4);
    }
    printf("seed %llu: %llu operations, %llu NULLs, %llu makeshifts, %llu runs placed, reallocs: %llu stayed, %llu "
           "moved\n",
           (unsigned long long)seed, (unsigned long long)operations, (unsigned long long)m.nulls,
           (unsigned long long)m.makeshifts, (unsigned long long)m.placed, (unsigned long long)m.stayed,
           (unsigned long long)m.moved);
    EXPECT(operations < 50000 || (m.nulls != 0 && m.makeshifts != 0 && m.stayed != 0 && m.moved != 0 && m.placed != 0),
           "the run met no exhaustion or no realloc of some kind, so it tested less than it should");
    return 0;
}
