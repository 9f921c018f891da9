# SPDX-License-Identifier: MIT
"""The formulas of core/page/page_steps.h and core/heap/steps.h: as text, and what they are for a number of levels."""
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HEADERS = (ROOT / "core" / "page" / "page_steps.h", ROOT / "core" / "heap" / "steps.h")
LEVELS = (3, 5)  # shown in docs/bounds.md
INCLUDES = ["core/include", "core", "core/port/native"]


def name_of(macro):
    """STEPS_TAKE_WORD or HEAP_ALLOC_STEPS as the documentation calls it."""
    return re.sub(r"^STEPS_|^HEAP_|_STEPS$", "", macro).lower()


def text_of(body):
    """A macro's body as the documentation shows it."""
    body = re.sub(r"\(size_t\)", "", body)
    body = re.sub(r"\b((?:HEAP|STEPS)_\w+?)\(levels\)", lambda found: name_of(found[1]), body)
    body = re.sub(r"\bSTEPS_(\w+)\b", lambda found: found[1].lower(), body)
    body = re.sub(r"\b(\d+)u\b", r"\1", body).replace("(levels)", "L").replace("*", "x")
    body = " ".join(body.split())
    return body[1:-1] if re.fullmatch(r"\([^()]*(\([^()]*\)[^()]*)*\)", body) and is_wrapped(body) else body


def is_wrapped(body):
    """Whether the first parenthesis closes at the end."""
    depth = 0
    for at, char in enumerate(body):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return at == len(body) - 1
    return False


def macros():
    """Name -> (macro, body) of every formula in the levels alone."""
    text = "".join(header.read_text(encoding="utf-8") for header in HEADERS).replace("\\\n", " ")
    found = re.findall(r"^#define (\w*STEPS\w*)(?:\(levels\))? +(\(.*\))$", text, re.MULTILINE)
    return {name_of(macro): (macro, body) for macro, body in found if "pages" not in body}


def values(formulas):
    """Name -> the formula's value for each of LEVELS, as the compiler computes it."""
    lines = []
    for name, (macro, _) in formulas.items():
        call = macro if macro == "STEPS_DONATE" else f"{macro}({{}})"
        lines += [f'printf("{name}' + " %zu" * len(LEVELS) + '\\n", ' +
                  ", ".join(f"(size_t)({call.format(levels)})" for levels in LEVELS) + ");"]
    source = '#include "heap/heap_state.h"\n#include "heap/steps.h"\n#include <stdio.h>\nint main(void) {\n' + \
        "\n".join(lines) + "\nreturn 0;\n}\n"
    with tempfile.TemporaryDirectory() as folder:
        file, program = pathlib.Path(folder) / "steps.c", pathlib.Path(folder) / "steps"
        file.write_text(source, encoding="utf-8")
        subprocess.run(["cc", "-std=c11", *(f"-I{ROOT / path}" for path in INCLUDES), str(file), "-o", str(program)],
                       check=True)
        out = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return {line.split()[0]: [int(word) for word in line.split()[1:]] for line in out.splitlines()}


def table():
    """Name -> (formula, value for each of LEVELS)."""
    formulas = macros()
    numbers = values(formulas)
    return {name: (text_of(body), numbers[name]) for name, (_, body) in formulas.items()}
