// SPDX-License-Identifier: MIT
// The public calls that hand out and take back; the contract is wfheap/talloc.h. The common path is the primary heap's
// call and one load that tells whether there is one.
#include "talloc/talloc_state.h"

static void *talloc_primary_alloc(talloc *self, const struct talloc_request *request) {
    const struct talloc_heap *primary = &self->primary;
    return primary->backend->alloc(primary->heap, request->cpu, request->size, request->align);
}

// The primary heap, once more if the callback found something for it.
static void *talloc_primary_alloc_hard(talloc *self, const struct talloc_request *request) {
    void *p = talloc_primary_alloc(self, request);
    if (p == NULL && talloc_is_good(request) && talloc_primary_refused(self, request))
        p = talloc_primary_alloc(self, request);
    return p;
}

static void *talloc_alloc_request(talloc *self, const struct talloc_request *request) {
    bool has_primary = talloc_has_primary(self);
    void *p = has_primary ? talloc_primary_alloc_hard(self, request) : NULL;
    if (p != NULL || !talloc_is_good(request) || (has_primary && !talloc_may_use_backup(request)))
        return p;
    return talloc_backup_alloc(self, request);
}

void *talloc_alloc(talloc *self, size_t cpu, size_t size, size_t align) {
    struct talloc_request request = {talloc_slot_of(self, cpu, NULL), cpu, size, align};
    return talloc_alloc_request(self, &request);
}

void *talloc_zalloc(talloc *self, size_t cpu, size_t size, size_t align) {
    void *p = talloc_alloc(self, cpu, size, align);
    return p == NULL ? NULL : __builtin_memset(p, 0, size);
}

bool talloc_is_primary_mem(const talloc *self, const void *p) {
    return talloc_has_primary(self) && talloc_is_within(&self->primary, p);
}

bool talloc_is_backup_mem(const talloc *self, const void *p) {
    return talloc_is_within(&self->backup, p);
}

// Whether p is the primary heap's; a fault if it is neither's.
static bool talloc_route(const talloc *self, size_t cpu, const void *p) {
    bool is_primary = talloc_is_primary_mem(self, p);
    if (!is_primary && !talloc_is_backup_mem(self, p))
        port_fault(PORT_FAULT_FOREIGN, p, cpu);
    return is_primary;
}

void talloc_free(talloc *self, size_t cpu, void *p) {
    struct talloc_slot *slot = talloc_slot_of(self, cpu, p);
    if (p == NULL)
        return;
    if (talloc_route(self, cpu, p))
        self->primary.backend->free(self->primary.heap, cpu, p);
    else
        talloc_backup_free(self, slot, cpu, p);
}

size_t talloc_usable_size(talloc *self, size_t cpu, const void *p) {
    (void)talloc_slot_of(self, cpu, p);
    if (p == NULL)
        return 0;
    const struct talloc_heap *heap = talloc_route(self, cpu, p) ? &self->primary : &self->backup;
    return heap->backend->usable_size(heap->heap, cpu, p);
}

// p's contents go to q, a new block of the other heap. q NULL: nothing happens.
static void *talloc_move(talloc *self, const struct talloc_request *request, void *p, void *q,
                         enum talloc_count direction) {
    if (q == NULL)
        return NULL;
    size_t bytes = talloc_usable_size(self, request->cpu, p);
    __builtin_memcpy(q, p, bytes < request->size ? bytes : request->size);
    talloc_free(self, request->cpu, p);
    talloc_count(request->slot, direction);
    return q;
}

static void *talloc_realloc_in_primary(talloc *self, const struct talloc_request *request, void *p) {
    const struct talloc_heap *primary = &self->primary;
    return primary->backend->realloc(primary->heap, request->cpu, p, request->size, request->align);
}

static void *talloc_realloc_primary(talloc *self, const struct talloc_request *request, void *p) {
    void *q = talloc_realloc_in_primary(self, request, p);
    if (q == NULL && talloc_is_good(request) && talloc_primary_refused(self, request))
        q = talloc_realloc_in_primary(self, request, p);
    if (q != NULL || !talloc_is_good(request) || !talloc_may_use_backup(request))
        return q;
    return talloc_move(self, request, p, talloc_backup_alloc(self, request), TALLOC_MOVES_TO_BACKUP);
}

static void *talloc_realloc_backup(talloc *self, const struct talloc_request *request, void *p) {
    bool is_enough = request->size <= self->backup.backend->usable_size(self->backup.heap, request->cpu, p) &&
                     (request->align <= 8 || ((uintptr_t)p & (request->align - 1)) == 0);
    if (!is_enough && talloc_is_good(request) && talloc_has_primary(self)) {
        void *q = talloc_primary_alloc_hard(self, request);
        if (q != NULL || !talloc_may_use_backup(request))
            return talloc_move(self, request, p, q, TALLOC_MOVES_TO_PRIMARY);
    }
    return talloc_backup_realloc(self, request, p);
}

void *talloc_realloc(talloc *self, size_t cpu, void *p, size_t size, size_t align) {
    struct talloc_request request = {talloc_slot_of(self, cpu, p), cpu, size, align};
    if (p == NULL)
        return talloc_alloc_request(self, &request);
    if (size == 0) {
        talloc_free(self, cpu, p);
        return NULL;
    }
    return talloc_route(self, cpu, p) ? talloc_realloc_primary(self, &request, p)
                                      : talloc_realloc_backup(self, &request, p);
}

bool talloc_drain(talloc *self, size_t cpu) {
    (void)talloc_slot_of(self, cpu, NULL);
    bool more = self->backup.backend->drain(self->backup.heap, cpu);
    return (talloc_has_primary(self) && self->primary.backend->drain(self->primary.heap, cpu)) || more;
}
