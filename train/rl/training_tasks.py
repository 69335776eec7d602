"""Training tasks of the nano: seeded samples like the benchmark's on cached photos, and the rewards of completions.

A sample of `benchmark/world/sample.py` draws its photos; a sample here takes photos whose visual tokens are in the
token cache. Renderer, questions, judge and rewards are those of the benchmark and the app. A sample has only words and
looks of its split.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assistant import prompt
from assistant.backend import Message
from assistant.chatml import pieces
from assistant.prompt import Layout
from benchmark.judges.judge import Judge
from benchmark.world import dialogue
from benchmark.world.question import draw_questions
from benchmark.world.sample import Mode, Sample
from benchmark.world.scene import TWIN_HUES, Look
from memory.episode import Episode, Photo
from train.pretrain.token_cache import TokenCache, photo_of, row_of
from train.recipe import Gspo
from train.rl import reward
from train.rl.reward import MOST_TOKENS, Reward
from train.rl.rollout import Rollout

Rng = np.random.Generator


@dataclass(frozen=True)
class Task:
    """A prompt: to write a caption (r_caps), or to say which numbered photos show what the new photo shows (r_vis)."""

    kind: Literal["caption", "recognition"]
    sample: Sample
    layout: Layout = "aligned"

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages that the app would send."""
        if self.kind == "caption":
            return prompt.caption_messages(self.sample.context, self.sample.query, self.layout)
        return prompt.recognise_messages([e.photo for e in self.sample.context], self.sample.query)

    @property
    def gold(self) -> str:
        """The text that earns the most."""
        return reward.gold_text(self.kind, self.sample)

    @property
    def title(self) -> str:
        """What is known in the photo, for people."""
        return ", ".join(self.sample.facts[i].name for i in self.sample.positives) or "nobody"

    def score(self, rollouts: Sequence[Rollout], judge: Judge, g: Gspo) -> list[Reward]:
        """The reward of each completion. A caption that was cut off counts as too long, whatever the limit is."""
        texts = [r.text for r in rollouts]
        if self.kind == "recognition":
            values = [reward.recognition_reward(text, self.sample.positives) for text in texts]
            return [Reward(value, plus=value) for value in values]
        tokens = [MOST_TOKENS + 1 if r.truncated else len(r.ids) for r in rollouts]
        samples = [self.sample] * len(texts)
        return reward.caption_rewards(texts, samples, judge, tokens, g.variant, g.alpha, g.degeneration_filter)

    def readable(self, cache: TokenCache) -> str:
        """The prompt for people: every character, and for each photo its row of the cache and what it shows."""
        looks = dict(zip((row_of(e.photo) for e in self.sample.context), self.sample.looks, strict=True))
        shown = {row: (look,) for row, look in looks.items()} | {row_of(self.sample.query): self.sample.shown}
        out = ""
        for piece in pieces(self.messages):
            if isinstance(piece, Photo):
                things = ", ".join(_described(cache, look) for look in shown[row_of(piece)])
                out += f"[photo {row_of(piece)}: {things}]"
            else:
                out += piece.text
        return out


def draw_task(rng: Rng, cache: TokenCache, split: str, g: Gspo) -> Task:
    """Draw a task; kinds, modes and numbers of things have the recipe's proportions."""
    shares = np.array(g.positives) / sum(g.positives)
    k = 1 + int(rng.choice(len(shares), p=shares))
    mode = g.modes[int(rng.integers(len(g.modes)))]
    kind: Literal["caption", "recognition"] = "recognition" if rng.random() < g.recognition_share else "caption"
    known = bool(rng.random() >= g.strangers_share)
    return Task(kind, draw_sample(rng, cache, split, k, mode, known), g.layout)


def draw_sample(rng: Rng, cache: TokenCache, split: str, k: int, mode: Mode, known: bool) -> Sample:
    """Draw a sample: a photo of `k` things and a context of 3k episodes.

    If the things are `known`, each is in the context beside two others, which `mode` chooses; otherwise three others
    stand for each. Raises ValueError when the cache has no photo of `k` things.
    """
    shown, query = _draw_query(rng, cache, k)
    looks = list(shown) if known else []
    for look in shown:
        looks += _draw_others(rng, cache, look, mode, 2 if known else 3, [*shown, *looks])
    order = rng.permutation(len(looks)).tolist()
    looks = [looks[i] for i in order]
    facts = dialogue.draw_facts(rng, split, len(looks), full=True)
    context = []
    for look, f in zip(looks, facts, strict=True):
        row = int(rng.choice([r for r in cache.single[look] if r != query]))
        turns = dialogue.draw_dialogue(rng, f, cache.words[look.code].word, turns=6)
        context.append(Episode(photo_of(row), turns, dialogue.draw_date(rng)))
    positives = tuple(i for i, look in enumerate(looks) if look in shown)
    questions = draw_questions(rng, split, facts)
    return Sample(tuple(context), photo_of(query), positives, questions, tuple(facts), tuple(looks), shown)


def _draw_query(rng: Rng, cache: TokenCache, k: int) -> tuple[tuple[Look, ...], int]:
    """Draw a photo of `k` things: its looks and its row."""
    if k == 1:
        codes = list(cache.words)
        look = Look(codes[int(rng.integers(len(codes)))], int(rng.choice((0, 0, 0, *TWIN_HUES))))
        return (look,), int(rng.choice(cache.single[look]))
    several = [group for group in cache.groups if len(group[0]) == k]
    if not several:
        raise ValueError(f"the token cache has no photo of {k} things")
    return several[int(rng.integers(len(several)))]


def _draw_others(rng: Rng, cache: TokenCache, look: Look, mode: Mode, n: int, taken: Sequence[Look]) -> list[Look]:
    """Draw `n` other looks for the context, none of them `taken`: as far as possible those of `mode`, then any."""
    alike = {
        "twin": [Look(look.code, hue) for hue in (0, *TWIN_HUES)],
        "near": [Look(code) for code in cache.near[look.code]],
        "kind": [Look(code) for code, concept in cache.words.items() if concept.kind == cache.words[look.code].kind],
    }.get(mode, [])
    alike = [other for other in alike if other not in taken]
    others = [alike[i] for i in rng.permutation(len(alike))[:n]]
    used = {other.code for other in (*taken, *others)}
    rest = [code for code in cache.words if code not in used]
    return others + [Look(rest[i]) for i in rng.permutation(len(rest))[: n - len(others)]]


def _described(cache: TokenCache, look: Look) -> str:
    """A look for people: the word, the concept's code and the turn of hue in degrees."""
    turned = f", hue turned by {look.hue}" if look.hue else ""
    return f"{cache.words[look.code].word} ({look.code}{turned})"
