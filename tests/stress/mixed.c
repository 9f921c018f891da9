// SPDX-License-Identifier: MIT
// Threads of random users in rounds. After each round every thread moves to another CPU slot, so that slots are left
// behind full of cached blocks, and drains one that was left while the others go on working.
#include "support/actor.h"
#include "support/args.h"
#include "support/crew.h"
#include "support/die.h"

#include <stdio.h>

struct mixed {
    struct world world;
    struct actor *actors;
    size_t threads, rounds, steps_per_round, feasts_per_round;
};

// Threads hold the slots of one parity in even rounds and of the other in odd ones.
static size_t slot_in_round(const struct mixed *self, size_t thread, size_t round) {
    return (2 * thread + round) % (2 * self->threads);
}

static void mixed_round(struct mixed *self, struct actor *actor, size_t round) {
    actor->cpu = slot_in_round(self, actor->index, round);
    size_t abandoned = slot_in_round(self, actor->index, round + 1);
    bool more = round > 0;
    size_t steps_per_feast = self->steps_per_round / (self->feasts_per_round + 1) + 1;
    for (size_t step = 0; step < self->steps_per_round; step++) {
        actor_step(actor);
        if (more && step % 16 == 0) {
            more = wfh_drain(self->world.heap, abandoned);
        }
        if (step % steps_per_feast == steps_per_feast - 1) {
            actor_feast(actor);
        }
    }
}

static void mixed_work(struct crew_member *member) {
    struct mixed *self = member->crew->context;
    struct actor *actor = &self->actors[member->index];
    for (size_t round = 0; round < self->rounds; round++) {
        mixed_round(self, actor, round);
        crew_meet(member->crew);
    }
    actor_release(actor);
}

int main(int argc, char **argv) {
    struct arg args[] = {
        {"threads", 4, 1, 512},      {"ops", 1000000, 1, 1000000000},
        {"seed", 1, 0, UINT64_MAX},  {"region_kib", 65536, 1024, UINT64_C(1) << 30},
        {"offset_pages", 5, 0, 63},  {"size_max", 1 << 18, 16, 1 << 30},
        {"places", 256, 1, 1 << 20}, {"rounds", 6, 1, 1000},
        {"feasts", 1, 0, 1000000},   {"nulls_min", 0, 0, UINT64_MAX},
    };
    size_t count = ARGS_COUNT(args);
    args_parse(args, count, argc, argv);
    struct mixed self = {.threads = args_get(args, count, "threads"), .rounds = args_get(args, count, "rounds")};
    self.steps_per_round = args_get(args, count, "ops") / self.threads / self.rounds + 1;
    self.feasts_per_round = args_get(args, count, "feasts");
    world_init(&self.world, args_get(args, count, "region_kib") << 10, args_get(args, count, "offset_pages"),
               2 * self.threads, self.threads);

    struct appetite appetite = {args_get(args, count, "places"), args_get(args, count, "size_max"), 4096};
    struct actor actors[512];
    self.actors = actors;
    for (size_t i = 0; i < self.threads; i++) {
        actor_init(&actors[i], &self.world, i, i, appetite, args_get(args, count, "seed"));
    }
    struct crew crew;
    crew_start(&crew, self.threads, mixed_work, &self);
    crew_join(&crew);
    world_reckon(&self.world);

    size_t nulls = 0;
    for (size_t i = 0; i < self.threads; i++) {
        nulls += actors[i].nulls;
        actor_destroy(&actors[i]);
    }
    world_destroy(&self.world);
    printf("%zu threads, %zu steps each, %zu requests answered NULL\n", self.threads,
           self.steps_per_round * self.rounds, nulls);
    if (nulls < args_get(args, count, "nulls_min")) {
        die("only %zu requests were answered NULL: the region is too large for what this run is meant to show", nulls);
    }
    return 0;
}
