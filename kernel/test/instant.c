// SPDX-License-Identifier: MIT
// Interrupts at chosen instructions; see instant.h.
#include "instant.h"

#include "arch.h"
#include "print.h"
#include "tap.h"
#include "tick.h"

enum { STRIKES = 2, TICKS_FIRST = 3, TICKS_MOST = 16384, BEYOND = 16, PATIENCE = 100000000, STEADY_MOST = 16 };

static struct {
    const struct instant *it;
    uint32_t ticks[STRIKES];    // to which the timer is set for each interrupt
    uint32_t since;             // instructions when it was set
    volatile unsigned struck;   // interrupts so far
    volatile bool done;         // the act has returned
    bool late[STRIKES];         // the interrupt came only then
    uint32_t entries[STRIKES];  // instructions from `since` to the interrupt
    uint32_t swept[TICKS_MOST]; // entries of a sweep with one strike, by ticks
    uint32_t end;               // of `swept`
    uint32_t tried;
} now;

static void set_timer(uint32_t ticks) {
    now.since = (uint32_t)instructions_now();
    timer_once(ticks);
}

static void handler(void) {
    uint32_t entry = (uint32_t)instructions_now() - now.since;
    unsigned nth = now.struck;
    if (nth == now.it->strikes)
        panic("watchdog: an act that was interrupted does not end");
    now.entries[nth] = entry;
    now.late[nth] = now.done;
    now.it->strike(nth);
    now.struck = nth + 1;
    set_timer(nth + 1 < now.it->strikes ? now.ticks[nth + 1] : PATIENCE);
}

static bool at_instant(uint32_t first, uint32_t second) {
    now.it->prepare();
    now.ticks[0] = first;
    now.ticks[1] = second;
    now.struck = 0;
    now.done = false;
    now.tried++;
    set_timer(first);
    now.it->act();
    now.done = true;
    while (now.struck < now.it->strikes) // bound: none, waits for the timer
        cpu_relax();
    const char *trouble = now.it->verify();
    return tap_expect(trouble == NULL, "interrupts after %u and %u instructions: %s", now.entries[0],
                      now.it->strikes > 1 ? now.entries[1] : 0, trouble);
}

// Ticks for the second interrupt that just do not let the act get on: the way out of the first interrupt.
static uint32_t way_out(void) {
    uint32_t ticks = 1;
    (void)at_instant(TICKS_FIRST, ticks);
    uint32_t entry = now.entries[1];
    while (now.entries[1] == entry && ticks < TICKS_MOST) // bound: TICKS_MOST
        (void)at_instant(TICKS_FIRST, ++ticks);
    return ticks - 1;
}

static bool sweep_second(uint32_t first, uint32_t least) {
    now.late[1] = false;
    for (uint32_t second = least; !now.late[1]; second += now.it->stride) // bound: TICKS_MOST
        if (!tap_expect(second < TICKS_MOST, "no end of the act in sight") || !at_instant(first, second))
            return false;
    return true;
}

bool instant_sweep(const struct instant *self) {
    now.it = self;
    (void)at_instant(TICKS_FIRST, 1); // once for nothing: code that QEMU sees first may shift by an instruction
    uint32_t least = self->strikes > 1 ? way_out() : 0;
    now.end = TICKS_FIRST;
    now.tried = 0;
    for (uint32_t beyond = 0; beyond < BEYOND; now.end += self->stride) { // bound: TICKS_MOST
        if (!tap_expect(now.end < TICKS_MOST, "no end of the act in sight"))
            return false;
        if (self->strikes > 1 ? !sweep_second(now.end, least) : !at_instant(now.end, 0))
            return false;
        now.swept[now.end] = now.entries[0];
        beyond += now.late[0];
    }
    return true;
}

// From k to k + 1 the interrupt is taken one instruction later, but for a stretch where it is masked: there all are
// taken at the same place, behind its end, and there are as many k's as it has instructions: none is left out.
struct instant_coverage instant_coverage(void) {
    const uint32_t *entries = now.swept;
    struct instant_coverage found = {.tried = now.tried, .gapless = true};
    found.instructions = entries[now.end - 1] - entries[TICKS_FIRST] + 1;
    for (uint32_t k = TICKS_FIRST + 1; k < now.end; k++) { // bound: TICKS_MOST
        uint32_t first = k;
        while (k + 1 < now.end && entries[k + 1] == entries[first]) // bound: TICKS_MOST
            k++;
        found.gapless &= entries[first] - entries[first - 1] == k - first + 1;
        found.masked += k - first;
    }
    return found;
}

void instant_begin(void) {
    uint32_t first = (uint32_t)instructions_now(), second = (uint32_t)instructions_now();
    uint32_t third = (uint32_t)instructions_now();
    if (second == first || second - first != third - second || second - first > STEADY_MOST)
        panic("this mode needs a clock of instructions: QEMU's -icount shift=0");
    tick_set(0, handler);
}

void instant_end(void) {
    tick_reset();
}
