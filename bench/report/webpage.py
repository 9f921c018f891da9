# SPDX-License-Identifier: MIT
"""One self-contained HTML page: what was measured where, every table, every figure as inlined SVG."""
import html

from tables import instructions_table, tables_of

ABOUT = {
    "pair": "One block of 64 bytes is allocated and freed at once, again and again: the shortest path.",
    "burst": "1,000 blocks are allocated, then freed in the order the variant names.",
    "slots": "4,096 live slots in all; a random one is freed and refilled, its size log-uniform in 1 to 16,384 bytes, "
             "its first and last byte touched; 20 % of the frees are handed to the next thread.",
    "larson": "Threads die and hand their live objects on to new threads.",
    "prodcons": "All blocks are allocated on one side and freed on the other.",
    "rcu": "Writers retire objects through call_rcu, so that floods of frees come from one thread.",
    "phase": "A fixed region is filled with blocks of one size, emptied, filled with another size: how much is usable?",
    "fill": "Blocks of one size until the region is exhausted: how much of it did the caller get?",
    "stall": "One thread is stopped in the middle of allocator calls; the others' latencies are recorded.",
    "frag": "A long random walk of sizes; the largest run of free pages over time.",
    "drift": "slots in a region of four times the live size: failed calls and the high-water mark.",
    "freesize": "4 KiB blocks freed in random order: the latency of free must not depend on the region's size.",
    "frames": "Storms of whole frames, in runs of 1, 8 or 512 or of all three, freed in random order. The baseline is a "
              "buddy system behind one lock, a spinlock or (mcs) a queue lock.",
    "oom": "A task on each thread allocates under talloc's primary only policy until it gets NULL, is aborted, and all it "
           "owned is freed. Afterwards both heaps must have every byte that they began with.",
}
ABOUT_COUNTS = ("Counted by callgrind on one thread, after a warm-up: everything behind the benchmark's indirect call. "
                "null shows what the adapter alone takes.")
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 1150px; margin: 2em auto; padding: 0 1em; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.2em; border-bottom: 2px solid #D55E00; } h2 a { color: inherit; }
table { border-collapse: collapse; margin: 1em 0 1.6em; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .3em; }
th, td { padding: .2em .8em; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } tr.wf td { background: #fdf0e6; font-weight: 600; }
td.failed { color: #b00; font-weight: 600; }
pre { background: #f5f5f5; padding: .8em; overflow-x: auto; font-size: 13px; }
figure { margin: 1em 0; } figure svg { max-width: 100%; height: auto; } nav a { margin-right: 1em; }
.wide { overflow-x: auto; }
"""


def page(results, figures, base, counts):
    """The page's text. figures: a list of (name, scenario, svg); counts: what bench/count wrote, or None."""
    parts = ["<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
             '<meta name="viewport" content="width=device-width, initial-scale=1">',
             "<title>wfheap benchmark</title>", f"<style>{STYLE}</style></head><body>", "<h1>wfheap benchmark</h1>",
             f"<p>Ratios are to {html.escape(base)}, of frames to buddy. Every measurement is a process of its own; allocators take turns; "
             "<code>null</code> allocates nothing and shows the driver's own cost. More is better for operations a "
             "second and for the share of a region, less for latency. tlsf stands behind an MCS lock, whose waiters "
             "get it strictly in turn: with more threads than cores each of them may be asleep when its turn comes, so "
             "that it is measured on as many threads as there are cores at most.</p>",
             "<nav>" + "".join(f'<a href="#{name}">{name}</a>' for name in results.scenarios()) + "</nav>"]
    for scenario in results.scenarios():
        parts += section(results, scenario, [svg for _, owner, svg in figures if owner == scenario], base)
    if counts:
        parts += ['<h2 id="instructions">instructions</h2>', f"<p>{html.escape(ABOUT_COUNTS)}</p>",
                  as_html(instructions_table(counts))]
    remarks = [line for line in results.comments if not line.startswith("series ")
               and line.split()[:1] not in [[name] for name in results.scenarios()]]
    parts += ["<h2>Where and how</h2>", "<pre>" + html.escape("\n".join(remarks)) + "</pre>", "</body></html>"]
    return "\n".join(parts) + "\n"


def section(results, scenario, pictures, base):
    parts = [f'<h2 id="{scenario}">{scenario}</h2>', f"<p>{html.escape(ABOUT.get(scenario, ''))}</p>"]
    parts += [f"<figure>{inlined(svg)}</figure>" for svg in pictures]
    parts += [as_html(table) for table in tables_of(results, scenario, base)]
    remarks = "\n".join(html.escape(note) for note in results.notes(scenario))
    return parts + ([f"<details><summary>Remarks</summary><pre>{remarks}</pre></details>"] if remarks else [])


def inlined(svg):
    """An SVG document without its XML prologue, so that it may stand inside a page."""
    return svg[svg.index("<svg"):]


def as_html(table):
    rows = ["<tr>" + "".join(f"<th>{html.escape(head)}</th>" for head in table.heads) + "</tr>"]
    for row in table.rows:
        cells = "".join(f'<td class="failed">{cell}</td>' if "FAILED" in cell else f"<td>{html.escape(cell)}</td>"
                        for cell in row)
        rows.append(('<tr class="wf">' if row[0] == "wf" else "<tr>") + cells + "</tr>")
    caption = f"<caption>{html.escape(table.title)}</caption>"
    return '<div class="wide"><table>' + caption + "".join(rows) + "</table></div>"
