"""What the nano practises with rewards: seeded samples like the benchmark's, of cached photos, and what a try is worth.

A sample of `benchmark/world/sample.py` draws its photos; these take photos of the bank, whose visual tokens are there
already, so that the same renderer, questions, judge and rewards apply. Only words and looks of the given split.
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
from train.pretrain.token_cache import TokenCache, photo, row_of
from train.recipe import Gspo
from train.rl import reward
from train.rl.reward import MOST_TOKENS, Reward
from train.rl.rollout import Rollout

Rng = np.random.Generator


@dataclass(frozen=True)
class Task:
    """One prompt: write a caption (r_caps), or say which numbered photos show what the new one shows (r_vis)."""

    kind: Literal["caption", "recognition"]
    sample: Sample
    layout: Layout = "aligned"

    @property
    def messages(self) -> tuple[Message, ...]:
        """As the engine sends them."""
        if self.kind == "caption":
            return prompt.caption_messages(self.sample.context, self.sample.query, self.layout)
        return prompt.recognise_messages([e.photo for e in self.sample.context], self.sample.query)

    def judged(self, rollouts: Sequence[Rollout], judge: Judge, g: Gspo) -> list[Reward]:
        """What each completion is worth. A caption that was cut off counts as too long, whatever the limit."""
        texts = [r.text for r in rollouts]
        if self.kind == "recognition":
            values = [reward.recognition(text, self.sample.positives) for text in texts]
            return [Reward(value, plus=value) for value in values]
        tokens = [MOST_TOKENS + 1 if r.truncated else len(r.ids) for r in rollouts]
        samples = [self.sample] * len(texts)
        return reward.captions(texts, samples, judge, tokens, g.variant, g.alpha, g.degeneration_filter)

    def read(self, bank: TokenCache) -> str:
        """The prompt for people: every character of it, and for each photo its row of the bank and what it shows."""
        looks = dict(zip((row_of(e.photo) for e in self.sample.context), self.sample.looks, strict=True))
        shown = {row: (look,) for row, look in looks.items()} | {row_of(self.sample.query): self.sample.shown}
        out = ""
        for piece in pieces(self.messages):
            if isinstance(piece, Photo):
                seen = ", ".join(_described(bank, look) for look in shown[row_of(piece)])
                out += f"[photo {row_of(piece)}: {seen}]"
            else:
                out += piece.text
        return out


def draw_task(rng: Rng, bank: TokenCache, split: str, g: Gspo) -> Task:
    """A task in the recipe's proportions."""
    shares = np.array(g.positives) / sum(g.positives)
    k = 1 + int(rng.choice(len(shares), p=shares))
    mode = g.modes[int(rng.integers(len(g.modes)))]
    kind: Literal["caption", "recognition"] = "recognition" if rng.random() < g.recognition_share else "caption"
    known = bool(rng.random() >= g.strangers_share)
    return Task(kind, draw_sample(rng, bank, split, k, mode, known), g.layout)


def draw_sample(rng: Rng, bank: TokenCache, split: str, k: int, mode: Mode, known: bool) -> Sample:
    """A photo of `k` things and a context of 3k: two others beside each thing, as `mode` says, or, when the photo
    shows nobody known, three. Raises ValueError when the bank has no photo of so many."""
    shown, query = _query(rng, bank, k)
    looks = list(shown) if known else []
    for look in shown:
        looks += _beside(rng, bank, look, mode, 2 if known else 3, [*shown, *looks])
    order = rng.permutation(len(looks)).tolist()
    looks = [looks[i] for i in order]
    facts = dialogue.draw_facts(rng, split, len(looks), full=True)
    context = []
    for look, f in zip(looks, facts, strict=True):
        row = int(rng.choice([r for r in bank.single[look] if r != query]))
        said = dialogue.draw_dialogue(rng, f, bank.words[look.code].word, turns=6)
        context.append(Episode(photo(row), said, dialogue.draw_date(rng)))
    there = tuple(i for i, look in enumerate(looks) if look in shown)
    questions = draw_questions(rng, split, facts)
    return Sample(tuple(context), photo(query), there, questions, tuple(facts), tuple(looks), shown)


def _query(rng: Rng, bank: TokenCache, k: int) -> tuple[tuple[Look, ...], int]:
    """What the photo shows, and its row."""
    if k == 1:
        codes = list(bank.words)
        look = Look(codes[int(rng.integers(len(codes)))], int(rng.choice((0, 0, 0, *TWIN_HUES))))
        return (look,), int(rng.choice(bank.single[look]))
    several = [group for group in bank.groups if len(group[0]) == k]
    if not several:
        raise ValueError(f"the bank has no photo of {k} things")
    return several[int(rng.integers(len(several)))]


def _beside(rng: Rng, bank: TokenCache, look: Look, mode: Mode, n: int, taken: Sequence[Look]) -> list[Look]:
    """`n` others for the context, none of them `taken`: of the mode as far as there are such, then any."""
    alike = {
        "twin": [Look(look.code, hue) for hue in (0, *TWIN_HUES)],
        "near": [Look(code) for code in bank.near[look.code]],
        "kind": [Look(code) for code, concept in bank.words.items() if concept.kind == bank.words[look.code].kind],
    }.get(mode, [])
    alike = [other for other in alike if other not in taken]
    found = [alike[i] for i in rng.permutation(len(alike))[:n]]
    used = {other.code for other in (*taken, *found)}
    rest = [code for code in bank.words if code not in used]
    return found + [Look(rest[i]) for i in rng.permutation(len(rest))[: n - len(found)]]


def _described(bank: TokenCache, look: Look) -> str:
    turned = f", hue turned by {look.hue}" if look.hue else ""
    return f"{bank.words[look.code].word} ({look.code}{turned})"
