// SPDX-License-Identifier: MIT
// See slab_run.h. Beside it, what an address is, for calls that are handed one.
#include "slab/slab_run.h"

#include "slab/slab_checked.h"
#include "slab/slab_list.h"

// Units for so many bytes; more than any heap has if there are none.
static uint32_t slab_units_for(const struct slab *self, size_t size) {
    size_t units = (size >> SLAB_UNIT_SHIFT) + (size % SLAB_UNIT_BYTES != 0);
    return units <= self->units ? (uint32_t)units : (uint32_t)self->units + 1;
}

void *slab_run_alloc(struct slab *self, size_t cpu, size_t size, size_t align) {
    struct slab_list *list = &self->list;
    uint32_t units = slab_units_for(self, size);
    if (units > self->units || align > SLAB_REGION_BYTES_MAX)
        return NULL;
    slab_lock(self, &list->lock, cpu);
    uint32_t head = slab_list_take(self, units, align < SLAB_UNIT_BYTES ? SLAB_UNIT_BYTES : align);
    if (head != SLAB_NONE) {
        list->runs++;
        list->run_units += units;
        list->run_allocs++;
        list->run_allocated_units += units;
    }
    slab_unlock(self, &list->lock, cpu);
    return head == SLAB_NONE ? NULL : slab_address(self, head);
}

// What is wrong with an address that is no block.
static __attribute__((noinline)) enum port_fault_kind slab_misuse(struct slab *self, size_t cpu, const void *p) {
    size_t unit = (size_t)((uintptr_t)p - (uintptr_t)self->base) >> SLAB_UNIT_SHIFT;
    if (unit >= self->units)
        return PORT_FAULT_FOREIGN;
    slab_lock(self, &self->list.lock, cpu);
    uint16_t kind = slab_kind(self, slab_list_around(self, (uint32_t)unit));
    slab_unlock(self, &self->list.lock, cpu);
    if (kind == SLAB_KIND_ABSENT)
        return PORT_FAULT_FOREIGN;
    return kind == SLAB_KIND_FREE ? PORT_FAULT_FREE_PAGE : PORT_FAULT_MISPLACED;
}

// The list's lock is held. Two CPUs that free or resize a run at once have both found it: a fault for the one who comes
// second and finds it gone.
static void slab_run_must_live(struct slab *self, size_t cpu, uint32_t head) {
    if (slab_kind(self, head) == SLAB_KIND_RUN)
        return;
    slab_unlock(self, &self->list.lock, cpu);
    const void *p = slab_address(self, head);
    port_fault(slab_misuse(self, cpu, p), p, cpu);
}

void slab_run_free(struct slab *self, size_t cpu, uint32_t head) {
    struct slab_list *list = &self->list;
    slab_lock(self, &list->lock, cpu);
    slab_run_must_live(self, cpu, head);
    uint32_t units = self->ranges[head].units;
    list->runs--;
    list->run_units -= units;
    list->run_frees++;
    list->run_freed_units += units;
    slab_checked_free_run(self, head);
    slab_list_give(self, head);
    slab_unlock(self, &list->lock, cpu);
}

bool slab_run_resize(struct slab *self, size_t cpu, uint32_t head, size_t size) {
    struct slab_list *list = &self->list;
    uint32_t units = slab_units_for(self, size);
    slab_lock(self, &list->lock, cpu);
    slab_run_must_live(self, cpu, head);
    uint32_t have = self->ranges[head].units;
    bool is_done = units <= self->units && slab_list_resize(self, head, units);
    if (is_done) {
        list->run_units = list->run_units - have + units;
        list->run_allocated_units += units > have ? units - have : 0;
        list->run_freed_units += units < have ? have - units : 0;
    }
    slab_unlock(self, &list->lock, cpu);
    return is_done;
}

struct slab_place slab_find(struct slab *self, size_t cpu, const void *p) {
    if (cpu >= self->cpus)
        port_fault(PORT_FAULT_BAD_CPU, p, cpu);
    size_t offset = (size_t)((uintptr_t)p - (uintptr_t)self->base);
    if (offset >> SLAB_UNIT_SHIFT >= self->units)
        port_fault(slab_misuse(self, cpu, p), p, cpu);
    uint32_t head = (uint32_t)(offset >> SLAB_UNIT_SHIFT);
    uint16_t kind = slab_kind(self, head);
    if (kind == SLAB_KIND_RUN && offset % SLAB_UNIT_BYTES == 0)
        return (struct slab_place){SLAB_CLASSES, head, 0};
    if (kind == SLAB_KIND_PART) {
        head -= self->ranges[head].before;
        kind = slab_kind(self, head);
    }
    size_t class = (size_t)kind - SLAB_KIND_CLASS, within = offset - ((size_t)head << SLAB_UNIT_SHIFT);
    if (!slab_kind_is_class(kind) || (within & (bits_one(slab_shift(class)) - 1)) != 0)
        port_fault(slab_misuse(self, cpu, p), p, cpu);
    struct slab_place place = {class, head, within >> slab_shift(class)};
    // relaxed: a block in the caller's hands keeps its bit clear
    uint64_t bits = word_load_relaxed(slab_word(self, head, place.index));
    if ((bits & bits_one(place.index % BITS_WORD)) != 0 || *(const slab_mark *)p == slab_mark_of(p))
        port_fault(PORT_FAULT_DOUBLE_FREE, p, cpu);
    slab_checked_expect(self, cpu, &place, p);
    return place;
}
