"""Quality filters: what is wrong with a sample or a question, in words, or None. They drop nothing themselves.

A filter of a sample takes (sample, tools) and returns a reason or None; a filter of questions returns reasons for all
questions of a sample at once, so that a model can answer many together. Each has a threshold under its own name.
`SAMPLE`, then `QUESTION`, then `LAST` is the order in which `build.py` asks them; its report counts each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from PIL import Image

from assistant.backend import Message
from assistant.photo import pixels
from benchmark.judges.judge import Judge, Lexical, canonical_words
from benchmark.judges.llm_judge import verdict
from benchmark.world.concepts import all_concepts
from benchmark.world.question import LETTERS, UNKNOWN, Question
from benchmark.world.sample import Sample
from benchmark.world.scene import draw
from memory.episode import Episode, Photo
from memory.ranking import background, sight_scores, unit

THINGS_PER_NAME = 1
"""Things in one context that may share a name; and names that one thing may have."""
TURNS = 6
"""Turns of a dialogue, the user's first."""
NEAR_BITS = 16
"""Photos whose 128-bit difference hashes differ in at most so many bits are one picture. Drawn scenes differ in 27 or
more; copies saved again, scaled, darkened or cut by 5 % in 19 or fewer, nine in ten in 13 or fewer."""
SHOWN_SHARE = 0.02
"""Share of the photo's area that each thing must cover (a drawn scene)."""
SEEN_MARGIN = 0.0
"""By how much each positive must be found better in the query than every other thing (an image encoder)."""
TOLD_SHARE = 0.7
"""Share of the right option's content words that the user must have said."""
VISIBLE_SHARE = 0.5
"""Share of the right option's content words that name what the query shows: from here on sight answers (drawn)."""
GUESSED = 2
"""Of three orders of the options, in so many must the right one be found without knowing anything: who always says
the same letter is right once."""
QUESTIONS = 1
"""Questions that each positive must have left."""


class Asker(Protocol):
    """The part of `endpoint.Endpoint` that is needed here."""

    def ask(self, requests: Sequence[tuple[Message, ...]], progress: bool = False) -> list[str]:
        """The text of each answer."""
        ...


