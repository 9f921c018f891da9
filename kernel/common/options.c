// SPDX-License-Identifier: MIT
// The command line; see options.h.
#include "options.h"

#include "boot.h"
#include "print.h"

struct options options = {.mode = modes, .seed = 1};

static const struct {
    const char *key;
    uint64_t *value;
} numbers[] = {
    {"seed=", &options.seed}, {"seconds=", &options.seconds}, {"aborts=", &options.aborts}, {"upper=", &options.upper}};

// What follows `start` in `text`, NULL if text does not begin so.
static const char *after(const char *text, const char *start) {
    for (; *start != 0; text++, start++) // bound: the word
        if (*text != *start)
            return NULL;
    return text;
}

static bool read_mode(const char *name) {
    for (const struct mode *mode = modes; mode->name != NULL; mode++) { // bound: the modes
        const char *rest = after(name, mode->name);
        if (rest != NULL && *rest == 0) {
            options.mode = mode;
            return true;
        }
    }
    return false;
}

static bool read_number(const char *word) {
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) { // bound: the keys
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
    for (const struct mode *known = modes; known->name != NULL; known++) // bound: the modes
        print(" mode=%s", known->name);
    panic("the command line says '%s', which is not understood", word);
}

void options_read(const char *line) {
    char word[BOOT_LINE_BYTES]; // no line is longer
    while (*line != 0) {        // bound: the line
        size_t length = 0;
        while (*line != 0 && *line != ' ') // bound: the line
            word[length++] = *line++;
        word[length] = 0;
        if (length > 0)
            read_word(word);
        line += *line == ' ';
    }
}
