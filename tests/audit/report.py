# SPDX-License-Identifier: MIT
"""How every audit ends: its findings on stderr, one summary line, and an exit status."""
import subprocess
import sys


def finish(audit, findings, summary):
    for finding in findings:
        print(f"{audit}: {finding}", file=sys.stderr)
    if findings:
        print(f"{audit}: {len(findings)} finding(s)", file=sys.stderr)
        sys.exit(1)
    print(f"{audit}: {summary}")
    sys.exit(0)


def expect(audit, cases):
    """Self-test: every (name, findings, wanted) must hold; wanted is a word of the finding, or None for no finding."""
    broken = []
    for name, findings, wanted in cases:
        text = " | ".join(str(f) for f in findings)
        if wanted is None and findings:
            broken.append(f"self-test '{name}': should be clean, but: {text}")
        elif wanted is not None and wanted not in text:
            broken.append(f"self-test '{name}': should report '{wanted}', but said: {text or 'nothing'}")
    finish(audit, broken, f"{len(cases)} self-tests passed")


def run_tool(*command):
    """What a tool prints; ends the audit with the tool's own words if it fails."""
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"audit: cannot run {' '.join(command[:4])} ...: {getattr(error, 'stderr', None) or error}")
