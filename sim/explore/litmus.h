// SPDX-License-Identifier: MIT
// The command `wfsim litmus`: the memory models are tried with small programs whose outcomes are known.
#ifndef LITMUS_H
#define LITMUS_H

int litmus(void);

#endif
