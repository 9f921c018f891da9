// SPDX-License-Identifier: MIT
// Text on the console, and the end of everything; see print.h.
#include "print.h"

#include "arch.h"
#include "cpu.h"
#include "cpus.h"

enum { NUMBER_MAX = 24, PATIENCE = 1 << 20 };

// A ticket lock. A CPU may fault while it prints, hence the holder is known.
static struct {
    uint32_t next, serving;
    const struct cpu *holder;
} console;
static const struct cpu *panicking; // the one CPU that may print, once it is set
static bool panic_told;
static bool line_open; // the last character did not end a line

// What stands behind a `%`.
struct directive {
    bool left, zero, is_long;
    unsigned width;
    char kind;
};

static void put(char c) {
    console_put(c);
    line_open = c != '\n';
}

static void put_text(const struct directive *d, const char *text, size_t length) {
    for (size_t i = length; i < d->width && !d->left; i++) // bound: the width
        put(' ');
    for (size_t i = 0; i < length; i++) // bound: length
        put(text[i]);
    for (size_t i = length; i < d->width && d->left; i++) // bound: the width
        put(' ');
}

static void put_number(const struct directive *d, bool negative, uint64_t value, unsigned base) {
    char digits[NUMBER_MAX];
    size_t first = NUMBER_MAX, zeroes_from = NUMBER_MAX;
    if (d->zero && d->width < NUMBER_MAX)
        zeroes_from -= d->width - negative;
    do { // bound: NUMBER_MAX
        digits[--first] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0 || first > zeroes_from);
    if (negative)
        digits[--first] = '-';
    put_text(d, digits + first, NUMBER_MAX - first);
}

static const char *read_directive(struct directive *d, const char *at) {
    *d = (struct directive){.left = false};
    for (; *at == '-' || *at == '0'; at++) { // bound: the format
        d->left |= *at == '-';
        d->zero |= *at == '0';
    }
    for (; *at >= '0' && *at <= '9'; at++) // bound: the format
        d->width = d->width * 10 + (unsigned)(*at - '0');
    for (; *at == 'l' || *at == 'z'; at++) // bound: the format
        d->is_long = true;
    d->kind = *at;
    return at;
}

static void put_directive(const struct directive *d, va_list *list) {
    if (d->kind == 's') {
        const char *text = va_arg(*list, const char *);
        size_t length = 0;
        while (text[length] != 0) // bound: the text
            length++;
        put_text(d, text, length);
    } else if (d->kind == 'd') {
        int64_t value = d->is_long ? va_arg(*list, int64_t) : va_arg(*list, int);
        put_number(d, value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
    } else if (d->kind == 'u' || d->kind == 'x') {
        uint64_t value = d->is_long ? va_arg(*list, uint64_t) : va_arg(*list, unsigned);
        put_number(d, false, value, d->kind == 'u' ? 10 : 16);
    } else if (d->kind == 'p') {
        put('0');
        put('x');
        put_number(d, false, (uintptr_t)va_arg(*list, void *), 16);
    } else {
        put('%');
    }
}

static void park(void) {
    (void)irq_mask();
    for (;;) // bound: until the machine ends
        irq_wait();
}

void panic_look(void) {
    if (__atomic_load_n(&panicking, __ATOMIC_RELAXED) != NULL) // relaxed: a flag
        park();
}

// Answers whether this CPU took the lock; it may print in any case.
static bool console_take(void) {
    const struct cpu *me = cpu_self();
    // relaxed, all: text is no memory that the lock would have to order, except through the ticket
    const struct cpu *first = __atomic_load_n(&panicking, __ATOMIC_RELAXED);     // relaxed: see above
    if (first == me || __atomic_load_n(&console.holder, __ATOMIC_RELAXED) == me) // relaxed: set by this CPU itself
        return false;
    uint32_t ticket = __atomic_fetch_add(&console.next, 1, __ATOMIC_RELAXED); // relaxed: a number, no more
    // bound: the CPUs in front, a call each
    while (__atomic_load_n(&console.serving, __ATOMIC_ACQUIRE) != ticket) { // A print.take <- R print.give
        panic_look();
        cpu_relax();
    }
    panic_look();
    __atomic_store_n(&console.holder, me, __ATOMIC_RELAXED); // relaxed: for this CPU itself
    return true;
}

static void console_give(void) {
    __atomic_store_n(&console.holder, NULL, __ATOMIC_RELAXED);                 // relaxed: for this CPU itself
    __atomic_store_n(&console.serving, console.serving + 1, __ATOMIC_RELEASE); // R print.give -> A print.take
}

static void put_list(const char *format, va_list list) {
    va_list rest;
    va_copy(rest, list);
    for (const char *at = format; *at != 0; at++) { // bound: the format
        if (*at != '%') {
            put(*at);
            continue;
        }
        struct directive directive;
        at = read_directive(&directive, at + 1);
        put_directive(&directive, &rest);
    }
    va_end(rest);
}

void print_between(const char *before, const char *format, va_list list, const char *after) {
    irq_state_t was = irq_mask();
    bool taken = console_take();
    put_list(before, list);
    put_list(format, list);
    put_list(after, list);
    if (taken)
        console_give();
    irq_restore(was);
}

void print(const char *format, ...) {
    va_list list;
    va_start(list, format);
    print_between("", format, list, "");
    va_end(list);
}

void panic_begin(void) {
    (void)irq_mask();
    const struct cpu *nobody = NULL;
    struct cpu *me = cpu_self();
    me->catch = NULL; // nobody awaits a failure of the report
    // relaxed: whoever is first talks; nothing else is handed over
    if (!__atomic_compare_exchange_n(&panicking, &nobody, me, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        if (nobody == me) {
            print("\nagain: a failure while another one was reported\nFAIL: a panic\n");
            machine_exit(false);
        }
        park();
    }
    // bound: PATIENCE, for the holder may never go on
    for (unsigned i = 0; i < PATIENCE; i++) {
        const struct cpu *holder = __atomic_load_n(&console.holder, __ATOMIC_RELAXED); // relaxed: a look
        if (holder == NULL || holder == me)
            break;
        cpu_relax();
    }
    if (line_open)
        put('\n');
}

void panic(const char *format, ...) {
    if (__atomic_load_n(&panicking, __ATOMIC_RELAXED) != cpu_self() || panic_told) // relaxed: set by this CPU itself
        panic_begin();
    panic_told = true;
    va_list list;
    va_start(list, format);
    print_between("panic: ", format, list, "\nFAIL: a panic\n");
    va_end(list);
    cpus_interrupt_others();
    machine_exit(false);
}
