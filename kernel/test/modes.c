// SPDX-License-Identifier: MIT
// What the kernel can do, by the name that the command line gives it.
#include "options.h"

#include "tests.h"

const struct mode modes[] = {
    {.name = "test", .run = test_main},
    {.name = "tasks", .run = tasks_main, .small_heap = true},
    {.name = "empty", .run = empty_main, .small_heap = true},
    {.name = "bench", .run = bench_main},
    {.name = "wcet", .run = wcet_main},
    {.name = "sweep", .run = sweep_main},
    {.name = "stress", .run = stress_main},
    {.name = "duels", .run = duels_main},
    {.name = "fail", .run = fail_main},
    {.name = "panic", .run = panic_main},
    {.name = "panic-twice", .run = panic_twice_main},
    {.name = "hang", .run = hang_main},
    {.name = "hang-masked", .run = hang_masked_main},
    {.name = "overflow-stack", .run = overflow_stack_main},
    {.name = "run-data", .run = run_data_main},
    {.name = "write-text", .run = write_text_main},
    {.name = "registers", .run = registers_main},
    {.name = "fault-masked", .run = fault_masked_main},
    {.name = "fault-handler", .run = fault_handler_main},
    {.name = NULL},
};
