// SPDX-License-Identifier: MIT
// The simulator's port: the same operations as port/native/word.h, each of them one step that the simulator performs.
// They are macros so that each knows where it stands in the source; all such places lie in one table.
#ifndef PORT_SIM_WORD_H
#define PORT_SIM_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "step.h"

typedef struct {
    uint64_t value;
} word_t;

typedef struct {
    uint16_t value;
} tag_t;

#define STEP_PASTE(a, b) a##b
#define STEP_NAME(a, b) STEP_PASTE(a, b)

// The table holds pointers: structures would be padded as the compiler likes.
#define STEP_TAKE(id, what, KIND, ORDER, self, first, second)                                                          \
    __extension__({                                                                                                    \
        static struct step_site STEP_NAME(step_site_, id) = {                                                          \
            .file = __FILE__,                                                                                          \
            .function = __func__,                                                                                      \
            .name = what,                                                                                              \
            .line = __LINE__,                                                                                          \
            .bytes = sizeof(self)->value,                                                                              \
            .kind = KIND,                                                                                              \
            .order = ORDER,                                                                                            \
            .written = ORDER,                                                                                          \
        };                                                                                                             \
        static struct step_site *const STEP_NAME(step_entry_, id) __attribute__((section("step_sites"), used)) =       \
            &STEP_NAME(step_site_, id);                                                                                \
        step_take(STEP_NAME(step_entry_, id), &(self)->value, first, second);                                          \
    })

#define STEP(what, KIND, ORDER, self, first, second) STEP_TAKE(__COUNTER__, what, KIND, ORDER, self, first, second)

#define word_load_relaxed(self) STEP("load", STEP_LOAD, ORDER_RELAXED, self, 0, 0)
#define word_load_acquire(self) STEP("load", STEP_LOAD, ORDER_ACQUIRE, self, 0, 0)
#define word_load_seq(self) STEP("load", STEP_LOAD, ORDER_SEQ, self, 0, 0)
#define word_store_relaxed(self, value) ((void)STEP("store", STEP_STORE, ORDER_RELAXED, self, value, 0))
#define word_store_release(self, value) ((void)STEP("store", STEP_STORE, ORDER_RELEASE, self, value, 0))
#define word_swap_seq(self, value) STEP("swap", STEP_SWAP, ORDER_SEQ, self, value, 0)
#define word_swap_acquire(self, value) STEP("swap", STEP_SWAP, ORDER_ACQUIRE, self, value, 0)
#define word_swap_relaxed(self, value) STEP("swap", STEP_SWAP, ORDER_RELAXED, self, value, 0)
#define word_add_seq(self, value) STEP("add", STEP_ADD, ORDER_SEQ, self, value, 0)
#define word_add_acq_rel(self, value) STEP("add", STEP_ADD, ORDER_ACQ_REL, self, value, 0)
#define word_add_relaxed(self, value) STEP("add", STEP_ADD, ORDER_RELAXED, self, value, 0)
#define word_or_seq(self, bits) ((void)STEP("or", STEP_OR, ORDER_SEQ, self, bits, 0))
#define word_and_seq(self, bits) ((void)STEP("and", STEP_AND, ORDER_SEQ, self, bits, 0))
#define word_cas_once_seq(self, expected, desired) ((bool)STEP("cas", STEP_CAS, ORDER_SEQ, self, expected, desired))
#define word_or_relaxed(self, bits) ((void)STEP("or", STEP_OR, ORDER_RELAXED, self, bits, 0))
#define word_and_relaxed(self, bits) ((void)STEP("and", STEP_AND, ORDER_RELAXED, self, bits, 0))
#define word_cas_once_relaxed(self, expected, desired)                                                                 \
    ((bool)STEP("cas", STEP_CAS, ORDER_RELAXED, self, expected, desired))
#define word_cas_once_release(self, expected, desired)                                                                 \
    ((bool)STEP("cas", STEP_CAS, ORDER_RELEASE, self, expected, desired))
#define word_take_bit_seq(self, bit) ((bool)STEP("take_bit", STEP_TAKE_BIT, ORDER_SEQ, self, UINT64_C(1) << (bit), 0))
#define word_put_bit_seq(self, bit) ((bool)STEP("put_bit", STEP_PUT_BIT, ORDER_SEQ, self, UINT64_C(1) << (bit), 0))

#define tag_load_relaxed(self) ((uint16_t)STEP("load", STEP_LOAD, ORDER_RELAXED, self, 0, 0))
#define tag_store_relaxed(self, number) ((void)STEP("store", STEP_STORE, ORDER_RELAXED, self, number, 0))

// One step a tag, where the native port may store four at once: whatever is right here is right there.
#define tag_fill_relaxed(first, tags, number) tag_fill(first, tags, number)

static inline void tag_fill(tag_t *first, size_t tags, uint16_t number) {
    // bound: tags
    for (size_t i = 0; i < tags; i++)
        tag_store_relaxed(&first[i], number);
}

#endif
