// SPDX-License-Identifier: MIT
// The cost table by name.
#include "cost.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct cost cost_defaults = {
    .ghz = 2.9,
    .ipc = 4.5,
    .socket = 32,
    .locked = 18,
    .near = 148,
    .far = 313,
    .shared = 65,
    .memory = 300,
    .shared_gap = 20,
    .pause = 100,
};

#define COST(field)                                                                                                    \
    { #field, offsetof(struct cost, field) }
static const struct {
    const char *name;
    size_t offset;
} costs[] = {COST(ghz), COST(ipc),    COST(socket),     COST(locked), COST(near),
             COST(far), COST(shared), COST(shared_gap), COST(memory), COST(pause)};
#define COSTS (sizeof costs / sizeof costs[0])

static double *cost_field(struct cost *self, size_t i) {
    return (double *)(void *)((char *)self + costs[i].offset);
}

static const char *cost_change_one(struct cost *self, const char *name, size_t length, const char *text, char **end) {
    // bound: COSTS
    for (size_t i = 0; i < COSTS; i++) {
        if (strlen(costs[i].name) != length || memcmp(costs[i].name, name, length) != 0)
            continue;
        double value = strtod(text, end);
        if (*end == text || !(value > 0 && value < 1e9))
            return "a cost is a number above 0";
        *cost_field(self, i) = value;
        return NULL;
    }
    return "there is no such cost; see cost.h";
}

const char *cost_change(struct cost *self, const char *text) {
    // bound: the text
    while (*text != '\0') {
        const char *equals = strchr(text, '=');
        if (equals == NULL)
            return "costs are given as NAME=NUMBER[,NAME=NUMBER...]";
        char *end = NULL;
        const char *complaint = cost_change_one(self, text, (size_t)(equals - text), equals + 1, &end);
        if (complaint != NULL)
            return complaint;
        if (*end != '\0' && *end != ',')
            return "a comma or nothing follows a cost";
        text = *end == ',' ? end + 1 : end;
    }
    return NULL;
}

const char *cost_text(const struct cost *self) {
    static char text[512];
    size_t length = 0;
    struct cost copy = *self;
    // bound: COSTS
    for (size_t i = 0; i < COSTS; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s=%g", i == 0 ? "" : ",", costs[i].name,
                                   *cost_field(&copy, i));
    return text;
}
