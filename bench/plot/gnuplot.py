# SPDX-License-Identifier: MIT
"""Draws one figure as SVG and as PNG: panels with curves or bars, legend outside, the same look everywhere."""
import subprocess
from dataclasses import dataclass, field

# Colour and point type of each allocator (after Okabe and Ito, distinguishable with impaired colour vision).
LOOKS = {
    "wf": ("#D55E00", 7), "tcmalloc": ("#0072B2", 5), "mimalloc": ("#009E73", 9), "jemalloc": ("#CC79A7", 11),
    "glibc": ("#000000", 4), "tlsf": ("#E69F00", 13), "tlsf-spin": ("#56B4E9", 6), "tlsf-mutex": ("#7F7F7F", 8),
    "slab": ("#882255", 2), "frame": ("#D55E00", 7), "buddy": ("#56B4E9", 6), "buddy-mcs": ("#E69F00", 13),
    "null": ("#BBBBBB", 1),
}
SPARE_LOOKS = [("#117733", 3), ("#332288", 10), ("#999933", 12)]
TERMINALS = {
    "svg": "svg size {width},{height} font 'sans-serif,14' background '#ffffff' name '{name}'",
    "png": "pngcairo size {width},{height} font 'sans,11' background '#ffffff'",
}
PANEL_WIDTH, LEGEND_WIDTH, HEIGHT = 640, 170, 480
TICKS_MAX = 8


class GnuplotFailed(Exception):
    """gnuplot is missing or refused a script; the message is a sentence."""


@dataclass
class Curve:
    name: str
    points: list          # (x, y); x is a number, or an index into the panel's labels
    allocator: str = ""   # whose colour it wears; empty: its own name
    dash: int = 1


@dataclass
class Panel:
    title: str
    x_label: str
    y_label: str
    curves: list = field(default_factory=list)
    x_names: list = field(default_factory=list)   # names under the axis, one for each x = 0, 1, ...
    x_ticks: list = field(default_factory=list)   # (name, x) on a numeric axis
    x_log2: bool = False
    x_from_zero: bool = False
    y_log10: bool = False
    bars: bool = False
    y_bottom: float = 0
    y_top: float = 0


@dataclass
class Figure:
    name: str             # the file's name without its ending
    scenario: str
    title: str
    panels: list


def draw(figure, directory):
    """Writes name.gp, name.svg and name.png into the directory."""
    script = script_of(figure)
    (directory / f"{figure.name}.gp").write_text(script, encoding="utf-8")
    try:
        done = subprocess.run(["gnuplot", "-"], input=script, text=True, capture_output=True, check=False,
                              cwd=directory)
    except OSError as error:
        raise GnuplotFailed(f"cannot run gnuplot: {error.strerror}") from error
    if done.returncode != 0:
        raise GnuplotFailed(f"gnuplot refused figure {figure.name}: {done.stderr.strip()}")


def script_of(figure):
    names = list(dict.fromkeys(curve.name for panel in figure.panels for curve in panel.curves))
    blocks = [datablock(f"$p{i}_{j}", curve, len(panel.curves), j, panel.bars)
              for i, panel in enumerate(figure.panels) for j, curve in enumerate(panel.curves)]
    parts = ["set encoding utf8"] + blocks
    for kind, terminal in TERMINALS.items():
        width = PANEL_WIDTH * len(figure.panels) + LEGEND_WIDTH
        parts.append(f"set terminal {terminal.format(width=width, height=HEIGHT, name=figure.name.replace('-', '_'))}")
        parts.append(f"set output '{figure.name}.{kind}'")
        parts.append(f"set multiplot title {quoted(figure.title)} font ',16' noenhanced")
        for i, panel in enumerate(figure.panels):
            parts += panel_lines(panel, i, width, last=i == len(figure.panels) - 1, legend=names)
        parts.append("unset multiplot\nunset output")
    return "\n".join(parts) + "\n"


def datablock(name, curve, curves, index, bars):
    # Bars of one group stand side by side: each allocator's bar is shifted by its share of the group's width.
    shift = (index - (curves - 1) / 2) * 0.8 / curves if bars else 0
    return "\n".join([f"{name} << EOD"] + [f"{x + shift:.6g} {y:.9g}" for x, y in curve.points] + ["EOD"])


