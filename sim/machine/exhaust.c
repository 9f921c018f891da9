// SPDX-License-Identifier: MIT
// The scenario exhaust: CPUs and their interrupt handlers take blocks of one size until there are none, all meet, what
// NULL promised is looked at, and everybody frees what the next CPU took, whose caches then hide it from the next size.
#include "machine.h"

#include "stress/support/die.h"

#include <stdio.h>

#define BLOCKS_PER_INTERRUPT 4u
#define BLOCKS_MOST ((size_t)1 << 24) // sizes of which the region holds more are left out: they take too long

static const size_t sizes[] = {64, 1000, 16, 4096, 17000, 40000, (size_t)1 << 18, 200};
#define SIZES (sizeof sizes / sizeof sizes[0])

static void pile_push(struct pile *self, void *block, size_t owner) {
    void **words = block;
    words[0] = self->newest;
    words[1] = (void *)(owner + 1);
    self->newest = words;
    self->count++;
}

static void *pile_pop(struct pile *self, size_t owner) {
    void **words = self->newest;
    if (words == NULL)
        return NULL;
    if (words[1] != (void *)(owner + 1))
        die("exhaust: block %p of pile %zu carries the mark %p", (void *)words, owner, words[1]);
    self->newest = words[0];
    self->count--;
    return words;
}

static size_t pile_owner(size_t slot, unsigned level) {
    return slot * IRQ_LEVELS + level;
}

static bool exhaust_take(struct cpu *self, unsigned level, size_t bytes) {
    irq_call_enter();
    void *block = wfh_alloc(self->machine->world.heap, self->slot, bytes, 8);
    irq_call_leave();
    if (block == NULL)
        return false;
    pile_push(&self->machine->slots[self->slot].piles[level], block, pile_owner(self->slot, level));
    return true;
}

void exhaust_handle(void *context, unsigned level) {
    struct cpu *self = context;
    size_t bytes = __atomic_load_n(&self->machine->fill_bytes, __ATOMIC_RELAXED); // relaxed: set before meetings
    irq_unmask(&self->irq);
    // bound: BLOCKS_PER_INTERRUPT
    for (unsigned i = 0; i < BLOCKS_PER_INTERRUPT && bytes != 0 && exhaust_take(self, level, bytes); i++) {
    }
    irq_mask(&self->irq);
}

static void exhaust_free_piles(struct cpu *self, size_t slot) {
    // bound: IRQ_LEVELS
    for (unsigned level = 0; level < IRQ_LEVELS; level++) {
        void *block;
        // bound: what the pile holds
        while ((block = pile_pop(&self->machine->slots[slot].piles[level], pile_owner(slot, level))) != NULL) {
            irq_call_enter();
            wfh_free(self->machine->world.heap, self->slot, block);
            irq_call_leave();
            __atomic_fetch_add(&self->steps, 1, __ATOMIC_RELAXED); // relaxed: a sign of life
        }
    }
}

// Interrupts are masked before and after.
void exhaust_live(struct cpu *self) {
    struct machine *machine = self->machine;
    size_t bytes;
    meeting_join(&machine->meeting);
    // bound: SIZES; relaxed: the meeting publishes it
    while ((bytes = __atomic_load_n(&machine->fill_bytes, __ATOMIC_RELAXED)) != 0) {
        irq_unmask(&self->irq);
        // bound: the region
        while (exhaust_take(self, 0, bytes))
            __atomic_fetch_add(&self->steps, 1, __ATOMIC_RELAXED); // relaxed: a sign of life
        irq_mask(&self->irq);
        meeting_join(&machine->meeting);
        irq_unmask(&self->irq);
        exhaust_free_piles(self, (self->slot + 1) % machine->plan.cpus);
        irq_mask(&self->irq);
        meeting_join(&machine->meeting);
    }
}

