// SPDX-License-Identifier: MIT
// A schedule to read: a line for every step and for every call's beginning and end.
#ifndef TRACE_H
#define TRACE_H

#include "world.h"

void trace_step(unsigned cpu, const struct step *step, const struct access *access);
void trace_call(unsigned cpu, const char *call, bool begins);
void trace_note(unsigned cpu, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
