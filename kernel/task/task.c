// SPDX-License-Identifier: MIT
// Tasks; see task.h.
#include "task.h"

#include "arch.h"
#include "frames.h"
#include "kheap.h"
#include "print.h"
#include "stack.h"

enum { FRAMES_A_CALL = 4 };

// In front of every block of a task, right below what the task sees.
struct task_block {
    struct task_block *next, *before;
    struct task *owner;
    void *start; // what the heap gave
};

// Whether a test wants this request to find nothing.
static bool refuse(void) {
    struct cpu *me = cpu_self();
    return me->refuse_in != 0 && --me->refuse_in == 0;
}

static void begin(void) {
    struct cpu *me = cpu_self();
    struct task *task = me->task;
    task->end = catch_task(task->body, task->arg);
    task->ended = true;
    context_switch(&task->context, me->context);
}

bool task_start(const char *name, void (*body)(void *arg), void *arg) {
    struct cpu *me = cpu_self();
    size_t place = STACK_OF_TASKS;
    while (place < STACK_PLACES && me->tasks[place] != NULL) // bound: STACK_PLACES
        place++;
    uint64_t stack = place == STACK_PLACES || refuse() ? FRAME_NONE : frames_take(STACK_FRAMES, FRAME_BYTES);
    if (stack == FRAME_NONE)
        return false;
    struct task *task = kheap_alloc(sizeof *task, CPU_LINE_BYTES);
    *task = (struct task){.name = name, .body = body, .arg = arg, .stack = stack};
    task->context = context_new(stack_map(me->index, place, stack), begin);
    (void)frame_list_init(&task->frames_list, frames_pool()); // it has a direct map, which is all this asks for
    me->tasks[place] = task;
    return true;
}

// Runs a task until it lets the next one on. Meanwhile the CPU is the task's.
static void resume(struct cpu *me, struct task *task) {
    irq_state_t was = irq_mask();
    const char *doing = me->doing;
    me->task = task;
    me->doing = task->name;
    me->catch = task->catch;
    talloc_use_primary(kheap_talloc(), me->index);
    context_switch(&me->context, task->context);
    talloc_use_primary_then_backup(kheap_talloc(), me->index);
    task->catch = me->catch;
    me->catch = NULL;
    me->doing = doing;
    me->task = NULL;
    irq_restore(was);
}

static bool put_frames(struct frame_list *list) {
    irq_state_t was = irq_mask();
    bool more = frame_list_clear(list, cpu_self()->index, FRAMES_A_CALL);
    irq_restore(was);
    return more;
}

// All that it owned goes back, then its stack.
static void bury(struct cpu *me, size_t place) {
    struct task *task = me->tasks[place];
    me->tasks[place] = NULL;
    while (task->first != NULL) { // bound: the task's blocks
        struct task_block *block = task->first;
        if (block->owner != task)
            panic("task '%s' has destroyed the list of its blocks at %p", task->name, (void *)block);
        task->first = block->next;
        kheap_free(block->start);
    }
    while (put_frames(&task->frames_list)) { // bound: the task's frames
    }
    stack_unmap(place);
    frames_put(task->stack, STACK_FRAMES);
    kheap_free(task);
}

void task_run_all(void (*ended)(const struct task *task)) {
    struct cpu *me = cpu_self();
    for (size_t left = 1; left > 0;) { // bound: until every task has ended
        left = 0;
        for (size_t place = STACK_OF_TASKS; place < STACK_PLACES; place++) { // bound: STACK_PLACES
            struct task *task = me->tasks[place];
            if (task == NULL)
                continue;
            resume(me, task);
            left += !task->ended;
            if (task->ended) {
                ended(task);
                bury(me, place);
            }
        }
    }
}

void task_yield(void) {
    struct cpu *me = cpu_self();
    irq_state_t was = irq_mask();
    context_switch(&me->task->context, me->context);
    irq_restore(was);
}

void *task_alloc(size_t size, size_t align) {
    struct task *task = cpu_self()->task;
    size_t front = align > sizeof(struct task_block) ? align : sizeof(struct task_block);
    char *start = refuse() || size > SIZE_MAX - front ? NULL : kheap_alloc(front + size, align);
    if (start == NULL)
        catch_give_up();
    struct task_block *block = (struct task_block *)(start + front) - 1;
    *block = (struct task_block){.next = task->first, .owner = task, .start = start};
    if (task->first != NULL)
        task->first->before = block;
    task->first = block;
    task->blocks++;
    return start + front;
}

void task_free(void *p) {
    struct task *task = cpu_self()->task;
    struct task_block *block = (struct task_block *)p - 1;
    if (p == NULL)
        return;
    if ((uintptr_t)p % sizeof(void *) != 0 || block->owner != task)
        port_fault(PORT_FAULT_FOREIGN, p, cpu_self()->index);
    *(block->before != NULL ? &block->before->next : &task->first) = block->next;
    if (block->next != NULL)
        block->next->before = block->before;
    block->owner = NULL;
    task->blocks--;
    kheap_free(block->start);
}

void *task_frame(void) {
    struct task *task = cpu_self()->task;
    uint64_t frame = refuse() ? FRAME_NONE : frames_take(1, FRAME_BYTES);
    if (frame == FRAME_NONE)
        catch_give_up();
    irq_state_t was = irq_mask();
    enum frame_error error = frame_list_insert(&task->frames_list, cpu_self()->index, task->frames_end, frame);
    irq_restore(was);
    if (error != FRAME_OK) { // no frame for the list itself
        frames_put(frame, 1);
        catch_give_up();
    }
    task->frames_end += FRAME_BYTES;
    task->frames++;
    return (void *)frame;
}
