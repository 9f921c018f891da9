// SPDX-License-Identifier: MIT
// How much memory that would suit a request lies free, outside all hands and caches, at every moment of a call: NULL is
// false if that was never less than what others may hold.
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "span/span.h"

// The map that is watched, if any.
void account_watch(const struct span_map *map);
void account_begin(void);

// A word has changed.
void account_note(const void *at, uint64_t before, uint64_t after);

// A call that wants a block of the class (or a span for it), or, with GIFT_NO_CLASS, aligned runs of 2^order pages.
void account_want(unsigned cpu, unsigned class, unsigned order);

// Ends that; the least bytes that suited at any moment of the call.
size_t account_least(unsigned cpu);

// Free blocks of the class, and free pages, in bytes.
size_t account_suitable(unsigned class, unsigned order);

// Of what is waited for, as a part of the state.
uint64_t account_digest(void);

#endif
