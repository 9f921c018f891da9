// SPDX-License-Identifier: MIT
// mode=sweep: an interrupt at every instruction of a heap call. Under -icount shift=0 a timer set to k ticks interrupts
// after exactly k instructions. A script of calls is run once to find the first call of every kind, told apart by what
// it brought about in the heap. Then, for each of these and every k, the script is run up to it over a fresh heap, and
// the interrupt comes k instructions after the timer was set right before the call. Its handler allocates and frees in
// the class in progress and in others. Afterwards all blocks have to hold what was written, and the heap its
// invariants.
#include "instant.h"
#include "kheap.h"
#include "masked.h"
#include "options.h"
#include "print.h"
#include "tap.h"
#include "tests.h"
#include "watchdog.h"

enum { SWEEP_REGION = 1 << 20, SWEEP_HELD = 3, SWEEP_BLOCKS = 128, SWEEP_WAIT_SECONDS = 600, SWEEP_SMALL_MAX = 32768 };
enum { SWEEP_EVENTS = sizeof(struct backend_events) / sizeof(uint64_t) };
enum step_call { STEP_ALLOC, STEP_FREE, STEP_REALLOC, STEP_CALLS };

struct step {
    enum step_call call;
    size_t block, size;
};

// Blocks allocated and then freed in the same order, unless there are steps.
struct script {
    const char *name;
    size_t size, blocks;
    size_t handler_sizes[SWEEP_HELD];
    const struct step *steps;
    size_t step_count;
};

static const struct step realloc_steps[] = {
    {STEP_ALLOC, 0, 400},     {STEP_REALLOC, 0, 392},   {STEP_REALLOC, 0, 1000}, {STEP_REALLOC, 0, 48000},
    {STEP_REALLOC, 0, 90000}, {STEP_REALLOC, 0, 50000}, {STEP_REALLOC, 0, 400},
};

static const struct script scripts[] = {
    {.name = "small blocks", .size = 256, .blocks = 90, .handler_sizes = {256, 64, 40000}},
    {.name = "large blocks", .size = 3000, .blocks = 60, .handler_sizes = {3000, 256, 40000}},
    {.name = "spans of few blocks", .size = 14000, .blocks = 20, .handler_sizes = {14000, 256, 40000}},
    {.name = "runs", .size = 40000, .blocks = 2, .handler_sizes = {40000, 256, 100000}},
    {.name = "realloc",
     .handler_sizes = {400, 1000, 48000},
     .steps = realloc_steps,
     .step_count = sizeof realloc_steps / sizeof realloc_steps[0]},
};
static const char *const step_names[] = {"alloc", "free", "realloc"};
static const char *const event_names[SWEEP_EVENTS] = {" refill",    " eviction",   " claim", " flush",
                                                      " span made", " span freed", " run",   " starved"};

struct block {
    uint64_t *p;
    size_t size;
};

static struct {
    const struct script *script;
    void *region;
    backend *heap;
    struct block blocks[SWEEP_BLOCKS]; // the script's
    struct block held[SWEEP_HELD];     // the handler's
    size_t index;                      // of the step that is interrupted
    const char *trouble;
} sweep;

static void block_mark(struct block *block, void *p, size_t size) {
    *block = (struct block){.p = p, .size = size};
    if (p == NULL)
        sweep.trouble = "NULL although there is memory";
    else
        block->p[0] = block->p[size / 8 - 1] = (uintptr_t)block;
}

static void block_verify(const struct block *block) {
    if (block->p != NULL && (block->p[0] != (uintptr_t)block || block->p[block->size / 8 - 1] != (uintptr_t)block))
        sweep.trouble = "a block changed while it was in use";
}

// Each of the handler's blocks goes back after its successor has come.
static void sweep_strike(unsigned nth) {
    (void)nth;
    // bound: SWEEP_HELD
    for (size_t i = 0; i < SWEEP_HELD; i++) {
        struct block before = sweep.held[i];
        size_t size = sweep.script->handler_sizes[i];
        block_verify(&sweep.held[i]);
        block_mark(&sweep.held[i], masked_alloc(sweep.heap, size, 8), size);
        masked_free(sweep.heap, before.p);
    }
}

static struct step script_step(size_t index) {
    const struct script *script = sweep.script;
    if (script->steps != NULL)
        return script->steps[index];
    if (index < script->blocks)
        return (struct step){STEP_ALLOC, index, script->size};
    return (struct step){STEP_FREE, index - script->blocks, 0};
}

static void step_do(struct step step) {
    struct block *block = &sweep.blocks[step.block];
    void *p = NULL;
    if (step.call == STEP_ALLOC)
        p = masked_alloc(sweep.heap, step.size, 8);
    else if (step.call == STEP_REALLOC)
        p = masked_realloc(sweep.heap, block->p, step.size, 8);
    else
        masked_free(sweep.heap, block->p);
    if (step.call == STEP_FREE)
        *block = (struct block){0};
    else
        block_mark(block, p, step.size);
}

