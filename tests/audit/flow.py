# SPDX-License-Identifier: MIT
"""Control flow of object code: jumps within an image, its cycles, and who calls whom."""
from machine import INDIRECT


class Flow:
    """The control flow graph of a whole image: nodes are indices into code, edges never follow calls."""

    def __init__(self, code, owners):
        self.code, self.owners = code, owners
        self.escaped = {name: set() for name in owners}  # stack slots whose address is taken, by function
        for index, op in enumerate(code):
            self.escaped[owners[index]].update(op.escaping)
        self.at = {op.address: index for index, op in enumerate(code)}
        self.next = [self.successors(index) for index in range(len(code))]
        self.previous = [[] for _ in code]
        for index, targets in enumerate(self.next):
            for target in targets:
                self.previous[target].append(index)

    def successors(self, index):
        op, out = self.code[index], []
        if op.falls_through and index + 1 < len(self.code) and self.owners[index] == self.owners[index + 1]:
            out.append(index + 1)
        if op.is_jump and op.target in self.at:
            out.append(self.at[op.target])
        return out

    def cycles(self, nodes):
        """Strongly connected components of more than one node, or of one with an edge to itself (Tarjan, iterative)."""
        order, low, stack, on_stack, found = {}, {}, [], set(), []
        for root in nodes:
            if root in order:
                continue
            order[root] = low[root] = len(order)
            stack.append(root)
            on_stack.add(root)
            work = [(root, iter(self.next[root]))]
            while work:
                node, targets = work[-1]
                for target in targets:
                    if target not in nodes:
                        continue
                    if target not in order:
                        order[target] = low[target] = len(order)
                        stack.append(target)
                        on_stack.add(target)
                        work.append((target, iter(self.next[target])))
                        break
                    if target in on_stack:
                        low[node] = min(low[node], order[target])
                else:
                    work.pop()
                    if work:
                        low[work[-1][0]] = min(low[work[-1][0]], low[node])
                    if low[node] == order[node]:
                        component = set()
                        while node not in component:
                            component.add(stack.pop())
                        on_stack -= component
                        if len(component) > 1 or node in self.next[node]:
                            found.append(component)
        return found


class Calls:
    """Who calls whom, tail calls included, by function name, and what follows from it."""

    def __init__(self, flow):
        self.callees = {name: set() for name in flow.owners}
        self.with_cas = set()
        for index, op in enumerate(flow.code):
            name = flow.owners[index]
            if op.is_cas or INDIRECT in (op.callee, op.target):  # whatever is called by a table may run one
                self.with_cas.add(name)
            for target in (op.callee, op.target):
                if target in flow.at and (target == op.callee or flow.owners[flow.at[target]] != name):
                    self.callees[name].add(flow.owners[flow.at[target]])
        grown = True
        while grown:
            grown = {n for n, callees in self.callees.items() if callees & self.with_cas} - self.with_cas
            self.with_cas |= grown
        self.narrow_clobbers(flow)

    def reached_from(self, name):
        reached, work = set(), list(self.callees[name])
        while work:
            callee = work.pop()
            if callee not in reached:
                reached.add(callee)
                work += self.callees[callee]
        return reached

    def narrow_clobbers(self, flow):
        """Compilers keep values across a call in registers that they know the callee does not write: so must Slice."""
        written = {name: set() for name in self.callees}
        for index, op in enumerate(flow.code):
            written[flow.owners[index]].update(op.writes)
        for op in flow.code:
            if op.callee in flow.at:
                name = flow.owners[flow.at[op.callee]]
                inside = set().union(*(written[n] for n in self.reached_from(name) | {name}))
                op.writes = [place for place in op.writes if place in inside]

    def recursive(self):
        return [name for name in self.callees if name in self.reached_from(name)]
