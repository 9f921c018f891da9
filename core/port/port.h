// SPDX-License-Identifier: MIT
// All that the core asks of its surroundings, besides memcpy, memmove and memset.
//
// A port is a directory on the include path that holds `word.h` (single-word atomics, one named operation per
// instruction; see port/native/word.h for the contract), and one function, port_fault, that the program defines.
// The core never waits, never asks which CPU it runs on, never masks interrupts and never calls back for memory.
#ifndef PORT_PORT_H
#define PORT_PORT_H

#include <stddef.h>
#include <stdint.h>

// Bytes between two words that different CPUs may write without sharing a line.
#define PORT_CACHE_LINE 64

// What a caller did wrong. `address` of port_fault is the pointer that was passed in, or the block found twice.
enum port_fault_kind {
    PORT_FAULT_FOREIGN = 1,     // the pointer lies outside the heap's managed pages
    PORT_FAULT_MISPLACED = 2,   // inside a block, between blocks or inside a run: not what alloc returned
    PORT_FAULT_FREE_PAGE = 3,   // the page belongs to no block at all: freed long ago or never allocated
    PORT_FAULT_DOUBLE_FREE = 4, // the block is free already
    PORT_FAULT_BAD_CPU = 5,     // cpu >= cpus
    PORT_FAULT_CORRUPT = 6,     // metadata contradicts itself: somebody wrote into it
    PORT_FAULT_OVERFLOW = 7,    // a frame would have more references than are counted
};

// Called once misuse is certain. Must not return: panic, abort, longjmp out, or kill the offending task. What is found
// at the call itself has changed nothing. A double free that is found later, when a block leaves a cache, has cost that
// one block its second place and nothing else. Either way other CPUs may go on using the heap.
_Noreturn void port_fault(enum port_fault_kind kind, const void *address, size_t cpu);

#endif
