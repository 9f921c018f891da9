// SPDX-License-Identifier: MIT
// jemalloc, mimalloc, tcmalloc, glibc: loaded from Debian's packages, reached through the pointers that dlsym gives.
// One process measures one of them, so one pair of pointers will do: the call through it is what a call through a
// procedure linkage table would be.
#include "adapter.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <malloc.h>
#include <stdio.h>

static void *library;
static void *(*library_alloc)(size_t size);
static void (*library_free)(void *p);

// A function's address by its name. ISO C knows no way from an object pointer to a function pointer but its bytes.
static bool hosted_symbol(const char *name, void *function, size_t bytes) {
    void *address = dlsym(library, name);
    __builtin_memcpy(function, &address, bytes);
    return address != NULL;
}

static const char *hosted_open(const struct adapter *self, void *region, size_t region_bytes, size_t cpus,
                               void **heap) {
    (void)region, (void)region_bytes, (void)cpus;
    static char sentence[256];
    library = dlopen(self->soname, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        (void)snprintf(sentence, sizeof sentence, "%s", dlerror());
        return sentence;
    }
    if (!hosted_symbol(self->alloc_symbol, &library_alloc, sizeof library_alloc) ||
        !hosted_symbol(self->free_symbol, &library_free, sizeof library_free)) {
        (void)snprintf(sentence, sizeof sentence, "%s lacks %s or %s", self->soname, self->alloc_symbol,
                       self->free_symbol);
        return sentence;
    }
    *heap = NULL;
    return NULL;
}

static void *hosted_alloc(void *heap, size_t cpu, size_t size) {
    (void)heap, (void)cpu;
    return library_alloc(size);
}

static void hosted_free(void *heap, size_t cpu, void *p) {
    (void)heap, (void)cpu;
    library_free(p);
}

static const char *jemalloc_version(const struct adapter *self) {
    (void)self;
    int (*control)(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes);
    const char *version = "unknown";
    size_t bytes = sizeof(version);
    if (hosted_symbol("mallctl", &control, sizeof control)) {
        (void)control("version", &version, &bytes, NULL, 0);
    }
    return version;
}

static void jemalloc_drain(void *heap, size_t cpu) {
    (void)heap, (void)cpu;
    int (*control)(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes);
    if (hosted_symbol("mallctl", &control, sizeof control)) {
        (void)control("thread.tcache.flush", NULL, NULL, NULL, 0);
        (void)control("arena.4096.purge", NULL, NULL, NULL, 0); // 4096: all arenas
    }
}

const struct adapter adapter_jemalloc = {
    .name = "jemalloc",
    .summary = "libjemalloc.so.2",
    .open = hosted_open,
    .version = jemalloc_version,
    .alloc = hosted_alloc,
    .free = hosted_free,
    .drain = jemalloc_drain,
    .soname = "libjemalloc.so.2",
    .alloc_symbol = "malloc",
    .free_symbol = "free",
};

static const char *mimalloc_version(const struct adapter *self) {
    (void)self;
    static char text[32];
    int (*version)(void);
    int number = hosted_symbol("mi_version", &version, sizeof version) ? version() : 0;
    (void)snprintf(text, sizeof text, "%d.%d.%d", number / 100, number / 10 % 10, number % 10);
    return text;
}

static void mimalloc_drain(void *heap, size_t cpu) {
    (void)heap, (void)cpu;
    void (*collect)(bool force);
    if (hosted_symbol("mi_collect", &collect, sizeof collect)) {
        collect(true);
    }
}

const struct adapter adapter_mimalloc = {
    .name = "mimalloc",
    .summary = "libmimalloc.so.2",
    .open = hosted_open,
    .version = mimalloc_version,
    .alloc = hosted_alloc,
    .free = hosted_free,
    .drain = mimalloc_drain,
    .soname = "libmimalloc.so.2",
    .alloc_symbol = "mi_malloc",
    .free_symbol = "mi_free",
};

static const char *tcmalloc_version(const struct adapter *self) {
    (void)self;
    const char *(*version)(int *major, int *minor, const char **patch);
    int major = 0;
    int minor = 0;
    const char *patch = "";
    return hosted_symbol("tc_version", &version, sizeof version) ? version(&major, &minor, &patch) : "unknown";
}

static void tcmalloc_drain(void *heap, size_t cpu) {
    (void)heap, (void)cpu;
    void (*idle)(void);
    void (*release)(void);
    if (hosted_symbol("MallocExtension_MarkThreadIdle", &idle, sizeof idle)) {
        idle();
    }
    if (hosted_symbol("MallocExtension_ReleaseFreeMemory", &release, sizeof release)) {
        release();
    }
}

const struct adapter adapter_tcmalloc = {
    .name = "tcmalloc",
    .summary = "libtcmalloc_minimal.so.4",
    .open = hosted_open,
    .version = tcmalloc_version,
    .alloc = hosted_alloc,
    .free = hosted_free,
    .drain = tcmalloc_drain,
    .soname = "libtcmalloc_minimal.so.4",
    .alloc_symbol = "tc_malloc",
    .free_symbol = "tc_free",
};

static const char *glibc_version(const struct adapter *self) {
    (void)self;
    return gnu_get_libc_version();
}

static void glibc_drain(void *heap, size_t cpu) {
    (void)heap, (void)cpu;
    (void)malloc_trim(0);
}

const struct adapter adapter_glibc = {
    .name = "glibc",
    .summary = "libc.so.6",
    .open = hosted_open,
    .version = glibc_version,
    .alloc = hosted_alloc,
    .free = hosted_free,
    .drain = glibc_drain,
    .soname = "libc.so.6",
    .alloc_symbol = "malloc",
    .free_symbol = "free",
};
