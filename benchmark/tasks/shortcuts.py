"""Shortcut tests, baselines and other wordings: does a model earn its score by looking at the photos and remembering?

Prompts are the renderer's own, with something else in the place of photos (`swapped`); no other word changes. Scores
are against the untouched sample. A name recall that stays above chance when photos are mixed up or gone is a shortcut:
the names were found without looking (`report/verdicts.py` gives the verdict).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from PIL import Image

from assistant import prompt
from assistant.backend import Message
from assistant.photo import from_image
from benchmark.judges.judge import Judge
from benchmark.judges.score import Scores, named
from benchmark.runner import CachedWriter, Condition, Texts
from benchmark.tasks.capeval import scorer
from benchmark.tasks.long_context import Recaller
from benchmark.world import dialogue
from benchmark.world.sample import Sample
from memory.episode import Photo

Table = Mapping[str, str | Photo]
"""What takes the place of a photo, by the photo's sha256; "" leaves the place empty."""
GREY = (128, 128, 128)


def swapped(messages: Sequence[Message], table: Table) -> tuple[Message, ...]:
    """The same prompt, with the photos and texts of `table` in the place of its photos."""

    def part(p: str | Photo) -> str | Photo:
        return table.get(p.sha256, p) if isinstance(p, Photo) else p

    def about(sha256: str | None) -> str | None:
        instead = table.get(sha256 or "")
        return instead.sha256 if isinstance(instead, Photo) else sha256

    return tuple(
        replace(m, parts=tuple(q for p in m.parts if (q := part(p)) != ""), about=about(m.about)) for m in messages
    )


def shortcuts(writer: CachedWriter, judge: Judge) -> list[Condition]:
    """Three tests in which a model that looks at the photos must lose its score."""
    score = scorer(judge)

    def no_query(sample: Sample) -> Texts:
        """The new photo is grey: a name can only be guessed."""
        return _caption(writer, sample, {sample.query.sha256: blank(sample.query)})

    def shuffled(sample: Sample) -> Texts:
        """Every dialogue gets another photo: a model that looks says the name that now stands with it (`follows`)."""
        photos = [e.photo for e in sample.context]
        return _caption(writer, sample, {photos[new].sha256: photos[old] for old, new in moves(sample).items()})

    def all_blank(sample: Sample) -> Texts:
        """Every photo is grey: only words are left, and they do not say what is in the new photo."""
        photos = [*(e.photo for e in sample.context), sample.query]
        return _caption(writer, sample, {p.sha256: blank(p) for p in photos})

    def follow(texts: Texts, sample: Sample) -> Scores:
        return {**score(texts, sample), **follow_scores(texts["caption"], sample)}

    return [
        Condition("shortcut/no-query", no_query, score),
        Condition("shortcut/shuffled", shuffled, follow),
        Condition("shortcut/blank", all_blank, score),
    ]


def moves(sample: Sample) -> dict[int, int]:
    """The shuffle: {index of a context photo: index of the dialogue that it moves to}.

    Every photo moves. Photos of things in the query move to dialogues of other things, if there are enough of them:
    then no name is right by both the old pairs and the new ones.
    """
    rng = np.random.default_rng(int(sample.id, 16))
    others = [i for i in range(len(sample.context)) if i not in sample.positives]
    ring = [*sample.positives, *rng.permutation(others).tolist()]
    step = max(1, len(sample.positives))
    return {i: ring[(at + step) % len(ring)] for at, i in enumerate(ring)}


def follow_scores(caption: str, sample: Sample) -> Scores:
    """follows: of the names that stand with the query's things after the shuffle, those that the caption says."""
    if not sample.facts:
        return {}
    new = moves(sample)
    return {"follows": (sum(named(caption, sample.facts[new[i]]) for i in sample.positives), len(sample.positives))}


def baselines(writer: CachedWriter, judge: Judge, recaller: Recaller) -> list[Condition]:
    """What simpler methods reach, and what the method would reach with perfect recall."""

    def oracle(sample: Sample) -> Texts:
        """Only the right memories in the prompt: what is lost even when recall is perfect."""
        right = [sample.context[i] for i in sample.positives]
        return {"caption": writer.write(prompt.caption_messages(right, sample.query))}

    def no_context(sample: Sample) -> Texts:
        """The photo without memories: the model can know nothing personal."""
        return {"caption": writer.write(prompt.caption_messages((), sample.query))}

    def text_only(sample: Sample) -> Texts:
        """Dialogues without their photos: only words could tell what is in the new photo."""
        return _caption(writer, sample, {e.photo.sha256: "" for e in sample.context})

    def caption_only(sample: Sample) -> Texts:
        """The model's plain captions in the place of memory photos: what a memory without pixels loses."""
        own = {e.photo.sha256: writer.write(prompt.caption_messages((), e.photo)) for e in sample.context}
        return _caption(writer, sample, own)

    def retrieval(sample: Sample) -> Texts:
        """No language model: the gold caption's form about the nearest memories, as many as the photo shows things."""
        nearest = list(recaller.ranked(sample))[: max(1, len(sample.positives))]
        if not sample.facts:
            return {"caption": " ".join(sample.context[i].words for i in nearest)}
        return {"caption": dialogue.caption([(sample.facts[i], sample.context[i]) for i in nearest])}

    ways = {
        "oracle": oracle,
        "no-context": no_context,
        "text-only": text_only,
        "caption-only": caption_only,
        "retrieval": retrieval,
    }
    return [Condition(f"baseline/{name}", write, scorer(judge)) for name, write in ways.items()]


def zero_shot(base: CachedWriter, judge: Judge) -> Condition:
    """The base model without our LoRA, with the same prompt: what training added."""
    return Condition("baseline/zero-shot", lambda s: _caption(base, s, {}), scorer(judge))


def wordings(writer: CachedWriter, judge: Judge) -> list[Condition]:
    """The caption request in other words: how much depends on the wording."""

    def asking(request: str) -> Callable[[Sample], Texts]:
        return lambda s: {"caption": writer.write(prompt.caption_messages(s.context, s.query, request=request))}

    return [Condition(f"wording/{i}", asking(r), scorer(judge)) for i, r in enumerate(prompt.OTHER_REQUESTS, 1)]


def blank(photo: Photo) -> Photo:
    """A grey photo of the same size."""
    return _grey(photo.width, photo.height)


@cache
def _grey(width: int, height: int) -> Photo:
    return from_image(Image.new("RGB", (width, height), GREY))


def _caption(writer: CachedWriter, sample: Sample, table: Table) -> Texts:
    return {"caption": writer.write(swapped(prompt.caption_messages(sample.context, sample.query), table))}
