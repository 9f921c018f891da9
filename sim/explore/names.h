// SPDX-License-Identifier: MIT
// Words of a heap by what they are.
#ifndef NAMES_H
#define NAMES_H

#include "heap/heap_state.h"

void names_of_heap(const struct wfh *heap, const void *at, char *name, size_t bytes);

#endif
