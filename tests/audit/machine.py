# SPDX-License-Identifier: MIT
"""Object code as the audits see it: instructions with what they read and write, of x86-64 (AT&T syntax) and AArch64.

A place is a register (by its 64-bit name) or a stack slot like "8(%rsp)"; "flags" is a place too. Everything else in
memory is one opaque source, "memory". What an instruction does is one of
  copy      the target is one of the sources, unchanged
  mask      bits of the target are cleared or shifted out
  pure      the target is computed from the sources
  compare   only the flags are written
"""
import re
import tempfile
from pathlib import Path

from report import run_tool


INDIRECT = -1  # the address of a branch or call that the code computes
PORT_FAULT = 0x10  # where port_fault lies in a linked image: it does not return


class Instruction:
    def __init__(self, address, mnemonic, operands):
        self.address, self.mnemonic, self.operands = address, mnemonic, operands
        self.reads, self.writes, self.effect = [], [], "pure"
        self.target = None         # branch target address
        self.is_jump = False       # changes the flow
        self.falls_through = True  # the next instruction may follow
        self.callee = None         # address of the function called
        self.is_cas = False
        self.escaping = []         # stack slots whose address is taken

    def __str__(self):
        return f"{self.address:x}: {self.mnemonic} {','.join(self.operands)}"


def split_operands(text):
    """Splits at commas outside of parentheses and brackets."""
    parts, depth, current = [], 0, ""
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += char
    return parts + [current.strip()] if current.strip() else parts


class X86:
    name = "x86-64"
    FAMILY = {"a": "rax", "b": "rbx", "c": "rcx", "d": "rdx"}
    CLOBBERED = ["%rax", "%rcx", "%rdx", "%rsi", "%rdi", "%r8", "%r9", "%r10", "%r11", "flags"]
    WHOLE = {"sub", "shl", "sal", "sbb", "mul", "imul", "rol"}  # ends in a letter that is no size suffix
    PREFIXES = {"lock", "rep", "repz", "repnz", "notrack", "bnd", "cs", "ds", "data16", "xacquire", "xrelease"}

    @classmethod
    def register(cls, name):
        name = name.lstrip("%")
        if match := re.fullmatch(r"[er]?([abcd])x|([abcd])[lh]", name):
            return "%" + cls.FAMILY[match[1] or match[2]]
        if match := re.fullmatch(r"[er]?(si|di|bp|sp)l?", name):
            return "%r" + match[1]
        if match := re.fullmatch(r"(r\d+)[dwb]?", name):
            return "%" + match[1]
        return "%" + name

    @classmethod
    def place(cls, operand):
        """The place that an operand names, None for an immediate."""
        if operand.startswith("$"):
            return None
        if operand.startswith("%") and "(" not in operand and ":" not in operand:
            return cls.register(operand)
        if re.fullmatch(r"(0x[0-9a-f]+)?\(%rsp\)", operand):
            return operand
        return "memory"

    @classmethod
    def address_registers(cls, operand):
        inside = re.search(r"\((.*)\)", operand)
        return [cls.register(r) for r in inside[1].split(",") if r.startswith("%")] if inside else []

    @classmethod
    def decode(cls, address, text):
        words = text.split(None, 1)
        while words[0] in cls.PREFIXES and len(words) > 1:
            words = words[1].split(None, 1)
        mnemonic = words[0]
        operands = split_operands(words[1].split("#")[0]) if len(words) > 1 else []
        op = Instruction(address, mnemonic, operands)
        if mnemonic.startswith("j") or mnemonic.startswith("call") or mnemonic.startswith("ret"):
            cls.decode_flow(op, operands)
        else:
            cls.decode_data(op, mnemonic, operands)
        op.is_cas = mnemonic.startswith("cmpxchg")
        return op

    @classmethod
    def decode_flow(cls, op, operands):
        target = re.match(r"([0-9a-f]+)", operands[0]) if operands else None
        if op.mnemonic.startswith("call"):
            op.reads, op.writes = ["memory"], cls.CLOBBERED
            op.callee = int(target[1], 16) if target else INDIRECT
        elif op.mnemonic.startswith("ret"):
            op.is_jump, op.falls_through = True, False
        else:
            op.is_jump, op.falls_through = True, not op.mnemonic.startswith("jmp")
            op.reads = ["flags"] if op.falls_through else []
            op.target = int(target[1], 16) if target else INDIRECT

    @classmethod
    def decode_data(cls, op, mnemonic, operands):
        places = [cls.place(o) for o in operands]
        stem = mnemonic if mnemonic in cls.WHOLE else re.sub(r"[bwlq]$", "", mnemonic)
        target = places[-1] if places else None
        sources = [p for p in places[:-1] if p]
        same = len(places) == 2 and places[0] == places[1] and places[0] != "memory"
        if stem in ("cmp", "test", "bt", "ucomiss", "comiss"):
            op.reads, op.writes, op.effect = [p for p in places if p], ["flags"], "compare"
        elif mnemonic.startswith("lea"):
            op.reads, op.writes = cls.address_registers(operands[0]), [target]
            op.escaping = [operands[0]]
        elif stem.startswith("mov") or mnemonic.startswith("cmov"):
            keeps = mnemonic.startswith("cmov")
            op.reads, op.writes, op.effect = sources + ([target, "flags"] if keeps else []), [target], "copy"
        elif same and stem in ("xor", "sub", "pxor"):
            op.writes = [target, "flags"]
        elif stem in ("and", "shr", "shl", "sal", "btr"):
            op.reads, op.writes, op.effect = [target] + sources, [target, "flags"], "mask"
        elif stem in ("blsr", "andn"):
            op.reads, op.writes, op.effect = sources, [target, "flags"], "mask"
        elif stem.startswith("cmpxchg"):
            op.reads, op.writes = ["memory"], ["%rax", target, "flags"]
        elif stem in ("xchg", "xadd"):
            op.reads, op.writes = ["memory"] + sources + [target], sources + [target, "flags"]
        elif stem.startswith("set"):
            op.reads, op.writes = ["flags"], [target]
        elif stem in ("push", "nop", "endbr64", "ud2", "hlt") or mnemonic.startswith("nop"):
            op.falls_through = stem not in ("ud2", "hlt")
        elif stem in ("mul", "imul", "div", "idiv") and len(operands) == 1 or stem in ("cqto", "cltd"):
            op.reads, op.writes = ["%rax", "%rdx"], ["%rax", "%rdx", "flags"]
        elif target:
            op.reads, op.writes = [target] + sources + (["flags"] if stem in ("adc", "sbb") else []), [target, "flags"]


