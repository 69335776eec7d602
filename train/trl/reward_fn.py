"""The reward function that trl calls, for recognition and caption samples; a batch of captions is judged at once.

The function also records every completion with its reward, and stops a run whose groups are mixed up: trl takes every
`group` rewards in a row, over all processes, for completions of one prompt. `rl/reward.py` defines the rewards, and trl
decides which completions there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from accelerate.utils import gather_object

from benchmark.judges.judge import Judge
from benchmark.tasks.pairs import one_pair
from memory.errors import KeepsakeError
from memory.files import append_lines
from train.recipe import Gspo, Trl
from train.rl import payoffs, reward
from train.trl.dataset import Rows
from train.trl.samples import ITEMS, item_of


@dataclass(frozen=True, slots=True)
class ScoredCompletion:
    """A completion and its reward: a line of `rollouts.jsonl`."""

    step: int
    """Optimiser steps before the completion was sampled."""
    visit: int
    """The number of the visit, which is the prompt's (`dataset.py`)."""
    prompt: str
    """Hash of the words and pixels of the prompt that trl used."""
    kind: str
    sample: str
    text: str
    tokens: int
    reward: float
    plus: float
    """sigma+ of a caption (`rl/reward.py`)."""
    minus: float
    """sigma- of a caption."""
    degenerate: str | None


class RewardFunction:
    """A callable with the signature of trl's reward functions."""

    __name__ = "reward"  # trl names its metrics after it

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
        rewards = self.score(texts, visit, [self._length(ids) for ids in completion_ids])
        scored = [
            ScoredCompletion(
                trainer_state.global_step, v, fingerprint(p), self.rows.visits[v].kind, self.rows.visits[v].draft.key,
                text, len(ids), r.value, r.plus, r.minus, r.degenerate,
            )
            for v, p, text, ids, r in zip(visit, prompts, texts, completion_ids, rewards, strict=True)
        ]  # fmt: skip
        for name, values in measures(scored).items():
            if values:
                log_metric(name, fmean(values))
        of_all_processes: list[ScoredCompletion] = gather_object(scored)
        check_groups(of_all_processes, self.gspo.group)
        if trainer_state.is_world_process_zero:
            self._record(of_all_processes)
        return [r.value for r in rewards]

    def score(self, texts: Sequence[str], visit: Sequence[int], tokens: Sequence[int]) -> list[reward.Reward]:
        """The reward of each text about the sample of its visit; `tokens` are the texts' lengths."""
        kinds = [self.rows.visits[v].kind for v in visit]
        captions = [i for i, kind in enumerate(kinds) if kind == "caption"]
        judged = iter(
            reward.caption_rewards(
                [texts[i] for i in captions],
                [self.rows.sample(visit[i]) for i in captions],
                self.judge,
                [tokens[i] for i in captions],
                self.gspo.variant,
                self.gspo.alpha,
                self.gspo.degeneration_filter,
            )
        )
        asked = [i for i, kind in enumerate(kinds) if kind in ITEMS]
        told = dict(zip(asked, self._told([texts[i] for i in asked], [visit[i] for i in asked]), strict=True))
        return [
            next(judged) if kind == "caption" else self._verified(texts[i], visit[i], tokens[i], told.get(i, False))
            for i, kind in enumerate(kinds)
        ]

    def _told(self, texts: Sequence[str], visit: Sequence[int]) -> list[bool]:
        """Whether each answer tells the fact that its question asks for; the judge is asked in one batch."""
        items = [item_of(self.rows.visits[v].kind, self.rows.sample(v)) for v in visit]
        due = [i for i, item in enumerate(items) if item.kind == "told"]
        found = self.judge.check_replies([(items[i].question, items[i].fact, texts[i]) for i in due]) if due else []
        right = {i for i, verdict in zip(due, found, strict=True) if verdict is True}
        return [i in right for i in range(len(items))]

    def _verified(self, text: str, visit: int, tokens: int, told: bool) -> reward.Reward:
        """The reward of a completion that is no caption."""
        kind, sample = self.rows.visits[visit].kind, self.rows.sample(visit)
        name, filtered = self.gspo.mixture.payoffs, self.gspo.degeneration_filter
        if kind == "recognition":
            released = (self.gspo.trl or Trl()).parity == "released"
            return payoffs.recognised(text, sample.positives, tokens, name, filtered, first=released)
        if kind == "pair":
            return payoffs.pair_reward(text, one_pair(sample), tokens, name, filtered)
        return payoffs.answer_reward(text, item_of(kind, sample), told, tokens, name, filtered)

    def _length(self, ids: Sequence[int]) -> int:
        """Tokens before the end; a completion that was cut off counts as too long, whatever the limit is."""
        return len(ids) - 1 if ids and ids[-1] in self.ends else reward.MOST_TOKENS + 1

    def _record(self, scored: Sequence[ScoredCompletion]) -> None:
        """Append completions to `rollouts.jsonl`, and every `show_every` steps to `rollouts.txt`."""
        append_lines(self.out / "rollouts.jsonl", map(asdict, scored))
        batch = scored[0].step // (self.gspo.updates * self.gspo.passes)
        if batch % self.gspo.show_every == 0:
            with open(self.out / "rollouts.txt", "a", encoding="utf-8") as file:
                file.write(readable(scored))


