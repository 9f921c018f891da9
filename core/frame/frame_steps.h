// SPDX-License-Identifier: MIT
// Step bounds of the public calls as formulas in the levels of the largest hint set, one for every factor of 64 in an
// arena's frames / 64. A step is one operation of the port's word.h. docs/bounds.md derives each line.
#ifndef FRAME_FRAME_STEPS_H
#define FRAME_FRAME_STEPS_H

#include "frame/frame_state.h"
#include "page/page_steps.h"

// A word in which something suits somebody: looked at, taken whole, and what is not kept given back. Serving: the count
// of raised hands, and for each of a few the bits of 1,024 CPUs on both sides of where it goes on, his wish, a word
// taken, the gift, and what was taken given back if it came too late.
#define FRAME_SEIZE(levels) (2u + STEPS_REHINT(levels) + STEPS_GIVE_PIECE(levels))
#define FRAME_SERVE(levels) (1u + HELP_LOOKS * (34u + FRAME_SEIZE(levels) + STEPS_GIVE_PIECE(levels)))

// Up to 64 frames given back are two pieces at most.
#define FRAME_PUBLISH(levels) (2u * (STEPS_GIVE_PIECE(levels) + FRAME_SERVE(levels)))
// The block's state read and changed; the count read and written, or lowered and put right; count and bit of what is
// evicted. A drain: from the ring, frame by frame, and from the shelves, word by word.
#define FRAME_PUT_STEPS(levels) (8u + FRAME_PUBLISH(levels))
#define FRAME_DRAIN_STEPS(levels)                                                                                      \
    (FRAME_DRAIN_FRAMES *                                                                                              \
         (2u + FRAME_PUBLISH(levels) + (size_t)2 * BITS_WORD + 2u + STEPS_GIVE_PIECE(levels) + FRAME_SERVE(levels)) +  \
     FRAME_PUBLISH(levels))
#define FRAME_ALLOC_STEPS(levels, arenas)                                                                              \
    (FRAME_PUBLISH(levels) + (arenas) * (2u * STEPS_TAKE_ALIGNED(levels) + STEPS_TAKE_RUN(levels)) +                   \
     (size_t)2 * BITS_WORD)
// Besides: the own cache drained; the hand raised and lowered, and a gift given back; each word of the maps read place
// by place, 32 runs in a word at most, then taken whole and offered; and twice the words of managed frames, to tell
// whether it could ever be had.
#define FRAME_SCAN_STEPS(levels)                                                                                       \
    ((size_t)33 * (8u + 4u * STEPS_GIVE_PIECE(levels)) + FRAME_SEIZE(levels) + FRAME_SERVE(levels) + 132u)
#define FRAME_LAST_RESORT_STEPS(levels, arenas, words)                                                                 \
    (FRAME_ALLOC_STEPS(levels, arenas) + FRAME_DRAIN_CALLS * FRAME_DRAIN_STEPS(levels) + 6u + FRAME_PUBLISH(levels) +  \
     (words)*FRAME_SCAN_STEPS(levels))

#endif
