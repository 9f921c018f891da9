// SPDX-License-Identifier: MIT
// talloc on the machine; see tallocs.h. At the end everything is freed, and both heaps must have all that they had, but
// for what stopped CPUs hide.
#include "tallocs.h"

#include "machine.h"
#include "stress/support/die.h"
#include "stress/support/region.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDES 2u
#define TASK_TIMES 32u                                  // the sizes that handlers ask for
#define IN_CALL_BYTES ((size_t)3 * 64 * WFH_PAGE_BYTES) // as in the argument for R(cpus)

// A task has memory of the primary heap alone; a handler may have grown what its CPU's task never sees.
static void user_adopt(struct talloc_user *self, struct talloc_piece *piece, unsigned char *start, size_t size) {
    const struct talloc *both = self->tallocs->talloc;
    bool is_primary = talloc_is_primary_mem(both, start);
    if (!is_primary && (self->level == 0 || !talloc_is_backup_mem(both, start)))
        die("talloc: level %u of CPU %zu was given %p, which its policy forbids", self->level, self->slot,
            (void *)start);
    *piece = (struct talloc_piece){start, size};
    memset(start, self->mark, size);
}

static void user_verify(const struct talloc_user *self, const struct talloc_piece *piece) {
    if (piece->start[0] != self->mark || piece->start[piece->size - 1] != self->mark)
        die("contents changed: block %p of level %u of CPU %zu", (void *)piece->start, self->level, self->slot);
}

static void user_resize(struct talloc_user *self, struct talloc_piece *piece) {
    // Tasks want all that there is, and leave too little for some handlers.
    size_t size = self->level == 0 || rng_percent(&self->rng, 20)
                      ? 1 + rng_below(&self->rng, TASK_TIMES * self->size_most)
                      : rng_log_uniform(&self->rng, self->size_most);
    struct talloc_piece old = *piece;
    if (old.start != NULL)
        user_verify(self, &old);
    watch_enter(&self->watch);
    unsigned char *start = talloc_realloc(self->tallocs->talloc, self->slot, old.start, size, 8);
    if (start != NULL)
        *piece = (struct talloc_piece){start, size}; // before a handler or a stop comes between
    watch_leave(&self->watch);
    if (start != NULL)
        user_adopt(self, piece, start, size);
    else
        self->refusals++;
}

static void user_free(struct talloc_user *self, struct talloc_piece *piece) {
    struct talloc_piece old = *piece;
    user_verify(self, &old);
    watch_enter(&self->watch);
    piece->start = NULL;
    talloc_free(self->tallocs->talloc, self->slot, old.start);
    watch_leave(&self->watch);
}

static void user_act(struct talloc_user *self) {
    struct talloc_piece *piece = &self->pieces[rng_below(&self->rng, self->places)];
    if (piece->start == NULL || rng_percent(&self->rng, 20))
        user_resize(self, piece);
    else
        user_free(self, piece);
}

void talloc_user_step(struct talloc_user *self) {
    struct talloc *both = self->tallocs->talloc;
    if (self->level == 0) {
        user_act(self);
        if (talloc_save(both, self->slot) != TALLOC_PRIMARY_ONLY)
            die("talloc: the policy of the task of CPU %zu is not what it was", self->slot);
        return;
    }
    enum talloc_policy saved = talloc_save(both, self->slot);
    talloc_use_primary_then_backup(both, self->slot);
    user_act(self);
    if (talloc_save(both, self->slot) != TALLOC_PRIMARY_THEN_BACKUP)
        die("talloc: the policy of a handler of CPU %zu is not what it was", self->slot);
    talloc_restore(both, self->slot, saved);
}

static size_t side_free_bytes(const struct tallocs *self, unsigned side) {
    size_t largest, all;
    wfh_backend.free_bytes(self->heaps[side], 0, &largest, &all);
    return all;
}

static struct talloc_heap side_make(struct tallocs *self, unsigned side, size_t bytes, size_t cpus) {
    self->bytes[side] = bytes;
    self->regions[side] = region_map(bytes, 0);
    const char *refusal = wfh_backend.init(self->regions[side], bytes, cpus, &self->heaps[side]);
    if (refusal != NULL)
        die_unusable("machine: no heap of %zu bytes: %s", bytes, refusal);
    self->free_bytes[side] = side_free_bytes(self, side);
    return (struct talloc_heap){&wfh_backend, self->heaps[side], self->regions[side], bytes};
}

