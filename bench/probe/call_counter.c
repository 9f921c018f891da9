// SPDX-License-Identifier: MIT
// A QEMU user-mode plugin that counts the instructions of every single call of chosen functions, on every thread: from
// the function's first instruction up to its return, all that it calls included. It tells how often each count occurred
// and which blocks the longest call went through.
//
//   qemu-x86_64 -plugin libcall_counter.so,out=FILE,watch=NAME@OFFSET,watch=... PROGRAM
//
// OFFSET is the function's address in the program's file, hexadecimal (nm tells it). Each line of FILE is one of
//   call NAME CALLS INSTRUCTIONS LOCKED LONGEST   all calls together; LOCKED: instructions that lock a cache line
//   size NAME INSTRUCTIONS CALLS                  calls that took so many; the last size holds all longer ones too
//   path NAME ADDRESS INSTRUCTIONS SYMBOL         a block of the longest call, in order; ADDRESS as OFFSET
//
// A call begins when a block at a watched entry is executed, and ends when the instruction behind the most recent call
// instruction before it is: tail calls of adapters need no special care. A signal handler that runs inside a call
// counts as part of it, and a block left early by an exception counts in full, so maxima are upper bounds.
#include "qemu_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WATCHES_MAX 8
#define VCPUS_MAX 1024
#define SIZES 16384      // instruction counts told apart
#define PATH_BLOCKS 8192 // blocks remembered of one call
#define PAGE_MASK 0xfffu

// One translated block of guest code. Never freed: QEMU may run it until the program ends.
struct block {
    uint64_t start, end;
    uint32_t insns, locked;
    int watch; // index of the function it is the entry of, or -1
    bool ends_in_call;
    const char *symbol; // the function it belongs to, as far as QEMU knows
};

struct tally {
    uint64_t calls, insns, locked, longest;
    uint64_t sizes[SIZES];
    const struct block *path[PATH_BLOCKS];
    size_t path_blocks;
};

