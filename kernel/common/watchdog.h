// SPDX-License-Identifier: MIT
// No silent hang: whatever runs has a deadline, which every CPU looks at when its timer ticks. Should none of them, an
// alarm that cannot be masked does so a bit later.
#ifndef KERNEL_COMMON_WATCHDOG_H
#define KERNEL_COMMON_WATCHDOG_H

#include <stdint.h>

enum { WATCHDOG_SECONDS = 120 }; // far beyond what anything takes, as emulated time may run ten times slower

// From now on `what` runs, and has to call this again within so many seconds of the clock. From the boot CPU, whose
// alarm it sets.
void watchdog_expect(const char *what, uint64_t seconds);

// Ends the machine as failed when the deadline has passed, and tells what every CPU was doing.
void watchdog_look(void);

#endif
