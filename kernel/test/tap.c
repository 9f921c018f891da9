// SPDX-License-Identifier: MIT
// Results of tests; see tap.h.
#include "tap.h"

#include "print.h"
#include "watchdog.h"

#include <stdarg.h>
#include <stddef.h>

enum { COMPLAINTS_MAX = 8 };

static size_t tests, failed;
static size_t complaints; // of the test that runs

void tap_begin(void) {
    tests = failed = 0;
    print("TAP version 13\n");
}

bool tap_expect(bool holds, const char *format, ...) {
    if (holds)
        return true;
    // relaxed: read when all CPUs are done
    if (__atomic_fetch_add(&complaints, 1, __ATOMIC_RELAXED) < COMPLAINTS_MAX) {
        va_list list;
        va_start(list, format);
        print_between("# ", format, list, "\n");
        va_end(list);
    }
    return false;
}

void tap_test(const char *name, void (*run)(void)) {
    complaints = 0;
    watchdog_expect(name, WATCHDOG_SECONDS);
    run();
    tests++;
    failed += complaints != 0;
    print("%sok %zu - %s\n", complaints != 0 ? "not " : "", tests, name);
}

bool tap_end(void) {
    print("1..%zu\n", tests);
    return tests > 0 && failed == 0;
}