// A fresh heap, and the first `steps` steps of the script.
static void sweep_replay(size_t steps) {
    sweep.heap = NULL;
    const char *trouble = backend_init(sweep.region, SWEEP_REGION, 1, &sweep.heap);
    if (trouble != NULL)
        panic("no heap for the sweep: %s", trouble);
    __builtin_memset(sweep.blocks, 0, sizeof sweep.blocks);
    // bound: SWEEP_HELD
    for (size_t i = 0; i < SWEEP_HELD; i++)
        block_mark(&sweep.held[i], masked_alloc(sweep.heap, sweep.script->handler_sizes[i], 8),
                   sweep.script->handler_sizes[i]);
    // bound: the script's steps
    for (size_t i = 0; i < steps; i++)
        step_do(script_step(i));
}

static const char *sweep_verify(void) {
    // bound: SWEEP_BLOCKS
    for (size_t i = 0; i < SWEEP_BLOCKS; i++)
        block_verify(&sweep.blocks[i]);
    // bound: SWEEP_HELD
    for (size_t i = 0; i < SWEEP_HELD; i++)
        block_verify(&sweep.held[i]);
    const char *broken = BACKEND.check(sweep.heap, 0);
    return sweep.trouble != NULL ? sweep.trouble : broken;
}

static void sweep_prepare(void) {
    sweep_replay(sweep.index);
}

static void sweep_act(void) {
    step_do(script_step(sweep.index));
}

static void sweep_step(size_t index) {
    static const struct instant every = {sweep_prepare, sweep_act, sweep_strike, sweep_verify, 1, 1};
    sweep.index = index;
    if (!instant_sweep(&every))
        return;
    struct instant_coverage found = instant_coverage();
    print("interrupted at each of %u instructions, masked %u\n", found.instructions, found.masked);
    tap_expect(found.gapless, "some instruction was never interrupted");
    tap_expect(found.masked != 0, "interrupts were never masked");
}

// What a step brought about, one bit an event, and of a realloc whether the block moved, and whether it is a run.
static uint32_t step_kind(struct step step) {
    struct backend_events events[2] = {{0}, {0}};
    const void *before = sweep.blocks[step.block].p;
    backend_events_add(sweep.heap, 0, &events[0]);
    step_do(step);
    backend_events_add(sweep.heap, 0, &events[1]);
    const uint64_t *counts = (const uint64_t *)events;
    uint32_t kind = (uint32_t)step.call << 2;
    if (step.call == STEP_REALLOC)
        kind |= (sweep.blocks[step.block].p != before ? 2u : 0u) | (step.size > SWEEP_SMALL_MAX ? 1u : 0u);
    // bound: SWEEP_EVENTS
    for (unsigned i = 0; i < SWEEP_EVENTS; i++)
        kind = kind << 1 | (counts[i] != counts[SWEEP_EVENTS + i]);
    return kind;
}

static void kind_print(size_t index, uint32_t kind) {
    print("# %s, step %zu: %s", sweep.script->name, index, step_names[kind >> (SWEEP_EVENTS + 2)]);
    print("%s%s", kind >> SWEEP_EVENTS & 1 ? " run" : "", kind >> SWEEP_EVENTS & 2 ? " moves" : "");
    // bound: SWEEP_EVENTS
    for (unsigned i = 0; i < SWEEP_EVENTS; i++)
        print("%s", kind >> (SWEEP_EVENTS - 1 - i) & 1 ? event_names[i] : "");
    print(": ");
}

static void sweep_script(void) {
    static bool seen[STEP_CALLS << (SWEEP_EVENTS + 2)];
    __builtin_memset(seen, 0, sizeof seen);
    sweep.trouble = NULL;
    size_t steps = sweep.script->steps != NULL ? sweep.script->step_count : 2 * sweep.script->blocks;
    // bound: the script's steps
    for (size_t i = 0; i < steps && sweep.trouble == NULL; i++) {
        sweep_replay(i);
        uint32_t kind = step_kind(script_step(i));
        if (seen[kind])
            continue;
        seen[kind] = true;
        kind_print(i, kind);
        sweep_step(i);
    }
}

bool sweep_main(void) {
    sweep.region = kheap_alloc(SWEEP_REGION, 4096);
    instant_begin();
    tap_begin();
    // bound: the scripts
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        sweep.script = &scripts[i];
        watchdog_expect("sweep", SWEEP_WAIT_SECONDS);
        tap_test(sweep.script->name, sweep_script);
    }
    instant_end();
    return tap_end();
}
