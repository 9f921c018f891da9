// SPDX-License-Identifier: MIT
// A QEMU plugin that counts the instructions of every single call of chosen functions, on every thread or vCPU: from
// the function's first instruction up to its return, all that it calls included. It tells how often each count occurred
// and which blocks the longest call went through.
//
//   qemu-x86_64 -plugin libcall_counter.so,out=FILE,watch=NAME@OFFSET,watch=... PROGRAM
//   qemu-system-x86_64 -icount shift=0 -plugin
//   libcall_counter.so,out=FILE,watch=...,begin=NAME@OFFSET,end=NAME@OFFSET,slices=SEED
//
// OFFSET is the function's address in the program's file, hexadecimal (nm tells it). With begin= and end=, calls count
// between calls of these two functions only; with slices=, vCPUs take turns after few instructions then (slices.h).
// Each line of FILE is one of
//   call NAME CALLS INSTRUCTIONS LOCKED LONGEST   all calls together; LOCKED: instructions that lock a cache line
//   shared NAME CALLS SWITCHES                    calls in whose middle another vCPU ran, and how often it went on
//   there size NAME INSTRUCTIONS CALLS                  calls that took so many; the last size holds all longer ones
//   too path NAME ADDRESS INSTRUCTIONS SYMBOL         a block of the longest call, in order; ADDRESS as OFFSET
//
// A call begins when a block at a watched entry is executed, and ends when the instruction behind the most recent call
// instruction before it is: tail calls of adapters need no special care. A signal or interrupt handler that runs inside
// a call counts as part of it, and a block left early by an exception counts in full, so maxima are upper bounds.
#include "guest_code.h"
#include "qemu_plugin.h"
#include "slices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WATCHES_MAX 8
#define VCPUS_MAX 1024
#define SIZES 65536      // instruction counts told apart
#define PATH_BLOCKS 8192 // blocks remembered of one call
#define PAGE_MASK 0xfffu

// One translated block of guest code. Never freed: QEMU may run it until the program ends.
struct block {
    uint64_t start, last, end; // last: the last instruction's address
    uint32_t insns, locked;
    int watch;         // index of the function it is the entry of, or -1
    bool begins, ends; // whether calls count from here on, and no more
    bool ends_in_call;
    const char *symbol; // the function it belongs to, as far as QEMU knows
};

struct tally {
    uint64_t calls, insns, locked, longest;
    uint64_t shared, switches; // calls with another vCPU in their middle, and how often one came there
    uint64_t sizes[SIZES];
    const struct block *path[PATH_BLOCKS];
    size_t path_blocks;
};

// What one thread of the program, or one vCPU of the machine, is doing.
struct vcpu {
    bool inside;
    const struct block *before; // the block before this one
    unsigned watch;
    uint64_t return_address, last_return_address;
    uint64_t insns, locked;
    uint64_t switches; // of all vCPUs when the call began
    const struct block *path[PATH_BLOCKS];
    size_t path_blocks;
    struct tally tallies[WATCHES_MAX];
};

