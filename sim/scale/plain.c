// SPDX-License-Identifier: MIT
// Plain accesses to memory. Core and scenarios are compiled as for the thread sanitizer, whose instrumentation tells of
// every load and store that is not a word's; its functions are these. So a block's bytes, its header and a mailbox cost
// what their lines cost.
#include "engine.h"

#include <string.h>

void __tsan_init(void);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_init(void) {}
void __tsan_func_entry(void *caller) {
    (void)caller;
}
void __tsan_func_exit(void) {}

#define PLAIN(name, bytes, access)                                                                                     \
    void name(void *address);                                                                                          \
    void name(void *address) {                                                                                         \
        engine_access(address, bytes, access);                                                                         \
    }
PLAIN(__tsan_read1, 1, ACCESS_READ)
PLAIN(__tsan_read2, 2, ACCESS_READ)
PLAIN(__tsan_read4, 4, ACCESS_READ)
PLAIN(__tsan_read8, 8, ACCESS_READ)
PLAIN(__tsan_read16, 16, ACCESS_READ)
PLAIN(__tsan_write1, 1, ACCESS_WRITE)
PLAIN(__tsan_write2, 2, ACCESS_WRITE)
PLAIN(__tsan_write4, 4, ACCESS_WRITE)
PLAIN(__tsan_write8, 8, ACCESS_WRITE)
PLAIN(__tsan_write16, 16, ACCESS_WRITE)
PLAIN(__tsan_unaligned_read2, 2, ACCESS_READ)
PLAIN(__tsan_unaligned_read4, 4, ACCESS_READ)
PLAIN(__tsan_unaligned_read8, 8, ACCESS_READ)
PLAIN(__tsan_unaligned_read16, 16, ACCESS_READ)
PLAIN(__tsan_unaligned_write2, 2, ACCESS_WRITE)
PLAIN(__tsan_unaligned_write4, 4, ACCESS_WRITE)
PLAIN(__tsan_unaligned_write8, 8, ACCESS_WRITE)
PLAIN(__tsan_unaligned_write16, 16, ACCESS_WRITE)

// clang alone: a load and a store of the same place.
#define PLAIN_BOTH(bytes) PLAIN(__tsan_read_write##bytes, bytes, ACCESS_WRITE)
PLAIN_BOTH(1)
PLAIN_BOTH(2)
PLAIN_BOTH(4)
PLAIN_BOTH(8)
PLAIN_BOTH(16)

// Longer ones, line by line.
static void plain_range(const void *address, size_t bytes, enum access access) {
    // bound: lines of the range
    for (size_t at = 0; at < bytes; at += LINE_BYTES)
        engine_access((const char *)address + at, bytes - at < LINE_BYTES ? bytes - at : LINE_BYTES, access);
}

void __tsan_read_range(void *address, size_t bytes);
void __tsan_read_range(void *address, size_t bytes) {
    plain_range(address, bytes, ACCESS_READ);
}

void __tsan_write_range(void *address, size_t bytes);
void __tsan_write_range(void *address, size_t bytes) {
    plain_range(address, bytes, ACCESS_WRITE);
}

void *__tsan_memset(void *to, int value, size_t bytes);
void *__tsan_memset(void *to, int value, size_t bytes) {
    plain_range(to, bytes, ACCESS_WRITE);
    return memset(to, value, bytes);
}

void *__tsan_memcpy(void *to, const void *from, size_t bytes);
void *__tsan_memcpy(void *to, const void *from, size_t bytes) {
    plain_range(from, bytes, ACCESS_READ);
    plain_range(to, bytes, ACCESS_WRITE);
    return memcpy(to, from, bytes);
}

// Atomics of scenarios: the indices of mailboxes, and what some exchange.
uint64_t __tsan_atomic64_load(const volatile uint64_t *address, int order);
uint64_t __tsan_atomic64_load(const volatile uint64_t *address, int order) {
    (void)order;
    engine_access((const void *)(uintptr_t)address, sizeof *address, ACCESS_READ);
    return *address;
}

void __tsan_atomic64_store(volatile uint64_t *address, uint64_t value, int order);
void __tsan_atomic64_store(volatile uint64_t *address, uint64_t value, int order) {
    (void)order;
    engine_access((void *)(uintptr_t)address, sizeof *address, ACCESS_PUBLISH);
    *address = value;
}

uint64_t __tsan_atomic64_exchange(volatile uint64_t *address, uint64_t value, int order);
uint64_t __tsan_atomic64_exchange(volatile uint64_t *address, uint64_t value, int order) {
    (void)order;
    engine_access((void *)(uintptr_t)address, sizeof *address, ACCESS_LOCKED);
    uint64_t old = *address;
    *address = value;
    return old;
}
