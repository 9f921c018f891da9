// SPDX-License-Identifier: MIT
// Who holds which bytes. Every block that a CPU is given is entered, and taken out before it is given back; nobody may
// enter what another holds. Both count as writing to the block, so that memory without an order between the last
// holder and the next shows as a race.
#ifndef SHADOW_H
#define SHADOW_H

#include <stddef.h>

// granule_bytes: no two blocks share one; no block is shorter.
void shadow_begin(size_t granule_bytes);
// Makes the owners of this memory a part of snapshots.
void shadow_keep(const void *start, size_t bytes, size_t granule_bytes);

void shadow_enter(unsigned cpu, const void *start, size_t bytes);
void shadow_leave(unsigned cpu, const void *start, size_t bytes);

#endif
