// SPDX-License-Identifier: MIT
// Allocators that are broken, each in its own way: the benchmark must report every one of them.
#include "adapter/adapter.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAULTY_AFTER = 1000 };

static uint64_t calls;

static const char *faulty_open(const struct adapter *self, void *region, size_t bytes, size_t cpus, void **heap) {
    (void)region, (void)bytes, (void)cpus, (void)heap;
    return strcmp(self->name, "absent") == 0 ? "it does not exist" : NULL;
}

static const char *faulty_version(const struct adapter *self) {
    (void)self;
    return "broken";
}

static void *sound_alloc(void *heap, size_t cpu, size_t size) {
    (void)heap, (void)cpu;
    return malloc(size);
}

static void sound_free(void *heap, size_t cpu, void *p) {
    (void)heap, (void)cpu;
    free(p);
}

static void faulty_drain(void *heap, size_t cpu) {
    (void)heap, (void)cpu;
}

static void *crash_alloc(void *heap, size_t cpu, size_t size) {
    if (++calls > FAULTY_AFTER) {
        (void)raise(SIGSEGV);
    }
    return sound_alloc(heap, cpu, size);
}

static void *hang_alloc(void *heap, size_t cpu, size_t size) {
    while (++calls > FAULTY_AFTER) {
        (void)pause();
    }
    return sound_alloc(heap, cpu, size);
}

static void *quit_alloc(void *heap, size_t cpu, size_t size) {
    if (++calls > FAULTY_AFTER) {
        _exit(7);
    }
    return sound_alloc(heap, cpu, size);
}

// Now and then a block goes to a second owner while the first still has it.
static void *twice_alloc(void *heap, size_t cpu, size_t size) {
    static void *last;
    if (++calls % 50 != 0 || last == NULL) {
        last = malloc((size_t)1 << 21); // more than any scenario asks for
    }
    (void)heap, (void)cpu, (void)size;
    return last;
}

static void twice_free(void *heap, size_t cpu, void *p) {
    (void)heap, (void)cpu, (void)p; // a leak: what is in two hands cannot be freed
}

static void *short_alloc(void *heap, size_t cpu, size_t size) {
    return ++calls % 10 == 0 ? NULL : sound_alloc(heap, cpu, size);
}

// A heap whose every hundredth free frees nothing.
static struct heap_backend lossy_backend;

static void lossy_free(void *heap, size_t cpu, void *p) {
    if (++calls % 100 != 0) {
        tlsf_backend.free(heap, cpu, p);
    }
}

static __attribute__((constructor)) void lossy_begin(void) {
    lossy_backend = tlsf_backend;
    lossy_backend.free = lossy_free;
}

static const struct adapter loses = {
    .name = "loses",
    .summary = "loses",
    .in_region = true,
    .open = faulty_open,
    .version = faulty_version,
    .alloc = sound_alloc,
    .free = sound_free,
    .drain = faulty_drain,
    .backend = &lossy_backend,
};

#define FAULTY(variable, title, whole_frames, alloc_call, free_call)                                                   \
    static const struct adapter variable = {                                                                           \
        .name = title,                                                                                                 \
        .summary = title,                                                                                              \
        .frames_only = whole_frames,                                                                                   \
        .open = faulty_open,                                                                                           \
        .version = faulty_version,                                                                                     \
        .alloc = alloc_call,                                                                                           \
        .free = free_call,                                                                                             \
        .drain = faulty_drain,                                                                                         \
    }

FAULTY(crashes, "crashes", false, crash_alloc, sound_free);
FAULTY(hangs, "hangs", false, hang_alloc, sound_free);
FAULTY(quits, "quits", false, quit_alloc, sound_free);
FAULTY(twice, "twice", false, twice_alloc, twice_free);
FAULTY(twice_frames, "twice-frames", true, twice_alloc, twice_free);
FAULTY(refuses, "refuses", false, short_alloc, sound_free);
FAULTY(absent, "absent", false, sound_alloc, sound_free);

// The default base of ratios; sound.
const struct adapter adapter_jemalloc = {
    .name = "sound",
    .summary = "not broken",
    .open = faulty_open,
    .version = faulty_version,
    .alloc = sound_alloc,
    .free = sound_free,
    .drain = faulty_drain,
    .backend = &tlsf_backend,
};

const struct adapter *const adapter_table[] = {
    &adapter_null, &adapter_jemalloc, &crashes, &hangs, &quits, &twice, &twice_frames, &refuses, &absent, &loses, NULL,
};

const struct adapter *adapter_find(const char *name) {
    for (const struct adapter *const *at = adapter_table; *at != NULL; at++) {
        if (strcmp((*at)->name, name) == 0) {
            return *at;
        }
    }
    return NULL;
}