def panel_lines(panel, index, width, last, legend):
    left = (index * PANEL_WIDTH + 105) / width
    right = ((index + 1) * PANEL_WIDTH - 20) / width
    lines = ["reset", f"set lmargin at screen {left:.4f}", f"set rmargin at screen {right:.4f}",
             "set bmargin at screen 0.17", "set tmargin at screen 0.84",
             "set border 3 lw 1 lc rgb '#444444'", "set tics nomirror out", "set grid ytics lt 1 lc rgb '#dddddd' lw 1",
             f"set title {quoted(panel.title)} noenhanced offset 0,-0.4",
             f"set xlabel {quoted(panel.x_label)} noenhanced",
             f"set ylabel {quoted(panel.y_label)} noenhanced offset 0.5,0",
             f"set key at screen {(width - LEGEND_WIDTH + 5) / width:.4f},0.80 left top Left reverse invert "
             "noenhanced samplen 2 spacing 1.3" if last else "unset key"]
    lines += axis_lines(panel)
    plots = [plot_of(panel, f"$p{index}_{j}", curve, j) for j, curve in enumerate(panel.curves)]
    if last:
        # Curves that only earlier panels hold still need their line in the one legend.
        missing = [name for name in legend if name not in {curve.name for curve in panel.curves}]
        plots += [f"NaN with linespoints {look(Curve(name, []), j)} title {quoted(name)}"
                  for j, name in enumerate(missing)]
    # What is plotted last lies on top: that is what the legend names first.
    return lines + ["plot " + ", \\\n     ".join(reversed(plots))]


def axis_lines(panel):
    lines = []
    if panel.x_log2:
        # A little room on both sides keeps the outermost ticks inside the range.
        places = [x for curve in panel.curves for x, _ in curve.points]
        lines += ["set logscale x 2", f"set xrange [{min(places) / 1.1:g}:{max(places) * 1.1:g}]"]
    if panel.x_from_zero:
        lines.append("set xrange [0:*]")
    if panel.x_names:
        ticks = ", ".join(f"{quoted(name)} {i}" for i, name in enumerate(panel.x_names))
        lines += [f"set xtics ({ticks}) noenhanced", f"set xrange [-0.5:{len(panel.x_names) - 0.5}]"]
    elif panel.x_ticks:
        shown = panel.x_ticks[::(len(panel.x_ticks) + TICKS_MAX - 1) // TICKS_MAX]
        lines.append("set xtics (" + ", ".join(f"{quoted(name)} {x}" for name, x in shown) + ") noenhanced")
    if panel.y_log10:
        lines += ["set logscale y 10", f"set yrange [{0.9 * decade_below(panel):g}:*]",
                  "set ytics ('1 ns' 1, '10 ns' 1e1, '100 ns' 1e2, '1 µs' 1e3, '10 µs' 1e4, '100 µs' 1e5, "
                  "'1 ms' 1e6, '10 ms' 1e7, '100 ms' 1e8, '1 s' 1e9, '10 s' 1e10)"]
    else:
        lines.append(f"set yrange [{panel.y_bottom:g}:{panel.y_top or '*'}]")
    return lines + (["set boxwidth " + f"{0.72 / max(len(panel.curves), 1):.4f}", "set style fill solid 0.9"]
                    if panel.bars else [])


def decade_below(panel):
    lowest = min((y for curve in panel.curves for _, y in curve.points if y > 0), default=1)
    decade = 1.0
    while decade * 10 <= lowest:
        decade *= 10
    return decade


def plot_of(panel, block, curve, index):
    title = f"title {quoted(curve.name)}"
    if panel.bars:
        return f"{block} with boxes lc rgb '{colours(curve, index)[0]}' {title}"
    # A long series would drown in its point marks: a dozen will do.
    interval = f" pi {len(curve.points) // 12}" if len(curve.points) > 48 else ""
    return f"{block} with linespoints {look(curve, index)}{interval} {title}"


def look(curve, index):
    colour, point = colours(curve, index)
    width = 3 if (curve.allocator or curve.name) in ("wf", "frame") else 1.8
    return f"lc rgb '{colour}' pt {point} ps 0.9 lw {width} dt {curve.dash}"


def colours(curve, index):
    return LOOKS.get(curve.allocator or curve.name) or SPARE_LOOKS[index % len(SPARE_LOOKS)]


def quoted(text):
    return "'" + text.replace("'", "''") + "'"
