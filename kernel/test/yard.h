// SPDX-License-Identifier: MIT
// A small heap of a test's own, made of a piece of the kernel's heap, so that memory runs short soon and everything in
// it can be counted at the end.
#ifndef KERNEL_TEST_YARD_H
#define KERNEL_TEST_YARD_H

#include "kheap.h"

struct yard {
    backend *heap;
    void *region;
    size_t slots;               // CPU numbers that the heap knows
    size_t largest, free_bytes; // when it was new
};

// Room that grows with the number of slots, from a bit more than 1 MiB on.
void yard_open(struct yard *self, size_t slots);

// Nothing may run: expects that no invariant is broken.
void yard_look(struct yard *self, const char *when);
// All must be freed besides: gives back what every slot's cache hides, and expects that every byte is there and that no
// invariant is broken.
void yard_check(struct yard *self, const char *when);
// The same; then the memory goes back to the kernel's heap.
void yard_close(struct yard *self, const char *when);

// Takes blocks until there is none, into the front of a list whose links lie in them; answers how many.
size_t yard_fill(backend *heap, size_t size, void **list);
// Frees the first blocks of such a list, at most so many.
void yard_empty(backend *heap, void **list, size_t most);

#endif
