// SPDX-License-Identifier: MIT
// The kernel from its entry to its end.
#include "arch.h"
#include "cpus.h"
#include "frames.h"
#include "kheap.h"
#include "memory.h"
#include "options.h"
#include "pages.h"
#include "print.h"
#include "tick.h"
#include "watchdog.h"

static struct boot boot;

static void read_options(void) {
    options_read(boot.line);
    if (options.upper != 0)
        boot.cpus_upper = options.upper;
}

static void print_machine(void) {
    print("wfheap kernel on %s, started by %s: %s\n", ARCH_NAME, boot.loader, boot.line);
    print("image      %lu KiB at %p\n", (size_t)(image_end - image_start) >> 10, (void *)image_start);
}

static void start_interrupts(void) {
    arch_interrupts_init();
    tick_reset();
    irq_unmask();
    print("interrupts on; the clock runs at %lu MHz\n", clock_hz() / 1000000);
}

static void start_cpus(void) {
    uint64_t since = clock_ticks();
    size_t up = cpus_start();
    if (up != boot.cpu_count)
        panic("%zu CPUs are counted, but only %zu came up", boot.cpu_count, up);
    print("CPUs       %zu up and idle, after %lu ms\n", up, (clock_ticks() - since) * 1000 / clock_hz());
}

static _Noreturn void run_mode(void) {
    print("mode       %s\n", options.mode->name);
    watchdog_expect(options.mode->name, WATCHDOG_SECONDS);
    bool passed = options.mode->run();
    print(passed ? "PASS\n" : "FAIL: see above\n");
    machine_exit(passed);
}

void kernel_main(uintptr_t record) {
    console_init();                // from here on there are words
    arch_read_boot(record, &boot); // memory, CPUs and the command line, as the machine tells them
    read_options();                // what this run is for
    print_machine();               // how it was started, and what lies where
    memory_init(&boot);            // boot's own memory, from what is free
    pages_init(&boot);             // text read-only, nothing else executable; tables of boot's memory
    cpus_make(&boot);              // records and stacks, likewise
    frames_init(&boot);            // frames of all that is left; boot's memory ends here
    kheap_make_backup(&boot);      // a small heap for as many CPUs as there may be
    kheap_make_primary(&boot);     // the heap for as many as there are
    start_interrupts();            // timer and IPIs of this CPU
    start_cpus();                  // all the others; they wait for work
    run_mode();                    // tests, or what else was asked for, and the verdict
}
