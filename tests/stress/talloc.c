// SPDX-License-Identifier: MIT
// Threads that play CPUs of a kernel: each runs task after task under primary only, which take all they can get until
// the primary heap refuses, and are aborted then; the kernel's own code, under primary then backup, keeps notes all the
// while and must never be refused while the backup heap has room. Blocks change hands between threads. In the end all
// of both heaps is free, to the last byte.
#include "support/args.h"
#include "support/crew.h"
#include "support/die.h"
#include "support/region.h"
#include "support/rng.h"
#include "unit/backends.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <wfheap/talloc.h>

enum { THREADS_MAX = 64, OWNED = 1500, NOTES = 12, EXCHANGE = 128 };

struct side {
    void *heap;
    unsigned char *region;
    size_t bytes, largest, all;
};

struct stress {
    talloc *talloc;
    const struct heap_backend *table[2];
    struct side sides[2]; // primary, backup
    size_t threads, tasks;
    _Atomic(uint64_t *) exchange[EXCHANGE];
    _Atomic uint64_t aborted, low_calls;
};

// A block: its size in words in front, and in every word behind it something that depends on where it lies.
static uint64_t *block_take(struct stress *self, size_t cpu, size_t bytes) {
    size_t words = bytes / 8 + 1;
    uint64_t *p = talloc_alloc(self->talloc, cpu, words * 8, 8);
    for (size_t i = 0; p != NULL && i < words; i++) {
        p[i] = i == 0 ? words : (uintptr_t)p + i;
    }
    return p;
}

static void block_give(struct stress *self, size_t cpu, uint64_t *p) {
    if (p == NULL) {
        return;
    }
    size_t words = p[0];
    for (size_t i = 1; i < words; i++) {
        if (p[i] != (uintptr_t)p + i) {
            die("word %zu of the %zu at %p was changed", i, words, (void *)p);
        }
    }
    p[0] = 0; // a second owner would find no size
    talloc_free(self->talloc, cpu, p);
}

// What the kernel does between two steps of a task: notes, some of which move, always answered.
static void keep_notes(struct stress *self, size_t cpu, struct rng *rng, uint64_t **notes) {
    enum talloc_policy saved = talloc_save(self->talloc, cpu);
    if (saved != TALLOC_PRIMARY_ONLY) {
        die("slot %zu lost its policy", cpu);
    }
    talloc_use_primary_then_backup(self->talloc, cpu);
    uint64_t **note = &notes[rng_below(rng, NOTES)];
    block_give(self, cpu, *note);
    *note = block_take(self, cpu, rng_below(rng, 30000));
    if (*note == NULL) {
        die("the kernel was refused, though the backup heap has room");
    }
    talloc_restore(self->talloc, cpu, saved);
}

// Runs until it is refused, or done; answers whether it was refused. What it owned is freed by the kernel.
static bool run_task(struct stress *self, size_t cpu, struct rng *rng, uint64_t **notes) {
    static _Thread_local uint64_t *owned[OWNED];
    bool is_refused = false;
    size_t count = 0, most = 50 + rng_below(rng, OWNED - 50);
    talloc_use_primary(self->talloc, cpu);
    while (count < most && !is_refused) {
        if (rng_percent(rng, 30) && count > 0) {
            block_give(self, cpu, owned[--count]);
        } else if (rng_percent(rng, 10) && count > 0) {
            size_t place = rng_below(rng, EXCHANGE);
            block_give(self, cpu, atomic_exchange(&self->exchange[place], owned[--count]));
        } else {
            owned[count] = block_take(self, cpu, rng_log_uniform(rng, rng_percent(rng, 20) ? 100000 : 2000));
            is_refused = owned[count] == NULL;
            count += !is_refused;
        }
        for (unsigned i = is_refused ? NOTES : rng_percent(rng, 10); i > 0; i--) {
            keep_notes(self, cpu, rng, notes);
        }
    }
    talloc_use_primary_then_backup(self->talloc, cpu);
    while (count > 0) {
        block_give(self, cpu, owned[--count]);
    }
    return is_refused;
}

