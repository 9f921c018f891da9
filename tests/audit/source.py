# SPDX-License-Identifier: MIT
"""C files as the audits see them: every line split into code and comment, strings blanked out."""
import re
from pathlib import Path

TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)


class Line:
    """One physical line: `code` without comments and string contents, `comment` without its marks."""

    def __init__(self, path, number, code, comment):
        self.path, self.number, self.code, self.comment = path, number, code, comment

    def __str__(self):
        return f"{self.path}:{self.number}"


def split_lines(path, text):
    code, comment = [], []

    def put(is_comment, part):
        (comment if is_comment else code).append(part)
        (code if is_comment else comment).append("\n" * part.count("\n"))

    position = 0
    for token in TOKEN.finditer(text):
        put(False, text[position:token.start()])
        body = token.group()
        if body.startswith("//"):
            put(True, body[2:])
        elif body.startswith("/*"):
            put(True, body[2:-2])
        else:
            put(False, body[0] * 2)
        position = token.end()
    put(False, text[position:])
    pairs = zip("".join(code).split("\n"), "".join(comment).split("\n"))
    return [Line(path, number, c.rstrip(), m.strip()) for number, (c, m) in enumerate(pairs, 1)]


def read_lines(path):
    return split_lines(path, Path(path).read_text(encoding="utf-8"))


def c_files(root):
    return sorted(p for p in Path(root).rglob("*") if p.suffix in (".c", ".h") and p.is_file())


def ends_statement(line):
    code = line.code.strip()
    return not code or code[-1] in ";{}:" or code.startswith("#")


def statement_at(lines, index):
    """The first and the last line of the statement around lines[index]."""
    first = last = index
    while first > 0 and not ends_statement(lines[first - 1]):
        first -= 1
    while last + 1 < len(lines) and not ends_statement(lines[last]):
        last += 1
    return first, last


def code_for(lines, index):
    first, last = statement_at(lines, index)
    return " ".join(line.code for line in lines[first:last + 1])


def remarks_for(lines, index):
    """All comment text that speaks of the statement around lines[index]: beside any of its lines, or directly above."""
    first, last = statement_at(lines, index)
    remarks = [line.comment for line in lines[first:last + 1] if line.comment]
    above = first - 1
    while above >= 0 and not lines[above].code.strip() and lines[above].comment:
        remarks.insert(0, lines[above].comment)
        above -= 1
    return "\n".join(remarks)
