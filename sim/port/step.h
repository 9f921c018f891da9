// SPDX-License-Identifier: MIT
// One operation of word.h as data: where it stands in the source, what it does, to which word. The simulator's port
// hands every one of them to a handler, which decides when it happens, and what a load may see.
#ifndef STEP_H
#define STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum step_kind {
    STEP_LOAD,
    STEP_STORE,
    STEP_SWAP,
    STEP_ADD,
    STEP_OR,       // without result
    STEP_AND,      // without result; `a` are the bits that stay
    STEP_TAKE_BIT, // `a` is the bit's mask
    STEP_PUT_BIT,
    STEP_CAS, // from `a` to `b`
};

enum step_order { ORDER_RELAXED, ORDER_ACQUIRE, ORDER_RELEASE, ORDER_ACQ_REL, ORDER_SEQ };

// What is wrong with an operation on purpose, so that the checks can be tried.
enum step_defect {
    DEFECT_NONE,
    DEFECT_SKIP,  // changes nothing; answers what a load would
    DEFECT_SPLIT, // a load and a store, two steps
    DEFECT_FAIL,  // a compare-exchange that never succeeds
    DEFECT_ZERO,  // a load that answers 0
    DEFECT_ONES,  // a load that answers all ones
};

// One a place in the source.
struct step_site {
    const char *file, *function, *name;
    uint32_t line;
    uint8_t bytes; // of the word: 8, or 2 of a tag
    uint8_t kind;
    uint8_t order;   // as it is executed
    uint8_t written; // the order as it stands in the source
    uint8_t defect;
    uint8_t path;                   // that a call with this step goes, as whoever counts them numbers paths
    const struct step_site *halves; // of DEFECT_SPLIT: a load and a store
};

struct step {
    const struct step_site *site;
    void *at;
    uint64_t a, b;
};

// What one step does to a word.
struct step_effect {
    uint64_t value;  // afterwards
    uint64_t result; // answered
    bool writes;     // it stores, though perhaps what was there
};

// Performs a step whenever it likes and answers its result. NULL: at once.
extern uint64_t (*step_handler)(const struct step *step);

// Called by word.h.
uint64_t step_take(const struct step_site *site, const volatile void *at, uint64_t a, uint64_t b);

struct step_effect step_effect_on(const struct step *step, uint64_t old);
uint64_t step_word_load(const struct step_site *site, const void *at);
void step_word_store(const struct step_site *site, void *at, uint64_t value);

// Does the step to memory as it is now.
uint64_t step_perform(const struct step *step);

// Every site of the program, by file and line; several objects may hold a copy of the same.
size_t step_sites(struct step_site *const **sites);

// Changes all sites that `FILE:LINE[:NAME]=WHAT` names, WHAT an order or a defect. Answers NULL or a sentence.
const char *step_weaken(const char *text);

const char *step_order_name(unsigned order);

#endif
