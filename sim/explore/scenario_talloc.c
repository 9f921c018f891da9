// SPDX-License-Identifier: MIT
// talloc over two heaps of a few blocks, whose calls are a step a block: every CPU sets its policy, or another's, takes
// and gives back, while CPU 0 brings the primary heap. What talloc itself does is all there is to see.
#include "arena.h"
#include "bits/bits.h"
#include "scenarios.h"
#include "shadow.h"
#include "snapshot.h"
#include "talloc/talloc_state.h"
#include "world.h"

#include <stdio.h>
#include <string.h>

#define BLOCK_BYTES 64u
#define BLOCKS_MOST 4u
#define PIECES 2u // that a CPU holds

// A heap: a word whose set bits are free blocks.
struct shelf {
    word_t *free;
    unsigned char *memory;
    unsigned blocks;
    uint64_t returned; // blocks that came back, so far
};

static struct {
    talloc *talloc;
    struct shelf primary, backup;
    uint32_t made, added; // clock of CPU 0 when it had made the primary heap; 0: not yet
    bool by_another;      // somebody's policy was set by another CPU, so far
    unsigned low_calls;
    void *held[CPUS_MAX][PIECES];
} bench;

// A heap that was handed over is seen whole.
static void expect_made(const struct shelf *shelf, size_t cpu) {
    if (shelf == &bench.primary && bench.made != 0 && world.current != CPU_NONE &&
        !world.memory->knows((unsigned)cpu, 0, bench.made))
        world_fail("CPU %zu uses the primary heap without an order behind its making", cpu);
}

static void *shelf_alloc(void *heap, size_t cpu, size_t size, size_t align) {
    struct shelf *self = heap;
    uint64_t returned = self->returned;
    (void)size, (void)align;
    expect_made(self, cpu);
    for (unsigned i = 0; i < self->blocks; i++) {
        if (word_take_bit_seq(self->free, i))
            return self->memory + (size_t)i * BLOCK_BYTES;
    }
    if (returned == self->returned && self->free->value != 0)
        world_fail("the heap under test is wrong itself");
    return NULL;
}

static void shelf_free(void *heap, size_t cpu, void *p) {
    struct shelf *self = heap;
    size_t offset = (size_t)((unsigned char *)p - self->memory);
    expect_made(self, cpu);
    if (offset % BLOCK_BYTES != 0 || offset / BLOCK_BYTES >= self->blocks)
        world_fail("CPU %zu gives a block to a heap that it is not from", cpu);
    if (word_put_bit_seq(self->free, (unsigned)(offset / BLOCK_BYTES)))
        world_fail("CPU %zu gives back what is free", cpu);
    self->returned++;
}

static size_t shelf_usable(void *heap, size_t cpu, const void *p) {
    (void)heap, (void)cpu, (void)p;
    return BLOCK_BYTES;
}

static bool shelf_owns(const void *heap, const void *p) {
    const struct shelf *self = heap;
    return (size_t)((const unsigned char *)p - self->memory) < (size_t)self->blocks * BLOCK_BYTES;
}

static bool shelf_drain(void *heap, size_t cpu) {
    (void)heap, (void)cpu;
    return false;
}

static const char *shelf_check(void *heap, size_t cpu) {
    (void)heap, (void)cpu;
    return NULL;
}

static void shelf_free_bytes(void *heap, size_t cpu, size_t *largest, size_t *all) {
    const struct shelf *self = heap;
    (void)cpu;
    *largest = BLOCK_BYTES;
    *all = (size_t)bits_count(self->free->value) * BLOCK_BYTES;
}

static const struct heap_backend shelf_backend = {
    .name = "shelf",
    .is_wait_free = true,
    .alloc = shelf_alloc,
    .free = shelf_free,
    .usable_size = shelf_usable,
    .owns = shelf_owns,
    .drain = shelf_drain,
    .check = shelf_check,
    .free_bytes = shelf_free_bytes,
};

