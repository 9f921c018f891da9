// SPDX-License-Identifier: MIT
// The backup heap's side: what talloc has there, and the callback that learns of memory getting low.
#include "talloc/talloc_state.h"

static size_t talloc_backup_left(const talloc *self, uint64_t used) {
    return used < self->backup_bytes ? (size_t)(self->backup_bytes - used) : 0;
}

static bool talloc_tell_low(talloc *self, const struct talloc_request *request, enum talloc_low_cause cause) {
    struct talloc_slot *slot = request->slot;
    // relaxed: this slot's own
    if (self->low == NULL || word_load_relaxed(&slot->in_low) != 0)
        return false;
    struct talloc_low low = {
        .cause = cause,
        .cpu = request->cpu,
        .size = request->size,
        .align = request->align,
        .backup_bytes = talloc_backup_left(self, word_load_relaxed(&self->backup_used)), // relaxed: a statistic
    };
    talloc_count(slot, TALLOC_LOW_CALLS);
    word_store_relaxed(&slot->in_low, 1); // relaxed: this slot's own
    bool is_worth = self->low(self->low_context, &low);
    word_store_relaxed(&slot->in_low, 0); // relaxed: this slot's own
    return is_worth;
}

bool talloc_primary_refused(talloc *self, const struct talloc_request *request) {
    talloc_count(request->slot, TALLOC_PRIMARY_REFUSALS);
    return talloc_tell_low(self, request, TALLOC_LOW_PRIMARY);
}

// So many bytes more are in use (two's complement). Whoever crosses the mark downward tells so, once.
static void talloc_backup_use(talloc *self, const struct talloc_request *request, uint64_t bytes) {
    uint64_t before = word_add_relaxed(&self->backup_used, bytes), now = before + bytes; // relaxed: a statistic
    if (now > word_load_relaxed(&request->slot->peak))                                   // relaxed: this slot's own
        word_store_relaxed(&request->slot->peak, now);                                   // relaxed: a statistic
    if (talloc_backup_left(self, before) >= self->low_bytes && talloc_backup_left(self, now) < self->low_bytes)
        (void)talloc_tell_low(self, request, TALLOC_LOW_BACKUP);
}

void *talloc_backup_alloc(talloc *self, const struct talloc_request *request) {
    const struct talloc_heap *backup = &self->backup;
    void *p = backup->backend->alloc(backup->heap, request->cpu, request->size, request->align);
    if (p == NULL) {
        talloc_count(request->slot, TALLOC_BACKUP_REFUSALS);
        return NULL;
    }
    talloc_count(request->slot, TALLOC_BACKUP_ALLOCS);
    talloc_backup_use(self, request, backup->backend->usable_size(backup->heap, request->cpu, p));
    return p;
}

void talloc_backup_free(talloc *self, struct talloc_slot *slot, size_t cpu, void *p) {
    const struct talloc_heap *backup = &self->backup;
    uint64_t bytes = backup->backend->usable_size(backup->heap, cpu, p);
    backup->backend->free(backup->heap, cpu, p);
    talloc_count(slot, TALLOC_BACKUP_FREES);
    word_add_relaxed(&self->backup_used, ~bytes + 1); // relaxed: a statistic
}

void *talloc_backup_realloc(talloc *self, const struct talloc_request *request, void *p) {
    const struct talloc_heap *backup = &self->backup;
    uint64_t bytes = backup->backend->usable_size(backup->heap, request->cpu, p);
    void *q = backup->backend->realloc(backup->heap, request->cpu, p, request->size, request->align);
    if (q != NULL)
        talloc_backup_use(self, request, backup->backend->usable_size(backup->heap, request->cpu, q) - bytes);
    else if (talloc_is_good(request))
        talloc_count(request->slot, TALLOC_BACKUP_REFUSALS);
    return q;
}
