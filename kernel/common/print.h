// SPDX-License-Identifier: MIT
// Text on the console, and the end of everything.
#ifndef KERNEL_COMMON_PRINT_H
#define KERNEL_COMMON_PRINT_H

#include <stdarg.h>

// %s %d %u %x %p and %%, with l, ll or z before d, u and x, a width, and `0` or `-` before the width. The text of
// one call comes out in one piece, whatever other CPUs print. From any state, handlers included.
__attribute__((format(printf, 1, 2))) void print(const char *format, ...);
__attribute__((format(printf, 2, 0))) void print_between(const char *before, const char *format, va_list list,
                                                         const char *after);

// From here on this CPU alone prints, whoever held the console, and others that try are parked. It does not return if
// another CPU was first, or if this one fails for the second time.
void panic_begin(void);

// Prints why, stops the other CPUs as far as they listen, and ends the machine as failed. From any state.
__attribute__((format(printf, 1, 2))) _Noreturn void panic(const char *format, ...);

// Parks this CPU for good if another one has failed.
void panic_look(void);

#endif
