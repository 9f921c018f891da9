// SPDX-License-Identifier: MIT
// Two heaps behind talloc. What they have when nothing is allocated is noted at the beginning, for comparison.
#include "duo.h"

#include "memory.h"

#include <stdio.h>
#include <wfheap/talloc.h>

enum { DUO_ALIGN = 8, DUO_BACKUP_BYTES = 8 << 20 };

struct duo_half {
    struct talloc_heap heap;
    size_t largest, all; // free bytes at the beginning
};

// One process measures one allocator.
static struct {
    struct adapter adapter;
    size_t cpus;
    talloc *talloc;
    struct duo_half primary, backup;
} duo;

static void duo_empty(void *heap, size_t cpu) {
    (void)heap;
    while (talloc_drain(duo.talloc, cpu)) {
    }
}

static void half_look(const struct duo_half *half, size_t *largest, size_t *all) {
    half->heap.backend->free_bytes(half->heap.heap, 0, largest, all);
}

static const char *half_open(struct duo_half *half, const struct heap_backend *backend, void *region, size_t bytes) {
    half->heap = (struct talloc_heap){.backend = backend, .start = region, .bytes = bytes};
    return backend->init(region, bytes, duo.cpus, &half->heap.heap);
}

static const char *duo_open(const struct adapter *self, void *region, size_t region_bytes, size_t cpus, void **heap) {
    duo.cpus = cpus;
    const char *trouble = half_open(&duo.primary, self->backend, region, region_bytes);
    if (trouble == NULL) {
        trouble = half_open(&duo.backup, &wfh_backend, memory_pages(DUO_BACKUP_BYTES), DUO_BACKUP_BYTES);
    }
    if (trouble != NULL) {
        return trouble;
    }
    struct talloc_config config = {.cpus = cpus, .backup = duo.backup.heap, .primary = duo.primary.heap};
    size_t bytes = TALLOC_STORAGE_BYTES(cpus);
    enum talloc_error error = talloc_init(&config, memory_pages(bytes), bytes, &duo.talloc);
    if (error != TALLOC_OK) {
        return talloc_strerror(error);
    }
    half_look(&duo.primary, &duo.primary.largest, &duo.primary.all);
    half_look(&duo.backup, &duo.backup.largest, &duo.backup.all);
    *heap = duo.talloc;
    return NULL;
}

static void *duo_alloc(void *heap, size_t cpu, size_t size) {
    return talloc_alloc(heap, cpu, size, DUO_ALIGN);
}

static void duo_free(void *heap, size_t cpu, void *p) {
    talloc_free(heap, cpu, p);
}

static void duo_figures(void *heap, size_t cpu, struct bench_figures *out) {
    (void)heap, (void)cpu, (void)out; // what tasks leave of the primary heap says nothing
}

const struct adapter *duo_of(const struct adapter *primary) {
    duo.adapter = *primary;
    duo.adapter.in_region = true;
    duo.adapter.open = duo_open;
    duo.adapter.alloc = duo_alloc;
    duo.adapter.free = duo_free;
    duo.adapter.drain = duo_empty;
    duo.adapter.figures = duo_figures;
    return &duo.adapter;
}

static void duo_primary_only(struct bench_env *env) {
    talloc_use_primary(duo.talloc, env->cpu);
}

static void duo_primary_then_backup(struct bench_env *env) {
    talloc_use_primary_then_backup(duo.talloc, env->cpu);
}

const struct bench_talloc duo_talloc = {
    .primary_only = duo_primary_only,
    .primary_then_backup = duo_primary_then_backup,
};

static const char *half_trouble(const struct duo_half *half, const char *which) {
    static char sentence[160];
    size_t largest = 0;
    size_t all = 0;
    half_look(half, &largest, &all);
    if (largest == half->largest && all == half->all) {
        return NULL;
    }
    (void)snprintf(sentence, sizeof sentence,
                   "the %s heap has %zu bytes free in the end, %zu in one piece; it began with %zu and %zu", which, all,
                   largest, half->all, half->largest);
    return sentence;
}

const char *duo_trouble(void) {
    for (size_t cpu = 0; cpu < duo.cpus; cpu++) {
        duo_empty(duo.talloc, cpu);
    }
    const char *trouble = talloc_check(duo.talloc, 0);
    trouble = trouble != NULL ? trouble : half_trouble(&duo.primary, "primary");
    return trouble != NULL ? trouble : half_trouble(&duo.backup, "backup");
}

uint64_t duo_backup_allocs(void) {
    struct talloc_stats stats;
    talloc_stats(duo.talloc, &stats);
    return stats.backup_allocs;
}
