"""Draws the plots of a report, each for a light and for a dark page, from averages alone.

A plot is a function without arguments that draws a new figure; `render` gives it a style and makes PNGs of it.
matplotlib is loaded when the first plot is drawn.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

from benchmark.judges.score import Tally

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASHES = ("-", "--", ":", "-.")
MARKS = "osD^vP"
DPI = 150
LIGHT = {"ink": "#24292f", "quiet": "#8a9199", "grid": "#e4e7ea", "page": "#ffffff"}
DARK = {"ink": "#dfe3e8", "quiet": "#8a929c", "grid": "#33393f", "page": "#16191d"}
HUES = {
    "light": ("#2f6fb0", "#c4622d", "#3f8a5b", "#8b5aa6", "#9a7d0a", "#3d8f98"),
    "dark": ("#6ea8e0", "#e6915f", "#72bd8d", "#b98ed1", "#d1b548", "#6cc0c9"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a panel, with points (x, average). Hue and dash are numbers from 0."""

    label: str
    points: Sequence[tuple[float, Tally]]
    hue: int = 0
    dash: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """A labelled row of bars: a value for each run, None where the run did not measure it."""

    label: str
    values: Sequence[Tally | None]
    chance: float | None = None
    """The score of a blind guesser, drawn as a dotted line."""


Plot = Callable[[], "Figure"]
"""Draws a new figure."""


def render(plot: Plot) -> tuple[bytes, bytes]:
    """PNG of a plot for a light and for a dark page."""
    light, dark = (_png(plot, colours, HUES[name]) for name, colours in (("light", LIGHT), ("dark", DARK)))
    return light, dark


def curves(panels: Sequence[tuple[str, Sequence[Line]]], xlabel: str, *, log: bool = False) -> Plot:
    """Panels side by side, each (title, lines): shares against a number, with 95 % intervals."""

    def draw() -> Figure:
        figure, axes = _figure(len(panels), 3.1)
        xs = sorted({x for _, lines in panels for line in lines for x, _ in line.points})
        for axis, (title, lines) in zip(axes, panels, strict=True):
            for line in lines:
                colour, (x, y, low, high) = f"C{line.hue % 6}", _columns(line.points)
                axis.fill_between(x, low, high, color=colour, alpha=0.12, linewidth=0)
                mark = MARKS[line.dash % len(MARKS)]
                dashes = DASHES[line.dash % len(DASHES)]
                axis.plot(x, y, label=_literal(line.label), color=colour, linestyle=dashes, marker=mark)
            if log:
                axis.set_xscale("log")
            axis.set_xticks(xs, [f"{x:g}" for x in xs])
            axis.minorticks_off()
            axis.set(title=title, xlabel=xlabel)
            _shares(axis.yaxis, axis.set_ylim)
        _legend(figure, axes)
        return figure

    return draw


def bars(panels: Sequence[tuple[str, Sequence[Bar]]], runs: Sequence[str]) -> Plot:
    """Panels side by side, each (title, bars): a bar for each run at each label, with 95 % intervals and chance."""
    words = list(dict.fromkeys(b.label for _, labelled in panels for b in labelled))

    def draw() -> Figure:
        from matplotlib import rcParams

        thick, ink = 0.8 / len(runs), rcParams["text.color"]
        figure, axes = _figure(len(panels), 0.9 + len(words) * (0.25 + 0.2 * len(runs)), sharey=True)
        for axis, (title, labelled) in zip(axes, panels, strict=True):
            for bar in labelled:
                row = words.index(bar.label)
                for i, t in enumerate(bar.values):
                    if t is not None:
                        at, label = row - 0.4 + thick * (i + 0.5), _literal(runs[i])
                        axis.barh(at, t.value, 0.86 * thick, color=f"C{i % 6}", alpha=0.85, label=label)
                        axis.plot([t.low, t.high], [at, at], color=ink, linewidth=1, marker="|", markersize=3)
                if bar.chance is not None:
                    ends = [row - 0.45, row + 0.45]
                    axis.plot([bar.chance] * 2, ends, color="C3", linestyle=":", linewidth=2, label="chance", marker="")
            axis.set_yticks(range(len(words)), [_literal(w) for w in words])
            axis.set_ylim(len(words) - 0.5, -0.5)
            axis.grid(visible=False, axis="y")
            axis.set(title=title)
            _shares(axis.xaxis, axis.set_xlim)
        _legend(figure, axes)
        return figure

    return draw


