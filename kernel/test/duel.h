// SPDX-License-Identifier: MIT
// Duels: one call of the core stands still, at each of its instructions in turn, while other CPUs make whole calls that
// meet it in the same words. The other CPUs are numbers that the core is given; all runs on the boot CPU, in the
// handler of an interrupt. Whatever the instant, nothing may be lost, in two hands, or hidden from the hints, and in
// the end all memory is back.
#ifndef KERNEL_TEST_DUEL_H
#define KERNEL_TEST_DUEL_H

#include "heap/heap_state.h"
#include "instant.h"

enum { DUEL_CPUS = 3, DUEL_HOLDS = 4, DUEL_RUNS = 64 };
enum { ONE_WORD_BYTES = 64, TWO_WORDS_BYTES = 32 }; // of blocks; spans of both are a page

// Blocks of a word that somebody has.
struct hold {
    uint32_t word;
    uint64_t bits;
};

// What is fought over, new for each instant.
struct duel_scene {
    void *region;
    wfh *heap;
    struct span_map *map;
    size_t free_bytes; // when it was new
    size_t first;      // page of the span that is fought for
    struct hold holds[DUEL_HOLDS];
    void *runs[DUEL_RUNS];
    struct gift gift;
    const char *trouble;
};
extern struct duel_scene duel;

struct duel {
    const char *name; // NULL behind the last
    struct instant at;
};
extern const struct duel duels_of_hints[], duels_of_spans[], duels_of_help[];

struct span_cpu *duel_cpu(size_t number);
unsigned duel_class(size_t bytes);

// A new heap; the same with a span, of which CPU 2 has `most` blocks of the first word.
void duel_open(void);
void duel_open_span(size_t bytes, unsigned most);

// A CPU takes blocks of a word of the span, as of the class of so many bytes; gives them back; or does so where the
// span stays, empty or not.
void duel_take(size_t who, struct hold *hold, size_t bytes, unsigned index, unsigned most);
void duel_give(size_t who, struct hold *hold);
void duel_offer(size_t who, struct hold *hold);

// The first complaint of an instant counts. The verdict: the heap is whole, and once all is given back, as it was.
void duel_blame(const char *trouble);
const char *duel_verify(void);

#endif
