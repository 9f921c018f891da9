// SPDX-License-Identifier: MIT
// Raised hands; see help.h.
#include "help/help.h"

#include "port/port.h"

#define WANT_STRIDE (PORT_CACHE_LINE / sizeof(word_t))

static word_t *help_want(const struct help *self, size_t cpu) {
    return &self->want[cpu * WANT_STRIDE];
}

static size_t help_hungry_words(size_t cpus) {
    size_t words = (cpus + BITS_WORD - 1) / BITS_WORD;
    return (words + WANT_STRIDE - 1) / WANT_STRIDE * WANT_STRIDE;
}

size_t help_storage_words(size_t cpus) {
    return WANT_STRIDE + help_hungry_words(cpus) + cpus * WANT_STRIDE;
}

void help_init(struct help *self, size_t cpus, word_t *storage) {
    self->cpus = cpus;
    self->count = storage;
    self->hungry = storage + WANT_STRIDE;
    self->want = self->hungry + help_hungry_words(cpus);
}

void help_raise(struct help *self, size_t cpu, uint64_t wish) {
    word_store_relaxed(help_want(self, cpu), wish);                             // relaxed: the count publishes it
    word_or_relaxed(&self->hungry[cpu / BITS_WORD], bits_one(cpu % BITS_WORD)); // relaxed: as above
    // S help.raise <-> S help.anyone; R help.raise -> A help.anyone
    (void)word_add_seq(self->count, 1);
}

uint64_t help_lower(struct help *self, size_t cpu) {
    (void)word_add_relaxed(self->count, ~UINT64_C(0)); // relaxed: a hand that is seen too long costs a look
    word_and_relaxed(&self->hungry[cpu / BITS_WORD], ~bits_one(cpu % BITS_WORD)); // relaxed: as above
    return word_swap_acquire(help_want(self, cpu), HELP_NOTHING);                 // A help.lower <- R help.give
}

size_t help_next(const struct help *self, size_t from) {
    // bound: cpus / 64
    while (from < self->cpus) {
        // relaxed: who was told by the count that there is a hand, sees it
        uint64_t bits = word_load_relaxed(&self->hungry[from / BITS_WORD]) & BITS_ALL << (from % BITS_WORD);
        if (bits != 0)
            return from / BITS_WORD * BITS_WORD + bits_lowest(bits);
        from = (from / BITS_WORD + 1) * BITS_WORD;
    }
    return HELP_CPU_NONE;
}

size_t help_turn(const struct help *self, size_t *cursor) {
    size_t cpu = help_next(self, *cursor);
    if (cpu == HELP_CPU_NONE)
        cpu = help_next(self, 0);
    *cursor = cpu == HELP_CPU_NONE ? 0 : cpu + 1;
    return cpu;
}

uint64_t help_wish(const struct help *self, size_t cpu) {
    return word_load_relaxed(help_want(self, cpu)); // relaxed: as in help_next; a gift is given only if it still stands
}

bool help_give(struct help *self, size_t cpu, uint64_t wish, uint64_t gift) {
    return word_cas_once_release(help_want(self, cpu), wish, gift); // R help.give -> A help.lower
}
