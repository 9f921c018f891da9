// SPDX-License-Identifier: MIT
// tlsf, tlsf-spin, tlsf-mutex: this project's TLSF behind an MCS lock, a test-and-set spinlock and a pthread mutex.
#include "adapter.h"

#include <pthread.h>
#include <wfheap/tlsf.h>

enum { TLSF_ALIGN = 8 };

static const char *tlsf_version(const struct adapter *self) {
    (void)self;
    return "of this tree";
}

static void tlsf_drain(void *heap, size_t cpu) {
    (void)heap, (void)cpu; // TLSF caches nothing
}

static void tlsf_tell(const struct tlsf_stats *stats, struct bench_figures *out) {
    out->space_known = true;
    out->used_bytes = stats->used_bytes;
    out->free_bytes = stats->free_bytes;
    out->largest_free_bytes = stats->largest_free_bytes;
    out->peak_bytes = stats->peak_bytes;
}

static const char *mcs_open(const struct adapter *self, void *region, size_t region_bytes, size_t cpus, void **heap) {
    (void)self;
    tlsf_mcs *made = NULL;
    enum tlsf_error error = tlsf_mcs_init(region, region_bytes, cpus, &made);
    *heap = made;
    return error == TLSF_OK ? NULL : tlsf_strerror(error);
}

static void *mcs_alloc(void *heap, size_t cpu, size_t size) {
    return tlsf_mcs_alloc(heap, cpu, size, TLSF_ALIGN);
}

static void mcs_free(void *heap, size_t cpu, void *p) {
    tlsf_mcs_free(heap, cpu, p);
}

static void mcs_figures(void *heap, size_t cpu, struct bench_figures *out) {
    struct tlsf_stats stats;
    tlsf_mcs_stats(heap, cpu, &stats);
    tlsf_tell(&stats, out);
}

const struct adapter adapter_tlsf = {
    .name = "tlsf",
    .summary = "this project's TLSF behind an MCS queue lock",
    .in_region = true,
    .open = mcs_open,
    .version = tlsf_version,
    .alloc = mcs_alloc,
    .free = mcs_free,
    .drain = tlsf_drain,
    .figures = mcs_figures,
    .backend = &tlsf_backend,
};

static const char *spin_open(const struct adapter *self, void *region, size_t region_bytes, size_t cpus, void **heap) {
    (void)self;
    tlsf_spin *made = NULL;
    enum tlsf_error error = tlsf_spin_init(region, region_bytes, cpus, &made);
    *heap = made;
    return error == TLSF_OK ? NULL : tlsf_strerror(error);
}

static void *spin_alloc(void *heap, size_t cpu, size_t size) {
    return tlsf_spin_alloc(heap, cpu, size, TLSF_ALIGN);
}

static void spin_free(void *heap, size_t cpu, void *p) {
    tlsf_spin_free(heap, cpu, p);
}

static void spin_figures(void *heap, size_t cpu, struct bench_figures *out) {
    struct tlsf_stats stats;
    tlsf_spin_stats(heap, cpu, &stats);
    tlsf_tell(&stats, out);
}

const struct adapter adapter_tlsf_spin = {
    .name = "tlsf-spin",
    .summary = "this project's TLSF behind a test-and-set spinlock",
    .in_region = true,
    .open = spin_open,
    .version = tlsf_version,
    .alloc = spin_alloc,
    .free = spin_free,
    .drain = tlsf_drain,
    .figures = spin_figures,
};

// One process measures one heap, so one mutex will do.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static const char *mutex_open(const struct adapter *self, void *region, size_t region_bytes, size_t cpus, void **heap) {
    (void)self, (void)cpus;
    tlsf *made = NULL;
    enum tlsf_error error = tlsf_init(region, region_bytes, &made);
    *heap = made;
    return error == TLSF_OK ? NULL : tlsf_strerror(error);
}

static void *mutex_alloc(void *heap, size_t cpu, size_t size) {
    (void)cpu;
    pthread_mutex_lock(&mutex);
    void *p = tlsf_alloc(heap, size, TLSF_ALIGN);
    pthread_mutex_unlock(&mutex);
    return p;
}

static void mutex_free(void *heap, size_t cpu, void *p) {
    (void)cpu;
    pthread_mutex_lock(&mutex);
    tlsf_free(heap, p);
    pthread_mutex_unlock(&mutex);
}

static void mutex_figures(void *heap, size_t cpu, struct bench_figures *out) {
    (void)cpu;
    struct tlsf_stats stats;
    pthread_mutex_lock(&mutex);
    tlsf_stats(heap, &stats);
    pthread_mutex_unlock(&mutex);
    tlsf_tell(&stats, out);
}

const struct adapter adapter_tlsf_mutex = {
    .name = "tlsf-mutex",
    .summary = "this project's TLSF behind a pthread mutex",
    .in_region = true,
    .open = mutex_open,
    .version = tlsf_version,
    .alloc = mutex_alloc,
    .free = mutex_free,
    .drain = tlsf_drain,
    .figures = mutex_figures,
};
