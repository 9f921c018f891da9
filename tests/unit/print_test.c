// SPDX-License-Identifier: MIT
// The kernel's print, on the host: what it makes of every directive that it knows is what printf makes of it.
#include "print.h"

#include "arch.h"
#include "cpus.h"
#include "expect.h"

#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

TestSuite(print, .timeout = 60);

static char said[1024];
static size_t length;
static jmp_buf end;
static bool ended_well, others_were_told;

void console_put(char c) {
    EXPECT(length < sizeof said - 1, "print does not end");
    said[length++] = c;
    said[length] = 0;
}

void cpus_interrupt_others(void) {
    others_were_told = true;
}

_Noreturn void machine_exit(bool success) {
    ended_well = success;
    longjmp(end, 1);
}

#define EXPECT_AS_PRINTF(...)                                                                                          \
    do {                                                                                                               \
        char wanted[sizeof said];                                                                                      \
        snprintf(wanted, sizeof wanted, __VA_ARGS__);                                                                  \
        length = 0;                                                                                                    \
        print(__VA_ARGS__);                                                                                            \
        EXPECT(strcmp(said, wanted) == 0, "'%s' is printed where '%s' is meant", said, wanted);                        \
    } while (0)

Test(print, texts) {
    EXPECT_AS_PRINTF("nothing but text, 100 %%\n");
    EXPECT_AS_PRINTF("<%s> <%8s> <%-8s> <%3s> <%-3s>", "text", "text", "text", "longer", "longer");
    EXPECT_AS_PRINTF("<%s> <%4s> <%-4s> %s%s", "", "", "", "a", "b");
}

Test(print, numbers) {
    static const long values[] = {0, 1, 9, 10, 42, 4095, 65536, INT_MAX, LONG_MAX, LONG_MIN, INT_MIN, -1, -10, -42};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        long value = values[i];
        int half = (int)value;
        EXPECT_AS_PRINTF("%d %u %x", half, (unsigned)half, (unsigned)half);
        EXPECT_AS_PRINTF("%ld %lu %lx %lld %zu", value, (unsigned long)value, (unsigned long)value, (long long)value,
                         (size_t)value);
        EXPECT_AS_PRINTF("<%1d> <%6d> <%-6d> <%06d> <%1lx> <%20lx> <%-20lx>", half, half, half, half,
                         (unsigned long)value, (unsigned long)value, (unsigned long)value);
        EXPECT_AS_PRINTF("<%016lx> <%08u> <%02d> <%023ld> <%22ld>", (unsigned long)value, (unsigned)half, half, value,
                         value);
        if (value != 0) // which printf calls nil
            EXPECT_AS_PRINTF("<%p>", (void *)value);
    }
}

static void print_all(const char *before, const char *after, const char *format, ...) {
    va_list list;
    va_start(list, format);
    print_between(before, format, list, after);
    va_end(list);
}

Test(print, between) {
    print_all("# ", "\n", "%d of %s", 3, "them");
    EXPECT(strcmp(said, "# 3 of them\n") == 0, "'%s' is printed", said);
}

Test(print, panic_ends_the_machine) {
    print("a line that is cut off");
    if (setjmp(end) == 0)
        panic("%d of %s", 3, "them");
    EXPECT(!ended_well && others_were_told, "a panic is no failure, or other CPUs go on");
    EXPECT(strcmp(said, "a line that is cut off\npanic: 3 of them\nFAIL: a panic\n") == 0, "'%s' is printed", said);
    length = 0;
    if (setjmp(end) == 0)
        panic("again");
    EXPECT(strstr(said, "a failure while another one was reported") != NULL, "'%s' is printed", said);
}
