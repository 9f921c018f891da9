# SPDX-License-Identifier: MIT
"""Mutants: faults that a slip of the hand could put into the core, each as one replacement of text, and which tests
have to notice it. `old` has to stand in the file exactly once; whoever changes that text changes the mutant too.
"""
import contextlib
import dataclasses
import filecmp
import functools
import os
import pathlib
import shutil
import time

LEFT_OUT = ("build", ".git", "results", "__pycache__")  # of the tree, when it is copied


class MutantError(Exception):
    """A mutant cannot be made; the message is a sentence."""


@dataclasses.dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    old: str
    new: str
    breaks: str                # what goes wrong, in one sentence
    caught: dict               # by layer: the test that has to fail ("qemu": the name of a ctest job)


def renew(path, root):
    """Makes a file of the copy newer than all that was built there, even if the clock went back since."""
    built = [log.stat().st_mtime_ns for log in pathlib.Path(root).glob("build/*/.ninja_log")]
    now = max([time.time_ns(), *(last + 1000000 for last in built)])
    os.utime(path, ns=(now, now))


def copy_file(source, to, root):
    """What is the same already keeps its time, so that it is not built again."""
    if not pathlib.Path(to).exists() or not filecmp.cmp(source, to, shallow=False):
        shutil.copy(source, to)
        renew(to, root)


def copy_tree(root, to):
    """A copy of the sources, to be built on its own."""
    shutil.copytree(root, to, ignore=shutil.ignore_patterns(*LEFT_OUT), dirs_exist_ok=True,
                    copy_function=functools.partial(copy_file, root=to))
    for path in pathlib.Path(to).rglob("*"):
        within = path.relative_to(to)
        if path.is_file() and not set(within.parts) & set(LEFT_OUT) and not (pathlib.Path(root) / within).exists():
            path.unlink()


def mutated(mutant, root):
    """The text of the file with the fault in it."""
    path = pathlib.Path(root) / mutant.file
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MutantError(f"{mutant.name}: {mutant.file} cannot be read: {error.strerror}") from error
    if text.count(mutant.old) != 1:
        raise MutantError(f"{mutant.name}: its text stands {text.count(mutant.old)} times in {mutant.file}, not once")
    return text.replace(mutant.old, mutant.new)


@contextlib.contextmanager
def planted(mutant, root):
    """Within it the fault is in the copy."""
    path = pathlib.Path(root) / mutant.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(mutated(mutant, root), encoding="utf-8")
    renew(path, root)
    try:
        yield
    finally:
        path.write_text(whole, encoding="utf-8")
        renew(path, root)


