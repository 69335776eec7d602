"""Picks the sentence of the recalled memories that fits a question, and quotes it with its day."""

from __future__ import annotations

from collections.abc import Sequence

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
    wanted = [t for t in asked if (t.content and t.kind != "day" and t.stem not in VAGUE) or t.stem in WHERE]
    if shown := WHOSE.match(question):  # "whose dog is this": the corgi in view, whatever it is called
        wanted = [t for t in wanted if t.stem != stem(shown[1].lower())]
    everything = {t.stem for one in recalled for t in tokens(one.episode.words)}
    wanted = [t for t in wanted if t.stem not in GENERIC or t.stem in everything]
    names = [t.stem for t in wanted if t.kind == "name"]
    meant = _vector(embedder, question) if embedder else None
    best: tuple[float, Quote] | None = None
    read = 0
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
            if meant is not None and embedder and (score > 0 or (read < MOST_READ and asks(asked) != "who")):
                read += 1
                score = _logit(score, meant, wanted, line, embedder) - (LEAST_AFTER_SILENCE if silent else LEAST)
            if score <= 0:
                continue
            score -= 0.2 * rank + 0.05 * n + (_UNSURE if one.certainty == "maybe" else 0)
            if sure and score <= 0:
                continue  # the photo shows another thing, and no word but "one" fits
            if best is None or score > best[0]:
                led_by = led(lines, n) if asks(asked) == "who" else lines[n]
                best = (score, quoted(one, max(led_by, beginning(lines[n:]), key=len)))
        if asks(asked) == "where" and one.episode.place and (best is None or best[0] < _PLACE):
            known = [t for t in wanted if any(alike(t.stem, s) for s in stems)]
            if not deed(asked) and (known or not wanted):
                best = (_PLACE - 0.2 * rank, place_of(one))
    if best is None and not wanted and embedder:
        return pick(question, recalled)  # "Tell me more": means nothing that a sentence could be like
    if best is None and not wanted and identity(asked):
        return introduction(recalled)  # "thats rocky, toms dog" has no name that anybody can be sure of
    return best[1] if best else None


def _logit(rules: float, meant: np.ndarray, wanted: Sequence[Token], line: str, embedder: Embedder) -> float:
    """The logit of that a sentence holds the answer to a question with the vector `meant`."""
    vector = _vector(embedder, line)
    if vector is None:
        return rules
    found = named(tokens(line))
    here = {t.stem for t in found if t.content or t.stem in WHERE}
    held = sum(any(alike(t.stem, other) for other in here) for t in wanted)
    cosine = float(meant @ vector)
    return _FIT * rules + _COSINE * cosine + _WANTED * len(wanted) + _HELD * held + _LENGTH * len(found) + _NONE


def _vector(embedder: Embedder, text: str) -> np.ndarray | None:
    """The vector of a text; None when the embedder fails: then rules alone decide."""
    try:
        return embedder.embed(text)
    except ModelError:
        return None


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
