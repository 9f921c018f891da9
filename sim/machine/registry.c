// SPDX-License-Identifier: MIT
// The registry by liburcu; see registry.h.
#include "registry.h"

#include "irq.h"
#include "stress/support/die.h"

#include <signal.h>
#include <stdlib.h>
#include <urcu/urcu-memb.h>
#include <urcu/wfcqueue.h>

struct registry_slot {
    struct cds_wfcq_node node; // while nobody stands for the slot
    pthread_t *thread;         // by read-copy-update; NULL: nobody
};

struct registry {
    size_t slots;
    struct cds_wfcq_head head; // of the slots that nobody stands for
    struct cds_wfcq_tail tail;
    struct registry_slot of[];
};

struct registry *registry_make(size_t slots) {
    struct registry *self = calloc(1, sizeof *self + slots * sizeof self->of[0]);
    if (self == NULL)
        die_unusable("machine: no memory for a registry of %zu CPUs", slots);
    self->slots = slots;
    cds_wfcq_init(&self->head, &self->tail);
    return self;
}

void registry_destroy(struct registry *self) {
    cds_wfcq_destroy(&self->head, &self->tail);
    free(self);
}

void registry_enter(void) {
    urcu_memb_register_thread();
}

void registry_leave(void) {
    urcu_memb_unregister_thread();
}

void registry_put(struct registry *self, size_t slot, pthread_t *thread) {
    rcu_assign_pointer(self->of[slot].thread, thread); // R registry.put -> A registry.interrupt
}

void registry_remove(struct registry *self, size_t slot) {
    rcu_assign_pointer(self->of[slot].thread, NULL);
    urcu_memb_synchronize_rcu();
}

void registry_interrupt(struct registry *self, size_t slot) {
    urcu_memb_read_lock();
    pthread_t *thread = rcu_dereference(self->of[slot].thread); // A registry.interrupt <- R registry.put
    if (thread != NULL)
        pthread_kill(*thread, irq_signal_number());
    urcu_memb_read_unlock();
}

void registry_offer(struct registry *self, size_t slot) {
    cds_wfcq_node_init(&self->of[slot].node);
    // R registry.offer -> A registry.take
    (void)cds_wfcq_enqueue(&self->head, &self->tail, &self->of[slot].node);
}

size_t registry_take(struct registry *self) {
    // A registry.take <- R registry.offer
    struct cds_wfcq_node *node = cds_wfcq_dequeue_blocking(&self->head, &self->tail);
    return node == NULL ? REGISTRY_NONE : (size_t)(caa_container_of(node, struct registry_slot, node) - self->of);
}
