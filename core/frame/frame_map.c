// SPDX-License-Identifier: MIT
// Walking over a memory map; see frame_map.h.
#include "frame/frame_map.h"

#include "page/page.h"

// Bytes of one kind: up to where they certainly reach.
struct frame_piece {
    uint64_t end;
    unsigned kind; // of frame_kind, 0 for none
    uint32_t node;
};

static uint64_t frame_region_end(const struct frame_region *region) {
    uint64_t end = region->start + region->bytes;
    return end < region->start ? UINT64_MAX : end;
}

static uint64_t frame_least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

// Kinds are numbered so that the largest wins.
static struct frame_piece frame_piece_at(const struct frame_config *config, uint64_t at) {
    struct frame_piece piece = {UINT64_MAX, 0, 0};
    // bound: regions
    for (size_t i = 0; i < config->region_count; i++) {
        const struct frame_region *region = &config->regions[i];
        uint64_t end = frame_region_end(region);
        if (at < region->start && region->bytes != 0)
            piece.end = frame_least(piece.end, region->start);
        if (at < region->start || at >= end)
            continue;
        piece.end = frame_least(piece.end, end);
        if (region->kind > piece.kind) {
            piece.kind = region->kind;
            piece.node = region->node;
        }
    }
    return piece;
}

static bool frame_is_memory(const struct frame_piece *piece) {
    return piece->kind == FRAME_USABLE || piece->kind == FRAME_RECLAIMABLE;
}

static bool frame_is_border(uint64_t address) {
    return address == FRAME_LIMIT_DMA32 || address == FRAME_ADDRESS_MAX;
}

static uint64_t frame_next_border(uint64_t at) {
    return at < FRAME_LIMIT_DMA32 ? FRAME_LIMIT_DMA32 : at < FRAME_ADDRESS_MAX ? FRAME_ADDRESS_MAX : UINT64_MAX;
}

// The first bytes of memory at or behind `at`, as many as are of one kind and node.
static bool frame_next_bytes(const struct frame_config *config, uint64_t at, struct frame_range *range) {
    struct frame_piece piece = frame_piece_at(config, at);
    // bound: 2 a region, each piece ends where one begins or ends
    while (!frame_is_memory(&piece)) {
        if (piece.end == UINT64_MAX)
            return false;
        at = piece.end;
        piece = frame_piece_at(config, at);
    }
    uint64_t border = frame_next_border(at);
    *range = (struct frame_range){at, frame_least(piece.end, border), (enum frame_kind)piece.kind, piece.node};
    // bound: 2 a region
    while (!frame_is_border(range->end) && range->end != UINT64_MAX) {
        piece = frame_piece_at(config, range->end);
        if (piece.kind != range->kind || piece.node != range->node)
            break;
        range->end = frame_least(piece.end, border);
    }
    return true;
}

static void frame_leave_out(struct frame_plan *plan, uint64_t start, uint64_t end, enum frame_left_reason reason) {
    if (plan == NULL || start == end)
        return;
    if (plan->left_count < plan->left_most)
        plan->left[plan->left_count] = (struct frame_left){start, end - start, reason};
    plan->left_count++;
    plan->left_bytes += end - start;
}

// Reduces a range to whole frames; false if there is none.
static bool frame_keep_whole(struct frame_range *range, struct frame_plan *plan) {
    uint64_t start = (range->start + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
    uint64_t end = range->end & ~(uint64_t)(PAGE_BYTES - 1);
    if (range->start >= FRAME_ADDRESS_MAX) {
        frame_leave_out(plan, range->start, range->end, FRAME_LEFT_BEYOND);
        return false;
    }
    if (start >= end) {
        frame_leave_out(plan, range->start, range->end, FRAME_LEFT_PARTIAL);
        return false;
    }
    frame_leave_out(plan, range->start, start, FRAME_LEFT_PARTIAL);
    frame_leave_out(plan, end, range->end, FRAME_LEFT_PARTIAL);
    range->start = start;
    range->end = end;
    return true;
}

static void frame_walk_from(struct frame_walk *self, uint64_t at) {
    // bound: 2 a region: ranges without a whole frame are passed over
    while ((self->has_range = frame_next_bytes(self->config, at, &self->range))) {
        at = self->range.end;
        self->behind = at;
        if (frame_keep_whole(&self->range, self->plan))
            break;
    }
}

void frame_walk_init(struct frame_walk *self, const struct frame_config *config, uint64_t at, struct frame_plan *plan) {
    *self = (struct frame_walk){.config = config, .plan = plan};
    frame_walk_from(self, at);
}

void frame_walk_next(struct frame_walk *self) {
    frame_walk_from(self, self->behind);
}

// Whether two ranges go into one arena. It depends on these two only, so that the order of the regions does not matter.
static bool frame_can_bridge(const struct frame_range *a, const struct frame_range *b) {
    uint64_t hole = (b->start - a->end) >> PAGE_SHIFT;
    uint64_t left = (a->end - a->start) >> PAGE_SHIFT, right = (b->end - b->start) >> PAGE_SHIFT;
    if (a->node != b->node || (a->end <= FRAME_LIMIT_DMA32 && b->start >= FRAME_LIMIT_DMA32))
        return false;
    return hole * FRAME_BRIDGE_PART <= left + right ||
           (hole <= FRAME_BRIDGE_FRAMES && hole <= FRAME_BRIDGE_TIMES * frame_least(left, right));
}

static void frame_chain_add(struct frame_chain *self, const struct frame_range *range) {
    uint64_t bytes = range->end - range->start;
    self->end = range->end;
    *(range->kind == FRAME_USABLE ? &self->usable_bytes : &self->reclaimable_bytes) += bytes;
}

// Notes the ranges of a chain that is not worth an arena.
static void frame_leave_chain(const struct frame_config *config, const struct frame_chain *chain,
                              struct frame_plan *plan) {
    struct frame_walk walk;
    frame_walk_init(&walk, config, chain->start, NULL);
    // bound: 2 a region
    while (walk.has_range && walk.range.start < chain->end) {
        frame_leave_out(plan, walk.range.start, walk.range.end, FRAME_LEFT_SMALL);
        frame_walk_next(&walk);
    }
}

bool frame_walk_chain(struct frame_walk *self, struct frame_chain *chain) {
    // bound: 2 a region
    while (self->has_range) {
        struct frame_range last = self->range;
        *chain = (struct frame_chain){.start = last.start, .node = last.node};
        frame_chain_add(chain, &last);
        frame_walk_next(self);
        // bound: 2 a region
        while (self->has_range && frame_can_bridge(&last, &self->range)) {
            last = self->range;
            frame_chain_add(chain, &last);
            frame_walk_next(self);
        }
        if (chain->usable_bytes + chain->reclaimable_bytes >= FRAME_ARENA_FRAMES_MIN * (uint64_t)PAGE_BYTES)
            return true;
        frame_leave_chain(self->config, chain, self->plan);
    }
    return false;
}