class Encoder(Protocol):
    """The part of a backend that sees."""

    def embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens, (T, D)."""
        ...


@dataclass(slots=True)
class Tools:
    """What filters may use, and what they remember from sample to sample."""

    judge: Judge = field(default_factory=Lexical)
    endpoint: Asker | None = None
    """A model that sees photos."""
    encoder: Encoder | None = None
    queries: list[np.ndarray] = field(default_factory=list)
    """`difference_hash` of the query of every sample kept so far."""
    hashes: dict[str, np.ndarray] = field(default_factory=dict)
    """The same of context photos, by photo."""
    tokens: dict[str, np.ndarray] = field(default_factory=dict)
    """Unit visual tokens, by photo."""


SampleFilter = Callable[[Sample, Tools], str | None]
QuestionFilter = Callable[[Sample, Tools], list[str | None]]


def asked(sample: Sample) -> list[tuple[int, Question]]:
    """All questions with the index of their episode: the order in which filters of questions answer."""
    return [(i, q) for i, questions in enumerate(sample.questions) for q in questions]


def names_unique(sample: Sample, tools: Tools) -> str | None:
    """No two things of the context share a name, and none has two."""
    things: dict[str, set[object]] = {}
    names: dict[object, set[str]] = {}
    for i, name in enumerate(_names(sample)):
        thing = sample.looks[i] if sample.looks else i
        things.setdefault(name.casefold(), set()).add(thing)
        names.setdefault(thing, set()).add(name)
    shared = [name for name, of in things.items() if name and len(of) > THINGS_PER_NAME]
    if shared:
        return f"{len(things[shared[0]])} things are called {shared[0]!r}"
    double = [of for of in names.values() if len(of) > THINGS_PER_NAME]
    return f"one thing is called {' and '.join(sorted(double[0]))}" if double else None


def dialogue_format(sample: Sample, tools: Tools) -> str | None:
    """Six turns, user and assistant by turns, each with words and without labels, and the user says the name."""
    for episode, name in zip(sample.context, _names(sample), strict=True):
        if wrong := format_error(episode, name):
            return f"episode {episode.id}: {wrong}"
    return None


def format_error(episode: Episode, name: str) -> str | None:
    """What is wrong with one dialogue."""
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
        if _same(query, bits):
            return f"the query is nearly the photo {sha256[:12]} of its context"
    if any(_same(query, bits) for bits in tools.queries):
        return "the query is nearly that of an earlier sample"
    listed = list(context.items())
    for i, (one, a) in enumerate(listed):
        for other, b in listed[i + 1 :]:
            if _same(a, b):
                return f"context photos {one[:12]} and {other[:12]} are nearly the same"
    return None


def difference_hash(photo: Photo) -> np.ndarray:
    """128 bits, whether brightness rises to the right and downwards: what survives another size, encoding, light."""
    grey = Image.fromarray(pixels(photo)).convert("L").resize((9, 9), Image.Resampling.BOX)
    grid = np.asarray(grey, np.int16)  # (9, 9)
    return np.concatenate([(grid[:-1, 1:] > grid[:-1, :-1]).ravel(), (grid[1:, :-1] > grid[:-1, :-1]).ravel()])


def shows_claimed(sample: Sample, tools: Tools) -> str | None:
    """The query shows the positives, large enough, and nobody else of the context: by how it was drawn, by an image
    encoder, or both. Photos without encoder are taken at their word (see `idle`)."""
    return _drawn_as_claimed(sample) or _seen_as_claimed(sample, tools)


def _drawn_as_claimed(sample: Sample) -> str | None:
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
    if tools.encoder is None or not sample.positives:
        return None
    scores = contained([e.photo for e in sample.context], sample.query, tools)
    others = [i for i in range(len(scores)) if i not in sample.positives]
    worst, best = min(sample.positives, key=lambda i: scores[i]), max(others, key=lambda i: scores[i], default=None)
    if best is not None and scores[worst] <= scores[best] + SEEN_MARGIN:
        found = f"({scores[best]:.2f} and {scores[worst]:.2f})"
        return f"episode {best} is found in the query as well as positive {worst} {found}"
    return None


def contained(photos: Sequence[Photo], query: Photo, tools: Tools) -> np.ndarray:
    """How much of what is special in each photo is found in `query`, 0..1, (P,): as recall does it
    (memory/ranking.py)."""
    kept = [_tokens(p, tools) for p in photos]
    around = background(np.stack([t.mean(axis=0) for t in kept]))
    return sight_scores(np.concatenate(kept), np.array([len(t) for t in kept]), around, _tokens(query, tools))


def _tokens(photo: Photo, tools: Tools) -> np.ndarray:
    if photo.sha256 not in tools.tokens:
        assert tools.encoder is not None
        tools.tokens[photo.sha256] = unit(tools.encoder.embed(photo))
    return tools.tokens[photo.sha256]


def fact_in_dialogue(sample: Sample, tools: Tools) -> list[str | None]:
    """The user said the right option's words, and more of them than of each wrong option's."""
    return [_not_told(sample.context[i], q) for i, q in asked(sample)]


def _not_told(episode: Episode, question: Question) -> str | None:
    said = canonical_words(episode.words)
    right = _share(question.right, said)
    if right < TOLD_SHARE:
        return f"{right:.0%} of {question.right!r} stands in the dialogue"
    for option in question.options:
        if option != question.right and _share(option, said) >= right:
            return f"the wrong option {option!r} stands in the dialogue as well"
    return None


def not_visible(sample: Sample, tools: Tools) -> list[str | None]:
    """Who sees the query and knows nothing cannot answer: by the words for what was drawn, or by a model that sees.

    The model is asked about positives only: nothing else is in the photo.
    """
    questions = asked(sample)
    reasons: list[str | None] = [None] * len(questions)
    if sample.shown:
        concepts = {c.code: c for c in all_concepts()}
        seen = {w for look in sample.shown for w in _stems(f"{concepts[look.code].word} {concepts[look.code].kind}")}
        for n, (_, q) in enumerate(questions):
            if (share := _share(q.right, seen)) >= VISIBLE_SHARE:
                reasons[n] = f"{share:.0%} of {q.right!r} names what the query shows"
    elif tools.endpoint is not None:
        mine = [n for n, (i, _) in enumerate(questions) if i in sample.positives]
        orders = [o for n in mine for o in _orders(questions[n][1])]
        replies = tools.endpoint.ask([see_prompt(sample.query, o) for o in orders])
        right = [verdict(r).letter == o.answer for r, o in zip(replies, orders, strict=True)]
        for k, n in enumerate(mine):
            found = sum(right[3 * k : 3 * k + 3])
            if found >= GUESSED:
                reasons[n] = f"answered from the query photo alone in {found} of 3 orders of the options"
    return reasons


SEE = (
    "Answer the question from this photo alone. You know nothing about it besides what can be seen. Choose A, B or C "
    "if the photo shows it, D if it does not. End with the letter in a box, as in \\boxed{D}."
)


def see_prompt(photo: Photo, question: Question) -> tuple[Message, ...]:
    """What the model that sees is asked."""
    options = zip("ABCD", (*question.options, UNKNOWN), strict=True)
    lines = "\n".join(f"{letter}. {text}" for letter, text in options)
    return (Message("user", (photo, f"{SEE}\n\nQuestion: {question.text}\n{lines}")),)


def needs_context(sample: Sample, tools: Tools) -> list[str | None]:
    """A judge that gets no caption does not find the right option."""
    orders = [o for _, q in asked(sample) for o in _orders(q)]
    letters = [v.letter for v in tools.judge.choose([("", o) for o in orders])]
    right = [letter == o.answer for letter, o in zip(letters, orders, strict=True)]
    found = [sum(right[n : n + 3]) for n in range(0, len(right), 3)]
    return [f"answered without a caption in {n} of 3 orders of the options" if n >= GUESSED else None for n in found]


def asks_enough(sample: Sample, tools: Tools) -> str | None:
    """Every positive has a question left; where there is no positive, somebody has."""
    if not any(sample.questions):
        return "no question is left"
    few = [i for i in sample.positives if len(sample.questions[i]) < QUESTIONS]
    return f"positive {few[0]} has fewer than {QUESTIONS} questions left" if few else None


SAMPLE: tuple[SampleFilter, ...] = (names_unique, dialogue_format, near_duplicate, shows_claimed)
QUESTION: tuple[QuestionFilter, ...] = (fact_in_dialogue, not_visible, needs_context)
LAST: tuple[SampleFilter, ...] = (asks_enough,)
THRESHOLDS = {
    "names_unique": f"{THINGS_PER_NAME} thing a name",
    "dialogue_format": f"{TURNS} turns",
    "near_duplicate": f"more than {NEAR_BITS} of 128 bits apart",
    "shows_claimed": f"each covers {SHOWN_SHARE:.0%} of the photo; found better than others by {SEEN_MARGIN:g}",
    "fact_in_dialogue": f"{TOLD_SHARE:.0%} of the words",
    "not_visible": f"under {VISIBLE_SHARE:.0%} of the words; under {GUESSED} of 3 right",
    "needs_context": f"under {GUESSED} of 3 right",
    "asks_enough": f"{QUESTIONS} question a positive",
}
"""Each filter's threshold in words."""
NOT_RUN = "not run"