class AArch64:
    name = "AArch64"
    CLOBBERED = [f"x{n}" for n in range(19)] + ["x30", "flags"]

    @staticmethod
    def register(name):
        if name in ("wzr", "xzr"):
            return None
        return "x" + name[1:] if re.fullmatch(r"w\d+", name) else name

    @classmethod
    def place(cls, operand):
        if re.fullmatch(r"[wx](\d+|zr)|sp|[vqds]\d+.*", operand):
            return cls.register(operand)
        return None

    @classmethod
    def slot(cls, operand):
        return operand if re.fullmatch(r"\[sp(, #-?\d+)?\]", operand) else "memory"

    @classmethod
    def decode(cls, address, text):
        words = text.split("//")[0].split(None, 1)
        mnemonic = words[0]
        operands = split_operands(words[1]) if len(words) > 1 else []
        op = Instruction(address, mnemonic, operands)
        if mnemonic in ("b", "bl", "br", "blr", "ret", "cbz", "cbnz", "tbz", "tbnz") or mnemonic.startswith("b."):
            cls.decode_flow(op, operands)
        else:
            cls.decode_data(op, mnemonic, operands)
        op.is_cas = re.fullmatch(r"casp?(a|l|al)?[bh]?", mnemonic) is not None
        return op

    @classmethod
    def decode_flow(cls, op, operands):
        target = re.match(r"([0-9a-f]+) <|([0-9a-f]+)$", operands[-1]) if operands else None
        if op.mnemonic in ("bl", "blr"):
            op.reads, op.writes = ["memory"], cls.CLOBBERED
            op.callee = int(target[1] or target[2], 16) if target else INDIRECT
            return
        op.is_jump = True
        op.falls_through = op.mnemonic not in ("b", "br", "ret")
        if op.mnemonic[:3] in ("cbz", "cbn", "tbz", "tbn"):
            op.reads = [p for p in [cls.place(operands[0])] if p]
        elif op.falls_through:
            op.reads = ["flags"]
        if op.mnemonic != "ret":
            op.target = int(target[1] or target[2], 16) if target else INDIRECT

    @classmethod
    def decode_data(cls, op, mnemonic, operands):
        places = [cls.place(o) for o in operands]
        sources = [p for p in places[1:] if p]
        target = places[0] if places else None
        if mnemonic in ("cmp", "cmn", "tst"):
            op.reads, op.writes, op.effect = [p for p in places if p], ["flags"], "compare"
        elif mnemonic in ("ccmp", "ccmn"):
            op.reads, op.writes, op.effect = [p for p in places[:2] if p] + ["flags"], ["flags"], "compare"
        elif mnemonic in ("mov", "uxtw", "sxtw", "uxtb", "uxth"):
            op.reads, op.writes, op.effect = sources, [target], "copy"
        elif re.match(r"(cs|ci|cneg|adc|sbc)", mnemonic):
            op.reads, op.writes = sources + ["flags"], [target]
            op.effect = "copy" if mnemonic == "csel" else "pure"
        elif mnemonic in ("and", "ands", "bic", "bics", "lsr", "lsl"):
            op.reads, op.writes, op.effect = sources, [target], "mask"
        elif mnemonic == "mrs":
            op.reads, op.writes = ["memory"], [target]
        elif mnemonic == "add" and operands[1] == "sp" and operands[-1].startswith("#"):
            op.reads, op.writes = ["sp"], [target]
            op.escaping = ["[sp]" if operands[-1] == "#0x0" else f"[sp, #{int(operands[-1][1:], 16)}]"]
        elif re.match(r"(ld|st|sw)\w*", mnemonic) and mnemonic[:2] in ("ld", "st", "sw"):
            cls.decode_memory(op, mnemonic, operands, places)
        elif mnemonic.startswith("cas"):
            op.reads, op.writes = ["memory"], [p for p in places[:1] if p] + ["memory"]
        elif mnemonic in ("nop", "brk", "hint", "dmb", "udf"):
            op.falls_through = mnemonic not in ("brk", "udf")
        elif target:
            op.reads, op.writes = sources, [target]
        if mnemonic in ("adds", "subs", "ands", "bics", "negs"):
            op.writes = [w for w in op.writes if w] + ["flags"]
        op.writes = [w for w in op.writes if w]

    @classmethod
    def decode_memory(cls, op, mnemonic, operands, places):
        memory = [o for o in operands if o.startswith("[")]
        where = cls.slot(memory[0]) if memory else "memory"
        registers = [p for o, p in zip(operands, places) if p and not o.startswith("[")]
        plain = mnemonic in ("ldr", "ldrb", "ldrh", "ldrsw", "str", "strb", "strh", "ldur", "stur")
        if mnemonic.startswith("st") and mnemonic[:4] not in ("stad", "stcl", "stse", "steo", "stum", "stsm"):
            op.reads, op.writes, op.effect = registers, [where], "copy" if plain else "pure"
        elif plain:
            op.reads, op.writes, op.effect = [where], registers[:1], "copy"
        else:
            op.reads, op.writes = ["memory"], registers + ["memory"]


