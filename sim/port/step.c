// SPDX-License-Identifier: MIT
// What a step does, and the table of all places that take one.
#include "step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern struct step_site *const __start_step_sites[]; // made by the linker for the section
extern struct step_site *const __stop_step_sites[];

uint64_t (*step_handler)(const struct step *step);

static uint64_t step_hand_over(const struct step *step) {
    return step_handler != NULL ? step_handler(step) : step_perform(step);
}

uint64_t step_take(const struct step_site *site, const volatile void *at, uint64_t a, uint64_t b) {
    struct step step = {.site = site, .at = (void *)(uintptr_t)at, .a = a, .b = b};
    if (site->halves == NULL)
        return step_hand_over(&step);
    struct step load = {.site = &site->halves[0], .at = step.at};
    struct step_effect effect = step_effect_on(&step, step_hand_over(&load));
    struct step store = {.site = &site->halves[1], .at = step.at, .a = effect.value};
    if (effect.writes)
        (void)step_hand_over(&store);
    return effect.result;
}

uint64_t step_word_load(const struct step_site *site, const void *at) {
    return site->bytes == 8 ? *(const uint64_t *)at : *(const uint16_t *)at;
}

void step_word_store(const struct step_site *site, void *at, uint64_t value) {
    if (site->bytes == 8)
        *(uint64_t *)at = value;
    else
        *(uint16_t *)at = (uint16_t)value;
}

static struct step_effect step_effect_right(const struct step *step, uint64_t old) {
    const uint64_t a = step->a;
    switch ((enum step_kind)step->site->kind) {
    case STEP_LOAD:
        return (struct step_effect){old, old, false};
    case STEP_STORE:
        return (struct step_effect){a, 0, true};
    case STEP_SWAP:
        return (struct step_effect){a, old, true};
    case STEP_ADD:
        return (struct step_effect){old + a, old, true};
    case STEP_OR:
        return (struct step_effect){old | a, 0, true};
    case STEP_AND:
        return (struct step_effect){old & a, 0, true};
    case STEP_TAKE_BIT:
        return (struct step_effect){old & ~a, (old & a) != 0, true};
    case STEP_PUT_BIT:
        return (struct step_effect){old | a, (old & a) != 0, true};
    case STEP_CAS:
        return old == a ? (struct step_effect){step->b, true, true} : (struct step_effect){old, false, false};
    }
    abort();
}

struct step_effect step_effect_on(const struct step *step, uint64_t old) {
    struct step_effect effect = step_effect_right(step, old);
    switch ((enum step_defect)step->site->defect) {
    case DEFECT_SKIP:
        return (struct step_effect){old, effect.result, false};
    case DEFECT_FAIL:
        return (struct step_effect){old, false, false};
    case DEFECT_ZERO:
        effect.result = 0;
        break;
    case DEFECT_ONES:
        effect.result = ~UINT64_C(0);
        break;
    default:
        break;
    }
    return effect;
}

uint64_t step_perform(const struct step *step) {
    struct step_effect effect = step_effect_on(step, step_word_load(step->site, step->at));
    if (effect.writes)
        step_word_store(step->site, step->at, effect.value);
    return effect.result;
}

size_t step_sites(struct step_site *const **sites) {
    *sites = __start_step_sites;
    return (size_t)(__stop_step_sites - __start_step_sites);
}

static const char *const order_names[] = {"relaxed", "acquire", "release", "acq_rel", "seq"};
static const char *const defect_names[] = {"none", "skip", "split", "fail", "zero", "ones"};

const char *step_order_name(unsigned order) {
    return order_names[order];
}

// The position of a name, or `count`.
static unsigned name_find(const char *const *names, unsigned count, const char *name) {
    unsigned i = 0;
    // bound: count
    while (i < count && strcmp(names[i], name) != 0)
        i++;
    return i;
}

static bool site_matches(const struct step_site *site, const char *file, unsigned line, const char *name) {
    size_t have = strlen(site->file), want = strlen(file);
    bool ends = want <= have && strcmp(site->file + have - want, file) == 0 &&
                (want == have || site->file[have - want - 1] == '/');
    return ends && site->line == line && (name[0] == '\0' || strcmp(site->name, name) == 0);
}

static void site_split(struct step_site *site) {
    struct step_site *halves = calloc(2, sizeof *halves);
    if (halves == NULL)
        abort();
    halves[0] = halves[1] = *site;
    halves[0].kind = STEP_LOAD;
    halves[1].kind = STEP_STORE;
    halves[0].name = "load (a half)";
    halves[1].name = "store (a half)";
    site->halves = halves;
}

static void site_weaken(struct step_site *site, unsigned order, unsigned defect) {
    if (order < 5)
        site->order = (uint8_t)order;
    else if (defect == DEFECT_SPLIT)
        site_split(site);
    else
        site->defect = (uint8_t)defect;
}

const char *step_weaken(const char *text) {
    char file[128], name[16] = "", what[16];
    unsigned line;
    if (sscanf(text, "%127[^:]:%u:%15[^=]=%15s", file, &line, name, what) != 4) {
        name[0] = '\0';
        if (sscanf(text, "%127[^:]:%u=%15s", file, &line, what) != 3)
            return "a weakened place looks like core/span/span.c:48=relaxed";
    }
    unsigned order = name_find(order_names, 5, what), defect = name_find(defect_names, 6, what);
    if (order == 5 && defect == 6)
        return "what is weak is one of relaxed acquire release acq_rel seq none skip split fail zero ones";
    bool any = false;
    // bound: sites
    for (struct step_site *const *at = __start_step_sites; at < __stop_step_sites; at++) {
        if (!site_matches(*at, file, line, name))
            continue;
        site_weaken(*at, order, defect);
        any = true;
    }
    return any ? NULL : "there is no operation on that line";
}
