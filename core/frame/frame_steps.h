// SPDX-License-Identifier: MIT
// Step bounds of the public calls as formulas in the levels of the largest hint set, one for every factor of 64 in an
// arena's frames / 64. A step is one operation of the port's word.h. docs/bounds.md derives each line.
#ifndef FRAME_FRAME_STEPS_H
#define FRAME_FRAME_STEPS_H

#include "frame/frame_state.h"

// Hint sets: put, drop, find.
#define FRAME_PUT_HINT(levels) (2u * (levels))
#define FRAME_DROP_HINT(levels) (4u * (levels) + FRAME_PUT_HINT(levels))
#define FRAME_FIND_HINT(levels) (BITSET_TRIES * (2u * (levels) + FRAME_DROP_HINT(levels)))

// The page map: correcting a hint, moving one, giving or claiming a piece, searching by hints.
#define FRAME_REHINT(levels) (FRAME_DROP_HINT(levels) + 1u + FRAME_PUT_HINT(levels))
#define FRAME_PIECE(levels) (2u + FRAME_PUT_HINT(levels) + FRAME_REHINT(levels))
#define FRAME_TAKE_ALIGNED(levels)                                                                                     \
    (PAGE_ORDERS * (2u + FRAME_FIND_HINT(levels) + FRAME_REHINT(levels)) + PAGE_LOOKS * (1u + FRAME_PIECE(levels)))
#define FRAME_TAKE_RUN(levels)                                                                                         \
    ((size_t)PAGE_ORDERS * PAGE_TRIES *                                                                                \
     (FRAME_FIND_HINT(levels) + 8u + 4u * FRAME_PIECE(levels) + FRAME_REHINT(levels)))

// A word in which something suits somebody: looked at, taken whole, and what is not kept given back. Serving: the count
// of raised hands, and for each of a few the bits of 1,024 CPUs on both sides of where it goes on, his wish, a word
// taken, the gift, and what was taken given back if it came too late.
#define FRAME_SEIZE(levels) (2u + FRAME_REHINT(levels) + FRAME_PIECE(levels))
#define FRAME_SERVE(levels) (1u + HELP_LOOKS * (34u + FRAME_SEIZE(levels) + FRAME_PIECE(levels)))

// Up to 64 frames given back are two pieces at most.
#define FRAME_PUBLISH(levels) (2u * (FRAME_PIECE(levels) + FRAME_SERVE(levels)))
// The block's state read and changed; the count read and written, or lowered and put right; count and bit of what is
// evicted. A drain: from the ring, frame
// by frame, and from the shelves, word by word.
#define FRAME_PUT_STEPS(levels) (8u + FRAME_PUBLISH(levels))
#define FRAME_DRAIN_STEPS(levels)                                                                                      \
    (FRAME_DRAIN_FRAMES *                                                                                              \
         (2u + FRAME_PUBLISH(levels) + (size_t)2 * BITS_WORD + 2u + FRAME_PIECE(levels) + FRAME_SERVE(levels)) +       \
     FRAME_PUBLISH(levels))
#define FRAME_ALLOC_STEPS(levels, arenas)                                                                              \
    (FRAME_PUBLISH(levels) + (arenas) * (2u * FRAME_TAKE_ALIGNED(levels) + FRAME_TAKE_RUN(levels)) +                   \
     (size_t)2 * BITS_WORD)
// Besides: the own cache drained; the hand raised and lowered, and a gift given back; each word of the maps read place
// by place, 32 runs in a word at most, then taken whole and offered; and twice the words of managed frames, to tell
// whether it could ever be had.
#define FRAME_SCAN_STEPS(levels)                                                                                       \
    ((size_t)33 * (8u + 4u * FRAME_PIECE(levels)) + FRAME_SEIZE(levels) + FRAME_SERVE(levels) + 132u)
#define FRAME_LAST_RESORT_STEPS(levels, arenas, words)                                                                 \
    (FRAME_ALLOC_STEPS(levels, arenas) + FRAME_DRAIN_CALLS * FRAME_DRAIN_STEPS(levels) + 6u + FRAME_PUBLISH(levels) +  \
     (words)*FRAME_SCAN_STEPS(levels))

#endif
