// SPDX-License-Identifier: MIT
// Marks that move through regions; the contract is wfheap/bump.h.
#include "bump/bump_state.h"

#include "port/port.h"

static bool bump_fits(const struct bump_region *region, uint64_t mark, uint64_t units) {
    return bump_low(mark) + bump_high(mark) + units <= region->units;
}

// Where a request would lie if the mark stood at `mark`, and how many units it takes there with its padding; 0: it does
// not fit.
static uint64_t bump_place(const struct bump_region *region, uint64_t mark, struct bump_request *request) {
    if (request->units > region->units || !bump_fits(region, mark, request->units))
        return 0;
    uint64_t low = region->start + (bump_low(mark) << region->shift);
    uint64_t high = region->start + ((region->units - bump_high(mark)) << region->shift);
    uint64_t bytes = request->units << region->shift;
    uint64_t mask = ~(request->align - 1);
    uint64_t address = request->from_top ? (high - bytes) & mask : (low + request->align - 1) & mask;
    if (address < low || address > high - bytes)
        return 0;
    request->address = address;
    return (request->from_top ? high - address : address + bytes - low) >> region->shift;
}

static uint64_t bump_addend(const struct bump_request *request, uint64_t units) {
    return request->from_top ? units << BUMP_HALF : units;
}

// The first addition after which the mark no longer fits its region notes what was good.
static void bump_note(struct bump_region *region, uint64_t old) {
    if (bump_fits(region, old, 0))
        word_store_relaxed(&region->before, old | BUMP_NOTED); // relaxed: it says all there is to say
}

// Takes `units` by one addition, which cannot fail but for others that were faster; `old` is the mark before it.
static bool bump_add(struct bump_region *region, uint64_t addend, uint64_t units, uint64_t *old) {
    // relaxed: a look, so that nothing is added that cannot fit
    if (units > region->units || !bump_fits(region, word_load_relaxed(&region->mark), units))
        return false;
    // relaxed: one word decides, and what is handed out never comes back
    *old = word_add_relaxed(&region->mark, addend);
    if (bump_fits(region, *old, units))
        return true;
    bump_note(region, *old);
    return false;
}

// Takes from one region. Apart, so that the machine code shows the counter of its loop.
static __attribute__((noinline)) bool bump_take(struct bump_region *region, struct bump_request *request) {
    const uint64_t unit = UINT64_C(1) << region->shift;
    request->units = (request->bytes >> region->shift) + ((request->bytes & (unit - 1)) != 0);
    request->align = request->asked_align < unit ? unit : request->asked_align;
    if (bump_place(region, 0, request) == 0)
        return false;
    request->is_possible = true;
    // bound: BUMP_TRIES; what needs no padding is added at once
    for (unsigned tries = request->align == unit ? BUMP_TRIES : 0; tries < BUMP_TRIES; tries++) {
        uint64_t mark = word_load_relaxed(&region->mark); // relaxed: a look, which the exchange confirms
        uint64_t units = bump_place(region, mark, request);
        if (units == 0)
            return false;
        // relaxed: as in bump_add
        if (word_cas_once_relaxed(&region->mark, mark, mark + bump_addend(request, units)))
            return true;
    }
    uint64_t old, units = request->units + (request->align >> region->shift) - 1;
    return bump_add(region, bump_addend(request, units), units, &old) && bump_place(region, old, request) != 0;
}

static enum bump_error bump_alloc_from(struct bump *self, struct bump_request *request, uint64_t *address) {
    if (self == NULL || address == NULL)
        return BUMP_ERR_NULL;
    if (request->bytes == 0)
        return BUMP_ERR_EMPTY;
    if ((request->asked_align & (request->asked_align - 1)) != 0)
        return BUMP_ERR_ALIGN;
    const size_t count = self->count;
    // bound: regions
    for (size_t i = 0; i < count; i++) {
        if (!bump_take(&self->regions[request->from_top ? count - 1 - i : i], request))
            continue;
        word_add_relaxed(&self->allocs, 1);             // relaxed: a statistic
        word_add_relaxed(&self->asked, request->bytes); // relaxed: a statistic
        *address = request->address;
        return BUMP_OK;
    }
    word_add_relaxed(&self->failures, 1); // relaxed: a statistic
    return request->is_possible ? BUMP_ERR_OUT_OF_MEMORY : BUMP_ERR_TOO_LARGE;
}

enum bump_error bump_alloc(bump *self, uint64_t bytes, uint64_t align, uint64_t *address) {
    struct bump_request request = {.bytes = bytes, .asked_align = align};
    return bump_alloc_from(self, &request, address);
}

enum bump_error bump_alloc_top(bump *self, uint64_t bytes, uint64_t align, uint64_t *address) {
    struct bump_request request = {.bytes = bytes, .asked_align = align, .from_top = true};
    return bump_alloc_from(self, &request, address);
}

void bump_free(bump *self, uint64_t address, uint64_t bytes) {
    bool is_ours = false;
    // bound: regions
    for (size_t i = 0; i < self->count && !is_ours; i++) {
        const struct bump_region *region = &self->regions[i];
        uint64_t last = bump_last(region); // who frees came by the address some time ago
        uint64_t unit = (address - region->start) >> region->shift;
        is_ours = address >= region->start && unit < region->units &&
                  (unit < bump_low(last) || unit >= region->units - bump_high(last));
    }
    if (!is_ours)
        port_fault(PORT_FAULT_FOREIGN, (const void *)(uintptr_t)address, 0);
    word_add_relaxed(&self->frees, 1);     // relaxed: a statistic
    word_add_relaxed(&self->freed, bytes); // relaxed: a statistic
}

enum bump_error bump_close(bump *self) {
    enum bump_error error = BUMP_OK;
    if (self == NULL)
        return BUMP_ERR_NULL;
    // bound: regions
    for (size_t i = 0; i < self->count; i++) {
        struct bump_region *region = &self->regions[i];
        // relaxed: a look, so that only one addition a call overshoots
        if (bump_fits(region, word_load_relaxed(&region->mark), 0))
            bump_note(region, word_add_relaxed(&region->mark, region->units + 1)); // relaxed: as in bump_add
        if (!bump_is_noted(region))
            error = BUMP_ERR_IN_FLIGHT;
    }
    return error;
}
