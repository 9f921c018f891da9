// SPDX-License-Identifier: MIT
// What the page tables must forbid. Each does it, and returns if it was let through.
#ifndef KERNEL_TEST_PROTECT_H
#define KERNEL_TEST_PROTECT_H

enum { PROTECT_CODE_BYTES = 64 };

void protect_write_text(void *arg);
void protect_write_rodata(void *arg);
void protect_run_heap(void *arg); // a function's code, copied to the PROTECT_CODE_BYTES at arg
void protect_run_stack(void *arg);
void protect_run_bss(void *arg);
void protect_run_rodata(void *arg);
void protect_touch_null(void *arg);

#endif
