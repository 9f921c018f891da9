// SPDX-License-Identifier: MIT
// The first 16550, and the end of the machine.
#include "machine.h"

enum { COM1 = 0x3f8, INTERRUPTS = 1, FIFO = 2, LINE = 3, MODEM = 4, STATUS = 5, STATUS_EMPTY = 0x20 };
enum { EXIT_PORT = 0xf4, EXIT_SUCCESS_VALUE = 0x10, EXIT_FAILURE_VALUE = 0x11 }; // QEMU exits with value * 2 + 1
enum { POLLS_MAX = 1 << 20 }; // more than a byte takes at any speed; a dead device must not stop a panic

void console_init(void) {
    port_out8(COM1 + INTERRUPTS, 0);
    port_out8(COM1 + LINE, 0x80); // the next two are the divisor
    port_out8(COM1, 1);           // 115,200 baud
    port_out8(COM1 + 1, 0);
    port_out8(COM1 + LINE, 3); // 8 bits, no parity, one stop bit
    port_out8(COM1 + FIFO, 7); // on, and cleared
    port_out8(COM1 + MODEM, 3);
}

void console_put(char c) {
    for (int i = 0; i < POLLS_MAX && !(port_in8(COM1 + STATUS) & STATUS_EMPTY); i++) // bound: POLLS_MAX
        cpu_relax();
    port_out8(COM1, (uint8_t)c);
}

void machine_exit(bool success) {
    irq_mask();
    port_out8(EXIT_PORT, success ? EXIT_SUCCESS_VALUE : EXIT_FAILURE_VALUE);
    // Without that device: an exception without a handler resets the machine.
    static const uint16_t no_handlers[5];
    __asm__ volatile("lidt %0\n\tint3" ::"m"(no_handlers));
    for (;;) // bound: for ever, the machine is over
        __asm__ volatile("hlt");
}
