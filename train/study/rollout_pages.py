"""Rollouts as the page of results shows them: read back from `rollouts.txt`, which `report.page` wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from train.study.trained import Trained

ROW = re.compile(r"^\[reward (-?\d+\.\d+) (.*)\]$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Try:
    """A completion and its reward, as the page shows them."""

    reward: float
    why: str
    """The reward's parts, advantage and length, as written."""
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One prompt and what was said to it, best first."""

    run: str
    title: str
    """Step, kind, and who is known in the photo."""
    prompt: str
    tries: tuple[Try, ...]


def read(run: str, text: str) -> Iterator[Shown]:
    """The pages of a file; one that a kill cut off is left out."""
    parts = text.split("=" * 100 + "\n")
    for title, body in zip(parts[1::2], parts[2::2], strict=False):
        prompt, line, said = body.partition("-" * 100 + "\n")
        found = ROW.split(said)[1:]
        tries = [Try(float(r), why, t.strip()) for r, why, t in zip(found[::3], found[1::3], found[2::3], strict=True)]
        if line and tries:
            yield Shown(run, title.strip(), prompt.strip(), tuple(sorted(tries, key=lambda t: -t.reward)))


def pick(runs: Sequence[Trained]) -> list[Shown]:
    """Of the first run with groups of completions: its first caption task, its last one, and its last recognition task.
    A group whose tries differ says more than one whose tries earn the same."""
    for run in runs:
        found = [p for p in read(run.name, run.pages) if len(p.tries) > 1]
        told = [p for p in found if len({t.reward for t in p.tries}) > 1] or found
        captions = [p for p in told if ": caption," in p.title]
        boxes = [p for p in told if ": recognition," in p.title]
        if found:
            return list(dict.fromkeys([*captions[:1], *captions[-1:], *boxes[-1:]]))
    return []