def fingerprint(prompt: Sequence[dict[str, Any]]) -> str:
    """Sixteen hex digits of a prompt's roles, words and pixels."""
    content = hashlib.sha256()
    for message in prompt:
        content.update(message["role"].encode())
        for part in message["content"]:
            image = part.get("image")
            content.update(part["text"].encode() if image is None else f"{image.size}".encode() + image.tobytes())
    return content.hexdigest()[:16]


def check_groups(scored: Sequence[ScoredCompletion], group: int) -> None:
    """Raise KeepsakeError unless every `group` completions in a row are of one prompt."""
    for i in range(0, len(scored), group):
        block = scored[i : i + group]
        if len(block) < group or len({one.prompt for one in block}) > 1:
            prompts = ", ".join(f"{one.visit} ({one.prompt})" for one in block)
            raise KeepsakeError(
                f"a group of {group} holds answers to the prompts {prompts}: its rewards cannot be compared. Have all "
                "processes the same recipe, data and code?"
            )


def measures(scored: Sequence[ScoredCompletion]) -> dict[str, list[float]]:
    """Values whose means are logged besides trl's own metrics."""
    captions = [one for one in scored if one.kind == "caption"]
    judged = [one for one in captions if one.degenerate is None]
    return {
        "r_vis": [one.reward for one in scored if one.kind == "recognition"],
        "r_caps": [one.reward for one in captions],
        "sigma_plus": [one.plus for one in judged],
        "sigma_minus": [one.minus for one in judged],
        "r_pair": [one.reward for one in scored if one.kind == "pair"],
        "r_told": [one.reward for one in scored if one.kind == "told"],
        "r_abstain": [one.reward for one in scored if one.kind in ("absent fact", "absent thing")],
        "degenerate": [float(one.degenerate is not None) for one in captions],
    }


def readable(scored: Sequence[ScoredCompletion]) -> str:
    """Completions for people: grouped by prompt, those with the highest reward first."""
    lines = [f"==== after {scored[0].step} optimiser steps ===="]
    for visit in dict.fromkeys(one.visit for one in scored):
        group = sorted((one for one in scored if one.visit == visit), key=lambda one: -one.reward)
        lines.append(f"\n-- prompt {visit}: {group[0].kind} sample {group[0].sample}")
        for one in group:
            parts = f": told {one.plus:.2f}, leaked {one.minus:.2f}" if one.kind == "caption" else ""
            why = f": {one.degenerate}" if one.degenerate else parts
            lines += [f"{one.reward:+.2f}{why}, {one.tokens} tokens", f"    {one.text or '(nothing)'}"]
    return "\n".join(lines) + "\n\n"
