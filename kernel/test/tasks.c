// SPDX-License-Identifier: MIT
// mode=tasks: tasks that exhaust the primary heap or fault, on every CPU at once, while other tasks and handlers go on;
// at the end every frame and every byte of both heaps is back.
#include "task.h"

#include "arch.h"
#include "cpus.h"
#include "frames.h"
#include "kheap.h"
#include "masked.h"
#include "options.h"
#include "pages.h"
#include "print.h"
#include "protect.h"
#include "random.h"
#include "tap.h"
#include "tests.h"
#include "tick.h"

enum {
    ABORTS = 10000,
    TICKS_A_SECOND = 20000,
    WAITING_TICKS_A_SECOND = 500,
    BITE_BYTES = 30000,
    BITES_A_TURN = 8,
    TURNS = 4
};
enum { ROOM_BYTES = 256, PLATES = 6, HONEST_REQUESTS = 1 + 2 * PLATES };

// What is free, when nobody has anything.
struct holdings {
    size_t frames, frames_in_a_row;
    size_t primary, primary_in_a_row;
    size_t backup, backup_in_a_row;
};

static struct {
    uint64_t ends[CATCH_ENDS]; // tasks by how they ended
    uint64_t aborts, unstarted;
    uint64_t tick_requests, tick_requests_in_task; // of handlers
} tasks;

static void count(uint64_t *counter) {
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); // relaxed: read when all CPUs are done
}

static void drain(void *arg) {
    frames_drain();
    masked_drain_kernel(arg);
}

static struct holdings take_stock(void) {
    struct holdings now;
    struct frame_stats stats;
    cpus_run(drain, NULL);
    frame_stats(frames_pool(), &stats);
    now.frames = stats.free;
    now.frames_in_a_row = stats.largest_free_run;
    BACKEND.free_bytes(kheap_primary(), 0, &now.primary_in_a_row, &now.primary);
    BACKEND.free_bytes(kheap_backup(), 0, &now.backup_in_a_row, &now.backup);
    return now;
}

static void print_holdings(const char *when, const struct holdings *it) {
    print("# free %s: %zu frames, %zu in a row; %zu bytes of the primary heap, %zu of the backup\n", when, it->frames,
          it->frames_in_a_row, it->primary, it->backup);
}

static void expect_same(const struct holdings *before, const char *what) {
    struct holdings after = take_stock();
    struct frame_finding finding;
    const char *broken = talloc_check(kheap_talloc(), 0);
    if (!tap_expect(__builtin_memcmp(before, &after, sizeof after) == 0, "%s: memory is missing", what)) {
        print_holdings("before", before);
        print_holdings("after", &after);
    }
    tap_expect(broken == NULL, "%s: a heap is broken: %s", what, broken);
    tap_expect(frame_check(frames_pool(), &finding), "%s: frames are broken: %s", what, finding.rule);
}

// Bodies of tasks. What they still hold when they end is not freed by them.

// Takes blocks until there are none.
static void glutton(void *arg) {
    (void)arg;
    for (size_t bites = 1;; bites++) { // bound: the heap
        *(char *)task_alloc(BITE_BYTES, 8) = 1;
        if (bites % BITES_A_TURN == 0)
            task_yield();
    }
}

// Nothing wrong with it.
static void honest(void *arg) {
    char *plates[PLATES];
    (void)arg;
    for (size_t i = 0; i < PLATES; i++) { // bound: PLATES
        plates[i] = __builtin_memset(task_alloc(100 << i, (size_t)8 << i), (int)i, (size_t)100 << i);
        *(size_t *)task_frame() = i;
        task_yield();
        tap_expect(talloc_save(kheap_talloc(), cpu_self()->index) == TALLOC_PRIMARY_ONLY, "a task is no task");
    }
    for (size_t i = PLATES - 2; i > 0; i--) { // bound: PLATES
        if (plates[i][0] != (char)i || plates[i][(100 << i) - 1] != (char)i)
            tap_expect(false, "a block of '%s' changed while it was in use", cpu_self()->doing);
        task_free(plates[i]);
    }
}

static void reads_nowhere(void *arg) {
    (void)arg;
    (void)task_alloc(100, 8);
    (void)*(volatile char *)STACKS_START; // below the first CPU's first stack
}

static void frees_twice(void *arg) {
    void *p = task_alloc(100, 8);
    (void)arg;
    task_free(p);
    task_free(p);
}

static void frees_anything(void *arg) {
    (void)task_alloc(100, 8);
    kheap_free(&arg);
}

static void frees_the_middle(void *arg) {
    (void)arg;
    kheap_free((char *)task_alloc(10000, 8) + 4096);
}

static uint64_t dig(const volatile uint64_t *above) {
    volatile uint64_t pit[64];
    pit[0] = *above + 1;
    return pit[0] == 0 ? 0 : dig(pit) + pit[0];
}