struct watch {
    char name[64];
    uint64_t offset, load_base;
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_INTERFACE;
QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

static struct watch watches[WATCHES_MAX];
static unsigned watch_count;
static struct vcpu *vcpus[VCPUS_MAX];
static char out_path[1024];
static bool target_is_x86, target_is_machine;
static struct watch beginning, ending; // functions between whose calls others count; without a name: all count
static bool counting, sliced;
static uint64_t slices_seed;

static _Noreturn void give_up(const char *sentence) {
    fprintf(stderr, "call_counter: %s\n", sentence);
    exit(1);
}

static void *zeroed(size_t bytes) {
    void *memory = calloc(1, bytes);
    if (memory == NULL) {
        give_up("out of memory");
    }
    return memory;
}

// A program may lie anywhere (PIE), but a load moves addresses by whole pages. A kernel lies where it was linked.
static bool watch_matches(const struct watch *watch, uint64_t address, const char *symbol) {
    if (target_is_machine) {
        return address == watch->offset;
    }
    return symbol != NULL && strcmp(symbol, watch->name) == 0 && ((address ^ watch->offset) & PAGE_MASK) == 0;
}

static int watch_at(uint64_t address, const char *symbol) {
    for (unsigned i = 0; i < watch_count; i++) {
        if (watch_matches(&watches[i], address, symbol)) {
            watches[i].load_base = address - watches[i].offset;
            return (int)i;
        }
    }
    return -1;
}

static bool is_call(const uint8_t *code, size_t size) {
    return target_is_x86 ? x86_is_call(code, size) : arm64_is_call(code, size);
}

static bool is_locked(const uint8_t *code, size_t size) {
    return target_is_x86 ? x86_is_locked(code, size) : arm64_is_locked(code, size);
}

static struct vcpu *vcpu_of(unsigned index) {
    if (index >= VCPUS_MAX) {
        give_up("the program has too many threads");
    }
    if (vcpus[index] == NULL) {
        vcpus[index] = zeroed(sizeof *vcpus[index]);
    }
    return vcpus[index];
}

static void call_begin(struct vcpu *vcpu, const struct block *block) {
    vcpu->inside = true;
    vcpu->watch = (unsigned)block->watch;
    vcpu->return_address = vcpu->last_return_address;
    vcpu->insns = vcpu->locked = 0;
    vcpu->switches = slices_switches();
    vcpu->path_blocks = 0;
}

static void call_end(struct vcpu *vcpu) {
    struct tally *tally = &vcpu->tallies[vcpu->watch];
    vcpu->inside = false;
    tally->calls++;
    tally->insns += vcpu->insns;
    tally->locked += vcpu->locked;
    tally->shared += slices_switches() != vcpu->switches;
    tally->switches += slices_switches() - vcpu->switches;
    tally->sizes[vcpu->insns < SIZES ? vcpu->insns : SIZES - 1]++;
    if (vcpu->insns > tally->longest) {
        tally->longest = vcpu->insns;
        tally->path_blocks = vcpu->path_blocks;
        memcpy(tally->path, vcpu->path, vcpu->path_blocks * sizeof tally->path[0]);
    }
}

// QEMU finds out late that a block's last instruction reaches into the next page, makes it a block of its own, and
// still shows it in both: it lies near the page's end, and does not just repeat itself.
static bool counted_too_early(const struct block *before, const struct block *block) {
    return before != NULL && block->start == before->last && before->insns > 1 && block->insns == 1 &&
           ((block->end - 1) ^ block->start) > PAGE_MASK;
}

static void block_executed(unsigned vcpu_index, void *data) {
    const struct block *block = data;
    struct vcpu *vcpu = vcpu_of(vcpu_index);
    counting = (counting || block->begins) && !block->ends;
    if (counting && sliced) {
        slices_executed(vcpu_index, block->insns);
    }
    if (vcpu->inside && counted_too_early(vcpu->before, block)) {
        vcpu->insns--;
        vcpu->locked -= block->locked;
    }
    vcpu->before = block;
    if (vcpu->inside && block->start == vcpu->return_address) {
        call_end(vcpu);
    }
    if (counting && !vcpu->inside && block->watch >= 0) {
        call_begin(vcpu, block);
    }
    if (vcpu->inside) {
        vcpu->insns += block->insns;
        vcpu->locked += block->locked;
        if (vcpu->path_blocks < PATH_BLOCKS) {
            vcpu->path[vcpu->path_blocks++] = block;
        }
    }
    if (block->ends_in_call) {
        vcpu->last_return_address = block->end;
    }
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    (void)id;
    size_t insns = qemu_plugin_tb_n_insns(tb);
    const struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, insns - 1);
    struct block *block = zeroed(sizeof *block);
    block->start = qemu_plugin_tb_vaddr(tb);
    block->last = qemu_plugin_insn_vaddr(last);
    block->end = block->last + qemu_plugin_insn_size(last);
    block->insns = (uint32_t)insns;
    for (size_t i = 0; i < insns; i++) {
        const struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        block->locked += is_locked(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn));
    }
    block->symbol = qemu_plugin_insn_symbol(qemu_plugin_tb_get_insn(tb, 0));
    block->watch = watch_at(block->start, block->symbol);
    block->begins = beginning.name[0] != '\0' && watch_matches(&beginning, block->start, block->symbol);
    block->ends = ending.name[0] != '\0' && watch_matches(&ending, block->start, block->symbol);
    block->ends_in_call = is_call(qemu_plugin_insn_data(last), qemu_plugin_insn_size(last));
    qemu_plugin_register_vcpu_tb_exec_cb(tb, block_executed, QEMU_PLUGIN_CB_NO_REGS, block);
}

