// SPDX-License-Identifier: MIT
// The four functions that the compiler and the core call for runs of bytes; eight at a time.
#include <stddef.h>
#include <stdint.h>

typedef uint64_t __attribute__((may_alias, aligned(1))) any_word;

enum { STEP = sizeof(any_word) };

// Freestanding programs declare them by themselves.
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *left, const void *right, size_t bytes);

static inline void copy_upward(unsigned char *out, const unsigned char *in, size_t bytes) {
    for (; bytes >= STEP; bytes -= STEP, out += STEP, in += STEP) // bound: bytes / 8
        *(any_word *)out = *(const any_word *)in;
    while (bytes-- > 0) // bound: 7
        *out++ = *in++;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
    copy_upward(to, from, bytes);
    return to;
}

void *memmove(void *to, const void *from, size_t bytes) {
    unsigned char *out = to;
    const unsigned char *in = from;
    if ((uintptr_t)out - (uintptr_t)in >= bytes) {
        copy_upward(out, in, bytes);
        return to;
    }
    while (bytes % STEP != 0) { // bound: 7
        bytes--;
        out[bytes] = in[bytes];
    }
    while (bytes > 0) { // bound: bytes / 8
        bytes -= STEP;
        *(any_word *)(out + bytes) = *(const any_word *)(in + bytes);
    }
    return to;
}

void *memset(void *to, int value, size_t bytes) {
    unsigned char *out = to;
    uint64_t word = (unsigned char)value * UINT64_C(0x0101010101010101);
    for (; bytes >= STEP; bytes -= STEP, out += STEP) // bound: bytes / 8
        *(any_word *)out = word;
    while (bytes-- > 0) // bound: 7
        *out++ = (unsigned char)value;
    return to;
}

int memcmp(const void *left, const void *right, size_t bytes) {
    const unsigned char *a = left, *b = right;
    for (size_t i = 0; i < bytes; i++) // bound: bytes
        if (a[i] != b[i])
            return a[i] - b[i];
    return 0;
}
