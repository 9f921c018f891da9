// SPDX-License-Identifier: MIT
// What the calls of the heap promise, one at a time: refusals of init, sizes, alignments, zeroes, realloc, and memory
// that comes later.
#include "arch.h"
#include "cpus.h"
#include "masked.h"
#include "print.h"
#include "tap.h"
#include "tests.h"
#include "yard.h"

#include <wfheap/heap.h>
#include <wfheap/tlsf.h>

enum { PAGE = 4096, MIB = 1 << 20, BURST = 32768, BURST_STRIDE = 12345 }; // the stride is odd

static void expect_wf(enum wfh_error want, void *region, size_t bytes, size_t cpus, wfh **heap) {
    enum wfh_error error = wfh_init(region, bytes, cpus, heap);
    tap_expect(error == want, "wfh_init says '%s', not '%s'", wfh_strerror(error), wfh_strerror(want));
}

static void expect_tlsf(enum tlsf_error want, void *region, size_t bytes, size_t cpus, tlsf_mcs **heap) {
    enum tlsf_error error = tlsf_mcs_init(region, bytes, cpus, heap);
    tap_expect(error == want, "tlsf_mcs_init says '%s', not '%s'", tlsf_strerror(error), tlsf_strerror(want));
}

void test_init_errors(void) {
    char *region = kheap_alloc(MIB, PAGE), *far_up = (char *)UINTPTR_MAX - MIB / 2 + 1;
    wfh *wf = NULL;
    tlsf_mcs *locked = NULL;
    expect_wf(WFH_ERR_NULL, NULL, MIB, 1, &wf);
    expect_wf(WFH_ERR_NULL, region, MIB, 1, NULL);
    expect_wf(WFH_ERR_MISALIGNED, region + 8, MIB, 1, &wf);
    expect_wf(WFH_ERR_OVERFLOW, far_up, MIB, 1, &wf);
    expect_wf(WFH_ERR_REGION_TOO_SMALL, region, MIB - 1, 1, &wf);
    expect_wf(WFH_ERR_REGION_TOO_LARGE, region, WFH_REGION_BYTES_MAX + PAGE, 1, &wf);
    expect_wf(WFH_ERR_NO_ROOM_METADATA, region, MIB, WFH_CPUS_MAX, &wf);
    expect_wf(WFH_ERR_NO_CPU, region, MIB, 0, &wf);
    expect_wf(WFH_ERR_TOO_MANY_CPUS, region, MIB, WFH_CPUS_MAX + 1, &wf);
    tap_expect(wf == NULL, "a refused wfh_init changed the heap's address");
    expect_wf(WFH_OK, region, MIB, 1, &wf);
    expect_wf(WFH_ERR_TWICE, region, MIB, 1, &wf);

    expect_tlsf(TLSF_ERR_NULL, NULL, MIB, 1, &locked);
    expect_tlsf(TLSF_ERR_MISALIGNED, region + 8, MIB, 1, &locked);
    expect_tlsf(TLSF_ERR_OVERFLOW, far_up, MIB, 1, &locked);
    expect_tlsf(TLSF_ERR_REGION_TOO_SMALL, region, 128, 1, &locked);
    expect_tlsf(TLSF_ERR_REGION_TOO_LARGE, region, TLSF_REGION_BYTES_MAX + 64, 1, &locked);
    expect_tlsf(TLSF_ERR_NO_CPU, region, MIB, 0, &locked);
    expect_tlsf(TLSF_ERR_TOO_MANY_CPUS, region, MIB, TLSF_CPUS_MAX + 1, &locked);
    tap_expect(locked == NULL, "a refused tlsf_mcs_init changed the heap's address");
    expect_tlsf(TLSF_OK, region, MIB, 1, &locked);
    expect_tlsf(TLSF_ERR_TWICE, region, MIB, 1, &locked);
    kheap_free(region);
}

static void expect_block(backend *heap, size_t size, size_t align) {
    unsigned char *p = masked_alloc(heap, size, align);
    if (!tap_expect(p != NULL, "no block of %zu bytes at a multiple of %zu", size, align))
        return;
    size_t usable = BACKEND.usable_size(heap, 0, p);
    __builtin_memset(p, 0xff, size);
    tap_expect((uintptr_t)p % align == 0, "%p is not a multiple of %zu", (void *)p, align);
    tap_expect(usable >= size, "a block of %zu bytes has only %zu", size, usable);
    tap_expect(BACKEND.owns(heap, p), "%p does not belong to the heap that gave it", (void *)p);
    masked_free(heap, p);
}

// Out of the kernel's heap, where others have written.
static void expect_zeroes(size_t size) {
    unsigned char *p = kheap_alloc(size, 8);
    size_t dirty = 0;
    __builtin_memset(p, 0xff, size);
    kheap_free(p);
    p = kheap_zalloc(size, 8);
    for (size_t i = 0; i < size; i++) // bound: size
        dirty += p[i] != 0;
    tap_expect(dirty == 0, "of %zu bytes zeroed, %zu are not zero", size, dirty);
    kheap_free(p);
}