static void watch_print(FILE *out, unsigned index) {
    const struct watch *watch = &watches[index];
    static uint64_t sizes[SIZES];
    const struct tally *longest = NULL;
    uint64_t calls = 0, insns = 0, locked = 0, shared = 0, switches = 0;
    memset(sizes, 0, sizeof sizes);
    for (size_t i = 0; i < VCPUS_MAX; i++) {
        const struct tally *tally = vcpus[i] == NULL ? NULL : &vcpus[i]->tallies[index];
        if (tally == NULL || tally->calls == 0) {
            continue;
        }
        calls += tally->calls;
        insns += tally->insns;
        locked += tally->locked;
        shared += tally->shared;
        switches += tally->switches;
        longest = longest == NULL || tally->longest > longest->longest ? tally : longest;
        for (size_t size = 0; size < SIZES; size++) {
            sizes[size] += tally->sizes[size];
        }
    }
    fprintf(out, "call %s %llu %llu %llu %llu\n", watch->name, (unsigned long long)calls, (unsigned long long)insns,
            (unsigned long long)locked, (unsigned long long)(longest == NULL ? 0 : longest->longest));
    fprintf(out, "shared %s %llu %llu\n", watch->name, (unsigned long long)shared, (unsigned long long)switches);
    for (size_t size = 0; size < SIZES; size++) {
        if (sizes[size] != 0) {
            fprintf(out, "size %s %zu %llu\n", watch->name, size, (unsigned long long)sizes[size]);
        }
    }
    for (size_t i = 0; longest != NULL && i < longest->path_blocks; i++) {
        const struct block *block = longest->path[i];
        fprintf(out, "path %s %llx %u %s\n", watch->name, (unsigned long long)(block->start - watch->load_base),
                block->insns, block->symbol == NULL || *block->symbol == '\0' ? "?" : block->symbol);
    }
}

static void program_ended(qemu_plugin_id_t id, void *data) {
    (void)id;
    (void)data;
    FILE *out = fopen(out_path, "w");
    if (out == NULL) {
        give_up("cannot write the file that out= names");
    }
    for (unsigned i = 0; i < watch_count; i++) {
        watch_print(out, i);
    }
    if (fclose(out) != 0) {
        give_up("writing the counts failed");
    }
}

static bool watch_read(struct watch *watch, const char *text) {
    const char *at = strchr(text, '@');
    if (at == NULL || (size_t)(at - text) >= sizeof watch->name) {
        return false;
    }
    memcpy(watch->name, text, (size_t)(at - text));
    char *end = NULL;
    watch->offset = strtoull(at + 1, &end, 16);
    return end != at + 1 && *end == '\0';
}

static bool seed_read(const char *text) {
    char *end = NULL;
    slices_seed = strtoull(text, &end, 10);
    sliced = end != text && *end == '\0';
    return sliced;
}

static bool option_read(const char *text) {
    if (strncmp(text, "out=", 4) == 0) {
        return snprintf(out_path, sizeof out_path, "%s", text + 4) < (int)sizeof out_path;
    }
    if (strncmp(text, "watch=", 6) == 0) {
        return watch_count < WATCHES_MAX && watch_read(&watches[watch_count++], text + 6);
    }
    if (strncmp(text, "begin=", 6) == 0) {
        return watch_read(&beginning, text + 6);
    }
    if (strncmp(text, "end=", 4) == 0) {
        return watch_read(&ending, text + 4);
    }
    return strncmp(text, "slices=", 7) == 0 && seed_read(text + 7);
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
    target_is_x86 = strcmp(info->target_name, "x86_64") == 0;
    target_is_machine = info->system_emulation;
    bool known = target_is_x86 || strcmp(info->target_name, "aarch64") == 0;
    for (int i = 0; i < argc; i++) {
        known = known && option_read(argv[i]);
    }
    if (!known || out_path[0] == '\0' || watch_count == 0) {
        fprintf(stderr,
                "call_counter: wants out=FILE, up to %d watch=NAME@OFFSET, maybe begin= and end= likewise and "
                "slices=SEED, and "
                "x86_64 or aarch64 code\n",
                WATCHES_MAX);
        return 1;
    }
    if (sliced && (!target_is_machine || !slices_begin(slices_seed))) {
        fprintf(stderr, "call_counter: slices= needs a QEMU for whole machines that exports cpu_exit\n");
        return 1;
    }
    counting = beginning.name[0] == '\0';
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    qemu_plugin_register_atexit_cb(id, program_ended, NULL);
    return 0;
}
