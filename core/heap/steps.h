// SPDX-License-Identifier: MIT
// Step bounds of the public calls as formulas in the levels of the largest hint set (one for every factor of 64 in the
// region's pages). A step is one operation of the port's word.h. docs/bounds.md derives each line.
#ifndef HEAP_STEPS_H
#define HEAP_STEPS_H

#include "cache/cache.h"
#include "page/page_steps.h"

// Looking who is hungry: the count; for each of a few, 16 words of bits twice, a wish and a gift.
#define STEPS_DONATE (1u + (size_t)HELP_LOOKS * 34u)
#define STEPS_GIVE_PAGES(levels) (STEPS_DONATE + 1u + 2u * STEPS_GIVE_PIECE(levels))

// Spans.
#define STEPS_PUBLISH(levels) (3u + STEPS_PUT(levels))
#define STEPS_PUT_BACK(levels) (4u + STEPS_DONATE + STEPS_PUT(levels) + STEPS_PUBLISH(levels))
#define STEPS_DISSOLVE(levels) (2u * (1u + STEPS_DROP(levels)) + 1u + 64u + STEPS_GIVE_PAGES(levels))
#define STEPS_RETIRE(levels) ((size_t)3 * SPAN_WORDS + SPAN_WORDS * STEPS_PUT_BACK(levels) + STEPS_DISSOLVE(levels))
#define STEPS_COMPLETE(levels) ((size_t)2 * SPAN_WORDS + SPAN_WORDS * STEPS_PUT_BACK(levels))
#define HEAP_FLUSH_STEPS(levels)                                                                                       \
    (3u + STEPS_DONATE + STEPS_COMPLETE(levels) + 1u + STEPS_PUT(levels) + STEPS_PUBLISH(levels) +                     \
     STEPS_DISSOLVE(levels))
#define STEPS_TAKE_WORD(levels) (7u + STEPS_PUT(levels) + STEPS_PUT_BACK(levels))
#define STEPS_CLAIM(levels)                                                                                            \
    (STEPS_FIND(levels) + 1u + STEPS_TAKE_WORD(levels) + STEPS_DROP(levels) + 4u + STEPS_PUT(levels))
#define STEPS_MAKE(levels) (64u + 2u + SPAN_WORDS * STEPS_PUT_BACK(levels))
#define STEPS_SCAVENGE(levels) (STEPS_NEXT(levels) + 4u + STEPS_RETIRE(levels) + STEPS_DROP(levels) + STEPS_PUT(levels))
#define STEPS_SUPPLY(levels)                                                                                           \
    (2u * STEPS_CLAIM(levels) + 2u * (1u + STEPS_TAKE_ALIGNED(levels)) + 1u + STEPS_MAKE(levels) +                     \
     SPAN_SCAVENGES * STEPS_SCAVENGE(levels))

// A supply and the word that makes place for it, or a run, some empty spans, and a run again.
#define HEAP_ALLOC_STEPS(levels)                                                                                       \
    (STEPS_SUPPLY(levels) + 1u + HEAP_FLUSH_STEPS(levels) + 2u * (3u + STEPS_TAKE_RUN(levels)) +                       \
     SPAN_SCAVENGES * STEPS_SCAVENGE(levels))
// The kind, and a word that makes place, for the block or for one that another class loses; or a run.
#define HEAP_FREE_STEPS(levels) (6u + 1u + HEAP_FLUSH_STEPS(levels) + STEPS_GIVE_PAGES(levels))
// A batch of blocks or words, or a last look for empty spans.
#define HEAP_DRAIN_STEPS(levels)                                                                                       \
    (CACHE_BATCH * (1u + HEAP_FLUSH_STEPS(levels)) + SPAN_SCAVENGES * STEPS_SCAVENGE(levels))
// Every hint of the class, every page that may begin an empty span, and the page map twice.
#define STEPS_EVERYTHING(levels, pages, map_words)                                                                     \
    ((pages) * (SPAN_WORDS * (1u + STEPS_TAKE_WORD(levels)) + 2u * STEPS_SCAVENGE(levels) +                            \
                2u * (STEPS_CLAIM_PIECE(levels) + STEPS_GIVE_PIECE(levels))) +                                         \
     (map_words) * (8u + 2u * (4u + STEPS_REHINT(levels) + STEPS_GIVE_PIECE(levels))))
// Everything; then draining the own cache, trying again, everything once more with the hand raised, and larger classes.
#define HEAP_LAST_RESORT_STEPS(levels, pages, map_words)                                                               \
    ((2u + HEAP_LARGER_CLASSES) * HEAP_ALLOC_STEPS(levels) + HEAP_DRAIN_TURNS * HEAP_DRAIN_STEPS(levels) + 8u +        \
     2u * STEPS_EVERYTHING(levels, pages, map_words))

#endif
