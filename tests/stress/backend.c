// SPDX-License-Identifier: MIT
// Threads that allocate, change, pass on and free blocks of one heap of wfheap/backend.h, whichever it is. Each block
// knows its size and is full of words that depend on where it lies; in the end every byte is free again.
#include "support/args.h"
#include "support/crew.h"
#include "support/die.h"
#include "support/region.h"
#include "support/rng.h"
#include "unit/backends.h"

#include <stdatomic.h>
#include <stdio.h>

enum { OWNED = 500, EXCHANGE = 64 };

struct stress {
    const struct heap_backend *backend;
    void *heap;
    size_t threads, ops, size;
    size_t largest, all; // free at first
    _Atomic(uint64_t *) exchange[EXCHANGE];
    _Atomic uint64_t nulls, passed;
};

static void write_words(uint64_t *p, size_t words) {
    for (size_t i = 0; i < words; i++) {
        p[i] = i == 0 ? words : (uintptr_t)p + i;
    }
}

// The words that were written at `at` are here now, as many as there are.
static void must_keep(const uint64_t *p, const uint64_t *at, size_t words) {
    for (size_t i = 1; i < words; i++) {
        if (p[i] != (uintptr_t)at + i) {
            die("word %zu of the %zu at %p was changed", i, words, (const void *)p);
        }
    }
}

static uint64_t *take(struct stress *self, size_t cpu, struct rng *rng) {
    size_t words = rng_log_uniform(rng, self->size) / 8 + 1;
    size_t align = rng_percent(rng, 80) ? 8 : (size_t)8 << rng_below(rng, 10);
    uint64_t *p = self->backend->alloc(self->heap, cpu, words * 8, align);
    if (p == NULL) {
        atomic_fetch_add(&self->nulls, 1);
        return NULL;
    }
    if ((uintptr_t)p % align != 0 || self->backend->usable_size(self->heap, cpu, p) < words * 8) {
        die("%zu bytes at %zu: %p", words * 8, align, (void *)p);
    }
    write_words(p, words);
    return p;
}

static void give(struct stress *self, size_t cpu, uint64_t *p) {
    if (p != NULL) {
        must_keep(p, p, p[0]);
        p[0] = 0; // a second owner would find no size
        self->backend->free(self->heap, cpu, p);
    }
}

static void change(struct stress *self, size_t cpu, struct rng *rng, uint64_t **place) {
    uint64_t *p = *place, *was = p;
    size_t words = rng_log_uniform(rng, self->size) / 8 + 1, had = p[0];
    uint64_t *q = self->backend->realloc(self->heap, cpu, p, words * 8, 8);
    if (q == NULL) {
        atomic_fetch_add(&self->nulls, 1);
        must_keep(p, p, had);
        return;
    }
    must_keep(q, was, words < had ? words : had);
    write_words(q, words);
    *place = q;
}

static void work(struct crew_member *member) {
    struct stress *self = member->crew->context;
    struct rng rng = {member->index + 1};
    uint64_t *owned[OWNED] = {NULL};
    size_t cpu = member->index, in_use = OWNED;
    crew_meet(member->crew);
    for (size_t op = 0; op < self->ops; op++) {
        in_use = op % 5000 == 0 ? 1 + rng_below(&rng, OWNED) : in_use; // bursts of different depth
        uint64_t **place = &owned[rng_below(&rng, in_use)];
        if (*place == NULL) {
            *place = take(self, cpu, &rng);
        } else if (rng_percent(&rng, 15)) {
            change(self, cpu, &rng, place);
        } else if (rng_percent(&rng, 20)) {
            *place = atomic_exchange(&self->exchange[rng_below(&rng, EXCHANGE)], *place);
            atomic_fetch_add(&self->passed, 1);
        } else {
            give(self, cpu, *place);
            *place = NULL;
        }
        if (rng_below(&rng, 5000) == 0) {
            (void)self->backend->drain(self->heap, cpu);
        }
    }
    for (size_t i = 0; i < OWNED; i++) {
        give(self, cpu, owned[i]);
    }
}

static void must_be_whole(struct stress *self) {
    for (size_t i = 0; i < EXCHANGE; i++) {
        give(self, 0, atomic_load(&self->exchange[i]));
    }
    const char *broken = self->backend->check(self->heap, 0);
    for (size_t cpu = 0; cpu < self->threads && broken == NULL; cpu++) {
        while (self->backend->drain(self->heap, cpu)) {
        }
    }
    size_t largest, all;
    self->backend->free_bytes(self->heap, 0, &largest, &all);
    broken = broken != NULL ? broken : self->backend->check(self->heap, 0);
    if (broken != NULL || largest != self->largest || all != self->all) {
        die("%s; %zu and %zu bytes were free, now %zu and %zu", broken == NULL ? "no rule is broken" : broken,
            self->largest, self->all, largest, all);
    }
}

int main(int argc, char **argv) {
    struct arg args[] = {{"threads", 4, 1, 64},
                         {"ops", 100000, 1, UINT32_MAX},
                         {"heap", 0, 0, BACKENDS - 1},
                         {"kib", 8192, 512, 1 << 20},
                         {"size", 9000, 8, 1 << 20}};
    size_t count = ARGS_COUNT(args);
    args_parse(args, count, argc, argv);
    static struct stress self;
    self.threads = args_get(args, count, "threads");
    self.ops = args_get(args, count, "ops");
    self.size = args_get(args, count, "size");
    self.backend = backends[args_get(args, count, "heap")];
    size_t bytes = args_get(args, count, "kib") << 10;
    const char *refusal = self.backend->init(region_map(bytes, 0), bytes, self.threads, &self.heap);
    if (refusal != NULL) {
        die_unusable("%s: %s", self.backend->name, refusal);
    }
    self.backend->free_bytes(self.heap, 0, &self.largest, &self.all);
    struct crew crew;
    crew_start(&crew, self.threads, work, &self);
    crew_join(&crew);
    must_be_whole(&self);
    printf("%s: %zu threads, %zu operations each, %llu blocks passed on, %llu NULLs\n", self.backend->name,
           self.threads, self.ops, (unsigned long long)self.passed, (unsigned long long)self.nulls);
    return 0;
}
