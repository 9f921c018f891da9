// SPDX-License-Identifier: MIT
// Tasks: code that the kernel does not trust, each on a stack of its own, in turn with other tasks of its CPU, as each
// lets the next one on. A task allocates from the primary heap alone. When that is exhausted, or the task faults, it is
// aborted: whatever it still owns, and its stack, goes back, while all other CPUs go on. So it is when it returns.
#ifndef KERNEL_TASK_TASK_H
#define KERNEL_TASK_TASK_H

#include "catch.h"
#include "cpu.h"

#include <wfheap/frame.h>

enum { TASKS_MAX = STACK_PLACES - STACK_OF_TASKS }; // of a CPU at a time

struct task {
    const char *name;
    void (*body)(void *arg);
    void *arg;
    struct caught end;     // how it ended
    size_t blocks, frames; // that it owns

    // Private.
    bool ended;
    void *context; // where it stands while others run
    struct catch_point *catch;
    uint64_t stack;                // its frames
    struct task_block *first;      // a list of all blocks
    struct frame_list frames_list; // its frames, in the order in which they came
    uint64_t frames_end;
};

// The kernel's calls, with interrupts on and outside of any task.
// A new task of this CPU, which waits for task_run_all. False: it has TASKS_MAX, or there are no frames for a stack.
bool task_start(const char *name, void (*body)(void *arg), void *arg);
// Runs this CPU's tasks in turn until all have ended. `ended` sees each task before what it owned goes back.
void task_run_all(void (*ended)(const struct task *task));

// A task's own calls. Those that allocate do not come back if they find nothing: the task is aborted.
void *task_alloc(size_t size, size_t align); // align: a power of two
void task_free(void *p);                     // one of its own blocks; any other is a fault
void *task_frame(void);                      // a frame, until its end
void task_yield(void);                       // lets the next one on

#endif
