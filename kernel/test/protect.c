// SPDX-License-Identifier: MIT
// What the page tables must forbid; see protect.h.
#include "protect.h"

#include "boot.h"

static void harmless(void *arg) {
    (void)arg;
}

// The same amid constants: it would run if it could.
static __attribute__((noinline, section(".constant_code"))) void harmless_constant(void *arg) {
    __asm__ volatile("" ::"r"(arg));
}

// Copies a function to where data is, and calls it there.
static void run_copy(void *place) {
    void (*copy)(void *arg) = (void (*)(void *))place;
    __builtin_memcpy(place, (const void *)harmless, PROTECT_CODE_BYTES);
    copy(NULL);
}

void protect_write_text(void *arg) {
    (void)arg;
    volatile char *text = image_start;
    *text = *text;
}

void protect_write_rodata(void *arg) {
    (void)arg;
    volatile char *rodata = image_text_end;
    *rodata = *rodata;
}

void protect_run_heap(void *arg) {
    run_copy(arg);
}

void protect_run_stack(void *arg) {
    (void)arg;
    _Alignas(PROTECT_CODE_BYTES) char place[PROTECT_CODE_BYTES];
    run_copy(place);
}

void protect_run_bss(void *arg) {
    static _Alignas(PROTECT_CODE_BYTES) char place[PROTECT_CODE_BYTES];
    (void)arg;
    run_copy(place);
}

void protect_run_rodata(void *arg) {
    harmless_constant(arg);
}

void protect_touch_null(void *arg) {
    (void)arg;
    volatile char *null = NULL;
    __asm__ volatile("" : "+r"(null));
    *null = 0;
}
