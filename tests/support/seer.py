"""A stand-in for a perfect model: it knows what each photo of given samples shows, and else only what the prompt says.

The stand-in names the memories whose photo shows something that the new photo shows, and tells what their dialogue
says. A prompt that misleads it would mislead any model that looks at the photos.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from assistant import prompt
from assistant.backend import Chunk, Message, Options
from assistant.backends.fake import FakeBackend
from benchmark.judges.score import tally
from benchmark.runner import Condition, Result, ask
from benchmark.world import dialogue
from benchmark.world.dialogue import Facts
from benchmark.world.sample import Sample
from benchmark.world.scene import Look
from memory.episode import Episode, Photo


class SeeingBackend(FakeBackend):
    """Sees what the photos of `samples` show, and nothing in any other photo, such as a grey one."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        super().__init__()
        self.threshold = 0.5
        self.looks: dict[str, set[Look]] = {}
        self.dialogues: list[tuple[Facts, Episode]] = []
        for sample in samples:
            self.looks[sample.query.sha256] = set(sample.shown)
            for look, facts, episode in zip(sample.looks, sample.facts, sample.context, strict=True):
                self.looks[episode.photo.sha256] = {look}
                self.dialogues.append((facts, episode))

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        self.answers = [self.reply(messages)]
        return super().stream(messages, options)

    def reply(self, messages: Sequence[Message]) -> str:
        """A caption, or an answer if the prompt ends with a question."""
        last = str(messages[-1].parts[-1]).strip()
        if last == prompt.SAME_REQUEST:
            known, photo = (p for p in messages[-1].parts if isinstance(p, Photo))
            return "Yes." if self.looks_in(known) & self.looks_in(photo) else "No."
        seen = self.known(messages)
        for key, forms in dialogue.QUESTION_FORMS.items():
            if last in {form.format(it="it") for form in forms}:
                return dialogue.answer(key, *(seen[0] if seen else (None, None)))
        return dialogue.caption(seen)

    def known(self, messages: Sequence[Message]) -> list[tuple[Facts, Episode]]:
        """The facts in the prompt about things that the new photo shows."""
        parts = next(m.parts for m in messages if any(isinstance(p, Photo) for p in m.parts))
        at = [i for i, p in enumerate(parts) if isinstance(p, Photo)]
        query = self.looks_in(parts[at[-1]])
        texts = [parts[i + 1] for i in at[:-1] if self.looks_in(parts[i]) & query]
        return [self.facts_in(text) for text in texts if isinstance(text, str)]

    def looks_in(self, photo: str | Photo) -> set[Look]:
        return self.looks.get(photo.sha256, set()) if isinstance(photo, Photo) else set()

    def facts_in(self, text: str) -> tuple[Facts, Episode]:
        """The facts that a dialogue tells and its episode, found by place, event and habit; with an alias for the name
        if the dialogue has one."""
        facts, episode = next(
            (f, e) for f, e in self.dialogues if all(x in text for x in (f.place, f.event, f.habit) if x)
        )
        alias = re.search(r"Person \d+", text)
        return (replace(facts, name=alias[0]) if alias else facts), episode

    def embed(self, photo: Photo) -> np.ndarray:
        """One unit vector for each thing in the photo, (T, 64) float32."""
        codes = [[ord(c) for c in look.code] + [look.hue] for look in self.looks_in(photo)]
        tokens = np.stack([np.random.default_rng(code).standard_normal(64) for code in sorted(codes)])
        return (tokens / np.linalg.norm(tokens, axis=1, keepdims=True)).astype(np.float32)


def rows(conditions: Sequence[Condition], samples: Sequence[Sample]) -> dict[str, list[Result]]:
    """The rows of all conditions on all samples, by condition; none may fail."""
    out = {c.name: [ask(c, s) for s in samples] for c in conditions}
    assert [r.error for some in out.values() for r in some if r.error] == []
    return out


def averages(results: Sequence[Result]) -> dict[str, float]:
    """The micro-averages of the rows, by measure."""
    return {m: t.value for m, t in tally({m: (p[0], p[1]) for m, p in r.score.items()} for r in results).items()}
