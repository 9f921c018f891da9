# SPDX-License-Identifier: MIT
"""The machines that QEMU makes for the kernel: their command lines, how they are run, and what their exit status says.

Always software emulation: where /dev/kvm exists at all, it may open and then fail in a locked instruction.
"""
import dataclasses
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time

CPUS_MAX = {"x86_64": 255, "aarch64": 512}
# x86: isa-debug-exit makes (value << 1) | 1 of what the kernel writes. 1 is QEMU's own for wrong arguments, on both.
STATUS_SUCCESS = {"x86_64": 33, "aarch64": 0}
STATUS_FAILURE = {"x86_64": 35, "aarch64": 3}
OVMF = pathlib.Path("/usr/share/OVMF")
ARM_FIRMWARE = pathlib.Path("/usr/share/qemu-efi-aarch64/QEMU_EFI.fd")
UEFI_NAMES = {"x86_64": "BOOTX64.EFI", "aarch64": "BOOTAA64.EFI"}
IMAGE_AT, TREE_AT, START_AT = 0x40200000, 0x48000000, 0x48800000  # AArch64, where no loader of QEMU's does its part
# mov x0, #TREE_AT; mov x1, #IMAGE_AT; br x1
START = (0xd2a00000 | TREE_AT >> 16 << 5, 0xd2a00001 | IMAGE_AT >> 16 << 5, 0xd61f0020)
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;=?]*[A-Za-z]")
# Afterwards the firmware would wait for somebody, at its menu or at its shell.
LOADER_GAVE_UP = re.compile(r"^(uefi: |BdsDxe: failed|UEFI Interactive Shell)")


class MachineError(Exception):
    """The machine cannot be made; the message is a sentence."""


@dataclasses.dataclass
class Machine:
    arch: str
    build: pathlib.Path         # the folder with the images
    image: str = "kernel-wf"
    cpus: int = 1
    line: str = ""              # the kernel's command line
    model: str = "max"          # the CPU's
    uefi: str = ""              # "": no firmware; "kernel": it loads what -kernel names; "disk": what lies on a disk
    el2: bool = False           # AArch64: entered at EL2
    tree: pathlib.Path = None   # AArch64: the device tree that the kernel gets in place of QEMU's
    icount: bool = False        # the guest's clock counts instructions
    memory_mib: int = 0         # 0: enough
    more: tuple = ()            # any other options


def memory_mib(machine):
    """More for many CPUs, whose tests' heaps grow with them and lie in one piece; a measurement has a region of 16 MiB
    for each CPU. QEMU has from the host only what is touched."""
    measures = any(f"mode={mode}" in machine.line for mode in ("bench", "wcet"))
    return machine.memory_mib or 256 + machine.cpus // 2 + 32 * machine.cpus * measures


def existing(path, what):
    if not path.is_file() or path.stat().st_size == 0:
        raise MachineError(f"{what} is missing or empty: {path}")
    return str(path)


def firmware(machine):
    if machine.arch == "aarch64":
        return ["-bios", existing(ARM_FIRMWARE, "the firmware (package qemu-efi-aarch64)")]
    code, variables = (existing(OVMF / name, "the firmware (package ovmf)")
                       for name in ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"))
    return ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
            "-drive", f"if=pflash,format=raw,snapshot=on,file={variables}"]


def kernel_and_tree(image, tree):
    """Both are put into memory as they are: QEMU would mend a tree that it hands to a kernel itself."""
    devices = [f"file={image},addr={IMAGE_AT:#x},force-raw=on", f"file={tree},addr={TREE_AT:#x},force-raw=on"]
    devices += [f"addr={START_AT + 4 * i:#x},data={word:#x},data-len=4" for i, word in enumerate(START)]
    return [word for device in [*devices, f"addr={START_AT:#x},cpu-num=0"] for word in ("-device", "loader," + device)]


def kernel(machine, disk):
    """The options that name the kernel; a disk is made in the folder `disk` if the machine boots from one."""
    path = machine.build / machine.image
    if not machine.uefi:
        flat = existing(pathlib.Path(f"{path}.bin") if machine.arch == "aarch64" else path, "the image")
        return kernel_and_tree(flat, machine.tree) if machine.tree else ["-kernel", flat, "-append", machine.line]
    program = existing(pathlib.Path(f"{path}.efi"), "the UEFI program")
    if machine.uefi == "kernel":
        return firmware(machine) + ["-kernel", program, "-append", machine.line]
    if machine.line:
        raise MachineError("a kernel that is loaded from a disk has no command line")
    place = pathlib.Path(disk) / "EFI" / "BOOT" / UEFI_NAMES[machine.arch]
    place.parent.mkdir(parents=True)
    shutil.copy(program, place)
    interface = "virtio" if machine.arch == "aarch64" else "ide"
    return firmware(machine) + ["-drive", f"if={interface},format=raw,snapshot=on,file=fat:{disk}"]


def command(machine, disk=None):
    """QEMU's command line for the machine."""
    if not 1 <= machine.cpus <= CPUS_MAX[machine.arch]:
        raise MachineError(f"{machine.arch} can have 1 to {CPUS_MAX[machine.arch]} CPUs here, not {machine.cpus}")
    words = [f"qemu-system-{machine.arch}", "-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio",
             "-smp", str(machine.cpus), "-m", f"{memory_mib(machine)}M"]
    words += ["-accel", "tcg", "-icount", "shift=0,sleep=off"] if machine.icount else ["-accel", "tcg,thread=multi"]
    if machine.arch == "x86_64":
        words += ["-M", "q35", "-cpu", machine.model, "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
    else:
        board = "virt,gic-version=3" + ",acpi=off" * bool(machine.uefi) + ",virtualization=on" * machine.el2
        words += ["-M", board, "-cpu", machine.model + ",cntfrq=1000000000" * machine.icount,
                  "-semihosting-config", "enable=on,target=native"]
    return words + kernel(machine, disk) + list(machine.more)


def told(arch, status):
    """An exit status of QEMU's in words."""
    was_reset = arch == "x86_64" and status == 0  # nobody there says 0: an exception that could not be taken, say
    return f"exit status {status}" + " (the machine was reset, or switched off)" * was_reset


@dataclasses.dataclass
class Outcome:
    status: int           # QEMU's exit status
    reason: str           # why the run is over: "exit", "time-out" or "loader"
    lines: list           # the console, without terminal codes
    seconds: float


def run(words, seconds_max, on_line=None):
    """Runs QEMU and reads the console; on_line sees every line as it comes."""
    try:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError as error:
        raise MachineError(f"cannot run {words[0]} (tools/setup kernel installs it): {error.strerror}") from error
    reasons, started = [], time.monotonic()

    def end(reason):
        reasons.append(reason)
        process.kill()

    timer = threading.Timer(seconds_max, end, ["time-out"])
    timer.start()
    lines = []
    try:
        for raw in process.stdout:
            line = TERMINAL_CODES.sub("", raw.decode("utf-8", "replace")).rstrip("\r\n")
            lines.append(line)
            if on_line:
                on_line(line)
            if LOADER_GAVE_UP.match(line):
                end("loader")
        status = process.wait()
    finally:
        timer.cancel()
        process.kill()
        process.wait()
    return Outcome(status, (reasons or ["exit"])[0], lines, time.monotonic() - started)


def boot(machine, seconds_max, on_line=None):
    with tempfile.TemporaryDirectory(prefix="kernel-disk-") as disk:
        return run(command(machine, disk), seconds_max, on_line)
