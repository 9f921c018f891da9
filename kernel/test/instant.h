// SPDX-License-Identifier: MIT
// Interrupts at chosen instructions. Under -icount shift=0 a timer set to k ticks interrupts after exactly k
// instructions: an act is interrupted at each of its instructions in turn, or at every pair of them, and from there
// others do something before it goes on.
#ifndef KERNEL_TEST_INSTANT_H
#define KERNEL_TEST_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

struct instant {
    void (*prepare)(void);        // before each time
    void (*act)(void);            // what is interrupted
    void (*strike)(unsigned nth); // by the first interrupt (0) and, if there are two, the second (1)
    const char *(*verify)(void);  // afterwards: NULL, or what is wrong
    unsigned strikes;             // 1, or 2: interrupts a time
    uint32_t stride;              // from one instant to the next; 1: none is left out
};

// What a sweep found; all but `tried` with one strike and a stride of 1.
struct instant_coverage {
    uint32_t tried;                // instants, or pairs of them
    uint32_t instructions, masked; // at which the act was interrupted, and at which the interrupt had to wait
    bool gapless;                  // none was left out
};

// Takes the timer of this CPU; panics unless the machine counts instructions.
void instant_begin(void);
void instant_end(void);

// Tries every instant. False: a tap_expect has failed, and told at which.
bool instant_sweep(const struct instant *self);
struct instant_coverage instant_coverage(void); // of the last sweep

#endif
