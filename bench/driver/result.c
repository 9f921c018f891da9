// SPDX-License-Identifier: MIT
// Reporting a measurement: as messages on a pipe, or in words.
#include "result.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void latency_print(const char *call, const struct latency *latency) {
    if (latency->known) {
        printf("  %s ns: p50 %.0f, p99 %.0f, p99.9 %.0f, p99.99 %.0f, max %.0f\n", call, latency->p50_ns,
               latency->p99_ns, latency->p999_ns, latency->p9999_ns, latency->max_ns);
    }
}

static void message_print(const struct message *message) {
    const struct result *result = &message->result;
    if (message->kind == MESSAGE_RESULT) {
        printf("%s %s %s threads=%zu: %llu calls in %.6f s, %.3f Mops/s, %llu failed\n", result->scenario,
               result->variant, result->allocator, result->threads, (unsigned long long)result->ops, result->seconds,
               result_mops(result), (unsigned long long)result->failed_allocs);
        if (result->utilisation >= 0) {
            printf("  utilisation %.2f %%\n", 100 * result->utilisation);
        }
        latency_print("alloc", &result->alloc);
        latency_print("free", &result->free);
    } else if (message->kind == MESSAGE_FAILURE) {
        (void)fprintf(stderr, "wfbench: %s\n", message->text);
    } else if (message->kind != MESSAGE_END) {
        printf("%s\n", message->text);
    }
}

void channel_send(const struct channel *channel, const struct message *message) {
    if (channel->descriptor < 0) {
        message_print(message);
    } else if (write(channel->descriptor, message, sizeof *message) != (ssize_t)sizeof *message) {
        exit(EXIT_FAILURE); // nobody listens any more; the collector notices that the end is missing
    }
}

void channel_result(const struct channel *channel, const struct result *result) {
    struct message message = {.kind = MESSAGE_RESULT, .result = *result};
    channel_send(channel, &message);
}

void channel_text(const struct channel *channel, enum message_kind kind, const char *format, ...) {
    struct message message = {.kind = kind};
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message.text, sizeof message.text, format, arguments);
    va_end(arguments);
    channel_send(channel, &message);
}
