"""Rollouts for the page of results, parsed from `rollouts.txt` (`rl/metrics.py` writes its text)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from train.study.trained import Trained

REWARD_LINE = re.compile(r"^\[reward (-?\d+\.\d+) (.*)\]$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ShownCompletion:
    """A completion and its reward."""

    reward: float
    why: str
    """The reward's parts, the advantage and the length, as written in the file."""
    text: str


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A prompt and its completions, those with the highest reward first."""

    run: str
    title: str
    """Step, kind, and who is known in the photo."""
    prompt: str
    completions: tuple[ShownCompletion, ...]


def parse(run: str, text: str) -> Iterator[ShownGroup]:
    """The groups in the text of a run's file; a group that a kill cut off is left out."""
    parts = text.split("=" * 100 + "\n")
    for title, body in zip(parts[1::2], parts[2::2], strict=False):
        prompt, line, rest = body.partition("-" * 100 + "\n")
        fields = REWARD_LINE.split(rest)[1:]
        rows = zip(fields[::3], fields[1::3], fields[2::3], strict=True)
        completions = [ShownCompletion(float(reward), why, text.strip()) for reward, why, text in rows]
        if line and completions:
            best_first = tuple(sorted(completions, key=lambda c: -c.reward))
            yield ShownGroup(run, title.strip(), prompt.strip(), best_first)


def pick(runs: Sequence[Trained]) -> list[ShownGroup]:
    """Up to three groups of the first run that sampled: its first and last captions, and its last recognition.

    Groups whose rewards differ are preferred, as they show more.
    """
    for run in runs:
        groups = [g for g in parse(run.name, run.rollouts) if len(g.completions) > 1]
        telling = [g for g in groups if len({c.reward for c in g.completions}) > 1] or groups
        captions = [g for g in telling if ": caption," in g.title]
        recognitions = [g for g in telling if ": recognition," in g.title]
        if groups:
            return list(dict.fromkeys([*captions[:1], *captions[-1:], *recognitions[-1:]]))
    return []
