// SPDX-License-Identifier: MIT
// Words of a heap or of a pool of frames by what they are.
#ifndef NAMES_H
#define NAMES_H

#include "frame/frame_state.h"
#include "heap/heap_state.h"

void names_of_heap(const struct wfh *heap, const void *at, char *name, size_t bytes);
void names_of_frames(const struct frame_pool *pool, const void *at, char *name, size_t bytes);

#endif
