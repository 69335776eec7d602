"""Long context: histories that need recall, the recall gate, and ablations of what a memory stores.

Recall is the product's own: a real memory file, filled with the sample's context and the model's visual tokens. The
ablations use no recall: they change what stands in the prompt, and nothing else.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from assistant import prompt
from assistant.backend import Backend, Message
from benchmark.judges.judge import Judge
from benchmark.judges.score import Scores
from benchmark.runner import CachedWriter, Condition, Texts
from benchmark.tasks.capeval import scorer
from benchmark.world.sample import Sample
from memory.episode import Episode, Photo
from memory.search.sightings import NewPhoto
from memory.store import Memory

KS = (1, 4, 8)
"""How many memories are recalled for one caption."""
CACHED_PHOTOS = 1024
"""Most photos whose visual tokens stay cached: histories of several lengths share their photos."""


class Recaller:
    """Ranks a sample's context by sight, with a real memory file. The last sample's ranking stays cached."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._tokens: dict[str, np.ndarray] = {}
        self._last: tuple[str, dict[int, float]] = ("", {})

    def ranked(self, sample: Sample) -> dict[int, float]:
        """{context index: score 0..1}, best first, without a threshold; of a very long history only the best."""
        if self._last[0] != sample.id:
            self._last = (sample.id, self._rank(sample))
        return self._last[1]

    def _rank(self, sample: Sample) -> dict[int, float]:
        """Recall scores from a new memory file with the whole context."""
        at = {episode.id: i for i, episode in enumerate(sample.context)}
        space = self.backend.space
        with tempfile.TemporaryDirectory() as folder, Memory(Path(folder) / "memory.db") as memory:
            memory.add_all(sample.context)
            for episode in sample.context:
                memory.put_vectors(episode.photo.sha256, space, self._embed(episode.photo))
            recalled = memory.recall(NewPhoto(space, self._embed(sample.query)), k=len(sample.context))
        return {at[r.episode.id]: r.score for r in recalled}

    def _embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo (T, D), cached."""
        if photo.sha256 not in self._tokens:
            if len(self._tokens) >= CACHED_PHOTOS:
                self._tokens.clear()
            self._tokens[photo.sha256] = self.backend.embed(photo)
        return self._tokens[photo.sha256]


def histories(writer: CachedWriter, judge: Judge, recaller: Recaller) -> list[Condition]:
    """Captions with the K best memories of the whole history in the prompt, for each K of `KS`."""
    score = scorer(judge)

    def recalling(k: int) -> Condition:
        """The condition with the k best memories."""

        def write(sample: Sample) -> Texts:
            """Caption the photo with the K recalled memories."""
            memories = [sample.context[i] for i in list(recaller.ranked(sample))[:k]]
            return {"caption": writer.write(prompt.caption_messages(memories, sample.query))}

        def scores(texts: Texts, sample: Sample) -> Scores:
            """The caption's scores; and retrieved: memories of what is in the photo that are among the K."""
            right = set(list(recaller.ranked(sample))[:k]) & set(sample.positives)
            return {**score(texts, sample), "retrieved": (len(right), len(sample.positives))}

        return Condition(f"history/k{k}", write, scores)

    return [recalling(k) for k in KS]


def gate(recaller: Recaller) -> Condition:
    """Recall scores only, without a caption: could a threshold separate known things from strangers and twins?

    Texts: "right", the recall score of the memory of what is in the photo (the lowest of several; "" when nothing known
    is in it), and "wrong", the best score of any other. Scores: recalled and told_wrong, whether the right and the
    wrong memory pass the model's own gate.
    """

    def write(sample: Sample) -> Texts:
        """The recall scores of the right memory and of the best wrong one."""
        ranked = recaller.ranked(sample)
        right = min((ranked.get(i, 0.0) for i in sample.positives), default=None)
        wrong = max((s for i, s in ranked.items() if i not in sample.positives), default=0.0)
        return {"right": "" if right is None else f"{right:.4f}", "wrong": f"{wrong:.4f}"}

    def scores(texts: Texts, sample: Sample) -> Scores:
        least, known = recaller.backend.threshold, texts["right"] != ""
        return {
            "recalled": (float(known and float(texts["right"]) >= least), float(known)),
            "told_wrong": (float(float(texts["wrong"]) >= least), 1),
        }

    return Condition("gate", write, scores)


