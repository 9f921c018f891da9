// SPDX-License-Identifier: MIT
// Good and bad machine code for the self-test of objects.py: each function is named after what the audit must say.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern size_t undefined_find(const void *set);

static inline bool cas_once(uint64_t *w, uint64_t have, uint64_t want) {
    return __atomic_compare_exchange_n(w, &have, want, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

__attribute__((noinline)) bool good_called_cas(uint64_t *w) {
    return cas_once(w, 1, 2);
}

bool good_three_tries(uint64_t *w, uint64_t add) {
    for (int i = 0; i < 3; i++) {
        uint64_t old = __atomic_load_n(w, __ATOMIC_RELAXED);
        if (cas_once(w, old, old + add)) {
            return true;
        }
    }
    return false;
}

size_t good_limit_in_memory(uint64_t *words, const size_t *count) {
    for (size_t i = 0; i < *count; i++) {
        if (cas_once(&words[i], 0, 1)) {
            return i;
        }
    }
    return SIZE_MAX;
}

size_t good_bits_of_words(uint64_t *words, size_t count, const uint64_t *hungry) {
    size_t served = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t rest = __atomic_load_n(&hungry[i], __ATOMIC_SEQ_CST);
        while (rest != 0) {
            unsigned bit = (unsigned)__builtin_ctzll(rest);
            rest &= rest - 1;
            served += cas_once(&words[i * 64 + bit], 1, 2);
        }
    }
    return served;
}

size_t good_counted_calls(uint64_t *words, size_t count) {
    size_t taken = 0;
    while (count > 0) {
        count--;
        taken += good_called_cas(&words[count]);
    }
    return taken;
}

unsigned good_two_limits(uint64_t *words, size_t count) {
    unsigned moved = 0;
    for (size_t i = 0; i < count && moved < 8; i++) {
        if (words[i] == 0) {
            continue;
        }
        (void)good_called_cas(&words[i]);
        moved++;
    }
    return moved;
}

size_t good_strides(uint64_t *words, size_t first, size_t count) {
    size_t done = 0;
    while (done < count) {
        size_t at = (first + done) % 64;
        size_t here = count - done < 64 - at ? count - done : 64 - at;
        if (!good_called_cas(&words[(first + done) / 64 + here])) {
            break;
        }
        done += here;
    }
    return done;
}

void retry_until_success(uint64_t *w, uint64_t add) {
    uint64_t old;
    do {
        old = __atomic_load_n(w, __ATOMIC_RELAXED);
    } while (!cas_once(w, old, old + add));
}

uint64_t retry_by_compiler(uint64_t *w, uint64_t bits) {
    uint64_t old = __atomic_load_n(w, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(w, &old, (old | bits) * 3, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
    }
    return old;
}

size_t retry_that_counts(uint64_t *w) {
    size_t tries = 0;
    while (!cas_once(w, 1, 2)) {
        tries++;
    }
    return tries;
}

bool retry_until_full(uint64_t *w) {
    for (;;) {
        uint64_t old = __atomic_load_n(w, __ATOMIC_RELAXED);
        if (old == UINT64_MAX) {
            return false;
        }
        if (cas_once(w, old, old + 1)) {
            return true;
        }
    }
}

bool retry_around_counted(uint64_t *w) {
    for (;;) {
        for (int i = 0; i < 100; i++) {
            if (cas_once(w, 0, 1)) {
                return true;
            }
        }
    }
}

size_t retry_that_counts_successes(uint64_t *w) {
    size_t tries = 0;
    for (unsigned done = 0; done < 3; tries++) {
        if (cas_once(w, done, done + 1)) {
            done++;
        }
    }
    return tries;
}

void retry_that_begins_again(uint64_t *w) {
    for (unsigned done = 0; done < 3;) {
        done = cas_once(w, done, done + 1) ? done + 1 : 0;
    }
}

bool retry_on_what_a_call_finds(uint64_t *words, const void *set) {
    for (;;) {
        size_t found = undefined_find(set);
        if (found == SIZE_MAX) {
            return false;
        }
        if (cas_once(&words[found], 1, 0)) {
            return true;
        }
    }
}

void retry_through_call(uint64_t *w) {
    while (!good_called_cas(w)) {
    }
}

__attribute__((noinline)) uint64_t recursion_direct(uint64_t n) {
    return n < 2 ? n : recursion_direct(n - 1) * recursion_direct(n - 2);
}

int indirect_call(int (*f)(int)) {
    return f(1) + 1;
}

int good_call_by_table(int (*f)(int)) {
    return f(1) + 1;
}

int good_count_by_table(int (*f)(int), int n) {
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += f(i);
    return sum;
}

int retry_call_by_table(int (*f)(int)) {
    int tries = 0;
    while (f(tries) == 0)
        tries++;
    return tries;
}

extern int undefined_function(int);

int good_caller(int a) {
    return undefined_function(a) + 1;
}

#ifdef __aarch64__
uint64_t exclusive_load(uint64_t *w) {
    uint64_t value;
    __asm__ volatile("ldxr %0, [%1]" : "=r"(value) : "r"(w) : "memory");
    return value;
}
#endif
