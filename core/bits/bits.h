// SPDX-License-Identifier: MIT
// Pure functions on 64-bit words whose set bits are free things. No memory, no threads: tested exhaustively.
// All take a bounded number of instructions; none calls a library (population count would, on a plain x86-64).
#ifndef BITS_BITS_H
#define BITS_BITS_H

#include <stdbool.h>
#include <stdint.h>

#define BITS_WORD 64u
#define BITS_ALL (~UINT64_C(0))
#define BITS_ORDER_NONE 7u // of bits_order: no bit is set

static inline uint64_t bits_one(unsigned bit) {
    return UINT64_C(1) << bit;
}

// The n lowest bits, 0 <= n <= 64.
static inline uint64_t bits_low(unsigned n) {
    return n == 0 ? 0 : BITS_ALL >> (BITS_WORD - n);
}

// n bits from `first` on; first + n <= 64.
static inline uint64_t bits_range(unsigned first, unsigned n) {
    return bits_low(n) << (first & 63);
}

// Index of the lowest set bit; x is not 0.
static inline unsigned bits_lowest(uint64_t x) {
    return (unsigned)__builtin_ctzll(x);
}

static inline unsigned bits_highest(uint64_t x) {
    return 63u - (unsigned)__builtin_clzll(x);
}

static inline unsigned bits_count(uint64_t x) {
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (unsigned)(x * UINT64_C(0x0101010101010101) >> 56);
}

// How many set bits the word begins with, from bit 0 up, and how many it ends with, from bit 63 down.
static inline unsigned bits_prefix(uint64_t x) {
    return x == BITS_ALL ? BITS_WORD : bits_lowest(~x);
}

static inline unsigned bits_suffix(uint64_t x) {
    return x == BITS_ALL ? BITS_WORD : 63u - bits_highest(~x);
}

// Smallest k with 2^k >= n; n >= 1.
static inline unsigned bits_log2_up(uint64_t n) {
    return n <= 1 ? 0 : bits_highest(n - 1) + 1;
}

// The positions at which n consecutive set bits begin, 1 <= n <= 64.
static inline uint64_t bits_runs(uint64_t x, unsigned n) {
    unsigned have = 1;
    // bound: 6, have doubles
    while (have * 2 <= n) {
        x &= x >> have;
        have *= 2;
    }
    return n == have ? x : x & x >> (n - have);
}

// The bits whose index is a multiple of 2^order; order <= 6.
static inline uint64_t bits_multiples(unsigned order) {
    static const uint64_t multiples[7] = {
        BITS_ALL,
        UINT64_C(0x5555555555555555),
        UINT64_C(0x1111111111111111),
        UINT64_C(0x0101010101010101),
        UINT64_C(0x0001000100010001),
        UINT64_C(0x0000000100000001),
        UINT64_C(1),
    };
    return multiples[order];
}

// The positions, multiples of 2^order, at which 2^order consecutive set bits begin; order <= 6. Unrolled, as
// bits_order.
static inline uint64_t bits_aligned_runs(uint64_t x, unsigned order) {
    if (x == BITS_ALL)
        return bits_multiples(order);
    if (order == 0)
        return x;
    if (order == 6)
        return 0;
    x &= x >> 1 & bits_multiples(1);
    if (order == 1)
        return x;
    x &= x >> 2 & bits_multiples(2);
    if (order == 2)
        return x;
    x &= x >> 4 & bits_multiples(3);
    if (order == 3)
        return x;
    x &= x >> 8 & bits_multiples(4);
    if (order == 4)
        return x;
    return x & x >> 16 & bits_multiples(5);
}

// The largest order of an aligned run in x, BITS_ORDER_NONE if x is 0. Unrolled: it is called for every page given or
// taken.
static inline unsigned bits_order(uint64_t x) {
    if (x == BITS_ALL)
        return 6;
    if (x == 0)
        return BITS_ORDER_NONE;
    if ((x &= x >> 1 & UINT64_C(0x5555555555555555)) == 0)
        return 0;
    if ((x &= x >> 2 & UINT64_C(0x1111111111111111)) == 0)
        return 1;
    if ((x &= x >> 4 & UINT64_C(0x0101010101010101)) == 0)
        return 2;
    if ((x &= x >> 8 & UINT64_C(0x0001000100010001)) == 0)
        return 3;
    return (x & x >> 16 & UINT64_C(0x0000000100000001)) == 0 ? 4 : 5;
}

#endif
