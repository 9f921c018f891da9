// SPDX-License-Identifier: MIT
// Allocates until NULL in every mix of sizes, gives all back, and demands as much again: nothing may stay typed, lost
// or hidden. One CPU must get exactly as much of one size, and as much of a mix but for what the order in which spans
// and runs come to lie costs; several CPUs get all but what the others' caches may hide.
#include "support/args.h"
#include "support/crew.h"
#include "support/die.h"
#include "support/region.h"
#include "support/rng.h"
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>

// By how much two fillings with many sizes in turn may differ.
#define PACKING_PERCENT 1u

struct hoard {
    void **blocks;
    size_t count, capacity;
    size_t bytes;
};

struct mix {
    size_t sizes[256];
    size_t count;
};

static void hoard_init(struct hoard *self, size_t capacity) {
    *self = (struct hoard){.capacity = capacity};
    self->blocks = calloc(capacity, sizeof *self->blocks);
    if (self->blocks == NULL) {
        die_unusable("exhaustion: no memory for a table of %zu blocks", capacity);
    }
}

// Takes one size of the mix after the other; a size that is answered NULL is asked for no more.
static void hoard_fill(struct hoard *self, wfh *heap, size_t cpu, const struct mix *mix) {
    bool refused[256] = {false};
    size_t open = mix->count;
    for (size_t turn = 0; open > 0; turn = (turn + 1) % mix->count) {
        if (refused[turn]) {
            continue;
        }
        void *block = self->count < self->capacity ? wfh_alloc(heap, cpu, mix->sizes[turn], 8) : NULL;
        if (block == NULL) {
            refused[turn] = true;
            open--;
            continue;
        }
        self->blocks[self->count++] = block;
        self->bytes += mix->sizes[turn];
    }
    if (self->count == self->capacity) {
        die("exhaustion: more blocks than the region can hold: %zu", self->count);
    }
}

static void hoard_shuffle(struct hoard *self, uint64_t seed) {
    struct rng rng = {seed};
    for (size_t i = self->count; i > 1; i--) {
        size_t other = rng_below(&rng, i);
        void *kept = self->blocks[i - 1];
        self->blocks[i - 1] = self->blocks[other];
        self->blocks[other] = kept;
    }
}

static void hoard_free(struct hoard *self, wfh *heap, size_t cpu) {
    while (self->count > 0) {
        wfh_free(heap, cpu, self->blocks[--self->count]);
    }
    self->bytes = 0;
}

// Fills, frees in random order and drains, twice; answers the bytes of the first time.
static size_t refill(struct world *world, struct hoard *hoard, const struct mix *mix, const char *what) {
    hoard_fill(hoard, world->heap, 0, mix);
    size_t first_bytes = hoard->bytes;
    world_check(world);
    hoard_shuffle(hoard, first_bytes);
    hoard_free(hoard, world->heap, 0);
    world_reckon(world);
    hoard_fill(hoard, world->heap, 0, mix);
    size_t packing_bytes = mix->count == 1 ? 0 : first_bytes / 100 * PACKING_PERCENT;
    if (hoard->bytes + packing_bytes < first_bytes) {
        die("exhaustion of %s: %zu bytes the first time, only %zu after all was freed", what, first_bytes,
            hoard->bytes);
    }
    hoard_free(hoard, world->heap, 0);
    world_reckon(world);
    return first_bytes;
}

// Every size class alone, one after the other in the same region: this also shows that nothing stays typed.
static void exhaust_classes(struct world *world, struct hoard *hoard, size_t usable_percent_min) {
    struct wfh_stats stats;
    wfh_stats(world->heap, &stats);
    struct wfh_class_stats class;
    for (size_t i = 0; wfh_class_stats(world->heap, i, &class); i++) {
        char what[64];
        snprintf(what, sizeof what, "class %zu (%zu bytes)", i, class.block_bytes);
        struct mix mix = {.sizes = {class.block_bytes}, .count = 1};
        size_t bytes = refill(world, hoard, &mix, what);
        if (bytes < stats.managed_bytes / 100 * usable_percent_min) {
            die("exhaustion of %s: only %zu of %zu bytes usable", what, bytes, stats.managed_bytes);
        }
    }
}

static struct mix mix_of_classes(const struct world *world) {
    struct mix mix = {.count = 0};
    struct wfh_class_stats class;
    for (size_t i = 0; mix.count < 256 && wfh_class_stats(world->heap, i, &class); i++) {
        mix.sizes[mix.count++] = class.block_bytes;
    }
    return mix;
}