MUTANTS = [
    Mutant("bitset-lower-unread", "core/bitset/bitset.c", """        if (level > 0 && word_load_seq(&words[offset[level - 1] + position]) != 0) {
            bitset_raise(self, level, position);
            return;
        }
""", "", "a hint goes although a member of its word came meanwhile",
           {"qemu": "duels", "sim": "bitset --cpus 3 --ops 2 --exhaustive"}),
    Mutant("bitset-raise-one-level", "core/bitset/bitset.c", """        if (!(word_load_seq(word) >> (position % BITS_WORD) & 1))
            word_or_seq(word, bits_one(position % BITS_WORD)); // S bitset.put <-> S bitset.drop
""", """        if (!(word_load_seq(word) >> (position % BITS_WORD) & 1))
            word_or_seq(word, bits_one(position % BITS_WORD)); // S bitset.put <-> S bitset.drop
        else
            return;
""", "a set bit is taken for a promise that those above are set", {"qemu": "duels", "unit": "unit.bitset"}),
    Mutant("page-hint-unread", "core/page/page.c", """    if (truth != bits && bits_order(truth) == was)
        bitset_put(&self->fit[was], word);
""", "", "free pages are not found by the length that they have again",
           {"qemu": "duels", "sim": "page-keep --cpus 3 --schedules 30000"}),
    Mutant("page-give-unasked", "core/page/page.c", """    if (old & mask)
        return false;
    unsigned was = bits_order(old);
""", """    unsigned was = bits_order(old);
""", "pages that are free already are given back unnoticed", {"qemu": "wf-1", "unit": "unit.page"}),
    Mutant("page-take-half", "core/page/page_run.c", "            (void)page_give(self, first, done);\n", "",
           "a run that is not to be had as a whole leaves its first half lost", {"qemu": "wf-4", "unit": "unit.page"}),
    Mutant("claim-unvalidated", "core/span/span.c",
           "    bool wanted = span_kind(self, first) == span_class(self, order->class)->ticket;\n",
           "    bool wanted = true;\n", "blocks of a span that became another class's are handed out",
           {"qemu": "duels", "sim": "span-retype --cpus 3 --exhaustive"}),
    Mutant("claim-sum-unread", "core/span/span.c",
           "        word_or_seq(&self->state[first], bits_one(index)); // S span.publish <-> S span.withdraw\n", "",
           "a word that was published during a claim is not in its span's sum",
           {"qemu": "duels", "sim": "span-keep --cpus 2 --exhaustive"}),
    Mutant("claim-unannounced", "core/span/span.c", """        if (span_begins(self, first, &now))
            span_announce(self, now, first);
""", "",
           "a span withdrawn between a publication and the end of a claim is not found again",
           {"qemu": "duels", "sim": "span-keep --cpus 3 --exhaustive"}),
    Mutant("withdraw-unread", "core/span/span.c", """    if ((word_load_seq(&self->state[first]) & bits_low(SPAN_WORDS)) &&
        span_kind(self, first) == span_class(self, class)->ticket)
        span_announce(self, class, first);
""", "", "a span is withdrawn although blocks of it came meanwhile",
           {"qemu": "duels", "sim": "span-keep --cpus 2 --exhaustive"}),
    Mutant("put-back-lost", "core/span/span.c", """    if (!help_anyone(&self->help)) {
        span_publish(self, class, word, bits);
        return;
    }
""", """    if (!help_anyone(&self->help))
        return;
""", "blocks that a claim did not want are lost", {"qemu": "wf-4", "sim": "span-keep --cpus 3 --exhaustive"}),
    Mutant("empty-unmarked", "core/span/span.c", """    if (old >> SPAN_LIVE_SHIFT == live >> SPAN_LIVE_SHIFT)
        bitset_put(&self->empty, first);
""", "", "a span that nobody could retire is never found again",
           {"qemu": "duels", "sim": "span-retire --cpus 2 --exhaustive"}),
    Mutant("live-late", "core/span/span.c", """    // S span.release <-> S span.scavenge
    uint64_t old = word_add_seq(&self->state[first], ~live + 1);
""", """    span_publish(self, class, word, bits);
    // S span.release <-> S span.scavenge
    uint64_t old = word_add_seq(&self->state[first], ~live + 1);
""", "blocks are there for others before they are no longer counted",
           {"qemu": "duels", "sim": "span-retire --cpus 2 --exhaustive"}),
    Mutant("retire-blind", "core/span/span.c",
           "        if ((taken[i] | mine) == full && (bits != 0 || span_kind(self, span_word_page(first)) == geometry->ticket))\n",
           "        if ((taken[i] | mine) == full)\n", "a span of another class is taken apart", {"qemu": "duels"}),
    Mutant("retire-keeps", "core/span/span.c", """            if (taken[k] != 0)
                span_put_back(self, me, first + k, taken[k]);
""", "", "what was taken of a span that is not whole is lost",
           {"qemu": "duels", "sim": "span-publish --cpus 2 --exhaustive"}),
    Mutant("flush-double", "core/span/span.c",
           "    uint64_t twice = word_load_relaxed(&self->bits[word]) & bits;\n", "    uint64_t twice = 0;\n",
           "a block that is given back twice corrupts its word",
           {"qemu": "wf-1", "misuse": "misuse.double-free-published-plain"}),
    Mutant("make-unannounced", "core/span/span_make.c",
           "    bitset_put(&self->partial[class], first >> geometry->order);\n", "",
           "a new span's blocks are not found", {"qemu": "wf-1", "sim": "span-remake --cpus 2 --exhaustive"}),
    Mutant("make-miscounted", "core/span/span_make.c",
           "    uint64_t live = order->most < geometry->blocks ? order->most : geometry->blocks;\n    live = live < BITS_WORD ? live : BITS_WORD;\n",
           "    uint64_t live = geometry->blocks;\n", "a new span counts blocks as live that lie free",
           {"qemu": "wf-1", "sim": "span-remake --cpus 2 --exhaustive"}),
    Mutant("scavenge-unread", "core/span/span_make.c",
           "        bitset_put(&self->empty, first);\n    return false;\n", "        return false;\n    return false;\n",
           "the mark of a span goes although it became empty meanwhile",
           {"qemu": "duels", "sim": "span-mark --cpus 2 --exhaustive --memory c11"}),
    Mutant("gift-any-class", "core/span/gift.c",
           "    if ((want & 3) != TAG_WISH || gift_decode(want).class != class)\n", "    if ((want & 3) != TAG_WISH)\n",
           "a starved CPU gets a block of another size", {"qemu": "duels", "unit": "unit.help"}),
    Mutant("gift-unasked", "core/help/help.c",
           "    return word_cas_once_release(help_want(self, cpu), wish, gift); // R help.give -> A help.lower\n",
           "    (void)wish;\n    word_store_release(help_want(self, cpu), gift);\n    return true;\n",
           "a gift goes to a CPU that has lowered its hand meanwhile, and is lost",
           {"qemu": "duels", "sim": "help --cpus 2 --exhaustive"}),
    Mutant("class-short-word", "core/span/size_class.c",
           "    self->last = bits_low(self->blocks - (self->words - 1u) * BITS_WORD);\n", "    self->last = BITS_ALL;\n",
           "a span has blocks beyond its end", {"qemu": "wf-1", "sim": "heap --cpus 3 --schedules 2000"}),
    Mutant("accept-uncounted", "core/cache/cache.c",
           "    self->stash.bytes += (size_t)(order->count - 1) * geometry->block_bytes;\n", "",
           "the stash does not know how much was claimed for it", {"qemu": "wf-1", "sim": "drain --cpus 3 --schedules 2000"}),
    Mutant("stash-two-entries", "core/cache/stash.c", """    if (self->entries[STASH_ENTRIES + class].word == word)
        return STASH_ENTRIES + class;
""", "", "blocks of one word lie in two entries", {"unit": "unit.stash"}),
    Mutant("stale-for-ever", "core/bitset/bitset.c", "again && pass == 0", "false",
           "a stale bit that nobody lowers hides all members for good", {"unit": "unit.bitset"}),
    Mutant("cache-double", "core/cache/cache.c", """    else if (entry->bits >> bit & 1)
        port_fault(PORT_FAULT_DOUBLE_FREE, p, self->span.cpu);
""", "", "a block that lies in the stash is freed again unnoticed",
           {"qemu": "wf-1", "misuse": "misuse.double-free-own-cache-plain"}),
    Mutant("cache-miscounts", "core/cache/cache.c", "    self->stash.bytes -= bytes;\n    span_flush", "    span_flush",
           "the stash forgets that it has room again", {"qemu": "wf-1", "sim": "drain --cpus 3 --schedules 2000"}),
    Mutant("chunk-unclean", "core/cache/magazine.c",
           "            self->top[i] = NULL;\n", "            ;\n",
           "an address that another class left in a chunk passes for a block",
           {"qemu": "wf-1", "unit": "unit.magazine"}),
    Mutant("chunk-leaks", "core/cache/magazine.c", "    pool->vacant |= bits_one(chunk);\n", "",
           "the pool never gets a chunk back", {"qemu": "wf-1", "unit": "unit.magazine"}),
    Mutant("count-forgets-stash", "core/cache/cache_count.c",
           "    size_t bytes = *(const volatile size_t *)&self->stash.bytes;\n", "    size_t bytes = 0;\n",
           "statistics leave out the stash", {"qemu": "wf-1", "unit": "unit.heap_account"}),
    Mutant("stash-unlinked", "core/cache/stash.c", "    self->entries[it->next].prev = it->prev;\n", "",
           "the list of a class has an entry of another", {"qemu": "wf-1", "unit": "unit.stash"}),
    Mutant("count-forgets-own", "core/cache/magazine.c",
           "self->own_slots + (chunks - 1u) * MAGAZINE_CHUNK_SLOTS + held", "(chunks - 1u) * MAGAZINE_CHUNK_SLOTS + held",
           "statistics leave out a magazine's own slots when it has chunks",
           {"qemu": "wf-1", "unit": "unit.heap_account"}),
    Mutant("free-any-cpu", "core/heap/heap.c",
           "    if (cpu >= self->map.cpus)\n        port_fault(PORT_FAULT_BAD_CPU, p, cpu);\n", "",
           "a CPU that the heap does not know frees", {"qemu": "wf-1", "misuse": "misuse.bad-cpu-plain"}),
    Mutant("free-overfull", "core/heap/heap.c",
           "        if (unlikely(!magazine_accepts(magazine, p) || magazine_is_full(magazine))) {\n",
           "        if (unlikely(!magazine_accepts(magazine, p))) {\n", "a magazine runs over",
           {"qemu": "wf-1", "unit": "unit.heap_blocks"}),
    Mutant("init-twice", "core/heap/heap_init.c", "    if (*heap != NULL)\n        return WFH_ERR_TWICE;\n", "",
           "a heap in use is made anew", {"qemu": "wf-1", "unit": "unit.heap_init"}),
    Mutant("realloc-keeps", "core/heap/heap_realloc.c", "    wfh_free(self, cpu, p);\n    return q;\n", "    return q;\n",
           "what moves leaves its old place lost", {"qemu": "wf-1", "sim": "realloc --cpus 3 --schedules 2000"}),
    Mutant("realloc-grows-blindly", "core/heap/heap_realloc.c",
           "    if (first + want > self->map.pages || !page_take_at(&self->map.page, first + have, want - have))\n",
           "    if (first + want > self->map.pages)\n", "a run grows over its neighbour",
           {"qemu": "wf-1", "sim": "realloc --cpus 3 --schedules 2000"}),
    Mutant("run-keeps-kind", "core/heap/heap_run.c",
           "        tag_store_relaxed(&self->map.kind[first], KIND_FREE); // relaxed: published with the pages\n", "",
           "a page that is free is still the first of a run",
           {"qemu": "wf-1", "sim": "realloc --cpus 3 --schedules 2000"}),
    Mutant("gift-unreturned", "core/heap/heap_starve.c",
           "        heap_return_gift(self, cpu, (size_t)1 << order, pages, gift);\n", "        ;\n",
           "a gift that came too late is lost", {"qemu": "duels", "sim": "heap --cpus 3 --schedules 3000"}),
    Mutant("stats-owns-all", "core/heap/heap_stats.c",
           "    return page < self->map.pages && page_is_admitted(&self->map.page, page);\n",
           "    return page < self->map.pages;\n", "memory that is not there yet is called the heap's",
           {"qemu": "wf-1", "unit": "unit.heap_init"}),
    Mutant("check-blind", "core/check/check.c", "    if (want == have)\n", "    if (want == have || first != NULL)\n",
           "the verifier finds nothing", {"qemu": "wf-1", "unit": "unit.check"}),
    Mutant("check-counts-copies-not", "core/check/check_cache.c", """                        check_copies_in_magazines(self, geometry, p) +
                            check_copies_in_stash(self, class, word, bits_one(bit)));
""", "                        1);\n", "the verifier takes a block that is cached twice for one", {"qemu": "wf-1"}),
    Mutant("check-trusts-caches", "core/check/check.c",
           "           check_help(self, first) && check_caches(self, first);\n", "           check_help(self, first);\n",
           "the verifier does not look at caches", {"qemu": "wf-1", "unit": "unit.check"}),
    Mutant("tlsf-any-cpu", "core/tlsf/locked.h", """    if (self.cpu >= self.cpus) {
        port_fault(PORT_FAULT_BAD_CPU, p, self.cpu);
    }
""", "", "a CPU that has no place in the queue of the lock takes it", {"qemu": "tlsf-1", "model": "model.tlsf-misuse"}),
    Mutant("tlsf-unmerged", "core/tlsf/pool.c", "        index_tell_next(merged, merged_bytes);\n", "        ;\n",
           "a merged block's successor does not know where it begins", {"qemu": "tlsf-1"}),
    Mutant("bump-unaligned", "core/bump/bump.c", "    uint64_t mask = ~(request->align - 1);\n",
           "    uint64_t mask = UINT64_MAX;\n", "memory at boot begins anywhere", {"qemu": "wf-1"}),
    Mutant("bump-used-is-free", "core/bump/bump_ranges.c",
           "            if (pieces[piece].bytes != 0 && index-- == 0) {\n",
           "            if (!used && pieces[piece].bytes != 0 && index-- == 0) {\n",
           "nobody learns what was taken at boot", {"qemu": "wf-1"}),
    Mutant("frame-mark-nothing", "core/frame/frame_range.c", "    if (!frame_take_range(self, first, end))\n",
           "    if (self->arena_count == 0 && !frame_take_range(self, first, end))\n",
           "frames in use are handed out", {"qemu": "wf-1"}),
    Mutant("frame-put-lost", "core/frame/frame.c", """        word_store_relaxed(&references[i], 0); // relaxed: as in frame_drop
    self->caches[cpu].freed += count;
    frame_keep_run(self, cpu, place, count);
""", """        word_store_relaxed(&references[i], 0); // relaxed: as in frame_drop
    self->caches[cpu].freed += count;
""", "frames that come back in a row are lost", {"qemu": "tasks-wf-1", "unit": "unit.frame_shelf"}),
    Mutant("frame-list-keeps", "core/frame/frame_list.c",
           "        if (frame_list_remove(self, cpu, offset) != FRAME_OK)\n            break;\n    }\n    return self->count > 0 && cpu < self->pool->cpus;\n",
           "        break;\n    }\n    (void)cpu;\n    return false;\n",
           "the frames of a list that is cleared are lost", {"qemu": "tasks-wf-1"}),
    Mutant("talloc-backup-for-all", "core/talloc/talloc.c",
           "    if (p != NULL || !talloc_is_good(request) || (has_primary && !talloc_may_use_backup(request)))\n",
           "    if (p != NULL || !talloc_is_good(request))\n",
           "a task exhausts the backup heap too", {"qemu": "tasks-wf-1"}),
    Mutant("talloc-one-way", "core/talloc/talloc_policy.c",
           "    talloc_set(self, cpu, TALLOC_PRIMARY_THEN_BACKUP);\n", "    (void)self;\n    (void)cpu;\n",
           "the kernel stays bound by a task's policy", {"qemu": "tasks-wf-1"}),
    Mutant("slab-run-lost", "core/slab/slab_run.c", "    slab_list_give(self, head);\n    slab_unlock", "    slab_unlock",
           "a run that is freed is lost", {"qemu": "slab-1"}),
    Mutant("slab-last-units-unused", "core/slab/slab.c", "slab_run_alloc(self, cpu, size, align);\n}",
           "slab_run_alloc(self, cpu, bits_one(slab_shift(class)), align);\n}",
           "units that would do are left, and the request is refused", {"unit": "unit.slab", "model": "model.slab"}),
    Mutant("slab-realloc-refused", "core/slab/slab.c",
           "        word_store_relaxed(failures, word_load_relaxed(failures) - 1); // relaxed: a statistic of the slot's owner\n",
           "        (void)failures;\n", "a realloc that was met counts as refused", {"unit": "unit.slab"}),
    Mutant("tlsf-small-align", "core/tlsf/pool.c", "    if (align > BLOCK_GRAIN_BYTES) {\n",
           "    if (align > BLOCK_GRAIN_BYTES || (align & (align - 1)) != 0) {\n",
           "an alignment of 3 is refused", {"unit": "unit.backend"}),
    Mutant("slab-freed-is-held", "core/slab/slab.c", "    slab_checked_free(self, cpu, &place, p);\n", "",
           "the checked build takes a free block for a live one", {"misuse": "misuse.slab-second-free-checked"}),
    Mutant("slab-mark-alone", "core/slab/slab_run.c", "    slab_checked_expect(self, cpu, &place, p);\n", "",
           "the checked build looks at the mark alone", {"misuse": "misuse.slab-second-free-checked"}),
    Mutant("task-stack-kept", "kernel/task/task.c",
           "    frames_put(task->stack, STACK_FRAMES);\n    kheap_free(task);\n", "    kheap_free(task);\n",
           "the stack of a dead task does not come back", {"qemu": "tasks-wf-1"}),
    Mutant("task-stack-mapped", "kernel/task/task.c", "    stack_unmap(place);\n", "",
           "the stack of a dead task stays where it was", {"qemu": "tasks-wf-1"}),
    Mutant("task-list-not-mended", "kernel/task/task.c",
           "        block->next->before = block->before;\n", "        block->next->before = NULL;\n",
           "a block that is freed leaves its neighbour pointing nowhere", {"qemu": "tasks-wf-1"}),
    Mutant("task-policy-kept", "kernel/task/task.c",
           "    talloc_use_primary_then_backup(kheap_talloc(), me->index);\n", "",
           "the kernel goes on under a task's policy", {"qemu": "tasks-wf-1"}),
    Mutant("handler-policy-kept", "kernel/common/tick.c",
           "    talloc_restore(kheap_talloc(), me->index, policy);\n", "    (void)policy;\n",
           "a task goes on under a handler's policy", {"qemu": "tasks-wf-1"}),
    Mutant("handler-as-task", "kernel/common/tick.c",
           "    talloc_use_primary_then_backup(kheap_talloc(), me->index);\n", "",
           "a handler is refused what the backup heap has", {"qemu": "tasks-wf-1"}),
]
