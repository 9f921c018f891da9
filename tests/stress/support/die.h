// SPDX-License-Identifier: MIT
// How a test program ends early: one sentence on stderr and a non-zero exit, from any thread or signal handler.
#ifndef STRESS_DIE_H
#define STRESS_DIE_H

// Exit 1: what the test found to be wrong.
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Exit 2: the program was called wrongly, or the machine refused something it needs.
_Noreturn void die_unusable(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
