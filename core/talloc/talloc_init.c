// SPDX-License-Identifier: MIT
// Making a talloc, and giving it its primary heap.
#include "talloc/talloc_state.h"

_Static_assert(TALLOC_STORAGE_BYTES(1) >= sizeof(struct talloc) + sizeof(struct talloc_slot) &&
                   TALLOC_STORAGE_BYTES(2) - TALLOC_STORAGE_BYTES(1) == sizeof(struct talloc_slot),
               "talloc.h says how much storage a talloc wants");

static enum talloc_error talloc_heap_verdict(const struct talloc_heap *heap) {
    if (heap->backend == NULL || heap->heap == NULL || heap->start == NULL)
        return TALLOC_ERR_NULL;
    bool is_range = heap->bytes != 0 && (uintptr_t)heap->start + heap->bytes - 1 >= (uintptr_t)heap->start;
    return is_range ? TALLOC_OK : TALLOC_ERR_OVERFLOW;
}

static enum talloc_error talloc_primary_verdict(const struct talloc_heap *primary, const struct talloc_heap *backup) {
    enum talloc_error error = talloc_heap_verdict(primary);
    bool overlaps = talloc_is_within(primary, backup->start) || talloc_is_within(backup, primary->start);
    return error == TALLOC_OK && overlaps ? TALLOC_ERR_OVERLAP : error;
}

static enum talloc_error talloc_storage_verdict(size_t cpus, const void *storage, size_t storage_bytes) {
    if (cpus == 0)
        return TALLOC_ERR_NO_CPU;
    if (cpus > TALLOC_CPUS_MAX)
        return TALLOC_ERR_TOO_MANY_CPUS;
    if ((uintptr_t)storage % TALLOC_STORAGE_ALIGN != 0)
        return TALLOC_ERR_MISALIGNED;
    return storage_bytes < TALLOC_STORAGE_BYTES(cpus) ? TALLOC_ERR_STORAGE_TOO_SMALL : TALLOC_OK;
}

enum talloc_error talloc_init(const struct talloc_config *config, void *storage, size_t storage_bytes, talloc **self) {
    if (config == NULL || storage == NULL || self == NULL)
        return TALLOC_ERR_NULL;
    if (*self != NULL)
        return TALLOC_ERR_TWICE;
    enum talloc_error error = talloc_storage_verdict(config->cpus, storage, storage_bytes);
    if (error == TALLOC_OK)
        error = talloc_heap_verdict(&config->backup);
    if (error == TALLOC_OK && config->primary.backend != NULL)
        error = talloc_primary_verdict(&config->primary, &config->backup);
    if (error != TALLOC_OK)
        return error;
    talloc *made = storage;
    __builtin_memset(made, 0, TALLOC_STORAGE_BYTES(config->cpus));
    made->cpus = config->cpus;
    made->backup = config->backup;
    made->primary = config->primary;
    made->low = config->low;
    made->low_context = config->low_context;
    made->low_bytes = config->low_bytes;
    size_t largest_bytes;
    made->backup.backend->free_bytes(made->backup.heap, 0, &largest_bytes, &made->backup_bytes);
    // bound: cpus
    for (size_t cpu = 0; cpu < made->cpus; cpu++)
        talloc_use_primary_then_backup(made, cpu);
    word_store_relaxed(&made->has_primary, config->primary.backend != NULL); // relaxed: nobody else knows of it yet
    *self = made;
    return TALLOC_OK;
}

enum talloc_error talloc_add_primary(talloc *self, const struct talloc_heap *primary) {
    if (self == NULL || primary == NULL)
        return TALLOC_ERR_NULL;
    if (talloc_has_primary(self))
        return TALLOC_ERR_TWICE;
    enum talloc_error error = talloc_primary_verdict(primary, &self->backup);
    if (error != TALLOC_OK)
        return error;
    self->primary = *primary;
    word_store_release(&self->has_primary, 1); // R talloc.add -> A talloc.has
    return TALLOC_OK;
}

const char *talloc_strerror(enum talloc_error error) {
    switch (error) {
    case TALLOC_OK:
        return "no error";
    case TALLOC_ERR_NULL:
        return "a required pointer is NULL";
    case TALLOC_ERR_MISALIGNED:
        return "the storage does not begin at a multiple of 64 bytes";
    case TALLOC_ERR_STORAGE_TOO_SMALL:
        return "the storage is too small for so many CPU slots";
    case TALLOC_ERR_NO_CPU:
        return "there has to be at least one CPU slot";
    case TALLOC_ERR_TOO_MANY_CPUS:
        return "there are at most 512 CPU slots";
    case TALLOC_ERR_OVERFLOW:
        return "a heap's range is empty or wraps around the end of the address space";
    case TALLOC_ERR_OVERLAP:
        return "the ranges of the two heaps overlap";
    case TALLOC_ERR_TWICE:
        return "the handle refers to a talloc already, or there is a primary heap already";
    }
    return "unknown error";
}
