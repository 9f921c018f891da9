// SPDX-License-Identifier: MIT
// A measurement in a process of its own.
#include "child.h"

#include "clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_ARGUMENTS_MAX = 64 };

#define CHILD_TUNABLE "glibc.rtld.optional_static_tls"

_Static_assert(sizeof(struct message) <= PIPE_BUF, "messages must travel whole");

bool child_tunables_present(void) {
    const char *tunables = getenv("GLIBC_TUNABLES");
    return tunables != NULL && strstr(tunables, CHILD_TUNABLE) != NULL;
}

void child_tunables_set(void) {
    char text[512];
    const char *others = getenv("GLIBC_TUNABLES");
    (void)snprintf(text, sizeof text, "%s%s" CHILD_TUNABLE "=32768", others == NULL ? "" : others,
                   others == NULL ? "" : ":");
    (void)setenv("GLIBC_TUNABLES", text, 1);
}

static void *grow(void *array, size_t count, size_t element_bytes) {
    void *grown = realloc(array, (count + 1) * element_bytes);
    if (grown == NULL) {
        (void)fprintf(stderr, "wfbench: out of memory\n");
        exit(EXIT_FAILURE);
    }
    return grown;
}

static void keep_text(char (**texts)[256], size_t *count, const char *text) {
    *texts = grow(*texts, *count, sizeof **texts);
    (void)snprintf((*texts)[(*count)++], sizeof **texts, "%s", text);
}

// True if this was the end.
static bool harvest_take(struct harvest *harvest, const struct message *message) {
    switch (message->kind) {
    case MESSAGE_RESULT:
        harvest->results = grow(harvest->results, harvest->result_count, sizeof *harvest->results);
        harvest->results[harvest->result_count++] = message->result;
        return false;
    case MESSAGE_NOTE:
        keep_text(&harvest->notes, &harvest->note_count, message->text);
        return false;
    case MESSAGE_SERIES:
        keep_text(&harvest->series, &harvest->series_count, message->text);
        return false;
    case MESSAGE_VERSION:
        memcpy(harvest->version, message->text, sizeof harvest->version);
        return false;
    case MESSAGE_FAILURE:
        memcpy(harvest->failure, message->text, sizeof harvest->failure);
        return false;
    case MESSAGE_END:
        return true;
    }
    return false;
}

void harvest_release(struct harvest *harvest) {
    free(harvest->results);
    free(harvest->notes);
    free(harvest->series);
}

static _Noreturn void become(const char *const *arguments, int descriptor) {
    char *argv[CHILD_ARGUMENTS_MAX];
    char number[16];
    size_t count = 0;
    for (; arguments[count] != NULL && count + 3 < CHILD_ARGUMENTS_MAX; count++) {
        argv[count] = (char *)(uintptr_t)arguments[count]; // execv promises not to write
    }
    (void)snprintf(number, sizeof number, "%d", descriptor);
    char option[] = "--pipe";
    argv[count++] = option;
    argv[count++] = number;
    argv[count] = NULL;
    if (!child_tunables_present()) {
        child_tunables_set();
    }
    (void)execv("/proc/self/exe", argv);
    perror("wfbench: a process for the measurement could not be started");
    _exit(EXIT_FAILURE);
}

// Reads messages until the end, the pipe's end or the deadline. True if the end came.
static bool listen_to(int descriptor, uint64_t deadline_ns, struct harvest *harvest, bool *late) {
    for (;;) {
        uint64_t now = clock_now_ns();
        struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
        int left_ms = now < deadline_ns ? (int)((deadline_ns - now) / 1000000u) + 1 : 0;
        int ready = poll(&waiting, 1, left_ms);
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (ready <= 0) {
            *late = true;
            return false;
        }
        struct message message;
        ssize_t length = read(descriptor, &message, sizeof message);
        if (length != (ssize_t)sizeof message) {
            return false;
        }
        if (harvest_take(harvest, &message)) {
            return true;
        }
    }
}

static void explain(struct harvest *harvest, int status, bool late, double timeout_seconds) {
    if (late) {
        (void)snprintf(harvest->failure, sizeof harvest->failure, "no end after %.0f s", timeout_seconds);
    } else if (WIFSIGNALED(status)) {
        (void)snprintf(harvest->failure, sizeof harvest->failure, "ended by signal %d (%s)", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    } else if (harvest->failure[0] == '\0') {
        (void)snprintf(harvest->failure, sizeof harvest->failure, "ended early with exit code %d", WEXITSTATUS(status));
    }
}

void child_run(const char *const *arguments, double timeout_seconds, struct harvest *harvest) {
    int ends[2];
    *harvest = (struct harvest){0};
    if (pipe(ends) != 0) {
        (void)snprintf(harvest->failure, sizeof harvest->failure, "no pipe: %s", strerror(errno));
        return;
    }
    (void)fflush(NULL);
    pid_t process = fork();
    if (process == 0) {
        (void)close(ends[0]);
        become(arguments, ends[1]);
    }
    (void)close(ends[1]);
    bool late = false;
    bool ended = false;
    if (process > 0) {
        uint64_t deadline_ns = clock_now_ns() + (uint64_t)(timeout_seconds * 1e9);
        ended = listen_to(ends[0], deadline_ns, harvest, &late);
        if (late) {
            (void)kill(process, SIGKILL);
        }
        int status = 0;
        (void)waitpid(process, &status, 0);
        if (!ended || !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS) {
            explain(harvest, status, late, timeout_seconds);
        }
    } else {
        (void)snprintf(harvest->failure, sizeof harvest->failure, "no process: %s", strerror(errno));
    }
    (void)close(ends[0]);
}
