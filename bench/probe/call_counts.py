# SPDX-License-Identifier: MIT
"""What the QEMU plugin call_counter wrote: how many instructions each call took, and the way of the longest one."""
from collections import Counter
from dataclasses import dataclass, field

from programs import ProgramFailed, run

STEPS_SHOWN = 8


@dataclass
class Counts:
    name: str
    calls: int
    insns: int
    locked: int
    longest: int
    shared: int = 0                                   # calls in whose middle another vCPU ran
    switches: int = 0                                 # and how often one went on there
    sizes: Counter = field(default_factory=Counter)   # instructions of a call -> how many such calls
    path: list = field(default_factory=list)          # (address, instructions, symbol) of the longest call's blocks

    def mean(self):
        return self.insns / self.calls

    def locked_per_call(self):
        return self.locked / self.calls

    def percentile(self, share):
        """The fewest instructions that this share of all calls did not exceed."""
        wanted, seen = share * self.calls, 0
        for size in sorted(self.sizes):
            seen += self.sizes[size]
            if seen >= wanted:
                return size
        return self.longest


def addresses(program, names):
    """Where each function begins in the program's file."""
    found = {}
    for line in run(["nm", program]).splitlines():
        words = line.split()
        if len(words) == 3 and words[2] in names:
            found[words[2]] = words[0]
    missing = [name for name in names if name not in found]
    if missing:
        raise ProgramFailed(f"{program} has no function {missing[0]}: was it stripped?")
    return found


def read(path):
    """Functions that were called, in the order in which they were asked for."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, name, *rest = line.split()
        if kind == "call" and int(rest[0]):
            found[name] = Counts(name, *map(int, rest))
        elif kind == "shared" and name in found:
            found[name].shared, found[name].switches = map(int, rest)
        elif kind == "size":
            found[name].sizes[int(rest[0])] += int(rest[1])
        elif kind == "path":
            found[name].path.append((rest[0], int(rest[1]), rest[2]))
    if not found:
        raise ProgramFailed("QEMU saw no call of a watched function")
    return list(found.values())


def describe(program, counts):
    """The longest call as `function instructions, function instructions, ...`, inlined functions told apart."""
    names = inlined_names(program, [address for address, _, _ in counts.path])
    spent = Counter()
    for address, insns, symbol in counts.path:
        spent[names.get(address) or symbol] += insns
    shown = spent.most_common(STEPS_SHOWN)
    rest = sum(spent.values()) - sum(insns for _, insns in shown)
    return ", ".join([f"{name} {insns}" for name, insns in shown] + ([f"others {rest}"] if rest else []))


def inlined_names(program, places):
    """The function that the source has at each address, inlined or not; nothing for addresses outside the program."""
    wanted = list(dict.fromkeys(places))
    lines = run(["addr2line", "-f", "-e", program, *wanted]).splitlines()
    return {address: name for address, name in zip(wanted, lines[::2]) if name != "??"}
