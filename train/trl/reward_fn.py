"""The reward function that trl calls: recognition and caption samples, every completion of a batch judged at once.

It also keeps what was told and what it earned, for people to read, and stops a run whose groups are mixed up: trl
takes every `group` rewards in a row, over all processes, for answers to one prompt. What a completion is worth is
`reward.py`'s; which completions there are is trl's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from accelerate.utils import gather_object

from benchmark.judges.judge import Judge
from memory.errors import KeepsakeError
from train.recipe import Gspo
from train.rl import reward
from train.trl.dataset import Rows


@dataclass(frozen=True, slots=True)
class Told:
    """A completion and what it earned: a line of `rollouts.jsonl`."""

    step: int
    """Optimiser steps before it."""
    visit: int
    """Which prompt of the run (`dataset.py`)."""
    prompt: str
    """Hash of the prompt as trl had it, words and pixels."""
    kind: str
    sample: str
    text: str
    tokens: int
    reward: float
    plus: float
    """Of captions: see `reward.py`."""
    minus: float
    degenerate: str | None


class Rewards:
    """Call it as trl calls a reward function."""

    __name__ = "reward"  # what trl calls its metrics after

    def __init__(self, rows: Rows, judge: Judge, gspo: Gspo, ends: Sequence[int], out: Path) -> None:
        self.rows, self.judge, self.gspo, self.ends, self.out = rows, judge, gspo, frozenset(ends), out

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]],
        visit: Sequence[int],
        trainer_state: Any,
        log_metric: Callable[[str, float], None],
        **_: Any,
    ) -> list[float]:
        """Rewards of this process's completions. Raises KeepsakeError when groups are mixed up or the judge fails."""
        texts = [c[0]["content"].strip() for c in completions]
        found = self.score(texts, visit, [self._length(ids) for ids in completion_ids])
        told = [
            Told(
                trainer_state.global_step, v, fingerprint(p), self.rows.visits[v].kind, self.rows.visits[v].draft.key,
                text, len(ids), r.value, r.plus, r.minus, r.degenerate,
            )
            for v, p, text, ids, r in zip(visit, prompts, texts, completion_ids, found, strict=True)
        ]  # fmt: skip
        for name, values in measures(told).items():
            if values:
                log_metric(name, fmean(values))
        everywhere: list[Told] = gather_object(told)
        check_groups(everywhere, self.gspo.group)
        if trainer_state.is_world_process_zero:
            self._keep(everywhere)
        return [r.value for r in found]

    def score(self, texts: Sequence[str], visit: Sequence[int], tokens: Sequence[int]) -> list[reward.Reward]:
        """The reward of each text about the sample of its visit; `tokens` are their lengths."""
        kinds = [self.rows.visits[v].kind for v in visit]
        asked = [i for i, kind in enumerate(kinds) if kind == "caption"]
        judged = iter(
            reward.caption_rewards(
                [texts[i] for i in asked],
                [self.rows.sample(visit[i]) for i in asked],
                self.judge,
                [tokens[i] for i in asked],
                self.gspo.variant,
                self.gspo.alpha,
                self.gspo.degeneration_filter,
            )
        )
        return [
            next(judged)
            if kind == "caption"
            else reward.Reward(reward.recognition_reward(texts[i], self.rows.sample(visit[i]).positives))
            for i, kind in enumerate(kinds)
        ]

    def _length(self, ids: Sequence[int]) -> int:
        """Tokens before the end; what was cut off counts as too long, whatever the limit."""
        return len(ids) - 1 if ids and ids[-1] in self.ends else reward.MOST_TOKENS + 1

    def _keep(self, told: Sequence[Told]) -> None:
        with open(self.out / "rollouts.jsonl", "a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in told)
        batch = told[0].step // (self.gspo.updates * self.gspo.passes)
        if batch % self.gspo.show_every == 0:
            with open(self.out / "rollouts.txt", "a", encoding="utf-8") as file:
                file.write(readable(told))


def fingerprint(prompt: Sequence[dict[str, Any]]) -> str:
    """Sixteen hex digits of a prompt's roles, words and pixels."""
    content = hashlib.sha256()
    for message in prompt:
        content.update(message["role"].encode())
        for part in message["content"]:
            image = part.get("image")
            content.update(part["text"].encode() if image is None else f"{image.size}".encode() + image.tobytes())
    return content.hexdigest()[:16]


def check_groups(told: Sequence[Told], group: int) -> None:
    """Raise KeepsakeError unless every `group` completions in a row are of one prompt."""
    for i in range(0, len(told), group):
        block = told[i : i + group]
        if len(block) < group or len({one.prompt for one in block}) > 1:
            prompts = ", ".join(f"{one.visit} ({one.prompt})" for one in block)
            raise KeepsakeError(
                f"a group of {group} holds answers to the prompts {prompts}: its rewards cannot be compared. Have all "
                "processes the same recipe, data and code?"
            )


def measures(told: Sequence[Told]) -> dict[str, list[float]]:
    """What the log gets the means of, besides trl's own."""
    captions = [one for one in told if one.kind == "caption"]
    judged = [one for one in captions if one.degenerate is None]
    return {
        "r_vis": [one.reward for one in told if one.kind == "recognition"],
        "r_caps": [one.reward for one in captions],
        "sigma_plus": [one.plus for one in judged],
        "sigma_minus": [one.minus for one in judged],
        "degenerate": [float(one.degenerate is not None) for one in captions],
    }


def readable(told: Sequence[Told]) -> str:
    """Completions under their prompts, best first."""
    lines = [f"==== after {told[0].step} optimiser steps ===="]
    for visit in dict.fromkeys(one.visit for one in told):
        group = sorted((one for one in told if one.visit == visit), key=lambda one: -one.reward)
        lines.append(f"\n-- prompt {visit}: {group[0].kind} sample {group[0].sample}")
        for one in group:
            parts = f": told {one.plus:.2f}, leaked {one.minus:.2f}" if one.kind == "caption" else ""
            why = f": {one.degenerate}" if one.degenerate else parts
            lines += [f"{one.reward:+.2f}{why}, {one.tokens} tokens", f"    {one.text or '(nothing)'}"]
    return "\n".join(lines) + "\n\n"
