// SPDX-License-Identifier: MIT
// The checked build; see checked.h.
#include "heap/checked.h"

#ifdef WFH_CHECKED

#include "port/port.h"

static word_t *checked_word(struct wfh *self, unsigned class, const void *p, unsigned *bit) {
    return &self->held[span_locate(&self->map, &self->map.table.classes[class], p, bit)];
}

void *checked_alloc(struct wfh *self, void *p) {
    if (p == NULL)
        return NULL;
    unsigned class = heap_class_of(self, 0, p);
    unsigned bit;
    if (class == GIFT_NO_CLASS)
        return p;
    word_t *word = checked_word(self, class, p, &bit);
    if (word_put_bit_seq(word, bit)) // R checked.alloc -> A checked.free
        port_fault(PORT_FAULT_CORRUPT, p, 0);
    return p;
}

void checked_free(struct wfh *self, size_t cpu, void *p) {
    unsigned class = heap_class_of(self, cpu, p);
    unsigned bit;
    if (class == GIFT_NO_CLASS) {
        __builtin_memset(p, CHECKED_POISON, heap_run_pages(self, span_page_of(&self->map, p)) << PAGE_SHIFT);
        return;
    }
    word_t *word = checked_word(self, class, p, &bit);
    if (!word_take_bit_seq(word, bit)) // A checked.free <- R checked.alloc
        port_fault(PORT_FAULT_DOUBLE_FREE, p, cpu);
    __builtin_memset(p, CHECKED_POISON, self->map.table.classes[class].block_bytes);
}

void checked_expect(struct wfh *self, size_t cpu, const void *p) {
    unsigned class = heap_class_of(self, cpu, p);
    unsigned bit;
    if (class == GIFT_NO_CLASS)
        return;
    const word_t *word = checked_word(self, class, p, &bit);
    // relaxed: the caller, if he holds p, set the bit or was handed p since
    if (!(word_load_relaxed(word) >> bit & 1))
        port_fault(PORT_FAULT_DOUBLE_FREE, p, cpu);
}

#endif
