// SPDX-License-Identifier: MIT
// wf, slab, and TLSF behind its two locks, asked for an alignment of 8 as in the benchmark; frames, and a buddy system
// of them behind the same two locks.
#include "heaps.h"

#include "frames/buddy.h"
#include "frames/store.h"
#include "port/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <wfheap/heap.h>
#include <wfheap/slab.h>
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

static void *slab_new(void *region, size_t bytes, size_t cpus) {
    slab *heap = NULL;
    enum slab_error error = slab_init(region, bytes, cpus, &heap);
    if (error != SLAB_OK)
        refuse(slab_strerror(error));
    return heap;
}

static void *slab_take(void *heap, size_t cpu, size_t size) {
    return slab_alloc(heap, cpu, size, ALIGN);
}

static void slab_give(void *heap, size_t cpu, void *p) {
    slab_free(heap, cpu, p);
}

static void *frame_open(void *region, size_t bytes, size_t cpus) {
    struct store *store = NULL;
    const char *trouble = store_open(region, bytes, cpus, &store);
    if (trouble != NULL)
        refuse(trouble);
    return store;
}

static void *frame_take(void *heap, size_t cpu, size_t size) {
    return store_alloc(heap, cpu, size);
}

static void frame_give(void *heap, size_t cpu, void *p) {
    store_free(heap, cpu, p);
}

static void *buddy_mcs_new(void *region, size_t bytes, size_t cpus) {
    struct buddy_mcs *buddy = NULL;
    const char *trouble = buddy_mcs_open(region, bytes, cpus, &buddy);
    if (trouble != NULL)
        refuse(trouble);
    return buddy;
}

static void *buddy_mcs_take(void *heap, size_t cpu, size_t size) {
    return buddy_mcs_alloc(heap, cpu, size);
}

static void buddy_mcs_give(void *heap, size_t cpu, void *p) {
    buddy_mcs_free(heap, cpu, p);
}

static void *buddy_spin_new(void *region, size_t bytes, size_t cpus) {
    struct buddy_spin *buddy = NULL;
    const char *trouble = buddy_spin_open(region, bytes, cpus, &buddy);
    if (trouble != NULL)
        refuse(trouble);
    return buddy;
}

static void *buddy_spin_take(void *heap, size_t cpu, size_t size) {
    (void)cpu;
    return buddy_spin_alloc(heap, size);
}

static void buddy_spin_give(void *heap, size_t cpu, void *p) {
    buddy_spin_free(heap, cpu, p);
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

static const struct heap_kind wf = {"wf", false, 2.1, calls_apart, wf_open, wf_alloc, wf_free};
static const struct heap_kind mcs = {"tlsf", false, 5.0, calls_in_turn, mcs_open, mcs_alloc, mcs_free};
static const struct heap_kind spin = {"tlsf-spin", false, 5.1, calls_in_a_storm, spin_open, spin_alloc, spin_free};
static const struct heap_kind slab_kind = {"slab", false, 6.0, calls_apart, slab_new, slab_take, slab_give};
static const struct heap_kind frame = {"frame", true, 2.1, calls_apart, frame_open, frame_take, frame_give};
static const struct heap_kind buddy_mcs = {"buddy-mcs",   true,           3.0,           calls_in_turn,
                                           buddy_mcs_new, buddy_mcs_take, buddy_mcs_give};
static const struct heap_kind buddy = {"buddy",         true,           3.0, calls_in_a_storm, buddy_spin_new,
                                       buddy_spin_take, buddy_spin_give};

const struct heap_kind *const heap_kinds[] = {&wf, &mcs, &spin, &slab_kind, &frame, &buddy_mcs, &buddy, NULL};
