# SPDX-License-Identifier: MIT
"""Reads the CSV that wfbench writes and answers questions about it: medians over repeats, which columns hold data."""
import csv
import statistics
from dataclasses import dataclass, field

# The order in which allocators appear everywhere, so that each keeps its colour and place from table to table.
ALLOCATORS = ["wf", "frame", "tcmalloc", "mimalloc", "jemalloc", "glibc", "slab", "tlsf", "tlsf-spin", "tlsf-mutex",
              "buddy", "buddy-mcs", "null"]
SCENARIOS = ["pair", "burst", "slots", "larson", "prodcons", "rcu", "stall", "phase", "fill", "frag", "drift",
             "freesize", "frames", "oom"]
# Whom ratios refer to in scenarios that the usual base takes no part in.
BASES = {"frames": "buddy", "oom": "tlsf"}
KEY_COLUMNS = ("scenario", "variant", "allocator", "threads", "repeat")
REQUIRED_COLUMNS = KEY_COLUMNS + ("ops", "seconds", "mops_per_s", "utilisation", "peak_bytes", "failed_allocs")
SIZE_UNITS = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class BadResults(Exception):
    """The CSV cannot be used; the message says why, in a sentence."""


@dataclass(frozen=True)
class Spread:
    """Median, minimum and maximum over the repeats of one measurement."""
    median: float
    low: float
    high: float
    count: int


@dataclass
class Results:
    comments: list = field(default_factory=list)
    columns: list = field(default_factory=list)
    rows: list = field(default_factory=list)

    def scenarios(self):
        return ordered({row["scenario"] for row in self.rows}, SCENARIOS)

    def allocators(self, scenario):
        return ordered({row["allocator"] for row in self.rows if row["scenario"] == scenario}, ALLOCATORS)

    def variants(self, scenario):
        names = dict.fromkeys(row["variant"] for row in self.rows if row["scenario"] == scenario)
        return sorted(names, key=size_of) if all(size_of(name) is not None for name in names) else list(names)

    def label(self, scenario, variant):
        """The scenario's name, with the variant where there are several."""
        return f"{scenario} ({variant})" if self.told_apart(scenario, variant) else scenario

    def told_apart(self, scenario, variant):
        """The variant where there are several, else nothing."""
        return variant if len(self.variants(scenario)) > 1 else ""

    def base(self, scenario, usual):
        """The allocator that ratios of a scenario refer to."""
        return usual if usual in self.allocators(scenario) else BASES.get(scenario, usual)

    def threads(self, scenario, column="threads"):
        """The numbers of threads at which any measurement of the scenario filled the column."""
        return sorted({row["threads"] for row in self.rows if row["scenario"] == scenario and row.get(column)})

    def failures(self, scenario, variant, allocator, threads):
        """How many repeats brought no result: the allocator's process crashed or hung."""
        return sum(row["seconds"] is None for row in self._matching(scenario, variant, allocator, threads))

    def spread(self, scenario, variant, allocator, threads, column):
        """The spread of a column over the repeats of one measurement; None if it holds nothing."""
        rows = self._matching(scenario, variant, allocator, threads)
        values = [row[column] for row in rows if row.get(column) is not None]
        return Spread(statistics.median(values), min(values), max(values), len(values)) if values else None

    def series(self, scenario):
        """Curves over time, from comments `series scenario variant allocator threads repeat x y` (variant `-`: none).

        Answers {(variant, allocator, threads): [(x, y), ...]}, of each the last repeat.
        """
        found = {}
        for line in self.comments:
            words = line.split()
            if words[:2] == ["series", scenario] and len(words) == 8:
                variant, allocator = ("" if words[2] == "-" else words[2]), words[3]
                curves = found.setdefault((variant, allocator, int(words[4])), {})
                curves.setdefault(int(words[5]), []).append((float(words[6]), float(words[7])))
        keys = sorted(found, key=lambda key: (key[0], ALLOCATORS.index(key[1]) if key[1] in ALLOCATORS else 99, key[2]))
        return {key: found[key][max(found[key])] for key in keys}

    def notes(self, scenario):
        """Remarks of the benchmark about one scenario: comments whose first word is its name."""
        return [line for line in self.comments if line.split()[:1] == [scenario]]

    def notes_in_brief(self, scenario):
        """Those on failures and on first repeats."""
        return [line for line in self.notes(scenario)
                if "FAILED" in line or "repeat=" not in line or "repeat=0" in line]

    def comment(self, name):
        """The value of the first comment line of the form `name: value`; empty if there is none."""
        for line in self.comments:
            head, _, value = line.partition(":")
            if head.strip().lower() == name:
                return value.strip()
        return ""

    def _matching(self, scenario, variant, allocator, threads):
        return [row for row in self.rows if measurement_of(row) == (scenario, variant, allocator, threads)]


def ordered(names, preferred):
    """The names in their preferred order; unknown ones follow, sorted."""
    return [name for name in preferred if name in names] + sorted(set(names) - set(preferred))


def size_of(name):
    """Bytes named by a variant such as `64`, `64B`, `4KiB` or `16 MiB`; None if it names no size."""
    text = name.replace(" ", "")
    digits = text.rstrip("BKMGi")
    unit = text[len(digits):]
    return int(digits) * SIZE_UNITS[unit] if digits.isdigit() and unit in SIZE_UNITS else None


def load(path):
    """Reads a CSV with its leading and interspersed `# ` comments."""
    try:
        with open(path, newline="", encoding="utf-8") as stream:
            lines = stream.read().splitlines()
    except OSError as error:
        raise BadResults(f"cannot read {path}: {error.strerror}") from error
    results = Results(comments=[line[1:].strip() for line in lines if line.startswith("#")])
    reader = csv.DictReader([line for line in lines if line and not line.startswith("#")])
    results.columns = reader.fieldnames or []
    missing = [name for name in REQUIRED_COLUMNS if name not in results.columns]
    if missing:
        raise BadResults(f"{path} lacks the column {missing[0]}: it is no CSV of wfbench")
    results.rows = [convert(path, reader.line_num, row) for row in reader]
    if not results.rows:
        raise BadResults(f"{path} holds no measurement")
    forget_slowed_throughput(results.rows)
    return results


def forget_slowed_throughput(rows):
    """Timing every call slows a run down: its throughput counts only where there is no run without."""
    untimed = {measurement_of(row) for row in rows if row["mops_per_s"] and not is_timed(row)}
    for row in rows:
        if is_timed(row) and measurement_of(row) in untimed:
            row["mops_per_s"] = None


def measurement_of(row):
    return row["scenario"], row["variant"], row["allocator"], row["threads"]


def is_timed(row):
    return row.get("alloc_max_ns") is not None or row.get("free_max_ns") is not None


def convert(path, line, row):
    """Numbers as numbers, empty cells as None."""
    names = ("scenario", "variant", "allocator")
    try:
        converted = {name: value if name in names else number(value) for name, value in row.items()}
        converted["threads"], converted["repeat"] = int(row["threads"]), int(row["repeat"])
    except (TypeError, ValueError) as error:
        raise BadResults(f"{path}, data line {line}: not a number where one belongs ({error})") from error
    return converted


def number(text):
    return float(text) if text not in ("", "n/a", None) else None
