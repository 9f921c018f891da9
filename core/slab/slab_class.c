// SPDX-License-Identifier: MIT
// See slab_class.h.
#include "slab/slab_class.h"

#include "slab/slab_list.h"

// Links a slab that has free blocks now.
static void slab_class_link(struct slab *self, struct slab_class *class, uint32_t head) {
    struct slab_range *range = &self->ranges[head];
    range->prev = SLAB_NONE;
    range->next = class->partial;
    if (class->partial != SLAB_NONE)
        self->ranges[class->partial].prev = head;
    class->partial = head;
}

static void slab_class_unlink(struct slab *self, struct slab_class *class, uint32_t head) {
    const struct slab_range *range = &self->ranges[head];
    *(range->prev == SLAB_NONE ? &class->partial : &self->ranges[range->prev].next) = range->next;
    if (range->next != SLAB_NONE)
        self->ranges[range->next].prev = range->prev;
}

// The bits of a slab's word number `word` that stand for blocks.
static uint64_t slab_word_mask(size_t class, size_t word) {
    size_t blocks = slab_blocks_of(class) - word * BITS_WORD;
    return blocks >= BITS_WORD ? ~UINT64_C(0) : bits_low((unsigned)blocks);
}

static size_t slab_words_of(size_t class) {
    return (slab_blocks_of(class) + BITS_WORD - 1) / BITS_WORD;
}

// Whether every word of a slab's bits is as it is when all its blocks are free, or none is.
static bool slab_is_all(const struct slab *self, size_t class, uint32_t head, bool is_free) {
    // bound: words of a slab, 8 at most
    for (size_t word = 0; word < slab_words_of(class); word++) {
        // relaxed: under the class's lock
        uint64_t bits = word_load_relaxed(slab_word(self, head, word * BITS_WORD));
        if (bits != (is_free ? slab_word_mask(class, word) : 0))
            return false;
    }
    return true;
}

// A new slab, all of its blocks free, that nobody else knows of. SLAB_NONE: no memory.
static uint32_t slab_make(struct slab *self, size_t cpu, size_t class) {
    uint32_t units = slab_units_of(class);
    slab_lock(self, &self->list.lock, cpu);
    uint32_t head = slab_list_take(self, units, SLAB_REGION_ALIGN);
    slab_unlock(self, &self->list.lock, cpu);
    if (head == SLAB_NONE)
        return SLAB_NONE;
    // bound: units of a slab, 64 at most
    for (uint32_t i = 1; i < units; i++) {
        self->ranges[head + i].before = i;
        slab_set_kind(self, head + i, SLAB_KIND_PART);
    }
    // bound: words of a slab, 8 at most
    for (size_t word = 0; word < slab_words_of(class); word++) // relaxed: nobody else knows of it
        word_store_relaxed(slab_word(self, head, word * BITS_WORD), slab_word_mask(class, word));
    slab_set_kind(self, head, (uint16_t)(SLAB_KIND_CLASS + class));
    return head;
}

// Gives back a slab that has all its blocks and is in no list.
static void slab_dissolve(struct slab *self, size_t cpu, size_t class, uint32_t head) {
    // bound: units of a slab, 64 at most
    for (uint32_t i = 1; i < slab_units_of(class); i++)
        slab_set_kind(self, head + i, SLAB_KIND_INSIDE);
    slab_lock(self, &self->list.lock, cpu);
    slab_list_give(self, head);
    slab_unlock(self, &self->list.lock, cpu);
}

// Moves free blocks of one slab to a cache, which has room for `most`, and marks them. Answers how many.
static size_t slab_take_blocks(struct slab *self, size_t class, uint32_t head, void **blocks, size_t most) {
    size_t taken = 0;
    // bound: words of a slab, 8 at most
    for (size_t word = 0; word < slab_words_of(class); word++) {
        word_t *place = slab_word(self, head, word * BITS_WORD);
        uint64_t bits = word_load_relaxed(place); // relaxed: under the class's lock
        // bound: most, 16
        for (; bits != 0 && taken < most; bits &= bits - 1) {
            size_t index = word * BITS_WORD + bits_lowest(bits);
            void *p = slab_address(self, head) + (index << slab_shift(class));
            *(slab_mark *)p = slab_mark_of(p);
            blocks[taken++] = p;
        }
        word_store_relaxed(place, bits); // relaxed: under the class's lock; slab_find's look pins nothing
    }
    return taken;
}