static void exhaust_single(size_t region_bytes, size_t usable_percent_min) {
    struct world world;
    world_init(&world, region_bytes, 3, 1, 1);
    struct hoard hoard;
    hoard_init(&hoard, region_bytes / 8 + 1);
    exhaust_classes(&world, &hoard, usable_percent_min);

    struct mix classes = mix_of_classes(&world);
    struct mix runs = {.sizes = {30000, 40960, 100000, 262144, 300000, 1 << 20}, .count = 6};
    struct mix both = {.sizes = {16, 300000, 64, 40000, 4096, 65536, 1000}, .count = 7};
    size_t class_bytes = refill(&world, &hoard, &classes, "all classes in turn");
    size_t run_bytes = refill(&world, &hoard, &runs, "runs in turn");
    size_t both_bytes = refill(&world, &hoard, &both, "classes and runs in turn");
    printf("%zu KiB, one cpu: %zu KiB of classes, %zu of runs, %zu of both\n", region_bytes >> 10, class_bytes >> 10,
           run_bytes >> 10, both_bytes >> 10);
    free(hoard.blocks);
    world_destroy(&world);
}

struct contest {
    struct world world;
    struct hoard *hoards;
    struct mix mix;
    size_t first_bytes, second_bytes;
};

static size_t contest_bytes(const struct contest *self) {
    size_t bytes = 0;
    for (size_t i = 0; i < self->world.cpus; i++) {
        bytes += self->hoards[i].bytes;
    }
    return bytes;
}

// All fill at once; each frees what its neighbour took; all fill again without any drain in between.
static void contest_work(struct crew_member *member) {
    struct contest *self = member->crew->context;
    wfh *heap = self->world.heap;
    struct hoard *own = &self->hoards[member->index];
    struct hoard *neighbours = &self->hoards[(member->index + 1) % self->world.cpus];
    hoard_fill(own, heap, member->index, &self->mix);
    crew_meet(member->crew);
    if (member->index == 0) {
        self->first_bytes = contest_bytes(self);
    }
    crew_meet(member->crew);
    hoard_shuffle(neighbours, member->index);
    hoard_free(neighbours, heap, member->index);
    crew_meet(member->crew);
    hoard_fill(own, heap, member->index, &self->mix);
    crew_meet(member->crew);
    if (member->index == 0) {
        self->second_bytes = contest_bytes(self);
    }
    crew_meet(member->crew);
    hoard_free(own, heap, member->index);
}

// While all are at their end of memory, what is missing can only sit in caches or be left over by the different mix.
static void exhaust_contest(size_t region_bytes, size_t cpus, size_t size) {
    struct contest self = {.mix = {.sizes = {size}, .count = 1}};
    world_init(&self.world, region_bytes, 0, cpus, cpus);
    self.hoards = calloc(cpus, sizeof *self.hoards);
    if (self.hoards == NULL) {
        die_unusable("exhaustion: no memory for %zu tables", cpus);
    }
    for (size_t i = 0; i < cpus; i++) {
        hoard_init(&self.hoards[i], region_bytes / size + 1);
    }
    struct crew crew;
    crew_start(&crew, cpus, contest_work, &self);
    crew_join(&crew);
    world_reckon(&self.world);

    struct wfh_limits limits;
    wfh_limits(self.world.heap, &limits);
    size_t hidden_max = limits.reserve_bytes + cpus * limits.hoard_bytes_per_cpu;
    if (self.second_bytes + hidden_max < self.first_bytes) {
        die("exhaustion by %zu cpus of %zu bytes: %zu bytes at first, %zu then; caches may hide %zu", cpus, size,
            self.first_bytes, self.second_bytes, hidden_max);
    }
    printf("%zu KiB, %zu cpus of %zu bytes: %zu KiB, then %zu KiB\n", region_bytes >> 10, cpus, size,
           self.first_bytes >> 10, self.second_bytes >> 10);
    for (size_t i = 0; i < cpus; i++) {
        free(self.hoards[i].blocks);
    }
    free(self.hoards);
    world_destroy(&self.world);
}

int main(int argc, char **argv) {
    struct arg args[] = {
        {"region_kib", 16384, 4096, 1 << 24}, {"cpus", 4, 2, 1024}, {"usable_percent_min", 85, 0, 100}};
    args_parse(args, ARGS_COUNT(args), argc, argv);
    size_t region_bytes = args_get(args, ARGS_COUNT(args), "region_kib") << 10;
    size_t cpus = args_get(args, ARGS_COUNT(args), "cpus");
    exhaust_single(region_bytes, args_get(args, ARGS_COUNT(args), "usable_percent_min"));
    static const size_t sizes[] = {16, 64, 200, 1000, 4096, 17000, 40000, 1 << 18};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        exhaust_contest(region_bytes, cpus, sizes[i]);
    }
    return 0;
}