void test_sizes_and_alignments(void) {
    struct yard yard;
    yard_open(&yard, cpus_count());
    for (size_t size = 1; size <= 200000; size += size / 16 + 1) { // bound: 200
        for (size_t align = 8; align <= 65536; align *= 4)         // bound: 7
            expect_block(yard.heap, size, align);
        expect_zeroes(size);
    }
    tap_expect(masked_alloc(yard.heap, 0, 8) == NULL, "0 bytes are given");
    tap_expect(masked_alloc(yard.heap, 100, 24) == NULL, "an alignment of 24 is taken");
    tap_expect(masked_alloc(yard.heap, SIZE_MAX, 8) == NULL, "all of the address space is given");
    tap_expect(BACKEND.alloc(yard.heap, yard.slots, 8, 8) == NULL, "a CPU that the heap does not know gets memory");
    masked_free(yard.heap, NULL);
    yard_close(&yard, "sizes");
}

// Far more small blocks than a CPU's cache holds, out of the roomy heap of the kernel, given back in another order.
void test_burst(void) {
    size_t **blocks = kheap_alloc(BURST * sizeof *blocks, 8), changed = 0;
    for (size_t i = 0; i < BURST; i++) { // bound: BURST
        blocks[i] = kheap_alloc(16 + i % 5 * 16, 8);
        *blocks[i] = i;
    }
    for (size_t i = 0; i < BURST; i++) { // bound: BURST
        size_t *p = blocks[i * BURST_STRIDE % BURST];
        changed += *p != i * BURST_STRIDE % BURST;
        kheap_free(p);
    }
    tap_expect(changed == 0, "%zu of %d blocks were changed", changed, BURST);
    kheap_free(blocks);
}

static unsigned char byte_at(size_t i) {
    return (unsigned char)(i * 7 + i / 256);
}

// Changes a block's size: its bytes stay as far as both sizes go, the new ones are written.
static unsigned char *resized(backend *heap, unsigned char *p, size_t from, size_t to) {
    unsigned char *q = masked_realloc(heap, p, to, 8);
    if (!tap_expect(q != NULL, "no realloc from %zu to %zu bytes", from, to))
        return p;
    for (size_t i = 0; i < to; i++) { // bound: to
        if (i < from && !tap_expect(q[i] == byte_at(i), "realloc from %zu to %zu bytes changed byte %zu", from, to, i))
            break;
        q[i] = byte_at(i);
    }
    return q;
}

void test_realloc(void) {
    struct yard yard;
    yard_open(&yard, cpus_count());
    unsigned char *p = NULL;
    size_t now = 0;
    for (size_t size = 1; size <= 300000; size += size / 3 + 1) { // bound: 50
        p = resized(yard.heap, p, now, size);
        now = size;
    }
    for (size_t size = now; size > 0; size -= size / 3 + 1) { // bound: 50
        p = resized(yard.heap, p, now, size);
        now = size;
    }
    tap_expect(masked_realloc(yard.heap, p, SIZE_MAX / 2, 8) == NULL, "half the address space is given");
    p = resized(yard.heap, p, now, 100);
    tap_expect(masked_realloc(yard.heap, p, 0, 8) == NULL, "realloc to nothing answers a block");
    yard_close(&yard, "realloc");
}

// Blocks of a page until there are none; they hang in a list.
static size_t take_all(wfh *heap, void **list) {
    size_t count = 0;
    for (void **p; (p = wfh_alloc(heap, 0, PAGE, 8)) != NULL; count++) { // bound: the heap
        *p = *list;
        *list = p;
    }
    return count;
}

void test_add_memory(void) {
    size_t first = wfh_footprint(3 * MIB, 1) + MIB, bytes = first + MIB;
    char *region = kheap_alloc(bytes, PAGE);
    wfh *heap = NULL;
    void *list = NULL;
    tap_expect(wfh_init_reserved(region, bytes, first, 1, &heap) == WFH_OK, "no heap over a reserved range");
    size_t before = take_all(heap, &list);
    for (size_t at = first; at < bytes; at += MIB / 4) { // bound: 4
        tap_expect(!wfh_owns(heap, region + at), "memory is owned before it is there");
        tap_expect(wfh_add_memory(heap, region + at, MIB / 4) == WFH_OK, "memory is not taken");
        tap_expect(wfh_owns(heap, region + at), "memory is not owned though it is there");
    }
    tap_expect(wfh_add_memory(heap, region + first, PAGE) == WFH_ERR_OVERLAP, "memory is taken twice");
    tap_expect(wfh_add_memory(heap, region + bytes, PAGE) == WFH_ERR_OUTSIDE, "memory is taken beyond the range");
    tap_expect(wfh_add_memory(heap, region, PAGE) == WFH_ERR_OUTSIDE, "the bookkeeping is taken for memory");
    size_t later = take_all(heap, &list);
    tap_expect(later == MIB / PAGE, "%zu pages before, and %zu from the new 1 MiB", before, later);
    kheap_free(region);
}
