// SPDX-License-Identifier: MIT
// No call of talloc may take more steps of its own than it promises: on a port that counts steps, over two heaps that
// take none, that refuse at random, and a callback that answers at random.
#include "support/args.h"
#include "support/die.h"
#include "support/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wfheap/talloc.h>

#include "word.h"

_Thread_local struct counted counted;

enum { CPUS = 4, CELLS = 64, CELL_BYTES = 4096 };

// Cells of one size, whatever is asked for.
struct cells {
    struct rng *rng;
    size_t refused_percent;
    bool used[CELLS];
    unsigned char *memory;
};

static void *cells_alloc(void *heap, size_t cpu, size_t size, size_t align) {
    struct cells *self = heap;
    (void)cpu, (void)align;
    for (size_t i = 0; i < CELLS && size - 1 < CELL_BYTES && !rng_percent(self->rng, self->refused_percent); i++) {
        if (!self->used[i]) {
            self->used[i] = true;
            return self->memory + i * CELL_BYTES;
        }
    }
    return NULL;
}

static void cells_free(void *heap, size_t cpu, void *p) {
    struct cells *self = heap;
    (void)cpu;
    self->used[(size_t)((unsigned char *)p - self->memory) / CELL_BYTES] = false;
}

static void *cells_realloc(void *heap, size_t cpu, void *p, size_t size, size_t align) {
    struct cells *self = heap;
    (void)cpu, (void)align;
    return size <= CELL_BYTES && !rng_percent(self->rng, self->refused_percent) ? p : NULL;
}

static size_t cells_usable_size(void *heap, size_t cpu, const void *p) {
    struct cells *self = heap;
    (void)cpu, (void)p;
    return rng_percent(self->rng, 50) ? CELL_BYTES : 8; // so that reallocs take every way
}

static void cells_free_bytes(void *heap, size_t cpu, size_t *largest, size_t *all) {
    (void)heap, (void)cpu;
    *largest = *all = (size_t)CELLS * CELL_BYTES;
}

static const struct heap_backend cells_backend = {
    .name = "cells",
    .alloc = cells_alloc,
    .realloc = cells_realloc,
    .free = cells_free,
    .usable_size = cells_usable_size,
    .free_bytes = cells_free_bytes,
};

static bool listen(void *context, const struct talloc_low *low) {
    (void)low;
    return rng_percent(context, 50);
}

enum call { ALLOC, REALLOC, FREE, CALLS };
static const char *const names[CALLS] = {"alloc", "realloc", "free"};
static const uint64_t limits[CALLS] = {TALLOC_ALLOC_STEPS, TALLOC_REALLOC_STEPS, TALLOC_FREE_STEPS};
static uint64_t longest[CALLS];

static void note(enum call call) {
    longest[call] = counted.steps > longest[call] ? counted.steps : longest[call];
    if (counted.steps > limits[call]) {
        die("%s took %llu steps, more than %llu", names[call], (unsigned long long)counted.steps,
            (unsigned long long)limits[call]);
    }
}

static talloc *make(struct cells *primary, struct cells *backup, struct rng *rng) {
    static _Alignas(64) unsigned char storage[TALLOC_STORAGE_BYTES(CPUS)];
    size_t bytes = (size_t)CELLS * CELL_BYTES;
    talloc *self = NULL;
    primary->memory = aligned_alloc(CELL_BYTES, bytes);
    backup->memory = aligned_alloc(CELL_BYTES, bytes);
    primary->rng = backup->rng = rng;
    struct talloc_config config = {.cpus = CPUS,
                                   .primary = {&cells_backend, primary, primary->memory, bytes},
                                   .backup = {&cells_backend, backup, backup->memory, bytes},
                                   .low = listen,
                                   .low_context = rng,
                                   .low_bytes = bytes / 2};
    if (talloc_init(&config, storage, sizeof storage, &self) != TALLOC_OK) {
        die("no talloc");
    }
    return self;
}

int main(int argc, char **argv) {
    struct arg args[] = {{"ops", 200000, 1, UINT32_MAX}};
    args_parse(args, ARGS_COUNT(args), argc, argv);
    struct rng rng = {1};
    static struct cells primary = {.refused_percent = 60}, backup = {.refused_percent = 20};
    talloc *self = make(&primary, &backup, &rng);
    void *places[CELLS * 3 / 2] = {NULL};
    for (uint64_t op = args_get(args, ARGS_COUNT(args), "ops"); op > 0; op--) {
        void **place = &places[rng_below(&rng, sizeof places / sizeof places[0])];
        size_t cpu = rng_below(&rng, CPUS), size = rng_log_uniform(&rng, CELL_BYTES);
        (rng_percent(&rng, 20) ? talloc_use_primary : talloc_use_primary_then_backup)(self, cpu);
        counted.steps = 0;
        if (*place == NULL) {
            *place = talloc_alloc(self, cpu, size, 8);
            note(ALLOC);
        } else if (rng_percent(&rng, 50)) {
            void *p = talloc_realloc(self, cpu, *place, size, 8);
            note(REALLOC);
            *place = p != NULL ? p : *place;
        } else {
            talloc_free(self, cpu, *place);
            note(FREE);
            *place = NULL;
        }
    }
    for (unsigned i = 0; i < CALLS; i++) {
        printf("%s: %llu steps at most, of %llu\n", names[i], (unsigned long long)longest[i],
               (unsigned long long)limits[i]);
    }
    return 0;
}
