// SPDX-License-Identifier: MIT
// TLSF against a model: a map that says for every 8 bytes of the pool which live block owns them. From the map alone it
// is known where free blocks must be and how large, hence which requests must succeed, which reallocs must stay in
// place, and what the statistics must say.    usage: tlsf_model [seed [operations]]
#include <wfheap/tlsf.h>

#include <string.h>

#include "testing.h"

enum { GRAIN = 8, HEADER = 8, BLOCK_MIN = 32, SLOTS = 4096, CHECK_EVERY = 4096 };

struct live {
    unsigned char *p; // NULL: the slot is empty
    size_t size, usable_bytes;
    unsigned char pattern;
};

struct model {
    tlsf *heap;
    unsigned char *pool; // the first block's header
    size_t grains;       // up to the end of the sentinel
    uint32_t *owner;     // slot + 1 for each grain of a payload; 0 for headers and free blocks
    size_t live_blocks;
    struct live slot[SLOTS];
    struct random random;
    uint64_t nulls, moved, stayed; // what the run met, so that a run which tested nothing is seen
};

// The pool's bytes between two payloads: the header of the block behind, and before it a free block, if there is more.
static size_t gap_bytes_from(const struct model *m, const unsigned char *from) {
    size_t first = (size_t)(from - m->pool) / GRAIN, end = first;
    while (end < m->grains && m->owner[end] == 0) {
        end++;
    }
    return (end - first) * GRAIN;
}

struct picture {
    size_t free_bytes, free_blocks, largest_bytes;
};

static struct picture model_picture(const struct model *m) {
    struct picture seen = {0};
    size_t g = 0;
    while (g < m->grains) {
        if (m->owner[g] != 0) {
            g += m->slot[m->owner[g] - 1].usable_bytes / GRAIN;
            continue;
        }
        size_t gap_bytes = gap_bytes_from(m, m->pool + g * GRAIN), free_bytes = gap_bytes - HEADER;
        seen.free_bytes += free_bytes;
        seen.free_blocks += free_bytes != 0;
        seen.largest_bytes = free_bytes > seen.largest_bytes ? free_bytes : seen.largest_bytes;
        g += gap_bytes / GRAIN;
    }
    return seen;
}

static void model_own(struct model *m, const struct live *block, uint32_t before, uint32_t after) {
    size_t first = (size_t)(block->p - m->pool) / GRAIN;
    for (size_t g = first; g < first + block->usable_bytes / GRAIN; g++) {
        EXPECT(m->owner[g] == before, "block %u overlaps block %u", before + after, m->owner[g]);
        m->owner[g] = after;
    }
}

// The first `bytes` of the block, a word at a time for speed.
static void expect_pattern(const struct live *block, size_t bytes) {
    const uint64_t *word = (const uint64_t *)(const void *)block->p, want = block->pattern * 0x0101010101010101u;
    uint64_t different = 0;
    for (size_t i = 0; i < bytes / sizeof want; i++) {
        different |= word[i] ^ want;
    }
    for (size_t i = bytes / sizeof want * sizeof want; i < bytes; i++) {
        different |= block->p[i] ^ block->pattern;
    }
    EXPECT(different == 0, "the content of a block of %zu bytes changed", block->size);
}

// A NULL is right only if no free block is so large that the header's contract promises success.
static void expect_exhausted(struct model *m, size_t size, size_t align) {
    size_t need = size + HEADER < BLOCK_MIN ? BLOCK_MIN : size + HEADER + GRAIN - 1;
    need += align > GRAIN ? align + BLOCK_MIN - GRAIN : 0;
    need += need / 32;
    EXPECT(model_picture(m).largest_bytes < need, "no block for %zu bytes, though %zu are free in one piece", size,
           model_picture(m).largest_bytes);
    m->nulls++;
}

