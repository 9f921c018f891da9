// SPDX-License-Identifier: MIT
// Runs that have to end as failed: they show that a kernel which fails, panics, hangs or writes where it must not does
// not pass.
#include "arch.h"
#include "kheap.h"
#include "modes.h"
#include "print.h"
#include "protect.h"
#include "tap.h"
#include "watchdog.h"

enum { HANG_SECONDS = 2 };

static void two_and_two(void) {
    tap_expect(2 + 2 == 5, "2 + 2 is %d, not 5", 2 + 2);
}

bool fail_main(void) {
    tap_begin();
    tap_test("a test that fails", two_and_two);
    return tap_end();
}

bool panic_main(void) {
    panic("asked for on the command line");
}

bool hang_main(void) {
    watchdog_expect("a boot CPU that spins", HANG_SECONDS);
    for (;;) // bound: the watchdog's deadline
        cpu_relax();
}

bool hang_masked_main(void) {
    (void)irq_mask();
    return hang_main();
}

bool write_text_main(void) {
    protect_write_text(NULL);
    return true;
}

bool run_data_main(void) {
    protect_run_heap(kheap_alloc(PROTECT_CODE_BYTES, PROTECT_CODE_BYTES));
    return true;
}
