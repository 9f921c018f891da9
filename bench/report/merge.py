# SPDX-License-Identifier: MIT
"""Joins the CSV files of several runs of wfbench: all comments first, each once, then one header, then all rows."""
from results import BadResults


def merge(out, parts):
    comments, header, rows = {}, None, []
    for part in parts:
        lines = part.read_text(encoding="utf-8").splitlines()
        comments |= dict.fromkeys(line for line in lines if line.startswith("#"))
        body = [line for line in lines if line and not line.startswith("#")]
        if not body:
            raise BadResults(f"{part} holds no measurement")
        if header not in (None, body[0]):
            raise BadResults(f"{part} has other columns than the files before it")
        header = body[0]
        rows += body[1:]
    out.write_text("\n".join(list(comments) + [header] + rows) + "\n", encoding="utf-8")
