# SPDX-License-Identifier: MIT
"""No retry loop in the core's machine code: what makes wait-free source wait-free code.

The objects are linked with each other and disassembled. Findings:
  retry      a cycle of the control flow that runs a compare-exchange (in line, or in a function that it calls) and that
             nothing but the fate of shared words can end. A cycle is accepted if it has a counter, that is:
             - a conditional branch out of it that compares a place whose value, followed backwards through the cycle,
               is computed from registers and stack slots alone (no shared word, no result of a call), and
             - this value feeds itself around the cycle by an instruction other than a copy: a step; the step goes on
               from what a step made the last time, on every way through the cycle;
             - cycles that avoid the branch, or that avoid every step, are accepted by counters of their own.
             How often such a cycle runs is decided before it begins, whatever other CPUs do. So these pass:
                 for (i < 3) if (cas_once(...)) return;        for each set bit of a word: cas_once(...);
             and these do not:
                 while (!cas(...)) tries++;        while (done < 3) if (cas_once(...)) done++;
  exclusive  a load-exclusive or store-exclusive (the AArch64 objects are built for LSE, where every atomic is one
             instruction), which only makes sense in a retry loop
  recursion  a function that can call itself: unbounded steps by another road
  indirect   a computed jump or call: it would hide cycles from this audit (core is built with -fno-jump-tables).
             But talloc calls heaps through their tables (wfheap/backend.h) and a function of its user's: there such a call
             is taken for one that runs a compare-exchange, so that none is repeated without a counter
  undefined  a symbol that is neither the core's own nor memcpy, memmove, memset, memcmp or port_fault; so no libatomic
             (__atomic_*, __aarch64_cas*), no libc, no compiler support library

Limits: memory other than stack slots is one opaque place, so that a counter kept in the heap counts for nothing, and a
loop that walks along what a call answers needs a counter besides. A counter that steps now up, now down would be taken
for a good one, and so would one that nobody compares with the right limit: tests must show what this cannot.

usage: objects.py ARCH TOOL_PREFIX OBJECT...    ARCH: x86_64, aarch64; TOOL_PREFIX: of ld, nm, objdump, - for none
       objects.py --self-test ARCH COMPILER TOOL_PREFIX [FLAG...]    compiles samples.c and must find each of its faults
"""
import re
import sys
import tempfile
from pathlib import Path

from counter import Slice
from flow import Calls, Flow
from machine import INDIRECT, link_and_disassemble
from report import expect, finish, run_tool

SAMPLES = Path(__file__).with_name("samples.c")
OUTSIDE = {"memcpy", "memmove", "memset", "memcmp", "port_fault", "_GLOBAL_OFFSET_TABLE_"}
BY_TABLE = re.compile(r"talloc_|\w+_by_table\b")  # functions that may call through a table; the second are samples
EXCLUSIVE = re.compile(r"(ld[a]?xr|ldaxp|ldxp|st[l]?xr|stxp|stlxp)[bh]?")


class RetryAudit:
    def __init__(self, flow, calls):
        self.flow, self.calls, self.known = flow, calls, {}

    def runs_cas(self, index):
        op, at = self.flow.code[index], self.flow.at
        if INDIRECT in (op.callee, op.target):
            return True
        return op.is_cas or op.callee in at and self.flow.owners[at[op.callee]] in self.calls.with_cas

    def uncounted(self, nodes):
        """Cycles among the nodes that run a compare-exchange and have no counter."""
        return [bad for cycle in self.flow.cycles(nodes) for bad in self.uncounted_cycle(frozenset(cycle))]

    def uncounted_cycle(self, cycle):
        if cycle not in self.known:
            self.known[cycle] = []
            if any(self.runs_cas(index) for index in cycle):
                counters = Slice(self.flow, cycle).counters()
                left = [self.uncounted(cycle - exits) + self.uncounted(cycle - steps) for exits, steps in counters]
                self.known[cycle] = min(left, key=len, default=[cycle])
        return self.known[cycle]

    def findings(self):
        for cycle in dict.fromkeys(self.uncounted(set(range(len(self.flow.code))))):
            code, cas = self.flow.code, min(index for index in cycle if self.runs_cas(index))
            extent = f"{code[min(cycle)].address:x}..{code[max(cycle)].address:x}"
            yield f"retry: {self.flow.owners[cas]}: the cycle {extent} around `{code[cas]}` has no counter"


def audit_code(code, owners):
    findings = []
    flow = Flow(code, owners)
    calls = Calls(flow)
    for index, op in enumerate(code):
        if EXCLUSIVE.fullmatch(op.mnemonic):
            findings.append(f"exclusive: {owners[index]}: {op}")
        if INDIRECT in (op.callee, op.target) and not BY_TABLE.match(owners[index]):
            findings.append(f"indirect: {owners[index]}: {op}")
    findings += RetryAudit(flow, calls).findings()
    findings += [f"recursion: {name} can call itself" for name in calls.recursive()]
    return findings, sum(op.is_cas for op in code)


def audit_undefined(tool_prefix, objects):
    listing = run_tool(tool_prefix + "nm", "-P", *objects)
    symbols = [line.split()[:2] for line in listing.splitlines() if len(line.split()) >= 2]
    defined = {name for name, kind in symbols if kind not in "Uwv"}
    missing = {name for name, kind in symbols if kind in "Uwv"} - defined - OUTSIDE
    return [f"undefined: {name}" for name in sorted(missing)]


def audit_objects(machine, tool_prefix, objects):
    code, owners = link_and_disassemble(machine, tool_prefix, objects)
    findings, cas_count = audit_code(code, owners)
    return findings + audit_undefined(tool_prefix, objects), (
        f"{machine}: {len(code)} instructions of {len(set(owners))} functions in {len(objects)} objects, "
        f"{cas_count} compare-exchanges, none retried")


def self_test(machine, compiler, tool_prefix, flags):
    """Each function of samples.c is named after what must be found in it, or good_*."""
    with tempfile.TemporaryDirectory() as folder:
        sample = str(Path(folder) / "samples.o")
        run_tool(compiler, *flags, "-c", str(SAMPLES), "-o", sample)
        findings, _ = audit_objects(machine, tool_prefix, [sample])
        names = re.findall(r"\b((?:good|retry|recursion|indirect|undefined|exclusive)_\w+)\(", SAMPLES.read_text())
    cases = []
    for name in dict.fromkeys(names):
        kind = name.split("_")[0]
        if kind == "exclusive" and machine != "aarch64":
            continue
        mine = [f for f in findings if re.match(rf"\w+: {name}\b", f)]
        cases.append((name, mine, None if kind == "good" else kind + ":"))
    return cases


def main():
    arguments = ["" if argument == "-" else argument for argument in sys.argv[1:]]
    if arguments[:1] == ["--self-test"] and len(arguments) >= 4:
        expect(f"audit.objects ({arguments[1]})", self_test(*arguments[1:4], arguments[4:]))
    if len(arguments) < 3 or arguments[0] not in ("x86_64", "aarch64"):
        sys.exit("audit.objects: wants ARCH TOOL_PREFIX OBJECT..., or --self-test ARCH COMPILER TOOL_PREFIX [FLAG...]")
    finish("audit.objects", *audit_objects(*arguments[:2], arguments[2:]))


if __name__ == "__main__":
    main()
