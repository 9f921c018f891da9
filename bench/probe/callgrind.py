# SPDX-License-Identifier: MIT
"""Instructions per call, by callgrind: what probe_alloc and probe_free spent in the functions that they call."""
import pathlib
import re
import tempfile

from programs import ProgramFailed, run

OPERATIONS = {"alloc": "probe_alloc", "free": "probe_free"}
FUNCTION = re.compile(r"^(c?fn)=\((\d+)\)(?: (.*))?$")


def instructions_per_call(probe, scenario, variant, allocator, operations):
    """Mean instructions of one alloc and of one free, after the warm-up."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "callgrind.out"
        printed = run(["valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={out}", "--collect-atstart=no",
                       *(f"--toggle-collect={name}" for name in OPERATIONS.values()),
                       probe, scenario, variant, allocator, operations])
        spent = spent_in_callees(out.read_text(encoding="utf-8"), OPERATIONS.values())
    calls = dict(zip(OPERATIONS, map(int, printed.split())))
    if not all(calls.get(operation) for operation in OPERATIONS):
        raise ProgramFailed(f"{scenario} with {allocator} made no call that could be counted")
    return {operation: spent[name] / calls[operation] for operation, name in OPERATIONS.items()}


def spent_in_callees(text, callers):
    """Inclusive cost of all calls that each of these functions made, from a callgrind profile.

    Names are compressed: `fn=(12) name` defines 12, `fn=(12)` refers to it. The line behind `calls=` holds the call's
    position and its inclusive cost.
    """
    names, spent = {}, dict.fromkeys(callers, 0)
    current, after_call = None, False
    for line in text.splitlines():
        match = FUNCTION.match(line)
        if match:
            kind, number, name = match.groups()
            if name:
                names[number] = name
            if kind == "fn":
                current = names[number]
        elif line.startswith("calls="):
            after_call = True
        elif after_call:
            after_call = False
            if current in spent:
                spent[current] += int(line.split()[1])
    return spent
