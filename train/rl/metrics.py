"""What a rollout batch tells about a run: metrics for curves and guards, and pages that a person can read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from benchmark.judges.judge import Lexical
from benchmark.judges.score import question_scores, score
from train.pretrain.token_cache import TokenCache
from train.rl.gspo import advantages
from train.rl.reward import Reward
from train.rl.rollout import Rollout
from train.rl.training_tasks import Task

MEASURES = ("acc_pos", "acc_neg", "name_recall", "misbinding", "abstained")


class ScoredGroup(NamedTuple):
    """A task, a group of completions of it, and what each earned."""

    task: Task
    group: tuple[Rollout, ...]
    rewards: list[Reward]


def metrics(tried: Sequence[ScoredGroup]) -> dict[str, Any]:
    """One row: means over completions, shares 0 to 1; None where there was nothing to average."""
    rollouts = [r for t in tried for r in t.group]
    by_kind = {
        kind: [r for t in tried if t.task.kind == kind for r in t.rewards] for kind in ("caption", "recognition")
    }
    captions = by_kind["caption"]
    found = told(tried)
    return {
        "reward": _mean(r.value for rewards in by_kind.values() for r in rewards),
        **{f"reward_{kind}": _mean(r.value for r in rewards) for kind, rewards in by_kind.items()},
        "plus": _mean(r.plus for r in captions),
        "minus": _mean(r.minus for r in captions),
        "degenerate": _mean(r.degenerate is not None for r in captions),
        "zero_variance": _mean(len({r.value for r in t.rewards}) == 1 for t in tried),
        "tokens": _mean(len(r.ids) for r in rollouts),
        "truncated": _mean(r.truncated for r in rollouts),
        "entropy": _mean(r.entropy for r in rollouts),
        "acc_pos": found["all"].get("acc_pos"),
        "acc_neg": found["all"].get("acc_neg"),
        "told": found,
    }


def told(tried: Sequence[ScoredGroup]) -> dict[str, dict[str, float]]:
    """Micro-averages of the captions' measures, over all and by the number of known things in the photo."""
    judge, sums = Lexical(), {"all": {}}  # type: ignore[var-annotated]
    for task, group, _ in tried:
        for text in [r.text for r in group] if task.kind == "caption" else []:
            sample = task.sample
            scores = {**question_scores(text, sample, judge), **score(text, sample.facts, sample.positives)}
            for key in ("all", str(len(sample.positives))):
                for measure in MEASURES:
                    right, asked = scores[measure]
                    one = sums.setdefault(key, {}).setdefault(measure, [0.0, 0.0])
                    one[0], one[1] = one[0] + right, one[1] + asked
    return {
        key: {measure: round(right / asked, 4) for measure, (right, asked) in of.items() if asked}
        for key, of in sorted(sums.items())
    }


def page(tried: ScoredGroup, bank: TokenCache, title: str) -> str:
    """A task as the model sees it, and each completion with its reward, the parts of it, and its advantage."""
    task, group, rewards = tried
    known = ", ".join(task.sample.facts[i].name for i in task.sample.positives) or "nobody"
    lines = ["=" * 100, f"{title}: {task.kind}, known in the photo: {known}", "=" * 100, task.read(bank), "-" * 100]
    for rollout, earned, advantage in zip(group, rewards, advantages([r.value for r in rewards]).tolist(), strict=True):
        parts = earned.degenerate or f"sigma+ {earned.plus:.3f}, sigma- {earned.minus:.3f}"
        cut = ", cut off" if rollout.truncated else ""
        lines.append(
            f"[reward {earned.value:.3f} ({parts}), advantage {advantage:+.2f}, {len(rollout.ids)} tokens{cut}]"
        )
        lines.append(rollout.text)
    return "\n".join(lines) + "\n"


def _mean(values: Iterable[float]) -> float | None:
    numbers = [float(value) for value in values]
    return fmean(numbers) if numbers else None
