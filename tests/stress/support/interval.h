// SPDX-License-Identifier: MIT
// A handler that is called again and again in the middle of whatever the program does, as interrupts are.
#ifndef STRESS_INTERVAL_H
#define STRESS_INTERVAL_H

// Every 100 microseconds of real time, until interval_stop.
void interval_start(void (*handle)(int signal_number));
void interval_stop(void);

#endif