def misbinding(runs: Sequence[tuple[str, Sequence[tuple[str, Tally | None, Tally]]]]) -> Plot:
    """Points (names right, wrong name) by run and mode; a horizontal line where no name could be right."""

    def draw() -> Figure:
        figure, axes = _figure(1, 4.2, width=6.4)
        for i, (label, points) in enumerate(runs):
            colour, name = f"C{i % 6}", _literal(label)
            for j, (mode, recall, wrong) in enumerate(points):
                if recall is None:
                    axes[0].axhline(wrong.value, linestyle="--", linewidth=1, color=colour, label=name)
                    axes[0].annotate(mode, (1, wrong.value), xytext=(-2, 3), textcoords="offset points", ha="right")
                    continue
                spread = ([[recall.value - recall.low], [recall.high - recall.value]], [[wrong.value - wrong.low]])
                spread[1].append([wrong.high - wrong.value])
                mark = MARKS[j % len(MARKS)]
                at = (recall.value, wrong.value)
                axes[0].errorbar(
                    *at, xerr=spread[0], yerr=spread[1], marker=mark, elinewidth=0.8, color=colour, label=name
                )
                axes[0].annotate(mode, at, xytext=(6, 5), textcoords="offset points")
        axes[0].set(xlabel="names right", ylabel="wrong name told")
        _shares(axes[0].xaxis, axes[0].set_xlim)
        _shares(axes[0].yaxis, axes[0].set_ylim)
        _legend(figure, axes)
        return figure

    return draw


def abstention(runs: Sequence[tuple[str, Any, Any]]) -> Plot:
    """Curves (label, wrong, right) of `statistics.gate_curve`, one for each run."""

    def draw() -> Figure:
        figure, axes = _figure(1, 4.2, width=6.4)
        for label, wrong, right in runs:
            axes[0].plot(wrong, right, label=_literal(label), drawstyle="steps-post", marker="")
        axes[0].set(
            xlabel="photos for which a wrong memory passes", ylabel="photos of known things whose own memory passes"
        )
        axes[0].annotate("strict gate", (0, 0), xytext=(6, 6), textcoords="offset points", alpha=0.7)
        _shares(axes[0].xaxis, axes[0].set_xlim)
        _shares(axes[0].yaxis, axes[0].set_ylim)
        _legend(figure, axes)
        return figure

    return draw


def _figure(panels: int, height: float, *, width: float = 9.5, sharey: bool = False) -> tuple[Figure, list[Axes]]:
    """A new figure with panels side by side; sizes in inches."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, panels, figsize=(width, height), layout="constrained", squeeze=False, sharey=sharey)
    return figure, list(axes[0])


def _columns(points: Sequence[tuple[float, Tally]]) -> tuple[list[float], list[float], list[float], list[float]]:
    """The points as columns x, value, low, high, sorted by x."""
    order = sorted(points, key=lambda p: p[0])
    return (
        [x for x, _ in order],
        [t.value for _, t in order],
        [t.low for _, t in order],
        [t.high for _, t in order],
    )


def _shares(axis: Any, limit: Callable[..., Any]) -> None:
    """Set an axis from 0 to 100 %, with room for marks at the ends."""
    limit(-0.03, 1.03)
    axis.set_ticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100%"])


def _legend(figure: Figure, axes: Sequence[Axes]) -> None:
    """One legend below the whole figure, if there is more than one label."""
    named = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    if len(named) > 1:
        figure.legend(named.values(), named, loc="outside lower center", ncols=min(4, len(named)))


def _literal(text: str) -> str:
    """Text with its dollar signs escaped: matplotlib reads formulas between them."""
    return text.replace("$", r"\$")


def _png(plot: Plot, colours: dict[str, str], hues: Sequence[str]) -> bytes:
    """A plot in these colours, as PNG with a palette of 96."""
    from matplotlib import pyplot as plt

    with _style(colours, hues):
        figure = plot()
        raw = io.BytesIO()
        figure.savefig(raw, dpi=DPI)
        plt.close(figure)
    out = io.BytesIO()
    Image.open(raw).convert("RGB").quantize(96).save(out, "PNG", optimize=True)
    return out.getvalue()


@contextmanager
def _style(colours: dict[str, str], hues: Sequence[str]) -> Iterator[None]:
    """A quiet style: no frame, a faint grid, small type."""
    import matplotlib
    from cycler import cycler

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    ink, quiet, grid, page = (colours[k] for k in ("ink", "quiet", "grid", "page"))
    sizes = {f"{part}.labelsize": 8.5 for part in ("axes", "xtick", "ytick")}
    style: dict[Any, Any] = {  # matplotlib types every name of a setting
        **{key: page for key in ("figure.facecolor", "axes.facecolor", "savefig.facecolor")},
        **{key: ink for key in ("text.color", "axes.titlecolor")},
        **{key: quiet for key in ("axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor")},
        **{key: grid for key in ("axes.edgecolor", "xtick.color", "ytick.color", "grid.color")},
        **sizes,
        "axes.prop_cycle": cycler(color=hues),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.titlesize": 9.5,
        "axes.titlelocation": "left",
        "font.size": 8.5,
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "lines.linewidth": 1.8,
        "lines.markersize": 4.5,
    }
    with plt.rc_context(style):
        yield
