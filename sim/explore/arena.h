// SPDX-License-Identifier: MIT
// The memory that a scenario's CPUs share: at the same address in every run, so that every run is the same; saved once
// the scenario stands, and brought back before every schedule. Words in it have numbers.
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>
#include <stdint.h>

#define ARENA_BYTES ((size_t)1 << 31) // address space; only what is touched is memory

// Maps the arena; ends the program with a sentence if it cannot be had.
void arena_init(void);

// Zeroed memory, aligned to a power of two. Lives as long as the program.
void *arena_take(size_t bytes, size_t align);

// Names memory that schedules change; arena_save saves it, arena_restore brings it back.
void arena_keep(void *start, size_t bytes);
void arena_save(void);
void arena_restore(void);

// The same to and from any place; both answer the place behind.
size_t arena_kept_bytes(void);
unsigned char *arena_copy_to(unsigned char *to);
const unsigned char *arena_copy_from(const unsigned char *from);

// The number of a word of the arena, given when it is asked for first. The same through all schedules.
uint32_t arena_number(const void *at);
uint32_t arena_numbers(void);

// Offset from the arena's front; ends the program if `at` lies outside.
size_t arena_offset(const void *at);

#endif
