// SPDX-License-Identifier: MIT
// Results of tests in the Test Anything Protocol, version 13.
#ifndef KERNEL_TEST_TAP_H
#define KERNEL_TEST_TAP_H

#include <stdbool.h>

void tap_begin(void);

// Runs a test on the boot CPU and prints its line. The watchdog ends a test that takes too long.
void tap_test(const char *name, void (*run)(void));

// Within a test, on any CPU: answers `holds`; if it does not hold, the test fails and the text tells why.
__attribute__((format(printf, 2, 3))) bool tap_expect(bool holds, const char *format, ...);

// Prints the plan; answers whether there were tests and all of them passed.
bool tap_end(void);

#endif
