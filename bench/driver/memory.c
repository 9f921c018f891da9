// SPDX-License-Identifier: MIT
// Memory of the driver's own, and what the system says about the process's.
#include "memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *memory_map(size_t bytes, int how) {
    if (bytes == 0) {
        return NULL;
    }
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | how, -1, 0);
    if (pages == MAP_FAILED) {
        (void)fprintf(stderr, "wfbench: the system refuses %zu MiB of memory\n", bytes >> 20);
        exit(EXIT_FAILURE);
    }
    return pages;
}

void *memory_pages(size_t bytes) {
    return memory_map(bytes, MAP_POPULATE);
}

void *memory_sparse(size_t bytes) {
    return memory_map(bytes, MAP_NORESERVE);
}

// The value of a line `name:   N kB` of /proc/self/status, in bytes; read without stdio, which would allocate.
static uint64_t status_bytes(const char *name) {
    char text[4096];
    int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return 0;
    }
    ssize_t length = read(file, text, sizeof text - 1);
    (void)close(file);
    text[length < 0 ? 0 : length] = '\0';
    const char *line = strstr(text, name);
    return line == NULL ? 0 : (uint64_t)strtoull(line + strlen(name), NULL, 10) * 1024;
}

uint64_t memory_resident(void) {
    return status_bytes("VmRSS:");
}

uint64_t memory_resident_peak(void) {
    return status_bytes("VmHWM:");
}

void memory_reset_peak(void) {
    int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        ssize_t written = write(file, "5", 1); // resets VmHWM only
        (void)written;                         // where this is not allowed, the peak includes the start of the process
        (void)close(file);
    }
}