MACHINES = {"x86_64": X86, "aarch64": AArch64}


def parse_disassembly(machine, text):
    """The instructions of an `objdump -d --no-show-raw-insn` listing, and the function (symbol) of each."""
    code, owners, owner = [], [], "?"
    for line in text.splitlines():
        if match := re.match(r"^[0-9a-f]+ <([^>]+)>:$", line):
            owner = re.sub(r"\.(cold|part|constprop|isra)\b.*", "", match[1])
        elif match := re.match(r"^\s*([0-9a-f]+):\s+([a-z].*)$", line):
            op = machine.decode(int(match[1], 16), match[2].strip())
            op.falls_through = op.falls_through and op.callee != PORT_FAULT
            code.append(op)
            owners.append(owner)
    return code, owners


def link_and_disassemble(machine_key, tool_prefix, objects):
    """Links the objects alone, so that every jump between sections has its target, and disassembles the whole."""
    with tempfile.TemporaryDirectory() as folder:
        image = str(Path(folder) / "core")
        run_tool(tool_prefix + "ld", "--unresolved-symbols=ignore-all", f"--defsym=port_fault={PORT_FAULT}", "-static",
                 "-e", "0", "-o", image, *objects)
        listing = run_tool(tool_prefix + "objdump", "-d", "--no-show-raw-insn", image)
    return parse_disassembly(MACHINES[machine_key], listing)
