// SPDX-License-Identifier: MIT
// Step bounds of hint sets and of the page map as formulas in the levels of the largest hint set, for the bounds of the
// heap (heap/steps.h) and of frames (frame/frame_steps.h). A step is one operation of the port's word.h. docs/bounds.md
// derives each line.
#ifndef PAGE_PAGE_STEPS_H
#define PAGE_PAGE_STEPS_H

#include "page/page.h"

// Hint sets: see bitset.h.
#define STEPS_PUT(levels) (2u * (levels))
#define STEPS_DROP(levels) (4u * (levels) + STEPS_PUT(levels))
#define STEPS_FIND(levels) (3u + BITSET_PASSES * (levels) + STEPS_DROP(levels))
#define STEPS_NEXT(levels) (BITSET_TRIES * (2u * (levels) + STEPS_DROP(levels)))

// Pages: correcting a hint, moving one, giving one piece, giving a run of up to 64 pages (two pieces), taking one
// place.
#define STEPS_REHINT(levels) (STEPS_DROP(levels) + 1u + STEPS_PUT(levels))
#define STEPS_MOVE_HINT(levels) (STEPS_PUT(levels) + STEPS_REHINT(levels))
#define STEPS_GIVE_PIECE(levels) (2u + STEPS_MOVE_HINT(levels))
#define STEPS_CLAIM_PIECE(levels) (2u + STEPS_MOVE_HINT(levels))
#define STEPS_TAKE_ALIGNED(levels)                                                                                     \
    ((PAGE_ORDERS + 2u) * STEPS_FIND(levels) + PAGE_LOOKS * STEPS_NEXT(levels) + (size_t)3 * (PAGE_LOOKS + 2u) +       \
     STEPS_MOVE_HINT(levels) + 2u * STEPS_REHINT(levels))
#define STEPS_TAKE_RUN(levels)                                                                                         \
    ((size_t)PAGE_ORDERS * PAGE_TRIES *                                                                                \
     (STEPS_NEXT(levels) + 6u + 2u * STEPS_CLAIM_PIECE(levels) + 2u * STEPS_GIVE_PIECE(levels) +                       \
      STEPS_REHINT(levels)))

#endif