static struct talloc_heap shelf_build(struct shelf *self, unsigned blocks) {
    self->blocks = blocks;
    self->memory = arena_take(BLOCKS_MOST * BLOCK_BYTES, BLOCK_BYTES);
    self->free = arena_take(sizeof *self->free, PORT_CACHE_LINE);
    self->free->value = bits_low(blocks);
    arena_keep(self->free, sizeof *self->free);
    shadow_keep(self->memory, BLOCKS_MOST * BLOCK_BYTES, BLOCK_BYTES);
    return (struct talloc_heap){&shelf_backend, self, self->memory, (size_t)blocks * BLOCK_BYTES};
}

static bool on_low(void *context, const struct talloc_low *low) {
    (void)context;
    bench.low_calls += low->cause == TALLOC_LOW_BACKUP;
    return false;
}

static void build(void) {
    struct talloc_config config = {.cpus = world.cpus, .low = on_low, .low_bytes = BLOCK_BYTES};
    size_t bytes = TALLOC_STORAGE_BYTES(world.cpus);
    void *storage = arena_take(bytes, TALLOC_STORAGE_ALIGN);
    config.backup = shelf_build(&bench.backup, world.cpus);
    (void)shelf_build(&bench.primary, 1);
    if (talloc_init(&config, storage, bytes, &bench.talloc) != TALLOC_OK)
        world_fail("there is no talloc");
    arena_keep(storage, bytes);
    snapshot_keep(&bench, sizeof bench);
}

static void begin(void) {
    shadow_begin(BLOCK_BYTES);
    memset(bench.held, 0, sizeof bench.held);
    bench.primary.returned = bench.backup.returned = 0;
    bench.made = bench.added = 0;
    bench.by_another = false;
    bench.low_calls = 0;
}

static void take(unsigned cpu, unsigned piece, enum talloc_policy policy) {
    bool was_there = bench.added != 0 && world.memory->knows(cpu, 0, bench.added), was_set = bench.by_another;
    call_begin(cpu, "talloc_alloc", TALLOC_ALLOC_STEPS + 3 * BLOCKS_MOST);
    void *p = talloc_alloc(bench.talloc, cpu, BLOCK_BYTES, 8);
    call_end(cpu);
    if (p == NULL)
        return;
    bool is_primary = talloc_is_primary_mem(bench.talloc, p);
    if (!is_primary && !talloc_is_backup_mem(bench.talloc, p))
        world_fail("CPU %u was given memory of neither heap", cpu);
    if (policy == TALLOC_PRIMARY_ONLY && !is_primary && was_there && !was_set && !bench.by_another)
        world_fail("CPU %u was given memory of the backup heap, though its policy forbids it", cpu);
    shadow_enter(cpu, p, BLOCK_BYTES);
    bench.held[cpu][piece] = p;
}

static void give(unsigned cpu, unsigned piece) {
    void *p = bench.held[cpu][piece];
    if (p == NULL)
        return;
    bench.held[cpu][piece] = NULL;
    shadow_leave(cpu, p, BLOCK_BYTES);
    call_begin(cpu, "talloc_free", TALLOC_FREE_STEPS + 1);
    talloc_free(bench.talloc, cpu, p);
    call_end(cpu);
}

// CPU 0 makes the primary heap at some moment, while the others go on.
static void add_primary(unsigned cpu) {
    struct shelf *shelf = &bench.primary;
    struct talloc_heap heap = {&shelf_backend, shelf, shelf->memory, (size_t)shelf->blocks * BLOCK_BYTES};
    bench.made = world.memory->clock(cpu);
    call_begin(cpu, "talloc_add_primary", 4);
    enum talloc_error error = talloc_add_primary(bench.talloc, &heap);
    call_end(cpu);
    if (error != TALLOC_OK)
        world_fail("talloc_add_primary: %s", talloc_strerror(error));
    bench.added = world.memory->clock(cpu);
}

