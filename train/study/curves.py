"""Training curves as pictures: loss and held-out accuracy of both stages of pretraining, and the metrics of runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memory.files import read_lines

if TYPE_CHECKING:
    from benchmark.report.plots import Plot
    from train.study.trained import Trained

SMOOTH = 5
"""Steps over which a curve of single batches is averaged; the batches themselves are a faint line."""
BATCHES = {
    "reward": "reward of a batch",
    "tokens": "tokens of a completion",
    "entropy": "entropy, nats a token",
    "clipped": "share clipped",
    "zero_variance": "groups of equal rewards",
    "grad_norm": "gradient norm",
}
"""Keys of `gspo.jsonl`, and the titles of their panels."""
HELD_OUT = {
    ("1", "acc_pos"): "Acc+, one known thing",
    ("1", "acc_neg"): "Acc-, one",
    ("3", "acc_pos"): "Acc+, three known things",
    ("3", "acc_neg"): "Acc-, three",
    ("1", "name_recall"): "named, one known thing",
    ("strangers", "abstained"): "stranger: says it knows nobody",
}
"""Kind of sample and measure in `dev.jsonl`, and the titles of their panels."""


def draw(work: Path, out: Path) -> Path:
    """Plot `vision.jsonl` and `language.jsonl` of the folder `work` into the file `out`; a missing file has an empty
    panel."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    titles = {
        "vision": (
            "Vision tower",
            {"pooled": "held-out look found among all, pooled tokens", "late": "found among all, token by token"},
        ),
        "language": (
            "Language",
            {"name": "held-out thing named, 3 memories", "honest": "stranger: says it does not know"},
        ),
    }
    for axis, (stage, (title, scores)) in zip(axes, titles.items(), strict=True):
        rows = _rows(work / f"{stage}.jsonl")
        steps = [r["step"] for r in rows]
        for key, label in scores.items():
            axis.plot(steps, [r[key] for r in rows], marker=".", label=label)
        loss = axis.twinx()
        loss.plot(steps, [r["loss"] for r in rows], color="grey", linestyle=":")
        loss.set_ylabel("loss (dotted)")
        axis.set(title=title, xlabel="step", ylim=(0, 1))
        axis.legend(loc="lower right", fontsize=8)
    figure.savefig(out, dpi=110)
    plt.close(figure)
    return out


def _rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file by step, the last row of each: a resumed run repeats some steps."""
    return sorted({r["step"]: r for r in read_lines(path)}.values(), key=lambda r: r["step"])


def of_rewards(runs: Sequence[Trained]) -> dict[str, tuple[Plot, str]]:
    """Plots of runs with rewards by file name, each with its description; a plot without numbers is left out."""
    batches = {key: [(i, r.name, _smooth(_points(r.steps, key))) for i, r in enumerate(runs)] for key in BATCHES}
    dev = {
        key: [(i, r.name, _points([_measure(row, key) for row in r.held_out], "y")) for i, r in enumerate(runs)]
        for key in HELD_OUT
    }
    plots = {
        "batches": (_grid(batches, BATCHES, marks=False), "Metrics of each run's batches, step by step"),
        "held-out": (
            _grid(dev, HELD_OUT, marks=True),
            "Measures of greedy captions of held-out things (dev split) during training",
        ),
    }
    return {name: (plot, alt) for name, (plot, alt) in plots.items() if plot}


def _grid(series: dict[Any, list[tuple[int, str, Any]]], titles: dict[Any, str], *, marks: bool) -> Plot | None:
    """A plot with a panel for each series that has points, three in a row; None when there is none.

    A series has a line for each run: (number, which decides its colour; name; points). `marks`: with a mark at each
    point, on an axis from 0 to 1.
    """
    panels = {key: [line for line in lines if len(line[2])] for key, lines in series.items()}
    panels = {key: lines for key, lines in panels.items() if lines}
    if not panels:
        return None

    def draw() -> Any:
        from matplotlib import pyplot as plt

        rows = -(-len(panels) // 3)
        figure, axes = plt.subplots(rows, 3, figsize=(9.5, 2.5 * rows + 0.4), layout="constrained", squeeze=False)
        flat = axes.flatten().tolist()
        for axis, (key, lines) in zip(flat, panels.items(), strict=False):
            for i, name, points in lines:
                x, *ys = points.T
                style = {"color": f"C{i % 6}", "linestyle": ("-", "--")[i // 6 % 2]}
                if len(ys) > 1:
                    axis.plot(x, ys[1], **{**style, "alpha": 0.25, "linewidth": 0.8})
                axis.plot(x, ys[0], label=name, marker="o" if marks or len(x) == 1 else "", **style)
            axis.set_title(titles[key])
            axis.locator_params(axis="x", integer=True, min_n_ticks=1)
            if marks:
                axis.set_ylim(-0.03, 1.03)
        for axis in flat[len(panels) :]:
            axis.axis("off")
        for axis in flat[max(0, len(panels) - 3) : len(panels)]:
            axis.set_xlabel("step")
        named = {t: h for axis in flat for h, t in zip(*axis.get_legend_handles_labels(), strict=True)}
        if len(named) > 1:
            figure.legend(named.values(), named, loc="outside lower center", ncols=min(5, len(named)))
        return figure

    return draw


def _measure(row: dict[str, Any], key: tuple[str, str]) -> dict[str, Any]:
    """Step and one measure ("y") of a row of `dev.jsonl`."""
    return {"step": row["step"], "y": row.get(key[0], {}).get(key[1])}


def _points(rows: Sequence[dict[str, Any]], key: str) -> np.ndarray:
    """Points (N, 2) of step and value, for the rows that have a value."""
    points = [(row["step"], row[key]) for row in rows if row.get(key) is not None]
    return np.asarray(points, float).reshape(-1, 2)


def _smooth(points: np.ndarray) -> np.ndarray:
    """Points (N, 3) of step, mean of the last `SMOOTH` values, and value."""
    means = [points[max(0, i + 1 - SMOOTH) : i + 1, 1].mean() for i in range(len(points))]
    return np.column_stack([points[:, 0], means, points[:, 1]]) if len(points) else points
