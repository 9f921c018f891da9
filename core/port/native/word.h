// SPDX-License-Identifier: MIT
// The native port's words: every shared-memory step of the core is one of these operations, each one instruction on
// x86-64 and on AArch64 with LSE, so that wait-freedom holds in machine code. The order stands in the name:
// relaxed; acquire and release; seq, sequentially consistent (Dekker-like pairs need it, see docs/invariants.md).
//
// x86-64: an atomic or/and whose old value is used becomes a compare-exchange loop, hence none is offered: adding
// publishes clear bits and tells the old word (xadd), single bits go through bts and btr, which are written in assembly
// because compilers emit them only for some idioms. Under ThreadSanitizer they are builtins, so that it sees them.
// AArch64 without LSE: each operation is an LL/SC loop, wait-free only as far as the CPU's exclusives are.
#ifndef PORT_NATIVE_WORD_H
#define PORT_NATIVE_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t value;
} word_t;

// A small number that is read and written whole and never computed with. Relaxed always: what orders it is some word.
typedef struct {
    uint16_t value;
} tag_t;

static inline uint16_t tag_load_relaxed(const tag_t *self) {
    return __atomic_load_n(&self->value, __ATOMIC_RELAXED);
}

static inline void tag_store_relaxed(tag_t *self, uint16_t value) {
    __atomic_store_n(&self->value, value, __ATOMIC_RELAXED);
}

// Stores a value into several tags, each whole. Four lie in one store where they begin at a multiple of four.
static inline void tag_fill_relaxed(tag_t *first, size_t tags, uint16_t value) {
    typedef uint64_t four_tags __attribute__((may_alias));
    uint64_t values = value * UINT64_C(0x0001000100010001);
    size_t i = 0;
    size_t packed = (uintptr_t)first % sizeof(four_tags) == 0 ? tags & ~(size_t)3 : 0;
    // bound: tags / 16
    for (; i + 16 <= packed; i += 16) {
        four_tags *four = (four_tags *)(void *)&first[i];
        __atomic_store_n(&four[0], values, __ATOMIC_RELAXED);
        __atomic_store_n(&four[1], values, __ATOMIC_RELAXED);
        __atomic_store_n(&four[2], values, __ATOMIC_RELAXED);
        __atomic_store_n(&four[3], values, __ATOMIC_RELAXED);
    }
    // bound: 3
    for (; i < packed; i += 4)
        __atomic_store_n((four_tags *)(void *)&first[i], values, __ATOMIC_RELAXED);
    // bound: tags
    for (; i < tags; i++)
        __atomic_store_n(&first[i].value, value, __ATOMIC_RELAXED);
}

static inline uint64_t word_load_relaxed(const word_t *self) {
    return __atomic_load_n(&self->value, __ATOMIC_RELAXED);
}

static inline uint64_t word_load_acquire(const word_t *self) {
    return __atomic_load_n(&self->value, __ATOMIC_ACQUIRE);
}

static inline uint64_t word_load_seq(const word_t *self) {
    return __atomic_load_n(&self->value, __ATOMIC_SEQ_CST);
}

static inline void word_store_relaxed(word_t *self, uint64_t value) {
    __atomic_store_n(&self->value, value, __ATOMIC_RELAXED);
}

static inline void word_store_release(word_t *self, uint64_t value) {
    __atomic_store_n(&self->value, value, __ATOMIC_RELEASE);
}

// Answers the old value.
static inline uint64_t word_swap_seq(word_t *self, uint64_t value) {
    return __atomic_exchange_n(&self->value, value, __ATOMIC_SEQ_CST);
}

static inline uint64_t word_swap_acquire(word_t *self, uint64_t value) {
    return __atomic_exchange_n(&self->value, value, __ATOMIC_ACQUIRE);
}

static inline uint64_t word_swap_relaxed(word_t *self, uint64_t value) {
    return __atomic_exchange_n(&self->value, value, __ATOMIC_RELAXED);
}

// Answers the old value.
static inline uint64_t word_add_seq(word_t *self, uint64_t value) {
    return __atomic_fetch_add(&self->value, value, __ATOMIC_SEQ_CST);
}

static inline uint64_t word_add_acq_rel(word_t *self, uint64_t value) {
    return __atomic_fetch_add(&self->value, value, __ATOMIC_ACQ_REL);
}

static inline uint64_t word_add_relaxed(word_t *self, uint64_t value) {
    return __atomic_fetch_add(&self->value, value, __ATOMIC_RELAXED);
}

static inline void word_or_seq(word_t *self, uint64_t bits) {
    (void)__atomic_fetch_or(&self->value, bits, __ATOMIC_SEQ_CST);
}

static inline void word_or_relaxed(word_t *self, uint64_t bits) {
    (void)__atomic_fetch_or(&self->value, bits, __ATOMIC_RELAXED);
}

static inline void word_and_relaxed(word_t *self, uint64_t bits) {
    (void)__atomic_fetch_and(&self->value, bits, __ATOMIC_RELAXED);
}

static inline void word_and_seq(word_t *self, uint64_t bits) {
    (void)__atomic_fetch_and(&self->value, bits, __ATOMIC_SEQ_CST);
}

// One attempt: true if the word was `expected` and is now `desired`. Never put it into a loop that waits for success.
static inline bool word_cas_once_seq(word_t *self, uint64_t expected, uint64_t desired) {
    return __atomic_compare_exchange_n(&self->value, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

// The same; one that fails orders nothing.
static inline bool word_cas_once_relaxed(word_t *self, uint64_t expected, uint64_t desired) {
    return __atomic_compare_exchange_n(&self->value, &expected, desired, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static inline bool word_cas_once_release(word_t *self, uint64_t expected, uint64_t desired) {
    return __atomic_compare_exchange_n(&self->value, &expected, desired, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(WORD_BUILTIN_BITS)

// Clears a bit (0 to 63) and answers whether it was set.
static inline bool word_take_bit_seq(word_t *self, unsigned bit) {
    bool was;
    __asm__ volatile("lock btrq %2, %0" : "+m"(self->value), "=@ccc"(was) : "Jr"((uint64_t)bit) : "memory");
    return was;
}

// Sets a bit (0 to 63) and answers whether it was set.
static inline bool word_put_bit_seq(word_t *self, unsigned bit) {
    bool was;
    __asm__ volatile("lock btsq %2, %0" : "+m"(self->value), "=@ccc"(was) : "Jr"((uint64_t)bit) : "memory");
    return was;
}

#else

static inline bool word_take_bit_seq(word_t *self, unsigned bit) {
    return __atomic_fetch_and(&self->value, ~(UINT64_C(1) << bit), __ATOMIC_SEQ_CST) >> bit & 1;
}

static inline bool word_put_bit_seq(word_t *self, unsigned bit) {
    return __atomic_fetch_or(&self->value, UINT64_C(1) << bit, __ATOMIC_SEQ_CST) >> bit & 1;
}

#endif

#endif