static void overflows_its_stack(void *arg) {
    uint64_t depth = 0;
    (void)arg;
    (void)task_frame();
    (void)dig(&depth);
}

static void writes_through_null(void *arg) {
    (void)task_frame();
    protect_touch_null(arg);
}

static void runs_its_data(void *arg) {
    (void)arg;
    protect_run_heap(task_alloc(PROTECT_CODE_BYTES, PROTECT_CODE_BYTES));
}

static const struct kind {
    const char *name;
    void (*body)(void *arg);
    enum catch_end end;
} kinds[] = {
    {"takes all", glutton, CATCH_GAVE_UP},
    {"reads nowhere", reads_nowhere, CATCH_EXCEPTION},
    {"frees twice", frees_twice, CATCH_FAULT},
    {"frees anything", frees_anything, CATCH_FAULT},
    {"frees the middle", frees_the_middle, CATCH_FAULT},
    {"writes through NULL", writes_through_null, CATCH_EXCEPTION},
    {"runs its data", runs_its_data, CATCH_EXCEPTION},
    {"overflows its stack", overflows_its_stack, CATCH_EXCEPTION},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void ended(const struct task *task) {
    count(&tasks.ends[task->end.end]);
    if (task->end.end == CATCH_RETURNED)
        return;
    count(&tasks.aborts);
    void *note = kheap_alloc(BITE_BYTES, 8); // before anything of it goes back: from the backup, if need be
    tap_expect(note != NULL, "an abort leaves the kernel without its backup heap");
    kheap_free(note);
}

static void ended_and_told(const struct task *task) {
    static const char *const how[] = {"returned", "misused the heap", "caused an exception", "found no memory"};
    print("# '%s' %s; %zu blocks and %zu frames of it go back\n", task->name, how[task->end.end], task->blocks,
          task->frames);
    ended(task);
}

// All tasks of a CPU count their turns together.
static void takes_turns(void *arg) {
    uint64_t *turns = arg, first = *turns;
    for (uint64_t turn = 0; turn < TURNS; turn++) { // bound: TURNS
        tap_expect(*turns == first + turn * TASKS_MAX, "turn %lu comes as number %lu", first + turn * TASKS_MAX,
                   *turns);
        ++*turns;
        task_yield();
    }
}

static void tells_where(void *arg) {
    uint64_t *address = arg;
    *address = (uintptr_t)&address;
}

static void read_byte(void *arg) {
    (void)*(volatile char *)*(uintptr_t *)arg;
}

static void take_turns(void *arg) {
    uint64_t turns = 0, address;
    (void)arg;
    for (size_t i = 0; i < TASKS_MAX; i++) // bound: TASKS_MAX
        tap_expect(task_start("turns", takes_turns, &turns), "task %zu is not started", i);
    tap_expect(!task_start("one more", takes_turns, &turns), "a CPU has more than %d tasks", TASKS_MAX);
    task_run_all(ended);
    tap_expect(turns == TURNS * TASKS_MAX, "CPU %zu: %lu turns", cpu_self()->index, turns);
    tap_expect(task_start("tells where", tells_where, &address), "no task is started");
    task_run_all(ended);
    tap_expect(catch_call(read_byte, &address).end == CATCH_EXCEPTION, "a dead task's stack is still there");
}

static void test_turns(void) {
    struct holdings before = take_stock();
    cpus_run(take_turns, NULL);
    expect_same(&before, "turns");
}

// One of each kind beside a task that goes on.
static void test_kinds(void) {
    struct holdings before = take_stock();
    for (size_t i = 0; i < KINDS; i++) { // bound: KINDS
        uint64_t ends = tasks.ends[kinds[i].end], honest_ends = tasks.ends[CATCH_RETURNED];
        tap_expect(task_start("honest", honest, NULL) && task_start(kinds[i].name, kinds[i].body, NULL),
                   "no task is started");
        task_run_all(ended_and_told);
        tap_expect(tasks.ends[kinds[i].end] > ends, "a task that %s does not end so", kinds[i].name);
        tap_expect(tasks.ends[CATCH_RETURNED] > honest_ends || kinds[i].body == glutton, "its neighbour does not end");
    }
    expect_same(&before, "kinds");
}

static void use_heap(void) {
    const struct cpu *me = cpu_self();
    bool in_task = me->task != NULL;
    tap_expect(talloc_save(kheap_talloc(), me->index) == TALLOC_PRIMARY_THEN_BACKUP, "a handler is no kernel");
    count(in_task ? &tasks.tick_requests_in_task : &tasks.tick_requests);
    kheap_free(kheap_alloc(BITE_BYTES, 8));
}

// Uses its stack nearly to the end, and lets interrupts come.
static void leaves_no_room(void *arg) {
    const struct cpu *me = cpu_self();
    uint64_t until = me->ticks + TURNS;
    char *end = (char *)__builtin_frame_address(0) - (uintptr_t)__builtin_frame_address(0) % CPU_STACK_BYTES;
    size_t room = (size_t)((char *)__builtin_frame_address(0) - end) - ROOM_BYTES;
    *(volatile char **)arg = __builtin_alloca(room);
    while (*(volatile uint64_t *)&me->ticks < until) // bound: the clock
        **(volatile char **)arg = 0;
}

static void fill_stack(void *arg) {
    volatile char *place = NULL;
    (void)arg;
    tick_set(clock_hz() / WAITING_TICKS_A_SECOND, use_heap);
    tap_expect(task_start("leaves no room", leaves_no_room, &place), "no task is started");
    task_run_all(ended);
    tick_reset();
}

static void test_stacks(void) {
    struct holdings before = take_stock();
    uint64_t done = tasks.ends[CATCH_RETURNED];
    cpus_run(fill_stack, NULL);
    tap_expect(tasks.ends[CATCH_RETURNED] == done + cpus_count(), "interrupts need room on a task's stack");
    expect_same(&before, "stacks");
}

// Request after request finds nothing, until the task gets through.
static void test_refusals(void) {
    struct holdings before = take_stock();
    struct cpu *me = cpu_self();
    uint64_t done = tasks.ends[CATCH_RETURNED], aborts = tasks.aborts, request = 0;
    while (tasks.ends[CATCH_RETURNED] == done) { // bound: the task's requests
        me->refuse_in = ++request;
        bool started = task_start("honest", honest, NULL);
        task_run_all(ended);
        tap_expect(started == (request > 1), "the refusal of request %lu is not seen in time", request);
        expect_same(&before, "refused");
    }
    me->refuse_in = 0;
    tap_expect(request == HONEST_REQUESTS + 1 && tasks.aborts == aborts + HONEST_REQUESTS - 1,
               "%lu requests were refused, %lu tasks aborted", request - 1, tasks.aborts - aborts);
}

// Starts tasks until enough were aborted: mostly such as end badly, in random company.
static void storm(void *arg) {
    const uint64_t *goal = arg;
    uint64_t random = options.seed * 1000 + cpu_self()->index;
    tick_set(clock_hz() * cpus_count() / (BACKEND_WAIT_FREE ? TICKS_A_SECOND : WAITING_TICKS_A_SECOND), use_heap);
    // relaxed: a number, no more; bound: the goal
    while (__atomic_load_n(&tasks.aborts, __ATOMIC_RELAXED) < *goal) {
        for (size_t i = 1 + random_below(&random, 4); i > 0; i--) { // bound: 4
            const struct kind *kind = &kinds[random_below(&random, KINDS)];
            bool good = random_below(&random, 4) == 0;
            if (!task_start(good ? "honest" : kind->name, good ? honest : kind->body, NULL))
                count(&tasks.unstarted);
        }
        task_run_all(ended);
    }
    tick_reset();
}

static void test_storm(void) {
    struct holdings before = take_stock();
    struct talloc_stats stats;
    uint64_t goal = options.aborts != 0 ? options.aborts : ABORTS;
    __builtin_memset(&tasks, 0, sizeof tasks);
    cpus_run(storm, &goal);
    talloc_stats(kheap_talloc(), &stats);
    print("# %lu tasks were aborted on %zu CPUs: %lu found no memory, %lu misused the heap, %lu caused an exception; "
          "%lu returned\n",
          tasks.aborts, cpus_count(), tasks.ends[CATCH_GAVE_UP], tasks.ends[CATCH_FAULT], tasks.ends[CATCH_EXCEPTION],
          tasks.ends[CATCH_RETURNED]);
    print("# handlers asked for memory %lu times, %lu times in tasks; the backup heap served %lu requests, %zu bytes "
          "at most\n",
          tasks.tick_requests + tasks.tick_requests_in_task, tasks.tick_requests_in_task, stats.backup_allocs,
          stats.backup_peak_bytes);
    print_holdings("at the start", &before);
    struct holdings after = take_stock();
    print_holdings("at the end  ", &after);
    expect_same(&before, "storm");
    tap_expect(tasks.ends[CATCH_GAVE_UP] > 0 && tasks.ends[CATCH_FAULT] > 0 && tasks.ends[CATCH_EXCEPTION] > 0 &&
                   tasks.ends[CATCH_RETURNED] > 0,
               "some kind of end has not come");
    tap_expect(tasks.unstarted == 0, "%lu tasks were not started", tasks.unstarted);
}

bool tasks_main(void) {
    tap_begin();
    tap_test("tasks take turns on every CPU", test_turns);
    tap_test("tasks of every kind are aborted, and others go on", test_kinds);
    tap_test("interrupts need no room on a task's stack", test_stacks);
    tap_test("each request of a task is refused once", test_refusals);
    tap_test("aborted tasks leave nothing behind", test_storm);
    return tap_end();
}
