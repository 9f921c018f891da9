// SPDX-License-Identifier: MIT
// The command line; see modes.h.
#include "modes.h"

#include "boot.h"
#include "print.h"

static const struct mode modes[] = {
    {.name = "test", .run = test_main},
    {.name = "tasks", .run = tasks_main, .small_heap = true},
    {.name = "empty", .run = empty_main, .small_heap = true},
    {.name = "bench", .run = bench_main},
    {.name = "wcet", .run = wcet_main},
    {.name = "sweep", .run = sweep_main},
    {.name = "stress", .run = stress_main},
    {.name = "duels", .run = duels_main},
    {.name = "fail", .run = fail_main},
    {.name = "panic", .run = panic_main},
    {.name = "hang", .run = hang_main},
    {.name = "hang-masked", .run = hang_masked_main},
    {.name = "overflow-stack", .run = overflow_stack_main},
    {.name = "run-data", .run = run_data_main},
    {.name = "write-text", .run = write_text_main},
};

struct options options = {.mode = modes, .seed = 1};

static const struct {
    const char *key;
    uint64_t *value;
} numbers[] = {
    {"seed=", &options.seed}, {"seconds=", &options.seconds}, {"aborts=", &options.aborts}, {"upper=", &options.upper}};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

// What follows `start` in `text`, NULL if text does not begin so.
static const char *after(const char *text, const char *start) {
    for (; *start != 0; text++, start++) // bound: the word
        if (*text != *start)
            return NULL;
    return text;
}

static bool read_mode(const char *name) {
    for (size_t i = 0; i < COUNT(modes); i++) { // bound: the modes
        const char *rest = after(name, modes[i].name);
        if (rest != NULL && *rest == 0) {
            options.mode = &modes[i];
            return true;
        }
    }
    return false;
}

static bool read_number(const char *word) {
    for (size_t i = 0; i < COUNT(numbers); i++) { // bound: the keys
        const char *digits = after(word, numbers[i].key);
        if (digits == NULL)
            continue;
        uint64_t value = 0;
        for (const char *at = digits; *at != 0; at++) { // bound: the word
            unsigned digit = (unsigned)(*at - '0');
            if (digit > 9 || value > (UINT64_MAX - digit) / 10)
                return false;
            value = value * 10 + digit;
        }
        *numbers[i].value = value;
        return *digits != 0;
    }
    return false;
}

static void read_word(const char *word) {
    const char *mode = after(word, "mode=");
    if (mode != NULL ? read_mode(mode) : read_number(word))
        return;
    print("known are seed=N seconds=N aborts=N upper=N and");
    for (size_t i = 0; i < COUNT(modes); i++) // bound: the modes
        print(" mode=%s", modes[i].name);
    panic("the command line says '%s', which is not understood", word);
}

void options_read(const char *line) {
    char word[BOOT_LINE_BYTES];
    size_t length = 0;
    for (const char *at = line;; at++) { // bound: the line
        if (*at != ' ' && *at != 0 && length < sizeof word - 1) {
            word[length++] = *at;
            continue;
        }
        word[length] = 0;
        if (length > 0)
            read_word(word);
        length = 0;
        if (*at == 0)
            return;
    }
}
