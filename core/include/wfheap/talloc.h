// SPDX-License-Identifier: MIT
// talloc: two heaps for one kernel. Tasks live on the primary heap; the backup heap keeps the kernel alive when tasks
// have eaten the primary: a kernel then aborts a task, frees what it owned, and goes on.
//
// Every CPU slot has a policy. Under TALLOC_PRIMARY_ONLY, for running tasks, a request that the primary heap refuses is
// refused; under TALLOC_PRIMARY_THEN_BACKUP, for the kernel's own code and handlers, the backup heap is asked next.
// Blocks know nothing of it: frees and the like go to whichever heap's range the address lies in, under any policy.
//
// Either heap is any of wfheap/backend.h, made by the caller. talloc is a thin layer: it keeps no list, takes no lock
// and touches, on the common path, its own slot and what never changes. It adds TALLOC_ALLOC_STEPS shared-memory steps
// to the calls of the heaps that it makes: two allocs of the primary and one of the backup at most. So over two
// wait-free heaps it is wait-free; docs/bounds.md has the sums.
//
// CPUs. Calls marked [cpu] name a CPU slot, 0 <= cpu < cpus, under the rules of wfheap/heap.h: at most one caller in a
// [cpu] call with the same slot. Both heaps are called with the same number, hence must have as many slots. A number
// out of range is a fault, BAD_CPU, in every call that takes one, and has changed nothing.
//
// The program defines port_fault (port/port.h), which misuse is reported to: what the heaps report, and FOREIGN for an
// address in neither range.
// Idea: awkernel's allocator (primary and backup heap, a flag for each CPU, saved and restored around kernel code).
#ifndef WFHEAP_TALLOC_H
#define WFHEAP_TALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wfheap/backend.h>

#define TALLOC_CPUS_MAX 512u
#define TALLOC_STORAGE_ALIGN 64u
#define TALLOC_STORAGE_BYTES(cpus) ((size_t)256 + (size_t)128 * (cpus))
// Shared-memory steps of talloc's own in one call, besides those of the heaps that it calls.
#define TALLOC_ALLOC_STEPS 21u
#define TALLOC_REALLOC_STEPS 25u
#define TALLOC_FREE_STEPS 4u

typedef struct talloc talloc;

enum talloc_policy {
    TALLOC_PRIMARY_ONLY = 1,
    TALLOC_PRIMARY_THEN_BACKUP = 2, // what every slot begins with
};

enum talloc_error {
    TALLOC_OK = 0,
    TALLOC_ERR_NULL,              // a required pointer is NULL: storage, a backend, its heap, the handle's place
    TALLOC_ERR_MISALIGNED,        // the storage does not begin at a multiple of TALLOC_STORAGE_ALIGN
    TALLOC_ERR_STORAGE_TOO_SMALL, // fewer than TALLOC_STORAGE_BYTES(cpus)
    TALLOC_ERR_NO_CPU,            // cpus is 0
    TALLOC_ERR_TOO_MANY_CPUS,     // cpus exceeds TALLOC_CPUS_MAX
    TALLOC_ERR_OVERFLOW,          // a heap's range is empty or wraps around the end of the address space
    TALLOC_ERR_OVERLAP,           // the heaps' ranges overlap
    TALLOC_ERR_TWICE,             // *self is not NULL: it refers to a talloc already; or there is a primary already
};

// A sentence in English, without newline, for every value of the enum; a fixed one for any other. Never NULL.
const char *talloc_strerror(enum talloc_error error);

// A heap and the range of addresses it was made over (all that it may ever grow to), by which frees find it.
struct talloc_heap {
    const struct heap_backend *backend;
    void *heap;
    void *start;
    size_t bytes;
};

// Why the callback is called.
enum talloc_low_cause {
    TALLOC_LOW_PRIMARY = 1, // the primary heap refused a request that would be good if there were memory
    TALLOC_LOW_BACKUP,      // this allocation made what the backup heap has left fall below low_bytes
};

struct talloc_low {
    enum talloc_low_cause cause;
    size_t cpu;          // of the caller
    size_t size, align;  // of the request
    size_t backup_bytes; // what the backup heap has left, roughly
};

// Memory is low. Called from within talloc_alloc and talloc_realloc, on the caller's slot, with whatever the caller has
// masked, when no call into either heap is under way on this slot: nothing is held, nothing half done. It may make any
// call of talloc or of the heaps with this slot, add memory, drain, wake whoever frees memory; it must end, for its
// steps are the caller's. It must not free what the caller is about to give back (the p of a realloc).
// TALLOC_LOW_PRIMARY: true means that something has become free, and the primary heap is asked once more, before the
// backup heap or NULL. TALLOC_LOW_BACKUP: the answer means nothing; called once each time that the mark is crossed
// downward. Inside the callback it is not called again on the same slot.
typedef bool talloc_low_function(void *context, const struct talloc_low *low);

