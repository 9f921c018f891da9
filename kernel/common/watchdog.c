// SPDX-License-Identifier: MIT
// No silent hang; see watchdog.h.
#include "watchdog.h"

#include "arch.h"
#include "cpus.h"
#include "print.h"

enum { GRACE_SECONDS = 2 }; // for the ticks, which are told first

static uint64_t deadline = UINT64_MAX;
static const char *expected = "the boot";

void watchdog_expect(const char *what, uint64_t seconds) {
    // relaxed, both: whoever mixes two of them tells the wrong name, at worst
    __atomic_store_n(&expected, what, __ATOMIC_RELAXED);                                 // relaxed: see above
    __atomic_store_n(&deadline, clock_ticks() + seconds * clock_hz(), __ATOMIC_RELAXED); // relaxed: see above
    alarm_in(seconds + GRACE_SECONDS);
}

void watchdog_look(void) {
    if (clock_ticks() < __atomic_load_n(&deadline, __ATOMIC_RELAXED)) // relaxed: see watchdog_expect
        return;
    panic_begin();
    size_t idle = 0;
    for (size_t i = 0; i < cpus_count(); i++) { // bound: CPUs
        const struct cpu *cpu = cpus_at(i);
        if (cpu->doing == cpus_idle)
            idle++;
        else
            print("# CPU %zu: %s, %lu ticks, %lu IPIs\n", i, cpu->doing, cpu->ticks, cpu->ipis);
    }
    print("# %zu CPUs are idle; CPU %zu noticed\n", idle, cpu_self()->index);
    panic("watchdog: no end of: %s", expected);
}
