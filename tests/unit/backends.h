// SPDX-License-Identifier: MIT
// Every heap of this project, for tests that ask the same of each.
#ifndef UNIT_BACKENDS_H
#define UNIT_BACKENDS_H

#include <wfheap/backend.h>

static const struct heap_backend *const backends[] = {&wfh_backend, &tlsf_backend, &slab_backend};

enum { BACKENDS = sizeof backends / sizeof backends[0] };

#endif
