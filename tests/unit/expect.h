// SPDX-License-Identifier: MIT
// A check that costs nothing while it holds: Criterion's own asserts report every success to the parent process, which
// is too slow inside exhaustive loops.
#ifndef UNIT_EXPECT_H
#define UNIT_EXPECT_H

#include <criterion/criterion.h>

#define EXPECT(condition, ...)                                                                                         \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            cr_assert_fail(__VA_ARGS__);                                                                               \
        }                                                                                                              \
    } while (0)

#endif
