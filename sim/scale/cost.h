// SPDX-License-Identifier: MIT
// What things cost, in cycles of a virtual CPU. Each can be given anew as NAME=NUMBER.
//
// The defaults are those of a server of 2021: Intel Ice Lake-SP, 32 cores a socket, 2.9 GHz. They come from
//   [1] core-to-core latencies by N. Viennot, https://github.com/nviennot/core-to-core-latency: Xeon Platinum 8375C,
//       51 ns between cores of a socket, 108 ns between sockets (compare-exchange on one line, one way). EPYC 7R13: 23
//       and 107 ns within a socket, 197 ns between sockets.
//   [2] D. Levinthal, "Performance analysis guide for Intel Core i7 and Xeon 5500 processors": 65 cycles for a line
//   that
//       other cores of the socket share, some 100 ns for memory.
//   [3] F. Giesen, https://gist.github.com/rygorous/153ea6493ce2efabd41c: 17 and 18 cycles for LOCK XADD and LOCK
//       CMPXCHG on a line that nobody else uses; H. Schweizer, M. Besta, T. Hoefler, "Evaluating the cost of atomic
//       operations on modern architectures" (PACT 2015): all atomics cost about the same, and nothing overlaps with
//       them.
// That two sockets behave so differently from one, and what it means for locks: T. David, R. Guerraoui, V. Trigonakis,
// "Everything you always wanted to know about synchronization but were afraid to ask" (SOSP 2013). `shared_gap` and
// `pause` are assumptions.
// Instructions are not stepped through: they are counted as so many for each memory access of the code that runs, which
// was counted exactly for the calls of the scenario pair (`instructions`, see heaps.c) and is retired at `ipc`, a
// figure that fits one thread of the real benchmark (README.md of this folder).
#ifndef SIM_SCALE_COST_H
#define SIM_SCALE_COST_H

#include <stdint.h>

struct cost {
    double ghz;        // cycles to nanoseconds
    double ipc;        // instructions a cycle, as long as they find their lines here
    double socket;     // CPUs of a socket
    double locked;     // an atomic read-modify-write on a line that is here
    double near, far;  // a line that another CPU has written: same socket, other socket
    double shared;     // a line that is clean in this socket
    double memory;     // a line that is nowhere
    double shared_gap; // between two CPUs that are served the same clean line
    double pause;      // a CPU that waits for another's mail looks again after so long, then twice as long, ...
};

extern const struct cost cost_defaults;

// NULL, or a sentence on what is wrong with "NAME=NUMBER[,NAME=NUMBER...]".
const char *cost_change(struct cost *self, const char *text);

// All of it, as cost_change would take it.
const char *cost_text(const struct cost *self);

#endif
