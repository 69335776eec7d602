"""The training curve as a picture: loss and held-out accuracy of both stages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


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