// What one thread of the program is doing.
struct vcpu {
    bool inside;
    unsigned watch;
    uint64_t return_address, last_return_address;
    uint64_t insns, locked;
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
static bool target_is_x86;

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

static bool x86_is_call(const uint8_t *code, size_t size) {
    size_t i = 0;
    // 66, f2 (bnd), 3e (notrack) and REX prefixes may stand before the opcode.
    while (i + 1 < size && (code[i] == 0x66 || code[i] == 0xf2 || code[i] == 0x3e || (code[i] & 0xf0u) == 0x40)) {
        i++;
    }
    return code[i] == 0xe8 || (code[i] == 0xff && i + 1 < size && ((code[i + 1] >> 3) & 7u) == 2);
}

static bool arm64_is_call(const uint8_t *code, size_t size) {
    uint32_t word;
    if (size != sizeof word) {
        return false;
    }
    memcpy(&word, code, sizeof word);
    return (word & 0xfc000000u) == 0x94000000u || (word & 0xfffffc1fu) == 0xd63f0000u;
}

// A lock prefix, or an exchange with memory, which locks without one.
static bool x86_is_locked(const uint8_t *code, size_t size) {
    size_t i = 0;
    while (i + 2 < size && (code[i] == 0x66 || code[i] == 0x3e || (code[i] & 0xf0u) == 0x40)) {
        i++;
    }
    bool exchange = i + 1 < size && (code[i] == 0x86 || code[i] == 0x87) && code[i + 1] < 0xc0;
    return code[i] == 0xf0 || exchange;
}

// LSE's atomic operations on memory and compare-and-swaps, and every store-exclusive.
static bool arm64_is_locked(const uint8_t *code, size_t size) {
    uint32_t word;
    if (size != sizeof word) {
        return false;
    }
    memcpy(&word, code, sizeof word);
    return (word & 0x3f200c00u) == 0x38200000u || (word & 0x3fa07c00u) == 0x08a07c00u ||
           (word & 0x3fe00000u) == 0x08000000u;
}

static bool is_locked(const struct qemu_plugin_insn *insn) {
    const uint8_t *code = qemu_plugin_insn_data(insn);
    size_t size = qemu_plugin_insn_size(insn);
    return target_is_x86 ? x86_is_locked(code, size) : arm64_is_locked(code, size);
}

static bool is_call(const struct qemu_plugin_insn *insn) {
    const uint8_t *code = qemu_plugin_insn_data(insn);
    size_t size = qemu_plugin_insn_size(insn);
    return target_is_x86 ? x86_is_call(code, size) : arm64_is_call(code, size);
}

// The program may lie anywhere (PIE), but a load moves addresses by whole pages.
static int watch_at(uint64_t address, const char *symbol) {
    for (unsigned i = 0; symbol != NULL && i < watch_count; i++) {
        if (strcmp(symbol, watches[i].name) == 0 && ((address ^ watches[i].offset) & PAGE_MASK) == 0) {
            watches[i].load_base = address - watches[i].offset;
            return (int)i;
        }
    }
    return -1;
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
    vcpu->path_blocks = 0;
}

static void call_end(struct vcpu *vcpu) {
    struct tally *tally = &vcpu->tallies[vcpu->watch];
    vcpu->inside = false;
    tally->calls++;
    tally->insns += vcpu->insns;
    tally->locked += vcpu->locked;
    tally->sizes[vcpu->insns < SIZES ? vcpu->insns : SIZES - 1]++;
    if (vcpu->insns > tally->longest) {
        tally->longest = vcpu->insns;
        tally->path_blocks = vcpu->path_blocks;
        memcpy(tally->path, vcpu->path, vcpu->path_blocks * sizeof tally->path[0]);
    }
}

static void block_executed(unsigned vcpu_index, void *data) {
    const struct block *block = data;
    struct vcpu *vcpu = vcpu_of(vcpu_index);
    if (vcpu->inside && block->start == vcpu->return_address) {
        call_end(vcpu);
    }
    if (!vcpu->inside && block->watch >= 0) {
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
    block->end = qemu_plugin_insn_vaddr(last) + qemu_plugin_insn_size(last);
    block->insns = (uint32_t)insns;
    for (size_t i = 0; i < insns; i++) {
        block->locked += is_locked(qemu_plugin_tb_get_insn(tb, i));
    }
    block->symbol = qemu_plugin_insn_symbol(qemu_plugin_tb_get_insn(tb, 0));
    block->watch = watch_at(block->start, block->symbol);
    block->ends_in_call = is_call(last);
    qemu_plugin_register_vcpu_tb_exec_cb(tb, block_executed, QEMU_PLUGIN_CB_NO_REGS, block);
}

static void watch_print(FILE *out, unsigned index) {
    const struct watch *watch = &watches[index];
    static uint64_t sizes[SIZES];
    const struct tally *longest = NULL;
    uint64_t calls = 0, insns = 0, locked = 0;
    memset(sizes, 0, sizeof sizes);
    for (size_t i = 0; i < VCPUS_MAX; i++) {
        const struct tally *tally = vcpus[i] == NULL ? NULL : &vcpus[i]->tallies[index];
        if (tally == NULL || tally->calls == 0) {
            continue;
        }
        calls += tally->calls;
        insns += tally->insns;
        locked += tally->locked;
        longest = longest == NULL || tally->longest > longest->longest ? tally : longest;
        for (size_t size = 0; size < SIZES; size++) {
            sizes[size] += tally->sizes[size];
        }
    }
    fprintf(out, "call %s %llu %llu %llu %llu\n", watch->name, (unsigned long long)calls, (unsigned long long)insns,
            (unsigned long long)locked, (unsigned long long)(longest == NULL ? 0 : longest->longest));
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

static bool watch_add(const char *text) {
    const char *at = strchr(text, '@');
    if (at == NULL || watch_count == WATCHES_MAX || (size_t)(at - text) >= sizeof watches[0].name) {
        return false;
    }
    struct watch *watch = &watches[watch_count++];
    memcpy(watch->name, text, (size_t)(at - text));
    char *end = NULL;
    watch->offset = strtoull(at + 1, &end, 16);
    return end != at + 1 && *end == '\0';
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
    target_is_x86 = strcmp(info->target_name, "x86_64") == 0;
    bool known = target_is_x86 || strcmp(info->target_name, "aarch64") == 0;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) == 0) {
            known = known && snprintf(out_path, sizeof out_path, "%s", argv[i] + 4) < (int)sizeof out_path;
        } else if (strncmp(argv[i], "watch=", 6) == 0) {
            known = known && watch_add(argv[i] + 6);
        } else {
            known = false;
        }
    }
    if (!known || out_path[0] == '\0' || watch_count == 0) {
        fprintf(stderr, "call_counter: wants out=FILE, up to %d watch=NAME@OFFSET, and x86_64 or aarch64 code\n",
                WATCHES_MAX);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    qemu_plugin_register_atexit_cb(id, program_ended, NULL);
    return 0;
}
