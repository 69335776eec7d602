"""Reports of a rollout batch: metrics for curves and guards, and text for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from benchmark.judges.judge import Lexical
from benchmark.judges.score import question_scores, score
from train.pretrain.token_cache import TokenCache
from train.rl.gspo import advantages
from train.rl.note_tasks import NoteTask
from train.rl.scored_group import ScoredGroup

MEASURES = ("acc_pos", "acc_neg", "name_recall", "misbinding", "abstained")
"""Measures of the benchmark that are taken of captions."""


def metrics(groups: Sequence[ScoredGroup]) -> dict[str, Any]:
    """A row of metrics: means over completions, shares from 0 to 1; None where there is nothing to average."""
    rollouts = [r for group in groups for r in group.rollouts]
    kinds = ("caption", "recognition", "note caption", "note answer")
    by_kind = {kind: [r for group in groups if group.task.kind == kind for r in group.rewards] for kind in kinds}
    captions = [*by_kind["caption"], *by_kind["note caption"]]
    measures = caption_measures(groups)
    return {
        "reward": _mean(r.value for rewards in by_kind.values() for r in rewards),
        **{f"reward_{k.replace(' ', '_')}": _mean(r.value for r in rewards) for k, rewards in by_kind.items()},
        "plus": _mean(r.plus for r in captions),
        "minus": _mean(r.minus for r in captions),
        "degenerate": _mean(r.degenerate is not None for r in captions),
        "zero_variance": _mean(len({r.value for r in group.rewards}) == 1 for group in groups),
        "tokens": _mean(len(r.ids) for r in rollouts),
        "truncated": _mean(r.truncated for r in rollouts),
        "entropy": _mean(r.entropy for r in rollouts),
        "acc_pos": measures["all"].get("acc_pos"),
        "acc_neg": measures["all"].get("acc_neg"),
        "told": measures,
    }


def caption_measures(groups: Sequence[ScoredGroup]) -> dict[str, dict[str, float]]:
    """Micro-averages of `MEASURES` over captions of drawn samples: of all ("all"), and by the number of
    known things in the photo."""
    judge, sums = Lexical(), {"all": {}}  # type: ignore[var-annotated]
    for task, rollouts, _ in groups:
        if isinstance(task, NoteTask) or task.kind != "caption":
            continue
        sample = task.sample
        for text in (r.text for r in rollouts):
            scores = {**question_scores(text, sample, judge), **score(text, sample.facts, sample.positives)}
            for key in ("all", str(len(sample.positives))):
                for measure in MEASURES:
                    right, asked = scores[measure]
                    total = sums.setdefault(key, {}).setdefault(measure, [0.0, 0.0])
                    total[0], total[1] = total[0] + right, total[1] + asked
    return {
        key: {measure: round(right / asked, 4) for measure, (right, asked) in of.items() if asked}
        for key, of in sorted(sums.items())
    }


def readable(group: ScoredGroup, cache: TokenCache, title: str) -> str:
    """A task as the model reads it, and each completion with its reward, the reward's parts and its advantage.

    `study/rollout_pages.py` parses this text.
    """
    task, rollouts, rewards = group
    head = f"{title}: {task.kind}, known in the photo: {task.title}"
    lines = ["=" * 100, head, "=" * 100, task.readable(cache), "-" * 100]
    values = advantages([r.value for r in rewards]).tolist()
    for rollout, earned, advantage in zip(rollouts, rewards, values, strict=True):
        parts = earned.degenerate or f"sigma+ {earned.plus:.3f}, sigma- {earned.minus:.3f}"
        cut = ", cut off" if rollout.truncated else ""
        lines.append(
            f"[reward {earned.value:.3f} ({parts}), advantage {advantage:+.2f}, {len(rollout.ids)} tokens{cut}]"
        )
        lines.append(rollout.text)
    return "\n".join(lines) + "\n"


def _mean(values: Iterable[float]) -> float | None:
    """The mean of numbers or truth values; None when there are none."""
    numbers = [float(value) for value in values]
    return fmean(numbers) if numbers else None
