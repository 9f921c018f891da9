// SPDX-License-Identifier: MIT
// What an instruction of x86_64 or AArch64 does, as far as counting is concerned.
#ifndef BENCH_PROBE_GUEST_CODE_H
#define BENCH_PROBE_GUEST_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool x86_is_call(const uint8_t *code, size_t size);
bool arm64_is_call(const uint8_t *code, size_t size);

// A lock prefix, or an exchange with memory, which locks without one.
bool x86_is_locked(const uint8_t *code, size_t size);

// LSE's atomic operations on memory and compare-and-swaps, and every store-exclusive.
bool arm64_is_locked(const uint8_t *code, size_t size);

#endif
