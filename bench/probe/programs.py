# SPDX-License-Identifier: MIT
"""Finds and builds the programs that the counting scripts run."""
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / "release"
# jemalloc asks for more static thread-local storage than the loader keeps for libraries that are loaded late.
ENVIRONMENT = dict(os.environ, GLIBC_TUNABLES="glibc.rtld.optional_static_tls=16384")
TIMEOUT_SECONDS = 600


class ProgramFailed(Exception):
    """A program could not be built or did not do its work; the message is a sentence."""


def sentence(error):
    """What to tell the user about a ProgramFailed or an OSError."""
    return f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)


def build(*targets):
    """Installs what is missing and builds targets of the release preset; answers the build's folder."""
    run([str(ROOT / "tools" / "setup"), "bench"])
    run(["cmake", "--preset", "release"])
    run(["cmake", "--build", "--preset", "release", "--target", *targets])
    return BUILD


def run(command):
    """Runs a command in the project's root and answers what it printed."""
    try:
        done = subprocess.run([str(word) for word in command], cwd=ROOT, env=ENVIRONMENT, text=True, check=False,
                              capture_output=True, timeout=TIMEOUT_SECONDS)
    except OSError as error:
        raise ProgramFailed(f"cannot run {command[0]}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise ProgramFailed(f"{' '.join(map(str, command))} did not end within {TIMEOUT_SECONDS} s") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-15:]
        raise ProgramFailed(f"{' '.join(map(str, command))} failed:\n  " + "\n  ".join(said or ["(it said nothing)"]))
    return done.stdout