def idle(tools: Tools, drawn: bool) -> dict[str, str]:
    """Filters that cannot reject much here, and why; what is `NOT_RUN` must not be counted as passed."""
    out = {}
    if not drawn and tools.encoder is None:
        out["shows_claimed"] = f"{NOT_RUN}: no model that sees was given (--eyes)"
    if not drawn and tools.endpoint is None:
        out["not_visible"] = f"{NOT_RUN}: no server was given"
    if isinstance(tools.judge, Lexical):
        out["needs_context"] = "says little: the lexical judge never guesses"
    return out


def _names(sample: Sample) -> list[str]:
    """What the thing of each episode is called; "" where nobody says so."""
    if sample.facts:
        return [f.name for f in sample.facts]
    asked_about = [questions[0].about if questions else "" for questions in sample.questions]
    return asked_about or [""] * len(sample.context)


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return int((one != other).sum()) <= NEAR_BITS


def _share(option: str, words: Set[str]) -> float:
    """Share of an option's content words among `words`, singular or plural."""
    wanted, there = _stems(option), {_stem(w) for w in words}
    return len(wanted & there) / len(wanted) if wanted else 0.0


def _stems(text: str) -> set[str]:
    return {_stem(w) for w in canonical_words(text)}


def _stem(word: str) -> str:
    return word.removesuffix("s") if len(word) > 3 else word


def _orders(question: Question) -> list[Question]:
    """The question with its options in three rotations: the right one stands at A, B and C once."""
    right = LETTERS.index(question.answer)
    turned = []
    for k in range(3):
        a, b, c = (question.options[(i + k) % 3] for i in range(3))
        turned.append(replace(question, options=(a, b, c), answer=LETTERS[(right - k) % 3]))
    return turned
