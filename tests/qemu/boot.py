# SPDX-License-Identifier: MIT
"""Boots one image of the kernel under QEMU and judges what it did, by its console and by QEMU's exit status together.

  --expect tap      success: a TAP plan, as many `ok` lines with the numbers 1 to N, no `not ok`; at the end PASS; and
                  the heap, the mode and the CPUs are those that were asked for
  --expect pass     the same without TAP
  --expect REGEX    failure: the kernel ended the machine as failed, did not say PASS, panicked once at most, and a line
                  matches REGEX; or the firmware or the UEFI loader gave up, if REGEX begins with ^ and the beginning of
                  their sentences
--words REGEX       ... and a line has to match REGEX besides; may be given again
--twice             ... and a second run has to say the same, byte by byte
--status N          ... and QEMU's exit status has to be N, on a machine where the kernel cannot tell by it
--madt "ENTRY..."   with ACPI tables of our own instead of QEMU's, as acpi_tables.py has it
--spoil HOW         the image is a bad one, as bad_images.py has it
--monitor COMMAND   what QEMU's monitor is told once the mode begins
--tree "EDIT..."    with QEMU's device tree edited, as device_tree.py has it
--seconds N         how long it takes usually; it may take ten times as long

usage: boot.py --arch A --build FOLDER [options] | boot.py --self-test
"""
import argparse
import pathlib
import re
import socket
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "kernel" / "qemu"), str(ROOT / "bench" / "probe")]
import acpi_tables  # noqa: E402
import bad_images  # noqa: E402
import device_tree  # noqa: E402
from machine import STATUS_FAILURE, STATUS_SUCCESS, Machine, MachineError, Outcome, boot, told  # noqa: E402

SUCCESSES = ("tap", "pass")
CONSOLE_END_LINES = 60
PATIENCE = 10  # emulated machines get slower several-fold when the real one is busy
LOADERS = ("^uefi: ", "^BdsDxe: ", "^UEFI ")  # whose sentences begin so
BAD_LINES = re.compile(r"^(not ok|panic|FAIL)\b")


def last_line(lines):
    return next((line for line in reversed(lines) if line.strip()), "")


def tap_findings(lines):
    plans = [line for line in lines if re.match(r"1\.\.\d+", line)]
    numbers = [int(match[1]) for line in lines if (match := re.match(r"ok (\d+)\b", line))]
    if len(plans) != 1:
        return [f"{len(plans)} TAP plans, where one is needed"]
    planned = int(plans[0][3:].split()[0])
    if planned == 0:
        return ["the TAP plan has no test"]
    if numbers != list(range(1, planned + 1)):
        return [f"the TAP plan promises tests 1 to {planned}, but {len(numbers)} are ok: {numbers}"]
    return []


def ended_findings(arch, outcome, wanted, expect):
    if outcome.reason == "time-out":
        return [f"no end within {outcome.seconds:.0f} s"]
    if outcome.reason == "loader":
        return [] if expect.startswith(LOADERS) else ["the firmware or the UEFI loader gave up"]
    return [] if outcome.status == wanted else [f"{told(arch, outcome.status)}, {wanted} is needed"]


def judge(arch, expect, words, outcome, status=None):
    """Why the run is not what was expected, as sentences; empty if it is."""
    lines = outcome.lines
    succeeds = expect in SUCCESSES
    wanted = (STATUS_SUCCESS if succeeds else STATUS_FAILURE)[arch] if status is None else status
    findings = ended_findings(arch, outcome, wanted, expect)
    if succeeds:
        findings += [f"the console says: {line}" for line in lines if BAD_LINES.match(line)]
        if last_line(lines) != "PASS":
            findings.append("the last line is not PASS")
        if lines.count("PASS") > 1:
            findings.append("the console says PASS more than once")
        if expect == "tap":
            findings += tap_findings(lines)
    else:
        if not judge(arch, "pass", [], outcome) or not judge(arch, "tap", [], outcome):
            findings.append("an ordinary job would have taken this for a success")
        if "PASS" in lines:
            findings.append("the console says PASS, where a failure is expected")
        if sum(line.startswith("panic: ") for line in lines) > 1:
            findings.append("the console tells of more than one panic")
        if not any(re.search(expect, line) for line in lines):
            findings.append(f"no line matches '{expect}'")
    return findings + [f"no line matches '{pattern}'" for pattern in words
                       if not any(re.search(pattern, line) for line in lines)]


def asked_for(given):
    """What a success has to say of itself, lest it be one of another heap, another mode, or with fewer CPUs."""
    if given.expect not in SUCCESSES:
        return []
    mode = re.search(r"\bmode=(\S+)", given.line)
    words = [f"^primary +{given.image.split('-')[1]} heap of ", f"^mode +{mode[1] if mode else 'test'}$"]
    own_tables = given.madt is not None or given.tree
    return words if own_tables else [*words, f"^CPUs +{given.cpus} up "]


