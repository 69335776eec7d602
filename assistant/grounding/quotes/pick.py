"""Picks the sentence of the recalled memories that fits a question, and quotes it with its day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.grounding.claims import sentences
from assistant.grounding.moments import asks_for_the_photo, of_another_moment
from assistant.grounding.quotes.quotation import (
    UNDATED,
    UNTOLD,
    Quotable,
    Quote,
    beginning,
    introduction,
    place_of,
    quoted,
    spoken_date,
)
from assistant.grounding.quotes.rule_fit import VAGUE, WHERE, WHOSE, asks, deed, fit, identity, led
from assistant.grounding.words.families import related
from assistant.grounding.words.phrases import named
from assistant.grounding.words.tokens import GENERIC, Token, alike, stem, tokens
from memory.errors import ModelError
from memory.search.meaning import Embedder

_UNSURE = 2.5
"""What a memory that is only maybe the same has to fit better by than one that is sure."""
_PLACE = 2.5
"""How well the place of a photo fits a question for one."""
_FIT, _COSINE, _WANTED, _HELD, _LENGTH, _NONE = 0.571, 5.904, -0.984, 0.685, 0.0475, -3.456
"""A logistic regression: that a sentence holds the answer to a question, from the fit by rules, the cosine of question
and sentence, the content words that the question asks with, how many of them the sentence holds, and how many words it
has. Fitted to the questions of the notes' train split (LOG.md, *Which sentence is quoted*)."""
LEAST, LEAST_AFTER_SILENCE = -1.5, -0.75
"""Logits from which a sentence is quoted: in the place of an answer that nobody told, and where the model says that it
was not told, which is mostly right."""
MOST_READ = 24
"""Sentences, the best recalled first, that are read for their meaning though no rule speaks for them: a vector takes
some milliseconds."""


def pick(
    question: str, recalled: Sequence[Quotable], embedder: Embedder | None = None, *, silent: bool = False
) -> Quote | None:
    """The sentence that fits the question best, quoted; None where no sentence fits.

    With a text embedder a sentence may fit by its meaning; without one, by rules alone. `silent`: the model says that
    it was not told.
    """
    asked = tokens(question)
    wanted = _wanted(question, asked, recalled)
    by_meaning = _Meaning.of(question, wanted, embedder, LEAST_AFTER_SILENCE if silent else LEAST)
    kind, names = asks(asked), [t.stem for t in wanted if t.kind == "name"]
    best: tuple[float, Quote] | None = None
    sure = any(one.certainty == "sure" for one in recalled)
    for rank, one in enumerate(recalled):
        told = tokens(f"{one.episode.words} {one.episode.place or ''}")
        stems = {t.stem for t in told if t.content}
        if names and not any(name in stems for name in names):
            continue
        lines = list(sentences(one.episode.words))
        for n, line in enumerate(lines):
            if asks_for_the_photo(question) and of_another_moment(tokens(line)):
                continue  # "Anna's birthday is on 12 May" is no date of the photo
            score = fit(question, asked, wanted, line, stems, n)
            if by_meaning and (score > 0 or kind != "who"):  # "who" asks for somebody: that is for the rules
                score = by_meaning.fit(line, score)
            if score <= 0:
                continue
            score -= 0.2 * rank + 0.05 * n + (_UNSURE if one.certainty == "maybe" else 0)
            if sure and score <= 0:
                continue  # the photo shows another thing, and no word but "one" fits
            if best is None or score > best[0]:
                led_by = led(lines, n) if kind == "who" else line
                best = (score, quoted(one, max(led_by, beginning(lines[n:]), key=len)))
        if kind == "where" and one.episode.place and (best is None or best[0] < _PLACE):
            known = [t for t in wanted if any(alike(t.stem, s) for s in stems)]
            if not deed(asked) and (known or not wanted):
                best = (_PLACE - 0.2 * rank, place_of(one))
    if best is None and not wanted and embedder:
        return pick(question, recalled)  # "Tell me more": means nothing that a sentence could be like
    if best is None and not wanted and identity(asked):
        return introduction(recalled)  # "thats rocky, toms dog" has no name that anybody can be sure of
    return best[1] if best else None


def _wanted(question: str, asked: Sequence[Token], recalled: Sequence[Quotable]) -> list[Token]:
    """The words of a question by which a sentence can answer it."""
    wanted = [t for t in asked if (t.content and t.kind != "day" and t.stem not in VAGUE) or t.stem in WHERE]
    if shown := WHOSE.match(question):  # "whose dog is this": the corgi in view, whatever it is called
        wanted = [t for t in wanted if t.stem != stem(shown[1].lower())]
    everything = {t.stem for one in recalled for t in tokens(one.episode.words)}
    return [t for t in wanted if t.stem not in GENERIC or t.stem in everything]


@dataclass
class _Meaning:
    """What a question means, and how well sentences fit it by that."""

    embedder: Embedder
    question: np.ndarray
    wanted: Sequence[Token]
    least: float
    read: int = 0
    """Sentences that were read so far without a rule that speaks for them."""

    @classmethod
    def of(cls, question: str, wanted: Sequence[Token], embedder: Embedder | None, least: float) -> _Meaning | None:
        """The meaning of a question; None without an embedder that works: then rules alone decide."""
        try:
            return cls(embedder, embedder.embed(question), wanted, least) if embedder else None
        except ModelError:
            return None

    def fit(self, line: str, rules: float) -> float:
        """How well a sentence fits that fits by `rules` so well; above 0 it may be quoted."""
        self.read += rules <= 0
        if rules <= 0 and self.read > MOST_READ:
            return 0.0
        try:
            cosine = float(self.question @ self.embedder.embed(line))
        except ModelError:
            return rules
        found = named(tokens(line))
        here = {t.stem for t in found if t.content or t.stem in WHERE}
        held = sum(any(alike(t.stem, other) for other in here) for t in self.wanted)
        logit = _FIT * rules + _COSINE * cosine + _WANTED * len(self.wanted) + _HELD * held + _LENGTH * len(found)
        return logit + _NONE - self.least


def covers(question: str, words: str) -> bool:
    """Whether the words speak of all that the question speaks of."""
    said = [t.stem for t in tokens(words) if t.content]
    asked = [t.stem for t in tokens(question) if t.content and t.stem not in VAGUE]
    return bool(asked) and all(any(related(one, other) for other in said) for one in asked)


def untold(question: str, recalled: Sequence[Quotable]) -> str:
    """What is said where nothing that was told answers; to a question for a time, the day of the photo is known."""
    if asks(tokens(question)) == "when" and (day := photo_day(recalled)):
        return f"{UNTOLD} {day}"
    if recalled and not any(one.day for one in recalled) and asks_for_the_photo(question):
        return UNDATED
    return UNTOLD


def photo_day(recalled: Sequence[Quotable]) -> str:
    """A sentence with the day of the first photo that recall is sure of; empty where there is none with a day."""
    return next(
        (f"Your photo is of {spoken_date(one.day)}." for one in recalled if one.certainty == "sure" and one.day), ""
    )
