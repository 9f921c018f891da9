# SPDX-License-Identifier: MIT
"""A copy of the tree with a build of its own, into which faults are put one at a time."""
import pathlib
import re
import subprocess
import sys

from mutants import MutantError, copy_tree


def call(words, folder):
    """Status, and everything said."""
    done = subprocess.run(words, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout


class Scratch:
    def __init__(self, root, folder, preset):
        self.folder, self.preset = pathlib.Path(folder).resolve(), preset
        self.build_folder = self.folder / "build" / preset
        copy_tree(root, self.folder)
        # What a fault leaves unused is no error.
        self.must("cmake", "--preset", preset, "-DCMAKE_COMPILE_WARNING_AS_ERROR=OFF")

    def must(self, *words):
        status, text = call(words, self.folder)
        if status != 0:
            print(text, file=sys.stderr)
            raise MutantError(f"{' '.join(words)} failed (above)")

    def build(self, *targets):
        self.must("cmake", "--build", "--preset", self.preset, "--target", *targets)

    def parts_of(self, name):
        """What a test's command names of the build. ctest itself tells no command before its program is there."""
        for file in sorted(self.build_folder.rglob("CTestTestfile.cmake")):
            found = re.search(rf"^add_test\(\[=\[{re.escape(name)}\]=\] (.*)\)$", file.read_text(encoding="utf-8"), re.M)
            if found:
                parts = {pathlib.Path(word) for word in re.findall(r'"([^"]*)"', found[1])}
                return [str(part.relative_to(self.build_folder)) for part in parts if self.build_folder in part.parents]
        raise MutantError(f"there is no test {name}")

    def test(self, name):
        """Whether one ctest passes, and what it says. What it names of the build is built first."""
        if targets := self.parts_of(name):
            self.build(*targets)
        status, text = call(["ctest", "--preset", self.preset, "-R", f"^{re.escape(name)}$"], self.folder)
        if status != 0 and "1 tests failed out of 1" not in text:
            print(text, file=sys.stderr)
            raise MutantError(f"the test {name} did not run (above)")
        return status == 0, text
