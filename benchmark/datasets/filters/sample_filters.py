"""Filters of samples: each returns what is wrong with a sample, in words, or None. They drop nothing themselves.

The reports of a build name a filter by its function. Each threshold stands under its own name.
"""

from __future__ import annotations

import re

from benchmark.datasets.filters.photo_similarity import contained, difference_hash, is_copy
from benchmark.datasets.filters.tools import Tools
from benchmark.world.sample import Sample
from benchmark.world.scene import draw
from memory.episode import Episode

THINGS_PER_NAME = 1
"""How many things of one context may share a name, and how many names one thing may have."""
TURNS = 6
"""Turns of a dialogue, of which the user has the first."""
SHOWN_SHARE = 0.02
"""Share of the query photo's area that each thing must cover, in a drawn scene."""
SIMILARITY_MARGIN = 0.0
"""How much higher each positive must score than every other thing, by an image encoder."""
QUESTIONS_LEFT = 1
"""Questions about each positive that the filters of questions must leave."""


def names_unique(sample: Sample, tools: Tools) -> str | None:
    """No two things of the context share a name, and none has two."""
    things: dict[str, set[object]] = {}
    names: dict[object, set[str]] = {}
    for i, name in enumerate(_names(sample)):
        thing = sample.looks[i] if sample.looks else i
        things.setdefault(name.casefold(), set()).add(thing)
        names.setdefault(thing, set()).add(name)
    shared = [name for name, called in things.items() if name and len(called) > THINGS_PER_NAME]
    if shared:
        return f"{len(things[shared[0]])} things are called {shared[0]!r}"
    double = [called for called in names.values() if len(called) > THINGS_PER_NAME]
    return f"one thing is called {' and '.join(sorted(double[0]))}" if double else None


def dialogue_format(sample: Sample, tools: Tools) -> str | None:
    """Every dialogue has the form that `format_error` checks."""
    for episode, name in zip(sample.context, _names(sample), strict=True):
        if wrong := format_error(episode, name):
            return f"episode {episode.id}: {wrong}"
    return None


def format_error(episode: Episode, name: str) -> str | None:
    """What is wrong with a dialogue, or None.

    Right are six turns, user and assistant alternating, each with words and without a speaker's label; and the user
    says the name.
    """
    roles = [t.role for t in episode.turns]
    if len(roles) != TURNS:
        return f"{len(roles)} turns instead of {TURNS}"
    if roles != ["user", "assistant"] * (TURNS // 2):
        return "user and assistant do not take turns"
    for i, turn in enumerate(episode.turns, 1):
        if not turn.text.strip():
            return f"turn {i} is empty"
        if re.search(r"(?i)(?:^|\n)\W*(user|model|assistant|dialogue)\W*:", turn.text):
            return f"turn {i} holds a speaker's label"
    if not re.search(rf"\b{re.escape(name)}\b", episode.words):
        return f"the user never says {name!r}"
    return None


def near_duplicate(sample: Sample, tools: Tools) -> str | None:
    """The query is no copy of a context photo nor of an earlier query, and no two things share a photo."""
    query = difference_hash(sample.query)
    for photo in (e.photo for e in sample.context):
        if photo.sha256 not in tools.hashes:
            tools.hashes[photo.sha256] = difference_hash(photo)
    context = {e.photo.sha256: tools.hashes[e.photo.sha256] for e in sample.context}
    for sha256, bits in context.items():
        if is_copy(query, bits):
            return f"the query is nearly the photo {sha256[:12]} of its context"
    if any(is_copy(query, bits) for bits in tools.queries):
        return "the query is nearly that of an earlier sample"
    photos = list(context.items())
    for i, (one, a) in enumerate(photos):
        for other, b in photos[i + 1 :]:
            if is_copy(a, b):
                return f"context photos {one[:12]} and {other[:12]} are nearly the same"
    return None


def shows_claimed(sample: Sample, tools: Tools) -> str | None:
    """The query shows the positives, large enough, and no other thing of the context.

    Checked by how the query was drawn and by an image encoder, where there is either. A photograph without an encoder
    is not checked; `stages.limited` says so.
    """
    return _drawn_as_claimed(sample) or _seen_as_claimed(sample, tools)


def _drawn_as_claimed(sample: Sample) -> str | None:
    """Compare the positives with the looks that were drawn; None for a photograph."""
    if sample.drawn is None:
        return None
    claimed = {sample.looks[i] for i in sample.positives}
    if sample.positives and claimed != set(sample.shown):
        return "the query shows other things than the positives"
    if missed := [i for i, look in enumerate(sample.looks) if look in sample.shown and i not in sample.positives]:
        return f"the query shows the thing of episode {missed[0]}, which is no positive"
    cover = draw(sample.shown, sample.drawn, sample.query.width).cover.mean((1, 2))  # (looks,)
    if cover.min() < SHOWN_SHARE:
        return f"{sample.shown[int(cover.argmin())].code} covers {cover.min():.1%} of the query"
    return None


def _seen_as_claimed(sample: Sample, tools: Tools) -> str | None:
    """Compare the positives with what the encoder finds in the query; None without an encoder."""
    if tools.encoder is None or not sample.positives:
        return None
    scores = contained([e.photo for e in sample.context], sample.query, tools)
    others = [i for i in range(len(scores)) if i not in sample.positives]
    worst, best = min(sample.positives, key=lambda i: scores[i]), max(others, key=lambda i: scores[i], default=None)
    if best is not None and scores[worst] <= scores[best] + SIMILARITY_MARGIN:
        both = f"({scores[best]:.2f} and {scores[worst]:.2f})"
        return f"episode {best} is found in the query as well as positive {worst} {both}"
    return None


def asks_enough(sample: Sample, tools: Tools) -> str | None:
    """Every positive has a question left; without positives, some thing of the context has one."""
    if not any(sample.questions):
        return "no question is left"
    few = [i for i in sample.positives if len(sample.questions[i]) < QUESTIONS_LEFT]
    return f"positive {few[0]} has fewer than {QUESTIONS_LEFT} questions left" if few else None


def _names(sample: Sample) -> list[str]:
    """The name of each episode's thing; "" where neither facts nor questions say one."""
    if sample.facts:
        return [f.name for f in sample.facts]
    names = [questions[0].about if questions else "" for questions in sample.questions]
    return names or [""] * len(sample.context)
