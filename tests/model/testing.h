// SPDX-License-Identifier: MIT
// What the TLSF tests share: a sentence and exit code 1 on failure, a small random generator, regions, caught faults.
#ifndef MODEL_TESTING_H
#define MODEL_TESTING_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "port/port.h"

#define FAIL(...)                                                                                                      \
    do {                                                                                                               \
        fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                                                \
        fprintf(stderr, __VA_ARGS__);                                                                                  \
        fputc('\n', stderr);                                                                                           \
        exit(1);                                                                                                       \
    } while (0)

#define EXPECT(condition, ...)                                                                                         \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            FAIL(__VA_ARGS__);                                                                                         \
        }                                                                                                              \
    } while (0)

struct random {
    uint64_t state;
};

// SplitMix64: every seed is as good as any other.
static inline uint64_t random_next(struct random *self) {
    uint64_t z = self->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static inline size_t random_below(struct random *self, size_t end) {
    return (size_t)(random_next(self) % end);
}

// Between 1 and 2^log2_max - 1, each power of two as likely as the next.
static inline size_t random_log_uniform(struct random *self, size_t log2_max) {
    size_t low = (size_t)1 << random_below(self, log2_max);
    return low + random_below(self, low);
}

static inline void *region_new(size_t bytes) {
    void *region = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    EXPECT(region != NULL, "the machine has no %zu bytes for the test's region", bytes);
    return region;
}

// A whole number argument, or the default if it is absent.
static inline uint64_t argument(int argc, char **argv, int position, uint64_t otherwise) {
    if (argc <= position) {
        return otherwise;
    }
    char *end;
    uint64_t value = strtoull(argv[position], &end, 0);
    EXPECT(*argv[position] != '\0' && *end == '\0', "argument %d, '%s', is not a whole number", position,
           argv[position]);
    return value;
}

// The fault that the last call ran into. A test sets `expected` and longjmps back out of port_fault; a fault that
// nobody expected ends the program.
struct caught_fault {
    jmp_buf back;
    bool expected;
    int kind;
    const void *address;
    size_t cpu;
};
extern _Thread_local struct caught_fault caught;

#define EXPECT_FAULT(call, want_kind, want_address, want_cpu)                                                          \
    do {                                                                                                               \
        caught.expected = true;                                                                                        \
        if (setjmp(caught.back) == 0) {                                                                                \
            (void)(call);                                                                                              \
            FAIL("%s did not fault", #call);                                                                           \
        }                                                                                                              \
        caught.expected = false;                                                                                       \
        EXPECT(caught.kind == (want_kind), "%s: fault of kind %d instead of %d", #call, caught.kind, (want_kind));     \
        EXPECT(caught.address == (want_address), "%s: fault at another address", #call);                               \
        EXPECT(caught.cpu == (want_cpu), "%s: fault on cpu %zu", #call, caught.cpu);                                   \
    } while (0)

#endif