// Under the class's lock: up to `most` blocks of slabs that have some.
static size_t slab_collect(struct slab *self, size_t class, void **blocks, size_t most) {
    struct slab_class *of = &self->classes[class];
    size_t taken = 0;
    // bound: most, for each slab in the list has a block
    while (taken < most && of->partial != SLAB_NONE) {
        uint32_t head = of->partial;
        taken += slab_take_blocks(self, class, head, blocks + taken, most - taken);
        if (slab_is_all(self, class, head, false))
            slab_class_unlink(self, of, head);
    }
    of->out += taken;
    of->peak_out = of->out > of->peak_out ? of->out : of->peak_out;
    return taken;
}

size_t slab_refill(struct slab *self, size_t cpu, size_t class) {
    struct slab_class *of = &self->classes[class];
    struct slab_cache *cache = &self->cpu[cpu].caches[class];
    size_t batch = slab_batch(self, class);
    slab_lock(self, &of->lock, cpu);
    size_t taken = slab_collect(self, class, cache->blocks, batch);
    slab_unlock(self, &of->lock, cpu);
    if (taken == 0) {
        uint32_t head = slab_make(self, cpu, class);
        if (head == SLAB_NONE)
            return 0;
        slab_lock(self, &of->lock, cpu);
        of->slabs++;
        of->made++;
        slab_class_link(self, of, head);
        taken = slab_collect(self, class, cache->blocks, batch);
        slab_unlock(self, &of->lock, cpu);
    }
    slab_count(&cache->refills);
    word_store_relaxed(&cache->count, taken); // relaxed: the slot's own
    return taken;
}

// What a flush has found so far.
struct slab_found {
    uint32_t whole; // slabs that have all their blocks, taken out of the class's list and chained
    size_t wholes;
    const void *twice; // a block that was free already
};

// Under the class's lock: one block back to its slab.
static void slab_put_block(struct slab *self, size_t class, void *p, struct slab_found *found) {
    struct slab_class *of = &self->classes[class];
    struct slab_place place = slab_place_of(self, class, p);
    uint32_t head = place.head;
    size_t index = place.index;
    word_t *word = slab_word(self, head, index);
    uint64_t bits = word_load_relaxed(word); // relaxed: under the class's lock
    // The first copy of a block freed twice may have taken the whole slab back.
    if (slab_kind(self, head) != SLAB_KIND_CLASS + class || (bits & bits_one(index % BITS_WORD)) != 0) {
        found->twice = p;
        return;
    }
    if (slab_is_all(self, class, head, false))
        slab_class_link(self, of, head);
    word_store_relaxed(word, bits | bits_one(index % BITS_WORD)); // relaxed: under the class's lock
    of->out--;
    if (slab_is_all(self, class, head, true)) {
        slab_class_unlink(self, of, head);
        of->slabs--;
        of->freed++;
        self->ranges[head].next = found->whole;
        found->whole = head;
        found->wholes++;
    }
}

void slab_flush(struct slab *self, size_t cpu, size_t class, size_t blocks) {
    struct slab_class *of = &self->classes[class];
    struct slab_cache *cache = &self->cpu[cpu].caches[class];
    size_t left = (size_t)word_load_relaxed(&cache->count) - blocks; // relaxed: the slot's own
    struct slab_found found = {.whole = SLAB_NONE};
    slab_lock(self, &of->lock, cpu);
    // bound: blocks, 32 at most
    for (size_t i = 0; i < blocks; i++)
        slab_put_block(self, class, cache->blocks[i], &found);
    slab_unlock(self, &of->lock, cpu);
    __builtin_memmove(cache->blocks, cache->blocks + blocks, left * sizeof cache->blocks[0]);
    word_store_relaxed(&cache->count, left); // relaxed: the slot's own
    slab_count(&cache->flushes);
    // bound: blocks, 32 at most
    for (size_t i = 0; i < found.wholes; i++) {
        uint32_t head = found.whole;
        found.whole = self->ranges[head].next;
        slab_dissolve(self, cpu, class, head);
    }
    if (found.twice != NULL)
        port_fault(PORT_FAULT_DOUBLE_FREE, found.twice, cpu);
}