static void set_policy(unsigned cpu, unsigned of, enum talloc_policy policy) {
    bench.by_another |= of != cpu;
    call_begin(cpu, "talloc_use", 2);
    if (policy == TALLOC_PRIMARY_ONLY)
        talloc_use_primary(bench.talloc, of);
    else
        talloc_use_primary_then_backup(bench.talloc, of);
    call_end(cpu);
}

// A task of its own, then the kernel's code within it, then the task again.
static void run(unsigned cpu) {
    if (cpu == 0)
        add_primary(cpu);
    for (unsigned i = 0; i < world_ops(cpu); i++) {
        set_policy(cpu, cpu, TALLOC_PRIMARY_ONLY);
        take(cpu, 0, TALLOC_PRIMARY_ONLY);
        enum talloc_policy saved = talloc_save(bench.talloc, cpu);
        set_policy(cpu, cpu, TALLOC_PRIMARY_THEN_BACKUP);
        take(cpu, 1, TALLOC_PRIMARY_THEN_BACKUP);
        talloc_restore(bench.talloc, cpu, saved);
        if (!bench.by_another && talloc_save(bench.talloc, cpu) != saved)
            world_fail("CPU %u has not the policy that it saved", cpu);
        give(cpu, 0);
        give(cpu, 1);
    }
    if (cpu == world.cpus - 1)
        set_policy(cpu, 0, TALLOC_PRIMARY_ONLY);
}

static void finish(void) {
    struct talloc_stats stats;
    if (world.state.frozen > 0)
        return;
    talloc_stats(bench.talloc, &stats);
    const char *broken = talloc_check(bench.talloc, 0);
    if (broken != NULL)
        world_fail("broken rule: %s", broken);
    if (stats.backup_allocs != stats.backup_frees || stats.backup_used_bytes != 0)
        world_fail("%llu blocks taken of the backup heap, %llu given back, %zu bytes in use",
                   (unsigned long long)stats.backup_allocs, (unsigned long long)stats.backup_frees,
                   stats.backup_used_bytes);
    if (bench.primary.free->value != bits_low(bench.primary.blocks) ||
        bench.backup.free->value != bits_low(bench.backup.blocks))
        world_fail("lost: not every block is free at the end");
    if (stats.backup_peak_bytes == bench.backup.blocks * BLOCK_BYTES && bench.low_calls == 0)
        world_fail("nobody was told that the backup heap was empty");
}

static uint64_t digest(unsigned cpu) {
    uint64_t common = bench.added != 0 ? 1u + 2u * bench.by_another + 4u * bench.low_calls : 4u * bench.low_calls;
    return hash_bytes(hash_mix(common, cpu), bench.held[cpu], sizeof bench.held[cpu]);
}

static void name_word(const void *at, char *name, size_t bytes) {
    const talloc *self = bench.talloc;
    size_t offset = (size_t)((const char *)at - (const char *)self->slots);
    if (at == bench.primary.free || at == bench.backup.free)
        (void)snprintf(name, bytes, "%s.free", at == bench.primary.free ? "primary" : "backup");
    else if (at == &self->has_primary || at == &self->backup_used)
        (void)snprintf(name, bytes, "%s", at == &self->has_primary ? "has_primary" : "backup_used");
    else if (offset < self->cpus * sizeof self->slots[0])
        (void)snprintf(name, bytes, "slot[%zu] word %zu", offset / sizeof self->slots[0],
                       offset % sizeof self->slots[0] / sizeof(word_t));
    else
        (void)snprintf(name, bytes, "%p", at);
}

const struct scenario scenario_talloc = {
    .name = "talloc",
    .summary = "sets policies, takes and gives back over two heaps of a few blocks; CPU 0 brings the primary one",
    .cpus_least = 1,
    .cpus_most = BLOCKS_MOST,
    .ops = 1,
    .build = build,
    .begin = begin,
    .run = run,
    .finish = finish,
    .digest = digest,
    .name_word = name_word,
};
