// SPDX-License-Identifier: MIT
// Random users of a heap under watch.
#include "actor.h"

#include "die.h"

#include <stdlib.h>

#define FEAST_SMALLEST_BYTES ((size_t)16)

static void actor_must(const struct actor *self, const struct block *block, const char *complaint, const char *when) {
    if (complaint != NULL) {
        die("%s: %s (block %p, %zu bytes, owner %u, seen by actor %zu on cpu %zu)", when, complaint,
            (void *)block->start, block->size, (unsigned)block->owner, self->index, self->cpu);
    }
}

void actor_init(struct actor *self, struct world *world, size_t index, size_t cpu, struct appetite appetite,
                uint64_t seed) {
    *self = (struct actor){.world = world, .appetite = appetite, .index = index, .cpu = cpu};
    self->null_bytes_min = SIZE_MAX;
    self->rng.state = seed + (uint64_t)index * 1000003u;
    self->held = calloc(appetite.places, sizeof *self->held);
    self->feast = calloc(appetite.feast_max + 1, sizeof *self->feast);
    if (self->held == NULL || self->feast == NULL) {
        die_unusable("actor: no memory for its table of %zu blocks", appetite.places + appetite.feast_max);
    }
}

void actor_destroy(struct actor *self) {
    free(self->held);
    free(self->feast);
}

static void actor_adopt(struct actor *self, struct block *block, void *start, size_t size) {
    block->start = start;
    block->size = size;
    block->owner = (uint16_t)(self->index + 1);
    block->tag = ((uint64_t)block->owner << 48) ^ (self->serial++ * UINT64_C(0x9e3779b97f4a7c15));
    actor_must(self, block, shadow_enter(&self->world->shadow, block), "alloc");
    shadow_fill(block);
}

static void actor_verify_shape(const struct actor *self, const struct block *block, size_t align) {
    if (((uintptr_t)block->start & (align - 1)) != 0) {
        die("alloc: block %p of %zu bytes is not aligned to %zu", (void *)block->start, block->size, align);
    }
    size_t usable = wfh_usable_size(self->world->heap, block->start);
    if (usable < block->size) {
        die("alloc: block %p has %zu usable bytes, %zu were asked for", (void *)block->start, usable, block->size);
    }
}

static void actor_note_null(struct actor *self, size_t size, size_t align) {
    size_t rounded = (size + align - 1) & ~(align - 1);
    self->nulls++;
    self->null_bytes_min = rounded < self->null_bytes_min ? rounded : self->null_bytes_min;
}

static bool actor_alloc(struct actor *self, struct block *block, size_t size) {
    size_t align = rng_percent(&self->rng, 20) ? (size_t)8 << rng_below(&self->rng, 10) : 8;
    bool zeroed = rng_percent(&self->rng, 10);
    struct world *world = self->world;
    watch_enter(&self->watch);
    void *start =
        zeroed ? wfh_zalloc(world->heap, self->cpu, size, align) : wfh_alloc(world->heap, self->cpu, size, align);
    watch_leave(&self->watch);
    if (start == NULL) {
        actor_note_null(self, size, align);
        return false;
    }
    if (zeroed) {
        actor_must(self, block, shadow_verify_zero(start, size), "zalloc");
    }
    actor_adopt(self, block, start, size);
    actor_verify_shape(self, block, align);
    return true;
}

static void actor_free(struct actor *self, struct block *block) {
    actor_must(self, block, shadow_verify(block, block->size), "free");
    actor_must(self, block, shadow_leave(&self->world->shadow, block), "free");
    void *start = block->start;
    block->start = NULL;
    watch_enter(&self->watch);
    wfh_free(self->world->heap, self->cpu, start);
    watch_leave(&self->watch);
}

static void actor_realloc(struct actor *self, struct block *block, size_t size) {
    struct block old = *block;
    actor_must(self, &old, shadow_verify(&old, old.size), "before realloc");
    actor_must(self, &old, shadow_leave(&self->world->shadow, &old), "before realloc");
    watch_enter(&self->watch);
    void *start = wfh_realloc(self->world->heap, self->cpu, old.start, size, 8);
    watch_leave(&self->watch);
    if (start == NULL) {
        actor_note_null(self, size, 8);
        actor_must(self, &old, shadow_enter(&self->world->shadow, &old), "failed realloc");
        actor_must(self, &old, shadow_verify(&old, old.size), "failed realloc");
        return;
    }
    struct block moved = old;
    moved.start = start;
    actor_must(self, &moved, shadow_verify(&moved, size < old.size ? size : old.size), "realloc");
    actor_adopt(self, block, start, size);
    actor_verify_shape(self, block, 8);
}

static bool actor_mail(struct actor *self, struct block *block) {
    size_t to = rng_below(&self->rng, self->world->actors);
    if (to == self->index || !mailbox_post(&self->world->boxes[to], block, (size_t)rng_next(&self->rng))) {
        return false;
    }
    block->start = NULL;
    return true;
}

void actor_read_mail(struct actor *self) {
    struct block block;
    for (unsigned i = 0; i < MAILBOX_PLACES; i++) {
        if (mailbox_read(&self->world->boxes[self->index], &block)) {
            actor_free(self, &block);
        }
    }
}

void actor_step(struct actor *self) {
    struct block *place = &self->held[rng_below(&self->rng, self->appetite.places)];
    size_t dice = rng_below(&self->rng, 100);
    if (dice < 4) {
        actor_read_mail(self);
    }
    if (place->start == NULL) {
        actor_alloc(self, place, rng_log_uniform(&self->rng, self->appetite.size_max));
    } else if (dice < 15) {
        actor_realloc(self, place, rng_log_uniform(&self->rng, self->appetite.size_max));
    } else if (dice >= 35 || !actor_mail(self, place)) {
        actor_free(self, place);
    }
}

void actor_feast(struct actor *self) {
    size_t size = self->appetite.size_max, count = 0;
    while (count < self->appetite.feast_max && size >= FEAST_SMALLEST_BYTES) {
        if (actor_alloc(self, &self->feast[count], size / 2 + rng_below(&self->rng, size / 2))) {
            count++;
        } else {
            size /= 2;
        }
    }
    while (count > 0) {
        actor_free(self, &self->feast[--count]);
    }
}

void actor_release(struct actor *self) {
    actor_read_mail(self);
    for (size_t i = 0; i < self->appetite.places; i++) {
        if (self->held[i].start != NULL) {
            actor_free(self, &self->held[i]);
        }
    }
}

static void actor_salvage_block(struct actor *self, struct block *block) {
    if (block->start != NULL && shadow_owns(&self->world->shadow, block) && shadow_verify(block, block->size) == NULL) {
        actor_free(self, block);
    }
}

void actor_salvage(struct actor *self) {
    struct block block;
    for (unsigned i = 0; i < MAILBOX_PLACES; i++) {
        if (mailbox_read(&self->world->boxes[self->index], &block)) {
            actor_salvage_block(self, &block);
        }
    }
    for (size_t i = 0; i < self->appetite.places; i++) {
        actor_salvage_block(self, &self->held[i]);
    }
    for (size_t i = 0; i < self->appetite.feast_max; i++) {
        actor_salvage_block(self, &self->feast[i]);
    }
}