def ablations(writer: CachedWriter, judge: Judge) -> list[Condition]:
    """What a memory may drop or blur. Conditions that drop episodes also score `kept`: positives in the prompt."""
    score = scorer(judge)

    def keeping(name: str, keep: Callable[[Sample], Sequence[int]]) -> Condition:
        """A condition with the memories that `keep` returns as context indices."""

        def write(sample: Sample) -> Texts:
            """Caption with fewer memories: an easier choice, if the right one is still among them."""
            memories = [sample.context[i] for i in keep(sample)]
            return {"caption": writer.write(prompt.caption_messages(memories, sample.query))}

        def scores(texts: Texts, sample: Sample) -> Scores:
            kept = set(keep(sample)) & set(sample.positives)
            return {**score(texts, sample), "kept": (len(kept), len(sample.positives))}

        return Condition(f"ablation/{name}", write, scores)

    def aliased(sample: Sample) -> Texts:
        """Caption with aliases for names: "Person 3" is scored as the name that it stands for."""
        change = renaming(sample)
        memories = [_reworded(e, change) for e in sample.context]
        return {"caption": writer.write(prompt.caption_messages(memories, sample.query))}

    def aliased_scores(texts: Texts, sample: Sample) -> Scores:
        back = {alias: name for name, alias in aliases(sample).items()}
        return score({"caption": re.sub(r"\bPerson \d+\b", lambda m: back.get(m[0], m[0]), texts["caption"])}, sample)

    def coarse(sample: Sample) -> Texts:
        """Caption with years for dates, in headings and dialogues: questions about the time are lost, others may not
        be."""
        return {"caption": writer.write(coarse_messages(sample))}

    return [
        keeping("window-1", lambda s: newest(s)[:1]),
        keeping("window-3", lambda s: newest(s)[:3]),
        keeping("forget-oldest", lambda s: newest(s)[: (len(s.context) + 1) // 2]),
        keeping("update", newest_of_each),
        Condition("ablation/names-replaced", aliased, aliased_scores),
        Condition("ablation/dates-coarse", coarse, score),
    ]


def newest(sample: Sample) -> list[int]:
    """Context indices, newest episode first."""
    return sorted(
        range(len(sample.context)), key=lambda i: (sample.context[i].when, sample.context[i].id), reverse=True
    )


def newest_of_each(sample: Sample) -> list[int]:
    """Context indices of the newest episode of each name: a thing met again replaces its older episodes."""
    latest: dict[str, int] = {}
    for i in newest(sample):
        latest.setdefault(sample.facts[i].name, i)
    return list(latest.values())


def aliases(sample: Sample) -> dict[str, str]:
    """{name: "Person n"}, numbered from 1 in the order of their first episodes."""
    names = dict.fromkeys(sample.facts[i].name for i in reversed(newest(sample)))
    return {name: f"Person {n}" for n, name in enumerate(names, 1)}


def renaming(sample: Sample) -> Callable[[str], str]:
    """A function that replaces every name of the context, as a whole word, by its alias."""
    alias = aliases(sample)
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, alias))})\b")
    return lambda text: pattern.sub(lambda match: alias[match[0]], text)


def coarse_messages(sample: Sample) -> tuple[Message, ...]:
    """The caption prompt with years for dates: "Memory of 2025", "We met in 2025"."""
    memories, heads = [], {}
    for episode, facts in zip(sample.context, sample.facts, strict=True):
        year = str(episode.when.year)
        heads[f"Memory of {prompt.date_words(episode)}"] = f"Memory of {year}"
        memories.append(_reworded(episode, partial(_replace, facts.time, f"in {year}")) if facts.time else episode)

    def part(p: str | Photo) -> str | Photo:
        head = re.match(r"Memory of [^,:]+", p) if isinstance(p, str) else None
        return heads[head[0]] + p[head.end() :] if head else p  # type: ignore[index]

    return tuple(replace(m, parts=tuple(map(part, m.parts))) for m in prompt.caption_messages(memories, sample.query))


def _replace(old: str, new: str, text: str) -> str:
    return text.replace(old, new)


def _reworded(episode: Episode, change: Callable[[str], str]) -> Episode:
    return replace(episode, turns=tuple(replace(t, text=change(t.text)) for t in episode.turns))