// All CPUs are there; they go on when it is called the next time.
static void exhaust_meet(struct machine *self, size_t fill_bytes) {
    // relaxed: the meeting publishes it
    __atomic_store_n(&self->fill_bytes, fill_bytes, __ATOMIC_RELAXED);
    meeting_end(&self->meeting);
    if (!meeting_await(&self->meeting, self->plan.patience_seconds))
        die("exhaust: not all CPUs came to an end within %.0f s", self->plan.patience_seconds);
}

size_t suitable_bytes(const struct machine *self, size_t bytes) {
    struct wfh_stats stats;
    wfh_stats(self->world.heap, &stats);
    struct wfh_class_stats class = {.block_bytes = 0};
    size_t index = 0;
    // bound: classes
    while (wfh_class_stats(self->world.heap, index, &class) && class.block_bytes < bytes)
        index++;
    bool small = index < self->limits.classes;
    size_t run_bytes =
        small ? class.span_pages * WFH_PAGE_BYTES : (bytes + WFH_PAGE_BYTES - 1) / WFH_PAGE_BYTES * WFH_PAGE_BYTES;
    size_t blocks_bytes = small ? class.free_blocks * class.block_bytes : 0;
    if (run_bytes == WFH_PAGE_BYTES)
        return blocks_bytes + stats.free_bytes;
    // Spans are aligned to their length: a run may miss it by all but a page.
    size_t wanted = small ? 2 * run_bytes - WFH_PAGE_BYTES : run_bytes;
    return blocks_bytes +
           (stats.largest_free_run_bytes >= wanted ? stats.largest_free_run_bytes - wanted + run_bytes : 0);
}

void fill_check(struct machine *self, size_t slot, size_t bytes, size_t hidden) {
    if (self->world.region_bytes / bytes > BLOCKS_MOST)
        return;
    wfh *heap = self->world.heap;
    struct pile pile = {NULL, 0};
    void *block;
    // bound: the region
    while ((block = wfh_alloc(heap, slot, bytes, 8)) != NULL)
        pile_push(&pile, block, slot);
    size_t left = suitable_bytes(self, bytes);
    if (left > hidden)
        die("NULL: CPU %zu alone has taken %zu blocks of %zu bytes and was refused one more, though %zu bytes would "
            "have "
            "suited; stopped CPUs may hide %zu",
            slot, pile.count, bytes, left, hidden);
    // bound: what was taken
    while ((block = pile_pop(&pile, slot)) != NULL)
        wfh_free(heap, slot, block);
}

static void exhaust_size(struct machine *self, size_t bytes) {
    exhaust_meet(self, bytes);
    size_t left = suitable_bytes(self, bytes);
    if (left >= self->limits.reserve_bytes && left != 0)
        die("NULL: all CPUs were refused %zu bytes, though %zu bytes would have suited; R(%zu) is %zu", bytes, left,
            self->plan.cpus, self->limits.reserve_bytes);
    size_t blocks = 0;
    // bound: slots times IRQ_LEVELS
    for (size_t i = 0; i < self->plan.cpus * IRQ_LEVELS; i++)
        blocks += self->slots[i / IRQ_LEVELS].piles[i % IRQ_LEVELS].count;
    printf("%zu bytes: %zu blocks, %zu bytes of %zu that suit are left\n", bytes, blocks, left,
           self->world.region_bytes);
    fill_check(self, 0, bytes, 0);
    world_check(&self->world);
    exhaust_meet(self, 0);
    world_check(&self->world);
}

void exhaust_conduct(struct machine *self) {
    if (!meeting_await(&self->meeting, self->plan.patience_seconds))
        die("exhaust: not all CPUs came up within %.0f s", self->plan.patience_seconds);
    // bound: SIZES
    for (size_t i = 0; i < SIZES; i++) {
        if (self->world.region_bytes / sizes[i] <= BLOCKS_MOST)
            exhaust_size(self, sizes[i]);
    }
    __atomic_store_n(&self->over, true, __ATOMIC_RELAXED);    // relaxed: the meeting publishes it
    __atomic_store_n(&self->fill_bytes, 0, __ATOMIC_RELAXED); // relaxed: likewise
    meeting_end(&self->meeting);
}
