// SPDX-License-Identifier: MIT
// The kernel's heap; see kheap.h.
#include "kheap.h"

#include "arch.h"
#include "frames.h"
#include "options.h"
#include "print.h"

// A small heap: some for use, and what each CPU's cache and its bookkeeping need. A large one leaves one frame in so
// many for other use.
enum { SMALL_BYTES = 1 << 20, SMALL_BYTES_CPU = 64 << 10, FRAMES_SPARED = 8, LOW_BYTES = 128 << 10 };

static talloc *heaps;
static backend *primary, *backup;

struct kheap_visit kheap_enter(void) {
    struct kheap_visit visit = {.was = irq_mask()};
#ifdef KHEAP_UNMASKED // only to show that the tests notice
    irq_restore(visit.was);
#endif
    visit.me = cpu_self();
    visit.since = clock_ticks();
    return visit;
}

void kheap_leave(const struct kheap_visit *visit, enum kheap_call call) {
    uint64_t ticks = clock_ticks() - visit->since;
    struct kheap_masked *masked = &visit->me->masked[call];
    masked->calls++;
    if (ticks > masked->ticks_max)
        masked->ticks_max = ticks;
    irq_restore(visit->was);
}

// NULL was the answer. If this is the end, no handler may use the heaps, on this CPU's number, while they are counted.
static void refused(size_t size, size_t align) {
    const struct cpu *me = cpu_self();
    size_t largest[2], all[2];
    if (talloc_save(heaps, me->index) == TALLOC_PRIMARY_ONLY)
        return;
    (void)irq_mask();
    BACKEND.free_bytes(primary, me->index, &largest[0], &all[0]);
    BACKEND.free_bytes(backup, me->index, &largest[1], &all[1]);
    panic("both heaps are empty: '%s' on CPU %zu asks for %zu bytes at a multiple of %zu, where %zu and %zu are free",
          me->doing, me->index, size, align, all[0], all[1]);
}

void *kheap_alloc(size_t size, size_t align) {
    struct kheap_visit visit = kheap_enter();
    void *p = talloc_alloc(heaps, visit.me->index, size, align);
    kheap_leave(&visit, KHEAP_ALLOC);
    if (p == NULL)
        refused(size, align);
    return p;
}

void *kheap_zalloc(size_t size, size_t align) {
    void *p = kheap_alloc(size, align);
    return p == NULL ? NULL : __builtin_memset(p, 0, size);
}

void *kheap_realloc(void *p, size_t size, size_t align) {
    struct kheap_visit visit = kheap_enter();
    void *q = talloc_realloc(heaps, visit.me->index, p, size, align);
    kheap_leave(&visit, KHEAP_REALLOC);
    if (q == NULL && size != 0)
        refused(size, align);
    return q;
}

void kheap_free(void *p) {
    struct kheap_visit visit = kheap_enter();
    talloc_free(heaps, visit.me->index, p);
    kheap_leave(&visit, KHEAP_FREE);
}

static struct talloc_heap make(const char *name, size_t bytes, size_t cpus) {
    backend *heap = NULL;
    uint64_t region = frames_take(bytes / FRAME_BYTES, FRAME_BYTES);
    const char *refusal = region == FRAME_NONE ? "there are not so many frames in a row"
                                               : backend_init((void *)region, bytes, cpus, &heap);
    if (refusal != NULL)
        panic("no %s heap of %zu KiB of memory for %zu CPUs: %s", name, bytes >> 10, cpus, refusal);
    print("%-10s %s heap of %zu KiB for %zu CPUs\n", name, BACKEND.name, bytes >> 10, cpus);
    return (struct talloc_heap){&BACKEND, heap, (void *)region, bytes};
}

static bool tell_low(void *context, const struct talloc_low *low) {
    (void)context;
    if (low->cause == TALLOC_LOW_BACKUP)
        print("the backup heap has only %zu KiB left, after '%s' on CPU %zu asked for %zu bytes\n",
              low->backup_bytes >> 10, cpu_self()->doing, low->cpu, low->size);
    return false; // nothing has become free
}

void kheap_make_backup(const struct boot *boot) {
    static _Alignas(TALLOC_STORAGE_ALIGN) char storage[TALLOC_STORAGE_BYTES(ARCH_CPUS_MAX)];
    struct talloc_config config = {.cpus = boot->cpus_upper, .low = tell_low, .low_bytes = LOW_BYTES};
    config.backup = make("backup", SMALL_BYTES + boot->cpus_upper * SMALL_BYTES_CPU, boot->cpus_upper);
    enum talloc_error error = talloc_init(&config, storage, sizeof storage, &heaps);
    if (error != TALLOC_OK)
        panic("the backup heap cannot serve: %s", talloc_strerror(error));
    backup = config.backup.heap;
}

void kheap_make_primary(const struct boot *boot) {
    struct frame_stats stats;
    if (boot->cpu_count > boot->cpus_upper)
        panic("%zu CPUs are counted where at most %zu were expected", boot->cpu_count, boot->cpus_upper);
    frame_stats(frames_pool(), &stats);
    size_t frames = stats.largest_free_run - stats.largest_free_run / FRAMES_SPARED;
    size_t bytes = options.mode->small_heap ? SMALL_BYTES + boot->cpu_count * SMALL_BYTES_CPU : frames * FRAME_BYTES;
    struct talloc_heap heap = make("primary", bytes, boot->cpu_count);
    enum talloc_error error = talloc_add_primary(heaps, &heap);
    if (error != TALLOC_OK)
        panic("the primary heap cannot serve: %s", talloc_strerror(error));
    primary = heap.heap;
}

backend *kheap_backup(void) {
    return backup;
}

backend *kheap_primary(void) {
    return primary;
}

talloc *kheap_talloc(void) {
    return heaps;
}
