// SPDX-License-Identifier: MIT
// Within the verifier: one rule, tested.
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include "heap/heap_state.h"

// True if both are equal; else the finding is written.
bool check_expect(struct wfh_finding *first, const char *rule, const void *address, uint64_t want, uint64_t have);

// Every block in a cache is a block of its class, not free for others, and in one cache once.
bool check_caches(const struct wfh *self, struct wfh_finding *first);

#endif
