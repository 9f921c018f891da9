// SPDX-License-Identifier: MIT
// Within talloc: what it is made of, and the ways of its calls that are too rare for the file of the public ones.
#ifndef TALLOC_TALLOC_STATE_H
#define TALLOC_TALLOC_STATE_H

#include <wfheap/talloc.h>

#include "port/port.h"
#include "word.h"

// What is counted by slot, in the order of the fields of talloc_stats. Written by the slot's owner alone.
enum talloc_count {
    TALLOC_BACKUP_ALLOCS,
    TALLOC_BACKUP_FREES,
    TALLOC_BACKUP_REFUSALS,
    TALLOC_PRIMARY_REFUSALS,
    TALLOC_MOVES_TO_BACKUP,
    TALLOC_MOVES_TO_PRIMARY,
    TALLOC_LOW_CALLS,
    TALLOC_COUNTS,
};

struct talloc_slot {
    _Alignas(PORT_CACHE_LINE) word_t policy; // the only word that other CPUs may write
    word_t in_low;                           // the callback runs
    word_t peak;                             // the most that backup_used was after this slot's calls
    _Alignas(PORT_CACHE_LINE) word_t counts[TALLOC_COUNTS];
};

struct talloc {
    size_t cpus;
    struct talloc_heap backup, primary;
    word_t has_primary;
    talloc_low_function *low;
    void *low_context;
    size_t low_bytes, backup_bytes;
    _Alignas(PORT_CACHE_LINE) word_t backup_used; // bytes of talloc's blocks in the backup heap
    struct talloc_slot slots[];
};

// A request, on its slot.
struct talloc_request {
    struct talloc_slot *slot;
    size_t cpu, size, align;
};

// Every word that a slot's owner writes; its fault if there is no such slot.
static inline struct talloc_slot *talloc_slot_of(const talloc *self, size_t cpu, const void *p) {
    if (cpu >= self->cpus)
        port_fault(PORT_FAULT_BAD_CPU, p, cpu);
    return (struct talloc_slot *)(uintptr_t)&self->slots[cpu];
}

static inline bool talloc_has_primary(const talloc *self) {
    return word_load_acquire(&self->has_primary) != 0; // A talloc.has <- R talloc.add
}

static inline bool talloc_is_within(const struct talloc_heap *heap, const void *p) {
    return (uintptr_t)p - (uintptr_t)heap->start < heap->bytes;
}

// One more; the slot is the caller's own.
static inline void talloc_count(struct talloc_slot *slot, enum talloc_count what) {
    word_t *count = &slot->counts[what];
    word_store_relaxed(count, word_load_relaxed(count) + 1); // relaxed: a statistic
}

// Whether a heap refuses the request for lack of memory alone.
static inline bool talloc_is_good(const struct talloc_request *request) {
    return request->size != 0 && (request->align <= 8 || (request->align & (request->align - 1)) == 0);
}

static inline bool talloc_may_use_backup(const struct talloc_request *request) {
    // relaxed: whoever sets another CPU's policy waits for nothing
    return word_load_relaxed(&request->slot->policy) == TALLOC_PRIMARY_THEN_BACKUP;
}

// From the backup heap, whatever the policy says; NULL is counted.
void *talloc_backup_alloc(talloc *self, const struct talloc_request *request);

// Gives a block back to the backup heap.
void talloc_backup_free(talloc *self, struct talloc_slot *slot, size_t cpu, void *p);

// Changes the size of a block of the backup heap within it. NULL is counted, and nothing has changed.
void *talloc_backup_realloc(talloc *self, const struct talloc_request *request, void *p);

// Tells the callback that the primary heap refused. Whether it is worth asking again.
bool talloc_primary_refused(talloc *self, const struct talloc_request *request);

#endif