void tallocs_make(struct machine *machine) {
    const struct plan *plan = &machine->plan;
    struct tallocs *self = &machine->tallocs;
    struct talloc_config config = {.cpus = plan->cpus};
    size_t bytes = (TALLOC_STORAGE_BYTES(plan->cpus) + TALLOC_STORAGE_ALIGN - 1) & ~(size_t)(TALLOC_STORAGE_ALIGN - 1);
    config.primary = side_make(self, 0, plan_region_bytes(plan), plan->cpus);
    config.backup = side_make(self, 1, plan_region_bytes(plan), plan->cpus);
    self->storage = aligned_alloc(TALLOC_STORAGE_ALIGN, bytes);
    enum talloc_error error = talloc_init(&config, self->storage, bytes, &self->talloc);
    if (error != TALLOC_OK)
        die_unusable("machine: %s", talloc_strerror(error));
    // bound: slots
    for (size_t slot = 0; slot < plan->cpus; slot++) {
        struct talloc_user *users = calloc(IRQ_LEVELS, sizeof *users);
        if (users == NULL)
            die_unusable("machine: no memory for the users of slot %zu", slot);
        machine->slots[slot].tenants = users;
        talloc_use_primary(self->talloc, slot);
        // bound: IRQ_LEVELS
        for (unsigned level = 0; level < IRQ_LEVELS; level++) {
            users[level] = (struct talloc_user){.tallocs = self, .slot = slot, .places = plan->places};
            users[level].size_most = plan->size_max;
            users[level].level = level;
            users[level].mark = (unsigned char)(slot * IRQ_LEVELS + level);
            users[level].rng.state = plan->seed + slot * IRQ_LEVELS + level;
            users[level].watch.on_enter = irq_call_enter;
            users[level].watch.on_leave = irq_call_leave;
        }
    }
}

void tallocs_destroy(struct machine *machine) {
    // bound: slots
    for (size_t slot = 0; slot < machine->plan.cpus; slot++)
        free(machine->slots[slot].tenants);
    free(machine->tallocs.storage);
    // bound: SIDES
    for (unsigned side = 0; side < SIDES; side++)
        region_unmap(machine->tallocs.regions[side], machine->tallocs.bytes[side]);
}

size_t tallocs_refusals(const struct machine *machine) {
    size_t refusals = 0;
    // bound: slots times IRQ_LEVELS
    for (size_t i = 0; i < machine->plan.cpus * IRQ_LEVELS; i++)
        refusals += machine->slots[i / IRQ_LEVELS].tenants[i % IRQ_LEVELS].refusals;
    return refusals;
}

static void user_release(struct talloc_user *self) {
    self->watch = (struct watch){.on_enter = NULL};
    // bound: places
    for (size_t i = 0; i < self->places; i++) {
        if (self->pieces[i].start != NULL)
            user_free(self, &self->pieces[i]);
    }
}

// What stopped CPUs may hide in one heap: their caches, what their users hold, with what a block pins of its span, and
// what each level was busy with.
static size_t hidden_most(const struct machine *machine, unsigned side) {
    struct wfh_limits limits;
    wfh_limits(machine->tallocs.heaps[side], &limits);
    size_t held =
        (size_t)IRQ_LEVELS * (machine->plan.places + 2) * (TASK_TIMES * machine->plan.size_max + 8 * WFH_PAGE_BYTES);
    return machine_stopped(machine) * (limits.hoard_bytes_per_cpu * 4 + IN_CALL_BYTES + held);
}

static void side_reckon(const struct machine *machine, unsigned side, const char *name) {
    const struct tallocs *self = &machine->tallocs;
    size_t now = side_free_bytes(self, side), most = hidden_most(machine, side);
    if (now + most < self->free_bytes[side])
        die("leak: %zu of %zu bytes of the %s heap are free, and stopped CPUs may hide %zu", now,
            self->free_bytes[side], name, most);
    if (machine_stopped(machine) != 0)
        printf("stopped CPUs hide %zu bytes of the %s heap, of %zu that they may\n", self->free_bytes[side] - now, name,
               most);
}

void tallocs_reckon(struct machine *machine) {
    struct tallocs *self = &machine->tallocs;
    bool *stopped = machine_stopped_slots(machine);
    const char *broken = machine_stopped(machine) == 0 ? talloc_check(self->talloc, 0) : NULL;
    if (broken != NULL)
        die("rule '%s' is broken", broken);
    // bound: slots times IRQ_LEVELS
    for (size_t i = 0; i < machine->plan.cpus * IRQ_LEVELS; i++) {
        if (!stopped[i / IRQ_LEVELS])
            user_release(&machine->slots[i / IRQ_LEVELS].tenants[i % IRQ_LEVELS]);
    }
    // bound: slots
    for (size_t slot = 0; slot < machine->plan.cpus; slot++) {
        // bound: what the caches hold
        while (!stopped[slot] && talloc_drain(self->talloc, slot)) {
        }
    }
    side_reckon(machine, 0, "primary");
    side_reckon(machine, 1, "backup");
    struct talloc_stats stats;
    talloc_stats(self->talloc, &stats);
    printf("%llu requests served by the backup heap, %zu bytes at most\n", (unsigned long long)stats.backup_allocs,
           stats.backup_peak_bytes);
    if (machine_stopped(machine) == 0 && (stats.backup_allocs != stats.backup_frees || stats.backup_used_bytes != 0))
        die("stats: %llu blocks of the backup heap were taken, %llu came back", (unsigned long long)stats.backup_allocs,
            (unsigned long long)stats.backup_frees);
    free(stopped);
}
