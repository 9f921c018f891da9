// SPDX-License-Identifier: MIT
// wf, and TLSF behind its two locks; asked for an alignment of 8 as in the benchmark.
#include "heaps.h"

#include "port/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <wfheap/heap.h>
#include <wfheap/tlsf.h>

#define ALIGN 8u

_Noreturn void port_fault(enum port_fault_kind kind, const void *address, size_t cpu) {
    fprintf(stderr, "wfsim scale: fault %d at %p on CPU %zu\n", (int)kind, address, cpu);
    exit(1);
}

static void refuse(const char *sentence) {
    fprintf(stderr, "wfsim scale: no heap: %s\n", sentence);
    exit(2);
}

static void *wf_open(void *region, size_t bytes, size_t cpus) {
    wfh *heap = NULL;
    enum wfh_error error = wfh_init(region, bytes, cpus, &heap);
    if (error != WFH_OK)
        refuse(wfh_strerror(error));
    return heap;
}

static void *wf_alloc(void *heap, size_t cpu, size_t size) {
    return wfh_alloc(heap, cpu, size, ALIGN);
}

static void wf_free(void *heap, size_t cpu, void *p) {
    wfh_free(heap, cpu, p);
}

static void *mcs_open(void *region, size_t bytes, size_t cpus) {
    tlsf_mcs *heap = NULL;
    enum tlsf_error error = tlsf_mcs_init(region, bytes, cpus, &heap);
    if (error != TLSF_OK)
        refuse(tlsf_strerror(error));
    return heap;
}

static void *mcs_alloc(void *heap, size_t cpu, size_t size) {
    return tlsf_mcs_alloc(heap, cpu, size, ALIGN);
}

static void mcs_free(void *heap, size_t cpu, void *p) {
    tlsf_mcs_free(heap, cpu, p);
}

static void *spin_open(void *region, size_t bytes, size_t cpus) {
    tlsf_spin *heap = NULL;
    enum tlsf_error error = tlsf_spin_init(region, bytes, cpus, &heap);
    if (error != TLSF_OK)
        refuse(tlsf_strerror(error));
    return heap;
}

static void *spin_alloc(void *heap, size_t cpu, size_t size) {
    return tlsf_spin_alloc(heap, cpu, size, ALIGN);
}

static void spin_free(void *heap, size_t cpu, void *p) {
    tlsf_spin_free(heap, cpu, p);
}

static uint64_t calls_apart(size_t cpus) {
    return 300000 + (uint64_t)2500 * cpus;
}

static uint64_t calls_in_turn(size_t cpus) {
    return 100000 + (uint64_t)100 * cpus;
}

// Each of them makes all who wait look again, and most of these write.
static uint64_t calls_in_a_storm(size_t cpus) {
    return 200000 / cpus + (uint64_t)8 * cpus;
}

static const struct heap_kind wf = {"wf", 2.1, calls_apart, wf_open, wf_alloc, wf_free};
static const struct heap_kind mcs = {"tlsf", 5.0, calls_in_turn, mcs_open, mcs_alloc, mcs_free};
static const struct heap_kind spin = {"tlsf-spin", 5.1, calls_in_a_storm, spin_open, spin_alloc, spin_free};

const struct heap_kind *const heap_kinds[] = {&wf, &mcs, &spin, NULL};
