// SPDX-License-Identifier: MIT
// Within the frame layer: from the regions of a memory map to arenas. Nothing is stored: ranges are found by going over
// all regions again.
#ifndef FRAME_FRAME_MAP_H
#define FRAME_FRAME_MAP_H

#include <wfheap/frame.h>

#define FRAME_ARENA_FRAMES_MIN 16u
#define FRAME_BRIDGE_PART 32u    // a hole of at most this part of the two ranges beside it is bridged
#define FRAME_BRIDGE_FRAMES 128u // or one of so many frames,
#define FRAME_BRIDGE_TIMES 8u    // if it is no longer than so many times the smaller of the two

// Usable or reclaimable frames in a row.
struct frame_range {
    uint64_t start, end;
    enum frame_kind kind;
    uint32_t node;
};

// Ranges and bridged holes that become one arena.
struct frame_chain {
    uint64_t start, end;
    uint64_t usable_bytes, reclaimable_bytes;
    uint32_t node;
};

struct frame_walk {
    const struct frame_config *config;
    struct frame_plan *plan; // what is left out is noted here; may be NULL
    struct frame_range range;
    bool has_range;
    uint64_t behind; // where the bytes of the range's kind end, whole frame or not
};

// A walk that begins at an address: `range` is what is first there or behind it, if has_range says so.
void frame_walk_init(struct frame_walk *self, const struct frame_config *config, uint64_t at, struct frame_plan *plan);

// Goes on to the next range.
void frame_walk_next(struct frame_walk *self);

// The next chain that is worth an arena, which the walk then stands behind. False: there is none.
bool frame_walk_chain(struct frame_walk *self, struct frame_chain *chain);

#endif
