// SPDX-License-Identifier: MIT
// What the build option WFH_CHECKED adds: a bit for every block that a caller holds, so that every double free is seen
// at the second free, wherever the block is meanwhile, and poison in what was freed. Without the option, nothing.
#ifndef SLAB_SLAB_CHECKED_H
#define SLAB_SLAB_CHECKED_H

#include "slab/slab_state.h"

#ifdef WFH_CHECKED

#define SLAB_POISON 0xdf

// Words of metadata: one for each word of block bits.
static inline size_t slab_checked_words(size_t units) {
    return units * SLAB_UNIT_WORDS;
}

static inline word_t *slab_checked_word(struct slab *self, const struct slab_place *place) {
    return &self->held[(size_t)place->head * SLAB_UNIT_WORDS + place->index / BITS_WORD];
}

// Notes that p, a block of the class, goes to a caller.
static inline void slab_checked_alloc(struct slab *self, size_t cpu, size_t class, const void *p) {
    struct slab_place place = slab_place_of(self, class, p);
    if (word_put_bit_seq(slab_checked_word(self, &place), place.index % BITS_WORD)) // R slab.hold -> A slab.unhold
        port_fault(PORT_FAULT_CORRUPT, p, cpu);
}

// Notes that a caller gives p back; a fault if he does not hold it.
static inline void slab_checked_free(struct slab *self, size_t cpu, const struct slab_place *place, void *p) {
    if (!word_take_bit_seq(slab_checked_word(self, place), place->index % BITS_WORD)) // A slab.unhold <- R slab.hold
        port_fault(PORT_FAULT_DOUBLE_FREE, p, cpu);
    __builtin_memset(p, SLAB_POISON, bits_one(slab_shift(place->class)));
}

// The list's lock is held.
static inline void slab_checked_free_run(struct slab *self, uint32_t head) {
    __builtin_memset(slab_address(self, head), SLAB_POISON, (size_t)self->ranges[head].units << SLAB_UNIT_SHIFT);
}

// A fault if no caller holds p.
static inline void slab_checked_expect(struct slab *self, size_t cpu, const struct slab_place *place, const void *p) {
    // relaxed: the caller, if he holds p, set the bit or was handed p since
    if (!(word_load_relaxed(slab_checked_word(self, place)) >> place->index % BITS_WORD & 1))
        port_fault(PORT_FAULT_DOUBLE_FREE, p, cpu);
}

#else

static inline size_t slab_checked_words(size_t units) {
    (void)units;
    return 0;
}

static inline void slab_checked_alloc(struct slab *self, size_t cpu, size_t class, const void *p) {
    (void)self, (void)cpu, (void)class, (void)p;
}

static inline void slab_checked_free(struct slab *self, size_t cpu, const struct slab_place *place, void *p) {
    (void)self, (void)cpu, (void)place, (void)p;
}

static inline void slab_checked_free_run(struct slab *self, uint32_t head) {
    (void)self, (void)head;
}

static inline void slab_checked_expect(struct slab *self, size_t cpu, const struct slab_place *place, const void *p) {
    (void)self, (void)cpu, (void)place, (void)p;
}

#endif

#endif
