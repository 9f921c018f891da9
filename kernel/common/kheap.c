// SPDX-License-Identifier: MIT
// The kernel's heap; see kheap.h.
#include "kheap.h"

#include "arch.h"
#include "cpus.h"
#include "frames.h"
#include "print.h"

#ifdef KHEAP_UNMASKED // only to show that the tests notice
enum { MASKED = 0 };
#else
enum { MASKED = 1 };
#endif

// The backup heap: some for use, and what each CPU's cache and its bookkeeping need. The primary leaves one frame in so
// many for other use.
enum { BACKUP_BYTES = 2 << 20, BACKUP_BYTES_CPU = 48 << 10, FRAMES_SPARED = 8 };

static backend *primary, *backup;

// A call into a heap, from its CPU's number to its end.
struct visit {
    struct cpu *me;
    irq_state_t was;
    uint64_t since;
};

static inline struct visit enter(void) {
    struct visit visit = {.me = NULL};
    if (MASKED)
        visit.was = irq_mask();
    visit.me = cpu_self();
    visit.since = clock_ticks();
    return visit;
}

static inline void leave(const struct visit *visit, enum kheap_call call) {
    uint64_t ticks = clock_ticks() - visit->since;
    struct cpu *me = visit->me;
    me->masked[call].calls++;
    if (ticks > me->masked[call].ticks_max)
        me->masked[call].ticks_max = ticks;
    if (MASKED)
        irq_restore(visit->was);
}

void *kheap_alloc_from(backend *heap, size_t size, size_t align) {
    struct visit visit = enter();
    void *p = backend_alloc(heap, visit.me->index, size, align);
    leave(&visit, KHEAP_ALLOC);
    return p;
}

void *kheap_zalloc_from(backend *heap, size_t size, size_t align) {
    void *p = kheap_alloc_from(heap, size, align);
    return p == NULL ? NULL : __builtin_memset(p, 0, size); // takes its time, hence not masked
}

void *kheap_realloc_from(backend *heap, void *p, size_t size, size_t align) {
    struct visit visit = enter();
    void *q = backend_realloc(heap, visit.me->index, p, size, align);
    leave(&visit, KHEAP_REALLOC);
    return q;
}

void kheap_free_to(backend *heap, void *p) {
    struct visit visit = enter();
    backend_free(heap, visit.me->index, p);
    leave(&visit, KHEAP_FREE);
}

bool kheap_drain(backend *heap) {
    struct visit visit = enter();
    bool more = backend_drain(heap, visit.me->index);
    leave(&visit, KHEAP_DRAIN);
    return more;
}

// The heap that a block belongs to: what neither owns is the primary's, which reports it.
static backend *owner(const void *p) {
    return primary == NULL || backend_owns(backup, p) ? backup : primary;
}

void *kheap_alloc(size_t size, size_t align) {
    void *p = primary == NULL ? NULL : kheap_alloc_from(primary, size, align);
    return p != NULL ? p : kheap_alloc_from(backup, size, align);
}

void *kheap_zalloc(size_t size, size_t align) {
    void *p = kheap_alloc(size, align);
    return p == NULL ? NULL : __builtin_memset(p, 0, size);
}

void *kheap_realloc(void *p, size_t size, size_t align) {
    return p == NULL ? kheap_alloc(size, align) : kheap_realloc_from(owner(p), p, size, align);
}

void kheap_free(void *p) {
    if (p != NULL)
        kheap_free_to(owner(p), p);
}

static backend *make(const char *name, size_t bytes, size_t cpus) {
    backend *heap = NULL;
    uint64_t region = frames_take(bytes / FRAME_BYTES, FRAME_BYTES);
    const char *refusal = region == FRAME_NONE ? "there are not so many frames in a row"
                                               : backend_init((void *)region, bytes, cpus, &heap);
    if (refusal != NULL)
        panic("no %s heap of %zu KiB of memory for %zu CPUs: %s", name, bytes >> 10, cpus, refusal);
    print("%-10s %s heap of %zu KiB for %zu CPUs\n", name, BACKEND_NAME, bytes >> 10, cpus);
    return heap;
}

void kheap_make_backup(const struct boot *boot) {
    backup = make("backup", BACKUP_BYTES + boot->cpus_upper * BACKUP_BYTES_CPU, boot->cpus_upper);
}

void kheap_make_primary(const struct boot *boot) {
    struct frame_stats stats;
    if (boot->cpu_count > boot->cpus_upper)
        panic("%zu CPUs are counted where at most %zu were expected", boot->cpu_count, boot->cpus_upper);
    frame_stats(frames_pool(), &stats);
    size_t frames = stats.largest_free_run - stats.largest_free_run / FRAMES_SPARED;
    primary = make("primary", frames * FRAME_BYTES, boot->cpu_count);
}

backend *kheap_backup(void) {
    return backup;
}

backend *kheap_primary(void) {
    return primary;
}

void kheap_masked_reset(void) {
    for (size_t i = 0; i < cpus_count(); i++) // bound: CPUs
        __builtin_memset(cpus_at(i)->masked, 0, sizeof cpus_at(i)->masked);
}
