// SPDX-License-Identifier: MIT
// Parsing of name=number arguments against a table of names, defaults and ranges.
#include "args.h"

#include "die.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct arg *args_find(struct arg *args, size_t count, const char *text, size_t length) {
    for (size_t i = 0; i < count; i++) {
        if (strlen(args[i].name) == length && strncmp(args[i].name, text, length) == 0) {
            return &args[i];
        }
    }
    return NULL;
}

static void arg_set(struct arg *self, const char *digits) {
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(digits, &end, 10);
    if (!isdigit((unsigned char)digits[0]) || *end != '\0' || errno != 0) {
        die_unusable("%s: '%s' is not a number", self->name, digits);
    }
    if (value < self->min || value > self->max) {
        die_unusable("%s: %llu is not between %" PRIu64 " and %" PRIu64, self->name, value, self->min, self->max);
    }
    self->value = value;
}

void args_parse(struct arg *args, size_t count, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        struct arg *arg = equals == NULL ? NULL : args_find(args, count, argv[i], (size_t)(equals - argv[i]));
        if (arg == NULL) {
            die_unusable("%s: unknown argument '%s'; the first known one is %s=%" PRIu64, argv[0], argv[i],
                         args[0].name, args[0].value);
        }
        arg_set(arg, equals + 1);
    }
}

uint64_t args_get(const struct arg *args, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(args[i].name, name) == 0) {
            return args[i].value;
        }
    }
    die_unusable("args: the program asks for '%s', which its table lacks", name);
}