static void work(struct crew_member *member) {
    struct stress *self = member->crew->context;
    struct rng rng = {member->index + 1};
    uint64_t *notes[NOTES] = {NULL};
    crew_meet(member->crew);
    for (size_t task = 0; task < self->tasks; task++) {
        if (run_task(self, member->index, &rng, notes)) {
            atomic_fetch_add(&self->aborted, 1);
        }
        // A slot that nobody uses, set by all: it has one policy or the other.
        (task % 2 ? talloc_use_primary : talloc_use_primary_then_backup)(self->talloc, self->threads);
    }
    for (size_t i = 0; i < NOTES; i++) {
        block_give(self, member->index, notes[i]);
    }
}

static bool listen(void *context, const struct talloc_low *low) {
    struct stress *self = context;
    atomic_fetch_add(&self->low_calls, 1);
    (void)talloc_drain(self->talloc, low->cpu); // a kernel's first thought
    return low->cause == TALLOC_LOW_PRIMARY;
}

static void make_side(struct stress *self, unsigned which, size_t bytes) {
    struct side *side = &self->sides[which];
    *side = (struct side){.region = region_map(bytes, 0), .bytes = bytes};
    const char *refusal = self->table[which]->init(side->region, bytes, self->threads + 1, &side->heap);
    if (refusal != NULL) {
        die_unusable("%s: %s", self->table[which]->name, refusal);
    }
    self->table[which]->free_bytes(side->heap, 0, &side->largest, &side->all);
}

static void must_be_whole(struct stress *self) {
    for (size_t i = 0; i < EXCHANGE; i++) {
        block_give(self, 0, atomic_load(&self->exchange[i]));
    }
    for (size_t cpu = 0; cpu <= self->threads; cpu++) {
        while (talloc_drain(self->talloc, cpu)) {
        }
    }
    const char *broken = talloc_check(self->talloc, 0);
    if (broken != NULL) {
        die("broken: %s", broken);
    }
    for (unsigned which = 0; which < 2; which++) {
        size_t largest, all;
        struct side *side = &self->sides[which];
        self->table[which]->free_bytes(side->heap, 0, &largest, &all);
        if (largest != side->largest || all != side->all) {
            die("%s: %zu and %zu bytes were free, now %zu and %zu", self->table[which]->name, side->largest, side->all,
                largest, all);
        }
    }
}

int main(int argc, char **argv) {
    struct arg args[] = {{"threads", 4, 1, THREADS_MAX},
                         {"ops", 300, 1, 1000000},
                         {"primary", 0, 0, 2},
                         {"backup", 1, 0, 2},
                         {"kib", 1024, 1024, 1 << 20}};
    size_t count = ARGS_COUNT(args);
    args_parse(args, count, argc, argv);
    static struct stress self;
    static _Alignas(64) unsigned char storage[TALLOC_STORAGE_BYTES(THREADS_MAX + 1)];
    self.threads = args_get(args, count, "threads");
    self.tasks = args_get(args, count, "ops");
    self.table[0] = backends[args_get(args, count, "primary")];
    self.table[1] = backends[args_get(args, count, "backup")];
    make_side(&self, 0, args_get(args, count, "kib") << 10);
    make_side(&self, 1, ((size_t)2 << 20) + (self.threads << 18));
    struct talloc_config config = {.cpus = self.threads + 1, .low = listen, .low_context = &self, .low_bytes = 1 << 20};
    for (unsigned which = 0; which < 2; which++) {
        struct side *side = &self.sides[which];
        *(which == 0 ? &config.primary : &config.backup) =
            (struct talloc_heap){self.table[which], side->heap, side->region, side->bytes};
    }
    enum talloc_error error = talloc_init(&config, storage, sizeof storage, &self.talloc);
    if (error != TALLOC_OK) {
        die("%s", talloc_strerror(error));
    }
    struct crew crew;
    crew_start(&crew, self.threads, work, &self);
    crew_join(&crew);
    must_be_whole(&self);
    struct talloc_stats stats;
    talloc_stats(self.talloc, &stats);
    if (self.aborted == 0 || stats.backup_allocs == 0 || stats.low_calls != self.low_calls) {
        die("no task was aborted, or the backup heap was never used, or calls are not counted");
    }
    printf(
        "%s over %s, %zu threads: %zu tasks, %llu aborted, %llu backup blocks, peak %zu KiB of %zu, %llu callbacks\n",
        self.table[0]->name, self.table[1]->name, self.threads, self.threads * self.tasks,
        (unsigned long long)self.aborted, (unsigned long long)stats.backup_allocs, stats.backup_peak_bytes >> 10,
        stats.backup_bytes >> 10, (unsigned long long)stats.low_calls);
    return 0;
}
