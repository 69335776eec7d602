"""Training curves as pictures: loss and held-out accuracy of both stages of pretraining; a study's rewards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from benchmark.report.plots import Plot
    from train.study.trained import Trained

SMOOTH = 5
"""Steps that a curve of single batches is averaged over; the batches themselves stay as a faint line."""
BATCHES = {
    "reward": "reward of a batch",
    "tokens": "tokens of a completion",
    "entropy": "entropy, nats a token",
    "clipped": "share clipped",
    "zero_variance": "groups of equal rewards",
    "grad_norm": "gradient norm",
}
HELD_OUT = {
    ("1", "acc_pos"): "Acc+, one known thing",
    ("1", "acc_neg"): "Acc-, one",
    ("3", "acc_pos"): "Acc+, three known things",
    ("3", "acc_neg"): "Acc-, three",
    ("1", "name_recall"): "named, one known thing",
    ("strangers", "abstained"): "stranger: says it knows nobody",
}
"""Keys of `dev.jsonl`, and what they are."""


def draw(work: Path, out: Path) -> Path:
    """Plot `vision.jsonl` and `language.jsonl` of a training folder; what is missing is left out."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    titles = {
        "vision": (
            "Vision tower",
            {"pooled": "held-out look found among all, pooled tokens", "late": "the same, token by token"},
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
    """The last row of each step: a resumed run repeats some."""
    if not path.exists():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return sorted({r["step"]: r for r in rows}.values(), key=lambda r: r["step"])


def of_rewards(runs: Sequence[Trained]) -> dict[str, tuple[Plot, str]]:
    """By file name: the plots that there are numbers for, and what they show in words."""
    batches = {key: [(i, r.name, _smooth(_points(r.steps, key))) for i, r in enumerate(runs)] for key in BATCHES}
    dev = {
        key: [(i, r.name, _points([_of(row, key) for row in r.held_out], "y")) for i, r in enumerate(runs)]
        for key in HELD_OUT
    }
    plots = {
        "batches": (_grid(batches, BATCHES, marks=False), "What the batches of each run told, step by step"),
        "held-out": (
            _grid(dev, HELD_OUT, marks=True),
            "Greedy captions of held-out things (dev split) as training went on",
        ),
    }
    return {name: (plot, alt) for name, (plot, alt) in plots.items() if plot}


def _grid(series: dict[Any, list[tuple[int, str, Any]]], titles: dict[Any, str], *, marks: bool) -> Plot | None:
    """Panels in rows of three, one for each series that has points: a line for each run, in the colour of its place."""
    there = {key: [line for line in lines if len(line[2])] for key, lines in series.items()}
    there = {key: lines for key, lines in there.items() if lines}
    if not there:
        return None

    def draw() -> Any:
        from matplotlib import pyplot as plt

        rows = -(-len(there) // 3)
        figure, axes = plt.subplots(rows, 3, figsize=(9.5, 2.5 * rows + 0.4), layout="constrained", squeeze=False)
        flat = axes.flatten().tolist()
        for axis, (key, lines) in zip(flat, there.items(), strict=False):
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
        for axis in flat[len(there) :]:
            axis.axis("off")
        for axis in flat[max(0, len(there) - 3) : len(there)]:
            axis.set_xlabel("step")
        named = {t: h for axis in flat for h, t in zip(*axis.get_legend_handles_labels(), strict=True)}
        if len(named) > 1:
            figure.legend(named.values(), named, loc="outside lower center", ncols=min(5, len(named)))
        return figure

    return draw


def _of(row: dict[str, Any], key: tuple[str, str]) -> dict[str, Any]:
    return {"step": row["step"], "y": row.get(key[0], {}).get(key[1])}


def _points(rows: Sequence[dict[str, Any]], key: str) -> np.ndarray:
    """(step, value) where there is a value: (N, 2)."""
    found = [(row["step"], row[key]) for row in rows if row.get(key) is not None]
    return np.asarray(found, float).reshape(-1, 2)


def _smooth(points: np.ndarray) -> np.ndarray:
    """(step, mean of the last `SMOOTH`, value): (N, 3)."""
    means = [points[max(0, i + 1 - SMOOTH) : i + 1, 1].mean() for i in range(len(points))]
    return np.column_stack([points[:, 0], means, points[:, 1]]) if len(points) else points
