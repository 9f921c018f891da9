// SPDX-License-Identifier: MIT
// A heap of a few pages, put together by hand: the smallest in which spans are made, retired and made of another class.
// Nothing lies behind its addresses; its calls are those of the span layer and of the last resort. What is held by whom
// is watched block by block and page by page.
#ifndef TINY_H
#define TINY_H

#include "heap/heap_state.h"
#include "world.h"

#define TINY_PAGES 64u // of the page map; few of them are memory

// Blocks of the classes in use, by size: spans of one page.
#define TINY_HALVES 2048u
#define TINY_QUARTERS 1024u
#define TINY_WHOLE 4096u
#define TINY_SMALL 32u // spans of two words

extern struct wfh *tiny;

// A heap of so many CPUs and free pages, whose spans have at most 2^order pages.
void tiny_build(unsigned cpus, unsigned pages, unsigned order);
// Blocks are told apart down to these many bytes; TINY_QUARTERS unless it is said, after tiny_build.
void tiny_watch(size_t block_bytes);
unsigned tiny_class(size_t size);
struct span_cpu *tiny_me(unsigned cpu);

// Called from `begin` of a scenario.
void tiny_begin(void);

// Blocks of a word that a CPU got, or is about to give back.
struct hand {
    unsigned class;
    uint32_t word;
    uint64_t bits;
};
void tiny_hold(unsigned cpu, const struct hand *hand);
void tiny_release(unsigned cpu, const struct hand *hand);

// Whole calls with their checks. A claim that got nothing has no bits.
struct hand tiny_claim(unsigned cpu, unsigned class, unsigned most);
void tiny_flush(unsigned cpu, const struct hand *hand);

// What the CPU holds, and where it looks first.
uint64_t tiny_digest(unsigned cpu);

// Everybody is done: gives back what is still held, and expects every page to be free and every rule to hold. With
// CPUs that stopped in mid-call, that no more than `hidden_pages` for each of them is missing.
void tiny_finish(unsigned hidden_pages);

// Expects every rule to hold. Nobody is inside a call.
void tiny_check(void);

void tiny_name_word(const void *at, char *name, size_t bytes);

#endif
