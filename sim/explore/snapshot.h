// SPDX-License-Identifier: MIT
// A whole state of the world, kept to go on from it more than once: the arena's memory, the CPUs with their stacks, and
// what checks and scenario know.
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <stddef.h>

// Names memory outside the arena that belongs to a state. Once, before the first snapshot.
void snapshot_keep(void *start, size_t bytes);

// Bytes that any snapshot fits in.
size_t snapshot_bytes_most(void);
void snapshot_save(unsigned char *to);
void snapshot_restore(const unsigned char *from);

#endif
