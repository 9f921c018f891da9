# SPDX-License-Identifier: MIT
"""Every memory order of the core that is not relaxed, what it is weakened to, and the run of the explorer that shows what
goes wrong then. `tests/mutants/run orders` makes them all; an order of the core that is not listed is an error there.
"""
import dataclasses
import re

NULL = "a false NULL|a false OUT_OF_MEMORY|a false FRAME_ERR"
RACE = "without an order|memory that is not there|which is of another class"
HINT = "a span with blocks is in its class's hints"
SUM = "a word with blocks is in its span's sum"
EMPTY = "a span without live blocks is marked empty"
RUN = "free pages are hinted by their largest aligned run"
LEVEL = "not every level shows it"

KEEP = "span-keep --cpus 2 --exhaustive --memory c11"
SPAN3 = "span --cpus 3 --memory c11 --schedules 20000"
KEEP3 = "span-keep --cpus 3 --memory c11 --schedules 50000"
MARK = "span-mark --cpus 2 --exhaustive --memory c11"
MADE = "span-made --cpus 2 --exhaustive --memory c11"
HELP = "help --cpus 2 --exhaustive --memory c11"
HELP_MADE = "help-made --cpus 2 --memory c11 --schedules 20000"
HELP_WORDS = "help-made-words --cpus 2 --memory c11 --schedules 20000"
BITSET = "bitset --cpus 4 --ops 3 --memory c11 --schedules 20000"
PAGES = "page-keep --cpus 2 --memory c11 --schedules 150000"
PAGES3 = "page-keep --cpus 3 --memory c11 --schedules 60000"
BLOCK = "help-block --cpus 3 --memory c11 --schedules 80000"
TALLOC = "talloc --cpus 2 --exhaustive --memory c11"
SHARE = "frame-share --cpus 3 --memory c11 --schedules 20000"


@dataclasses.dataclass(frozen=True)
class Order:
    function: str
    operation: str
    order: str
    weak: str       # the next weaker one: what it allows, those below allow too
    run: str        # arguments of `wfsim explore --scenario`
    shows: str      # a pattern of what it says
    turn: int = 0   # which one, where a function has several of the kind

    @property
    def site(self):
        return self.function, self.operation, self.order, self.turn


ORDERS = [
    Order("bitset_raise", "load", "seq", "acquire", KEEP, HINT),
    Order("bitset_raise", "or", "seq", "acq_rel", BITSET, LEVEL),
    Order("bitset_lower", "and", "seq", "acq_rel", KEEP, HINT),
    Order("bitset_lower", "load", "seq", "acquire", BITSET, LEVEL),
    Order("bitset_word", "load", "seq", "acquire", BLOCK, NULL),
    Order("page_rehint", "load", "seq", "acquire", PAGES3, RUN),
    Order("page_move_hint", "load", "seq", "acquire", PAGES, RUN),
    Order("page_claim_piece", "cas", "seq", "acq_rel", PAGES, RUN),
    Order("page_take_in_word", "cas", "seq", "acq_rel", PAGES, RUN),
    Order("page_give_piece", "add", "seq", "acq_rel", HELP, NULL),
    Order("page_look", "load", "seq", "acquire", HELP, NULL),
    Order("span_withdraw", "load", "seq", "acquire", KEEP, HINT),
    Order("span_publish", "add", "seq", "acq_rel", KEEP, SUM),
    Order("span_publish", "load", "seq", "acquire", KEEP, SUM),
    Order("span_publish", "or", "seq", "acq_rel", KEEP, HINT),
    Order("span_take_word", "and", "seq", "acq_rel", KEEP, SUM),
    Order("span_take_word", "load", "seq", "acquire", KEEP, SUM),
    Order("span_take_word", "or", "seq", "acq_rel", KEEP3, HINT),
    Order("span_release", "add", "seq", "acq_rel", MARK, EMPTY),
    Order("span_complete", "swap", "acquire", "relaxed", SPAN3, RACE),
    Order("span_scavenge_at", "load", "seq", "acquire", MARK, EMPTY),
    Order("span_publish_rest", "add", "seq", "acq_rel", HELP_MADE, NULL),
    Order("span_publish_rest", "add", "seq", "acq_rel", HELP_WORDS, NULL, 1),
    Order("span_publish_rest", "or", "seq", "acq_rel", MADE, HINT),
    Order("span_sweep_spans", "load", "seq", "acquire", HELP_MADE, NULL),
    Order("help_raise", "add", "seq", "acq_rel", HELP, NULL),
    Order("help_anyone", "load", "seq", "acquire", HELP, NULL),
    Order("help_give", "cas", "release", "relaxed", HELP, RACE),
    Order("help_lower", "swap", "acquire", "relaxed", HELP, RACE),
    Order("frame_drop_shared", "add", "acq_rel", "acquire", SHARE, RACE),
    Order("frame_drop_shared", "add", "acq_rel", "release", SHARE, RACE),
    Order("frame_count_for_change", "load", "acquire", "relaxed", SHARE, RACE),
    Order("frame_put_shared", "load", "acquire", "relaxed", SHARE, RACE),
    Order("frame_is_own_run", "load", "acquire", "relaxed", SHARE, RACE),
    Order("frame_look", "load", "acquire", "relaxed", SHARE, RACE),
    Order("talloc_add_primary", "store", "release", "relaxed", TALLOC, RACE),
    Order("talloc_has_primary", "load", "acquire", "relaxed", TALLOC, RACE),
]


def sites(text):
    """What `wfsim sites` prints, as {(function, operation, order, turn): place} of the core's ordered operations."""
    found = {}
    for line in sorted(set(text.splitlines()), key=lambda line: int(re.search(r":(\d+):", line)[1])):
        place, order, function = line.split()
        if not place.startswith("core/") or order == "relaxed":
            continue
        kind = (function, place.rsplit(":", 1)[1], order)
        found[*kind, sum(key[:3] == kind for key in found)] = place
    return found
