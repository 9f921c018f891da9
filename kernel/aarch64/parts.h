// SPDX-License-Identifier: MIT
// What the files of this folder show each other.
#ifndef KERNEL_AARCH64_PARTS_H
#define KERNEL_AARCH64_PARTS_H

#include "machine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// All registers at a fatal exception, as vectors.S saves them.
struct exception_frame {
    uint64_t x[31], sp, elr, spsr, esr, far;
};

extern struct machine machine; // read by arch_read_boot

void console_move(uint64_t uart);
_Noreturn void console_last_words(const char *words); // without print, then machine_exit(false)
void mmu_load(const uint64_t *table);
void secondary_entry(void);
void interrupt_take(void);
_Noreturn void power_off(void);
int64_t call_by_hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c); // of the firmware; it may change what C may
int64_t call_by_smc(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
void semihosting(uint64_t operation, const void *block); // its first instruction is an exception if there is none
_Noreturn void exception_report(uint64_t vector, const struct exception_frame *frame);
_Noreturn void exception_again(void);

#endif
