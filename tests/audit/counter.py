# SPDX-License-Identifier: MIT
"""Finds the counters of a cycle of machine code: values computed from registers and stack slots alone that go on by a
step each time around, and that a branch out of the cycle compares."""


class Slice:
    """Follows the value of a place backwards through one cycle."""

    def __init__(self, flow, cycle):
        self.flow, self.cycle = flow, cycle
        self.chain, self.steps = [], set()

    def definitions(self, place, index):
        """The instructions of the cycle whose value of `place` can reach the instruction at `index`."""
        found, seen = set(), set()
        work = [p for p in self.flow.previous[index] if p in self.cycle]
        while work:
            node = work.pop()
            if node in seen:
                continue
            seen.add(node)
            if place in self.flow.code[node].writes:
                found.add(node)
            else:
                work += [p for p in self.flow.previous[node] if p in self.cycle]
        return found

    def is_clean(self, place, index):
        """Whether the place is made without shared memory; notes in `steps` what of it feeds itself."""
        if place == "memory" or place in self.flow.escaped[self.flow.owners[index]]:
            return False
        return all([self.is_clean_value(node) for node in self.definitions(place, index)])

    def is_clean_value(self, node):
        op = self.flow.code[node]
        if node in self.chain:
            around = self.chain[self.chain.index(node):]
            self.steps.update(n for n in around if self.flow.code[n].effect not in ("copy", "compare"))
            return True
        if op.callee is not None or op.is_cas:
            return False
        self.chain.append(node)
        clean = [self.is_clean(place, node) for place in op.reads]
        self.chain.pop()
        return any(clean) if op.effect == "mask" else all(clean)

    def steps_of(self, is_clean, *arguments):
        """The steps of the counter that is looked at, none if it is no counter."""
        self.steps = set()
        return self.steps if is_clean(*arguments) else set()

    def steps_of_exit(self, index):
        """The steps of the counter that a branch out of the cycle compares, none if it is something else."""
        branch = self.flow.code[index]
        targets = self.flow.next[index]
        if not branch.is_jump or len(targets) < 2 or all(t in self.cycle for t in targets):
            return set()
        if branch.reads != ["flags"]:
            return self.first_advancing([self.steps_of(self.is_clean, branch.reads[0], index)], index)
        tests = [self.first_advancing(self.candidates(node), index) for node in self.definitions("flags", index)]
        return set().union(*tests) if all(tests) else set()

    def candidates(self, node):
        """What a test may count by: the value that it makes, any of its operands, or the test that it goes on from."""
        op = self.flow.code[node]
        found = [] if op.effect == "compare" else [self.steps_of(self.is_clean_value, node)]
        for place in op.reads:
            if place != "flags":
                found.append(self.steps_of(self.is_clean, place, node))
            elif op.effect == "compare":
                found += [steps for earlier in self.definitions(place, node) for steps in self.candidates(earlier)]
        return found

    def first_advancing(self, candidates, exit_index):
        return next((steps for steps in candidates if steps and self.all_advance(steps, {exit_index})), set())

    def counters(self):
        """(exits, steps) of each counter of the cycle; exits that share a step are of one counter."""
        groups = []
        for index in sorted(self.cycle):
            steps = self.steps_of_exit(index)
            if not steps:
                continue
            exits = {index}
            for group in [g for g in groups if g[1] & steps]:
                groups.remove(group)
                exits, steps = exits | group[0], steps | group[1]
            groups.append((exits, steps))
        return groups

    def all_advance(self, steps, exits):
        """Whether each step goes on from what a step made the last time: not from an old value, not from a reset."""
        return all(any(self.advances((node, place), steps, exits) for place in self.flow.code[node].reads)
                   for node in steps)

    def advances(self, start, steps, exits):
        """Follows a value backwards through copies: every way must end at a step, and none may pass an exit twice."""
        seen, ended, work = {start}, False, [start]
        while work:
            state = work.pop()
            for before, held in self.origins(*state):
                if held is not None:
                    work += [(before, held)] if (before, held) not in seen else []
                    seen.add((before, held))
                elif before in steps:
                    ended = True
                else:
                    return False
        return ended and not any(self.comes_back(state) for state in seen if state[0] in exits)

    def origins(self, index, held):
        """Where a value can be one instruction earlier: (instruction, place), or (instruction, None) that made it."""
        for before in self.flow.previous[index]:
            op = self.flow.code[before]
            if before not in self.cycle:
                continue
            if held not in op.writes:
                yield before, held
            elif op.effect == "copy" and op.reads:
                yield from ((before, source) for source in op.reads if source != "flags")
            else:
                yield before, None

    def comes_back(self, start):
        seen, work = set(), [start]
        while work:
            for state in self.origins(*work.pop()):
                if state == start:
                    return True
                if state[1] is not None and state not in seen:
                    seen.add(state)
                    work.append(state)
        return False