struct talloc_config {
    size_t cpus;                // slots
    struct talloc_heap backup;  // the first that a kernel has
    struct talloc_heap primary; // .backend NULL: later, by talloc_add_primary
    talloc_low_function *low;   // may be NULL: nobody wants to know
    void *low_context;          // handed to it
    size_t low_bytes;           // see TALLOC_LOW_BACKUP; 0: never
};

// Makes a talloc; storage belongs to it from here on. Call once, on one CPU, before others use it; publish *self to
// them with release/acquire. On error *self and the storage are unchanged. Linear in cpus, and in the backup heap,
// which is asked how much it has.
enum talloc_error talloc_init(const struct talloc_config *config, void *storage, size_t storage_bytes, talloc **self);

// The primary heap of a talloc that has none: until then every policy's requests are answered by the backup heap. Once,
// at any time, while other CPUs go on.
enum talloc_error talloc_add_primary(talloc *self, const struct talloc_heap *primary);

// The policy of a slot, from the next call on this slot on. Of one's own slot, or of any other, at any time: should two
// CPUs set a slot's policy at the same moment, one of them is the last. 2 steps at most.
void talloc_use_primary(talloc *self, size_t cpu);
void talloc_use_primary_then_backup(talloc *self, size_t cpu);

// What is saved is exactly what restore brings back, whichever it is and whatever was set, saved and restored in
// between: pairs nest. A restored value that is no policy is a fault, CORRUPT.
enum talloc_policy talloc_save(const talloc *self, size_t cpu);
void talloc_restore(talloc *self, size_t cpu, enum talloc_policy saved);

// All policies as a bitmap: bit cpu % 64 of word cpu / 64 is set if the slot is under TALLOC_PRIMARY_ONLY. A picture,
// not one moment. Linear in cpus.
void talloc_policies(const talloc *self, uint64_t primary_only[TALLOC_CPUS_MAX / 64]);

// [cpu] As alloc of the heap that serves it, by the slot's policy; talloc_zalloc with size bytes zeroed. NULL: size is
// 0, align is no power of two above 8, or no heap that the policy allows has it.
void *talloc_alloc(talloc *self, size_t cpu, size_t size, size_t align);
void *talloc_zalloc(talloc *self, size_t cpu, size_t size, size_t align);

// [cpu] p NULL: talloc_alloc. size 0: talloc_free, answer NULL. Else the size of p changes, keeping min(old, new)
// bytes: in the heap where it lies, if it can. A block of the primary heap that finds no room there moves to the backup
// heap, if the policy allows it. A block of the backup heap that grows moves to the primary heap, if that has room;
// if not, it grows where it lies, if the policy allows it. On NULL for any other reason than size 0, p is untouched and
// still the caller's.
void *talloc_realloc(talloc *self, size_t cpu, void *p, size_t size, size_t align);

// [cpu] NULL is ignored. Any block of either heap, whichever CPU and policy it came from.
void talloc_free(talloc *self, size_t cpu, void *p);

// [cpu] Bytes usable at p, a block of either heap: at least the size asked for. 0 if p is NULL.
size_t talloc_usable_size(talloc *self, size_t cpu, const void *p);

// Whether p lies in the range of the primary heap; false while there is none. Any CPU, any time. 1 step.
bool talloc_is_primary_mem(const talloc *self, const void *p);
bool talloc_is_backup_mem(const talloc *self, const void *p);

// [cpu] Gives back what the slot hides in both heaps, a bounded piece a call. True while there is more.
bool talloc_drain(talloc *self, size_t cpu);

struct talloc_stats {
    uint64_t backup_allocs;                     // requests that the backup heap served
    uint64_t backup_frees;                      // blocks that came back to it
    uint64_t backup_refusals;                   // requests that neither heap served, under primary then backup
    uint64_t primary_refusals;                  // times the primary heap refused, under either policy
    uint64_t moves_to_backup, moves_to_primary; // reallocs that changed the heap
    uint64_t low_calls;                         // of the callback
    size_t backup_used_bytes;                   // of talloc's blocks there now
    size_t backup_peak_bytes;                   // the most it ever was
    size_t backup_bytes;                        // what the backup heap had when talloc began
};
// Any CPU, any time; exact when no call runs meanwhile. Linear in cpus.
void talloc_stats(const talloc *self, struct talloc_stats *out);
// The same of one slot, as far as it is counted by slot: backup_used_bytes and backup_bytes are those of all, the peak
// is the most that backup_used_bytes was after calls on this slot. False for a slot that does not exist.
bool talloc_cpu_stats(const talloc *self, size_t cpu, struct talloc_stats *out);

// [cpu] Nothing else may run meanwhile: NULL if every invariant of talloc and of both heaps holds, else the one that is
// broken.
const char *talloc_check(talloc *self, size_t cpu);

#endif
