// SPDX-License-Identifier: MIT
// See slab_list.h.
#include "slab/slab_list.h"

static void slab_range_set(struct slab *self, uint32_t head, uint32_t units, uint16_t kind) {
    self->ranges[head].units = units;
    self->ranges[head + units].before = units;
    slab_set_kind(self, head, kind);
}

// The free range before a unit; SLAB_NONE: there is none.
static uint32_t slab_list_below(const struct slab *self, uint32_t unit) {
    size_t word = unit / BITS_WORD;
    uint64_t bits = self->free_map[word] & bits_low(unit % BITS_WORD);
    // bound: units / 64
    while (bits == 0 && word > 0)
        bits = self->free_map[--word];
    return bits == 0 ? SLAB_NONE : (uint32_t)(word * BITS_WORD + bits_highest(bits));
}

static void slab_list_link(struct slab *self, uint32_t head) {
    uint32_t prev = slab_list_below(self, head);
    uint32_t *link = prev == SLAB_NONE ? &self->list.first : &self->ranges[prev].next;
    uint32_t next = *link;
    *link = head;
    self->ranges[head].prev = prev;
    self->ranges[head].next = next;
    if (next != SLAB_NONE)
        self->ranges[next].prev = head;
    self->free_map[head / BITS_WORD] |= bits_one(head % BITS_WORD);
    self->list.ranges++;
    self->list.free_units += self->ranges[head].units;
}

static void slab_list_unlink(struct slab *self, uint32_t head) {
    const struct slab_range *range = &self->ranges[head];
    *(range->prev == SLAB_NONE ? &self->list.first : &self->ranges[range->prev].next) = range->next;
    if (range->next != SLAB_NONE)
        self->ranges[range->next].prev = range->prev;
    self->free_map[head / BITS_WORD] &= ~bits_one(head % BITS_WORD);
    self->list.ranges--;
    self->list.free_units -= range->units;
}

static void slab_list_note_peak(struct slab *self) {
    struct slab_list *list = &self->list;
    size_t used_units = self->units - list->free_units - list->absent_units;
    list->peak_units = used_units > list->peak_units ? used_units : list->peak_units;
}

void slab_list_init(struct slab *self, uint16_t kind) {
    self->list.first = SLAB_NONE;
    slab_range_set(self, 0, (uint32_t)self->units, kind);
    self->list.absent_units = kind == SLAB_KIND_ABSENT ? self->units : 0;
}

void slab_list_cut(struct slab *self, uint32_t head, uint32_t keep) {
    uint32_t rest = self->ranges[head].units - keep;
    uint16_t kind = slab_kind(self, head);
    slab_range_set(self, head, keep, kind);
    slab_range_set(self, head + keep, rest, kind);
}

// Units to skip in a free range until the address is aligned.
static size_t slab_list_skip(const struct slab *self, uint32_t head, size_t align) {
    uintptr_t address = (uintptr_t)slab_address(self, head);
    return (size_t)((((address + align - 1) & ~(uintptr_t)(align - 1)) - address) >> SLAB_UNIT_SHIFT);
}

uint32_t slab_list_take(struct slab *self, uint32_t units, size_t align) {
    uint32_t head = self->list.first;
    size_t skip = 0;
    // bound: free ranges
    for (; head != SLAB_NONE; head = self->ranges[head].next) {
        skip = slab_list_skip(self, head, align);
        if (skip + units <= self->ranges[head].units)
            break;
    }
    if (head == SLAB_NONE)
        return SLAB_NONE;
    slab_list_unlink(self, head);
    if (skip != 0) {
        slab_list_cut(self, head, (uint32_t)skip);
        slab_list_link(self, head);
        head += (uint32_t)skip;
    }
    if (self->ranges[head].units != units) {
        slab_list_cut(self, head, units);
        slab_list_link(self, head + units);
    }
    slab_set_kind(self, head, SLAB_KIND_RUN);
    slab_list_note_peak(self);
    return head;
}

// What follows a free range joins it, if it is free too; neither is in the list.
static void slab_list_join(struct slab *self, uint32_t head) {
    uint32_t behind = head + self->ranges[head].units;
    slab_range_set(self, head, self->ranges[head].units + self->ranges[behind].units, SLAB_KIND_FREE);
    slab_set_kind(self, behind, SLAB_KIND_INSIDE);
}

void slab_list_give(struct slab *self, uint32_t head) {
    uint32_t before = head - self->ranges[head].before, behind = head + self->ranges[head].units;
    slab_set_kind(self, head, SLAB_KIND_FREE);
    if (slab_kind(self, behind) == SLAB_KIND_FREE) {
        slab_list_unlink(self, behind);
        slab_list_join(self, head);
    }
    if (before != head && slab_kind(self, before) == SLAB_KIND_FREE) {
        slab_list_unlink(self, before);
        slab_list_join(self, before);
        head = before;
    }
    slab_list_link(self, head);
}

bool slab_list_resize(struct slab *self, uint32_t head, uint32_t units) {
    uint32_t have = self->ranges[head].units, behind = head + have;
    if (units > have) {
        bool is_free = slab_kind(self, behind) == SLAB_KIND_FREE;
        if (!is_free || have + self->ranges[behind].units < units)
            return false;
        slab_list_unlink(self, behind);
        slab_list_join(self, head);
        slab_set_kind(self, head, SLAB_KIND_RUN);
    }
    if (self->ranges[head].units != units) {
        slab_list_cut(self, head, units);
        slab_list_give(self, head + units);
    }
    slab_list_note_peak(self);
    return true;
}

uint32_t slab_list_around(const struct slab *self, uint32_t unit) {
    uint32_t head = 0;
    // bound: ranges
    while (unit - head >= self->ranges[head].units)
        head += self->ranges[head].units;
    return head;
}
