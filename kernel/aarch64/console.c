// SPDX-License-Identifier: MIT
// The PL011 serial line.
#include "arch.h"
#include "parts.h"

enum { DATA = 0, FLAGS = 0x18, CONTROL = 0x30, FLAG_FULL = 1 << 5, CONTROL_ON = 1 << 0 | 1 << 8 };
enum { POLLS_MAX = 1 << 20 }; // more than a byte takes at any speed; a dead device must not stop a panic

// Where QEMU's virt has it; words can be needed before the device tree is read, or because it cannot be.
static uintptr_t base = 0x09000000;

static volatile uint32_t *port(uintptr_t offset) {
    return (volatile uint32_t *)(base + offset);
}

void console_move(uint64_t uart) {
    base = uart;
    *port(CONTROL) = CONTROL_ON;
}

void console_put(char c) {
    for (int i = 0; i < POLLS_MAX && (*port(FLAGS) & FLAG_FULL) != 0; i++) // bound: POLLS_MAX
        cpu_relax();
    *port(DATA) = (uint8_t)c;
}

_Noreturn void console_last_words(const char *words) {
    while (*words != 0) // bound: bytes of the sentence
        console_put(*words++);
    machine_exit(false);
}

// The first call of all, so the place to see whether the CPU can run what follows: print has atomics already.
void console_init(void) {
    console_move(base);
#ifdef __ARM_FEATURE_ATOMICS
    if ((SYSTEM_READ("id_aa64isar0_el1") >> 20 & 15) == 0)
        console_last_words("panic: this CPU has no LSE atomics: boot the image kernel-wf-llsc\nFAIL: a panic\n");
#endif
}