static void model_adopt(struct model *m, uint32_t s, void *p, size_t size, size_t align) {
    struct live *block = &m->slot[s];
    *block = (struct live){.p = p, .size = size, .pattern = (unsigned char)random_next(&m->random)};
    block->usable_bytes = tlsf_usable_size(m->heap, p);
    EXPECT((uintptr_t)p % (align < GRAIN ? GRAIN : align) == 0, "%p is not aligned to %zu", p, align);
    EXPECT(tlsf_owns(m->heap, p), "the heap does not own its block %p", p);
    size_t least = size < BLOCK_MIN - HEADER ? BLOCK_MIN - HEADER : (size + GRAIN - 1) / GRAIN * GRAIN;
    EXPECT(block->usable_bytes >= least && block->usable_bytes < least + BLOCK_MIN,
           "a block for %zu bytes has %zu usable", size, block->usable_bytes);
    model_own(m, block, 0, s + 1);
    memset(p, block->pattern, block->usable_bytes);
    m->live_blocks++;
}

static void model_forget(struct model *m, uint32_t s) {
    model_own(m, &m->slot[s], s + 1, 0);
    m->slot[s].p = NULL;
    m->live_blocks--;
}

static void step_alloc(struct model *m, uint32_t s, size_t size, size_t align) {
    void *p = tlsf_alloc(m->heap, size, align);
    if (p == NULL) {
        expect_exhausted(m, size, align);
    } else {
        model_adopt(m, s, p, size, align);
    }
}

static void step_free(struct model *m, uint32_t s) {
    expect_pattern(&m->slot[s], m->slot[s].usable_bytes);
    void *p = m->slot[s].p;
    model_forget(m, s);
    tlsf_free(m->heap, p);
}

static void step_realloc(struct model *m, uint32_t s, size_t size, size_t align) {
    struct live old = m->slot[s];
    expect_pattern(&old, old.usable_bytes);
    size_t room_bytes = old.usable_bytes + gap_bytes_from(m, old.p + old.usable_bytes) - HEADER;
    bool stays = size <= room_bytes && (align == 0 || (uintptr_t)old.p % align == 0);
    unsigned char *p = tlsf_realloc(m->heap, old.p, size, align);
    if (p == NULL) {
        EXPECT(!stays, "no room for %zu bytes, though %zu are there in place", size, room_bytes);
        expect_exhausted(m, size, align);
        expect_pattern(&old, old.usable_bytes);
        return;
    }
    EXPECT((p == old.p) == stays, "realloc to %zu bytes %s", size,
           stays ? "moved without need" : "stayed where it cannot");
    *(stays ? &m->stayed : &m->moved) += 1;
    model_forget(m, s);
    struct live kept = {.p = p, .size = old.size, .pattern = old.pattern};
    expect_pattern(&kept, size < old.usable_bytes ? size : old.usable_bytes);
    model_adopt(m, s, p, size, align);
}

static void model_compare(const struct model *m) {
    struct tlsf_finding first;
    EXPECT(tlsf_check(m->heap, &first), "broken: %s, at %p, want %#llx, have %#llx", first.rule, first.address,
           (unsigned long long)first.want, (unsigned long long)first.have);
    struct tlsf_stats stats;
    tlsf_stats(m->heap, &stats);
    struct picture seen = model_picture(m);
    EXPECT(stats.free_bytes == seen.free_bytes, "%zu bytes free, the model says %zu", stats.free_bytes,
           seen.free_bytes);
    EXPECT(stats.free_blocks == seen.free_blocks, "%zu free blocks, the model says %zu", stats.free_blocks,
           seen.free_blocks);
    size_t largest = seen.largest_bytes == 0 ? 0 : seen.largest_bytes - HEADER;
    EXPECT(stats.largest_free_bytes == largest, "largest free %zu, the model says %zu", stats.largest_free_bytes,
           largest);
    EXPECT(stats.live_blocks == m->live_blocks, "%zu live blocks, the model says %zu", stats.live_blocks,
           m->live_blocks);
    EXPECT(stats.metadata_bytes + stats.used_bytes + stats.free_bytes == stats.region_bytes, "bytes do not add up");
    EXPECT(stats.peak_bytes >= stats.used_bytes, "the peak is below what is used");
}

