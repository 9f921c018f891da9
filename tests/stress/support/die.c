// SPDX-License-Identifier: MIT
// Early ends of test programs. No stdio buffers are used, so that signal handlers and racing threads may call these.
#include "die.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static _Noreturn void say_and_exit(int code, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static _Noreturn void say_and_exit(int code, const char *format, va_list arguments) {
    char line[512];
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    if (length < 0) {
        length = 0;
    }
    size_t bytes = (size_t)length < sizeof line - 1 ? (size_t)length : sizeof line - 2;
    line[bytes++] = '\n';
    if (write(STDERR_FILENO, line, bytes) < 0) {
        code = 3;
    }
    _exit(code);
}

void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say_and_exit(1, format, arguments);
}

void die_unusable(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say_and_exit(2, format, arguments);
}
