// SPDX-License-Identifier: MIT
// What a measurement says, and how it travels from the process that measured to the one that collects: as whole
// messages over a pipe between two processes of the same program.
#ifndef BENCH_DRIVER_RESULT_H
#define BENCH_DRIVER_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct latency {
    bool known;
    double p50_ns, p99_ns, p999_ns, p9999_ns, max_ns;
};

struct result {
    char scenario[16], variant[32], allocator[16];
    size_t threads, repeat;
    bool failed; // nothing below holds
    uint64_t ops;
    double seconds;
    struct latency alloc, free;
    uint64_t region_bytes;    // 0: not bounded by one
    uint64_t requested_bytes; // 0: says nothing here
    double utilisation;       // negative: not known
    uint64_t peak_bytes;      // 0: not known
    uint64_t failed_allocs;
};

static inline double result_mops(const struct result *result) {
    return result->seconds > 0 ? (double)result->ops / result->seconds / 1e6 : 0;
}

enum message_kind {
    MESSAGE_RESULT,
    MESSAGE_NOTE,    // a remark on the measurement
    MESSAGE_SERIES,  // a point of a curve, already in words
    MESSAGE_VERSION, // the allocator's version
    MESSAGE_FAILURE, // why there is no result
    MESSAGE_END,     // the measurement came to its proper end
};

struct message {
    enum message_kind kind;
    struct result result;
    char text[256];
};

// Where a measurement reports to: a pipe, or, with a negative descriptor, the terminal in words.
struct channel {
    int descriptor;
};

void channel_send(const struct channel *channel, const struct message *message);
void channel_result(const struct channel *channel, const struct result *result);
void channel_text(const struct channel *channel, enum message_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