// Every block was given back: one free block, which one request can take whole.
static void model_expect_empty(struct model *m) {
    model_compare(m);
    struct tlsf_stats stats;
    tlsf_stats(m->heap, &stats);
    EXPECT(stats.free_blocks == 1 && stats.used_bytes == 0, "an empty heap has %zu free blocks, %zu bytes used",
           stats.free_blocks, stats.used_bytes);
    void *all = tlsf_alloc(m->heap, stats.largest_free_bytes, 0);
    EXPECT(all != NULL && tlsf_usable_size(m->heap, all) == stats.largest_free_bytes,
           "the free block cannot be had whole");
    EXPECT(tlsf_alloc(m->heap, 1, 0) == NULL, "a full heap handed out a block");
    tlsf_free(m->heap, all);
    model_compare(m);
}

static void model_run(struct model *m, size_t region_bytes, uint64_t operations) {
    unsigned char *region = region_new(region_bytes);
    m->heap = NULL;
    enum tlsf_error error = tlsf_init(region, region_bytes, &m->heap);
    EXPECT(error == TLSF_OK, "init of %zu bytes: %s", region_bytes, tlsf_strerror(error));
    struct tlsf_stats stats;
    tlsf_stats(m->heap, &stats);
    m->pool = region + stats.metadata_bytes - HEADER;
    m->grains = (stats.region_bytes - stats.metadata_bytes + HEADER) / GRAIN;
    m->owner = calloc(m->grains, sizeof *m->owner);
    EXPECT(m->owner != NULL, "no memory for the model");
    size_t log2_region = 0, log2_max = 0, in_use = 0;
    while (region_bytes >> log2_region > 1) {
        log2_region++;
    }
    for (uint64_t i = 0; i < operations; i++) {
        if (i % CHECK_EVERY == 0) {
            model_compare(m);
            // Few slots, small blocks: nearly empty. Many slots, blocks up to an eighth of the region: exhausted.
            in_use = random_log_uniform(&m->random, 12) + 1;
            log2_max = 5 + random_below(&m->random, log2_region - 7);
        }
        uint32_t s = (uint32_t)random_below(&m->random, i % 64 == 0 ? SLOTS : in_use);
        size_t size = random_log_uniform(&m->random, log2_max);
        size_t align = random_below(&m->random, 4) == 0 ? (size_t)1 << random_below(&m->random, 13) : 0;
        if (m->slot[s].p == NULL) {
            step_alloc(m, s, size, align);
        } else if (random_below(&m->random, 4) == 0) {
            step_realloc(m, s, size, align);
        } else {
            step_free(m, s);
        }
    }
    model_compare(m);
    for (uint32_t s = 0; s < SLOTS; s++) {
        if (m->slot[s].p != NULL) {
            step_free(m, s);
        }
    }
    model_expect_empty(m);
    free(m->owner);
    free(region);
}

int main(int argc, char **argv) {
    static struct model m;
    uint64_t seed = argument(argc, argv, 1, 1), operations = argument(argc, argv, 2, 2000000);
    m.random.state = seed;
    static const size_t regions[] = {8 << 10, (64 << 10) + 13, 1 << 20, (6 << 20) + 4096 + 8};
    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++) {
        model_run(&m, regions[i], operations / 4);
    }
    printf("seed %llu: %llu operations, %llu NULLs, reallocs: %llu stayed, %llu moved\n", (unsigned long long)seed,
           (unsigned long long)operations, (unsigned long long)m.nulls, (unsigned long long)m.stayed,
           (unsigned long long)m.moved);
    EXPECT(operations < 100000 || (m.nulls != 0 && m.stayed != 0 && m.moved != 0),
           "the run met no exhaustion or no realloc of some kind, so it tested less than it should");
    return 0;
}