def self_test():
    good = ["hello", "1..2", "ok 1 - a", "ok 2 - b", "PASS"]

    def run(lines, status=0, expect="tap", words=(), reason="exit", arch="aarch64", due=None):
        return " | ".join(judge(arch, expect, words, Outcome(status, reason, lines, 1.0), due))

    bad = ["panic: no memory", "FAIL"]
    return [
        ("good", run(good), None),
        ("good on x86_64", run(good, 33, arch="x86_64"), None),
        ("status of QEMU's own errors", run(good, 1, arch="x86_64"), "exit status 1"),
        ("wrong status", run(good, 3), "exit status 3"),
        ("a machine that resets itself", run(good[:3], 0, arch="x86_64"), "exit status 0 (the machine was reset"),
        ("no PASS", run(good[:-1]), "not PASS"),
        ("PASS too early", run(good + ["FAIL: later"]), "FAIL: later"),
        ("PASS twice", run(good + ["PASS"]), "more than once"),
        ("failed test", run(good[:3] + ["not ok 2 - b", "PASS"]), "not ok 2"),
        ("missing test", run(good[:3] + ["PASS"]), "1 are ok"),
        ("a test twice", run(good[:3] + ["ok 1 - a", "PASS"]), "2 are ok"),
        ("no plan", run(["PASS"]), "0 TAP plans"),
        ("no test", run(["1..0", "PASS"]), "no test"),
        ("panic", run(good[:4] + ["panic: x", "PASS"]), "panic: x"),
        ("time-out", run(good, -9, reason="time-out"), "no end"),
        ("loader", run(good, -9, reason="loader"), "gave up"),
        ("loader that should", run(["uefi: no tree"], -9, "^uefi: no", reason="loader"), None),
        ("firmware that should", run(["BdsDxe: failed"], -9, "^BdsDxe: failed", reason="loader"), None),
        ("loader where a panic is due", run(bad, -9, "^panic: no", reason="loader"), "gave up"),
        ("words", run(good, words=["hel+o", "PASS"]), None),
        ("no words", run(good, words=["hello", "bye"]), "bye"),
        ("without TAP", run(["PASS"], expect="pass"), None),
        ("expected failure", run(bad, 3, "panic: no"), None),
        ("failure for another reason", run(bad, 3, "watchdog"), "watchdog"),
        ("panic within a panic", run(["panic: another"] + bad, 3, "panic: no"), "more than one panic"),
        ("failure that exits with success", run(bad, 0, "panic"), "exit status 0"),
        ("failure that cannot tell by its status", run(bad, 0, "panic", due=0), None),
        ("success where a failure is due", run(good, 0, "hello"), "taken this for a success"),
        ("failure that hangs", run(bad, -9, "panic", reason="time-out"), "no end"),
        ("failure that says PASS", run(["panic"] + good, 3, "panic"), "says PASS"),
    ]


def run_self_test():
    cases = self_test()
    broken = [f"'{name}' gives '{found}', expected '{wanted}'" for name, found, wanted in cases
              if (wanted is None and found) or (wanted is not None and wanted not in found)]
    for sentence in broken:
        print(f"boot.py: self-test {sentence}", file=sys.stderr)
    print(f"{len(cases) - len(broken)} of {len(cases)} self-tests passed")
    return 1 if broken else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=sorted(STATUS_SUCCESS), required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--image", default="kernel-wf")
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--line", default="")
    parser.add_argument("--model", default="max")
    parser.add_argument("--uefi", choices=["kernel", "disk"], default="")
    parser.add_argument("--el2", action="store_true")
    parser.add_argument("--icount", action="store_true")
    parser.add_argument("--qemu", default="", help="more options for QEMU")
    parser.add_argument("--spoil", choices=sorted(bad_images.SPOILT))
    parser.add_argument("--madt", metavar="ENTRIES")
    parser.add_argument("--tree", metavar="EDITS", default="")
    parser.add_argument("--monitor", metavar="COMMAND")
    parser.add_argument("--status", type=int)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--expect", default="tap")
    parser.add_argument("--words", action="append", default=[])
    parser.add_argument("--twice", action="store_true")
    return parser.parse_args()


def run(given, folder):
    """Boots the machine that is asked for, as often as is asked for; the folder is for files that QEMU reads."""
    fields = {name: getattr(given, name)
              for name in ("arch", "build", "image", "cpus", "line", "model", "uefi", "el2", "icount")}
    if given.spoil:
        bad_images.spoil(given.spoil, given.build, given.image, folder)
        fields["build"] = folder
    more = given.qemu.split()
    if given.madt is not None:
        more += acpi_tables.options(given.madt, folder)
    if given.monitor:
        more += ["-monitor", f"unix:{folder / 'monitor'},server=on,wait=off"]
    machine = Machine(**fields, more=tuple(more))
    if given.tree:
        machine = device_tree.edited(machine, given.tree, folder)
    with socket.socket(socket.AF_UNIX) as monitor:  # open to the end: QEMU listens to nobody who has hung up
        def on_line(line):
            if given.monitor and line.startswith("mode "):
                monitor.connect(str(folder / "monitor"))
                monitor.sendall(f"{given.monitor}\n".encode())

        return [boot(machine, given.seconds * PATIENCE, on_line) for _ in range(1 + given.twice)]


def main():
    if sys.argv[1:] == ["--self-test"]:
        return run_self_test()
    given = arguments()
    try:
        with tempfile.TemporaryDirectory(prefix="kernel-job-") as folder:
            outcomes = run(given, pathlib.Path(folder))
    except MachineError as error:
        print(f"boot.py: {error}", file=sys.stderr)
        return 1
    words = asked_for(given) + given.words
    findings = [finding for outcome in outcomes
                for finding in judge(given.arch, given.expect, words, outcome, given.status)]
    if given.twice and outcomes[0].lines != outcomes[1].lines:
        differing = next((pair for pair in zip(*(outcome.lines for outcome in outcomes)) if pair[0] != pair[1]),
                         ("one console is longer than the other",))
        findings.append("two runs differ: " + " <> ".join(differing))
    if findings:
        print("\n".join(outcomes[-1].lines[-CONSOLE_END_LINES:]))
    for finding in findings:
        print(f"boot.py: {finding}", file=sys.stderr)
    print(f"{given.image} on {given.arch}, {given.cpus} CPUs: {outcomes[-1].seconds:.1f} s, {len(findings)} finding(s)")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
