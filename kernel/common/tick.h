// SPDX-License-Identifier: MIT
// Interrupts of the timer and of other CPUs, and what they do.
#ifndef KERNEL_COMMON_TICK_H
#define KERNEL_COMMON_TICK_H

#include "cpu.h"

// On this CPU, from now on: the timer interrupts every `period` clock ticks, and `handler` (may be NULL) then runs with
// interrupts masked. A handler that takes long is followed by as long a pause, so that what is interrupted gets on.
// period 0: nothing is armed; interrupts come from the caller's own timer_once, which the handler may call too.
void tick_set(uint64_t period, void (*handler)(void));

// Back to the slow tick that every CPU starts with, which only looks at the watchdog.
void tick_reset(void);

// What an interrupt by another CPU does on whichever CPU it meets, with interrupts masked; NULL: nothing. From the boot
// CPU only; afterwards no CPU is in the former handler.
void ipi_set(void (*handler)(void));

#endif
