"""What was said about a thing: facts, the dialogue that tells them, and the captions and answers they support.

Facts are drawn from `words.toml`, which is split like the concepts. Each fact can be told and asked for in many ways,
and stands in the dialogue word for word, so that it can be scored without a model (`score.py`). Everything is seeded,
and no model is involved.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np

from memory.episode import Episode, Turn

Rng = np.random.Generator
ABSTENTION = "I do not know anything in this photo. None of your memories match it."
"""The gold caption of a photo without any known thing."""
NO_ANSWER = "You did not tell me that."
"""The gold answer about a fact that was not told."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was said about one thing; None where a fact was not told."""

    name: str
    place: str | None = None
    time: str | None = None
    """When it was, in the user's words ("last summer"); None: the episode's date answers "when"."""
    event: str | None = None
    habit: str | None = None
    note: str | None = None
    """A sentence about anything else."""
    reminder: str | None = None
    """What the user wants to be reminded of when the thing is seen again (the ITR task)."""


@cache
def words(split: str) -> dict[str, list[str]]:
    """The word lists of a split, by kind."""
    with open(Path(__file__).parent / "words.toml", "rb") as file:
        lists: dict[str, list[str]] = tomllib.load(file)[split]
    return lists


def draw_facts(rng: Rng, split: str, n: int, *, full: bool) -> list[Facts]:
    """Facts of n different things that share no name or phrase, as far as the split has enough.

    `full`: place, time, event and habit are all told, as in the benchmark. Else any of them may be missing, and notes
    and reminders occur.
    """
    pool = words(split)

    def some(key: str) -> list[str]:
        return [str(x) for x in rng.choice(pool[key], n, replace=n > len(pool[key]))]

    places = [f"{spot} in {city}" for spot, city in zip(some("spots"), some("cities"), strict=True)]
    columns = (some("names"), places, some("times"), some("events"), some("habits"), some("notes"), some("reminders"))
    out = []
    for name, place, time, event, habit, note, reminder in zip(*columns, strict=True):
        told = [True] * 4 + [False] * 2 if full else [bool(rng.random() < p) for p in (0.7, 0.6, 0.6, 0.55, 0.2, 0.15)]
        values = (place, time, event, habit, note, reminder)
        out.append(Facts(name, *(v if t else None for v, t in zip(values, told, strict=True))))
    return out


INTRODUCTIONS = (
    "This is {n}.",
    "Look, this is {n}.",
    "Meet {n}!",
    "Here is {n}.",
    "I want you to know {n}.",
    "{n} again!",
)
INTRODUCTIONS_WITH_WORD = ("This is {n}, my {w}.", "Meet {n}, the {w}!", "My {w}: {n}.", "This {w} is called {n}.")
STATEMENTS = {
    "place": (
        "We were at {x}.",
        "I took this at {x}.",
        "We met at {x}.",
        "This was at {x}.",
        "Found each other at {x}.",
    ),
    "time": ("It was {x}.", "That was {x}.", "I remember it was {x}.", "All this happened {x}."),
    "event": ("We were {x}.", "{n} and I were {x}.", "We spent the day {x}.", "The two of us were busy {x}."),
    "habit": (
        "{n} always {x}.",
        "You know, {n} always {x}.",
        "One thing about {n}: always {x}.",
        "{n} {x}, every time.",
    ),
    "note": ("{X}.", "By the way, {x}.", "I should add that {x}."),
    "reminder": (
        "If you ever see {n} again, say: {x}.",
        "When {n} shows up, remind me to {x}.",
        "Next time you see {n}, tell me to {x}.",
    ),
}
"""Ways to tell each fact: {n} is the name, {x} the fact, {X} the fact with a capital."""
REPLIES = (
    ("Nice to meet {n}!", "Hello {n}!", "Thank you for showing me {n}.", "What a lovely photo of {n}."),
    ("That sounds like a good day.", "I can picture it.", "Lovely.", "Good to know."),
    ("I will remember {n}.", "I will keep that in mind.", "Thank you, I will remember.", "Noted."),
)
"""The assistant's replies in the first, the second and any later round."""


def draw_dialogue(rng: Rng, facts: Facts, word: str | None, turns: int) -> tuple[Turn, ...]:
    """A dialogue that tells every fact once.

    `turns` is 1 (the user alone) or even (user and assistant alternate). `word`: the common word for the thing, which
    the introduction may use.
    """
    intro = INTRODUCTIONS_WITH_WORD if word and rng.random() < 0.5 else INTRODUCTIONS
    sentences = [str(rng.choice(intro)).format(n=facts.name, w=word)]
    keys = [k for k in STATEMENTS if getattr(facts, k)]
    for key in rng.permutation(keys) if keys else ():
        x = getattr(facts, key)
        sentences.append(str(rng.choice(STATEMENTS[key])).format(n=facts.name, x=x, X=x[:1].upper() + x[1:]))
    rounds = max(1, turns // 2)
    groups = np.array_split(np.array(sentences, object), min(rounds, len(sentences)))
    out: list[Turn] = []
    for i in range(rounds):
        text = (
            " ".join(groups[i]) if i < len(groups) else str(rng.choice(("That is all.", "Keep it.", "Remember that.")))
        )
        out.append(Turn("user", text))
        if turns > 1:
            out.append(Turn("assistant", str(rng.choice(REPLIES[min(i, 2)])).format(n=facts.name)))
    return tuple(out)


def draw_date(rng: Rng) -> datetime:
    """A day between 2022 and 2026, at any hour, in UTC."""
    return datetime(2022, 1, 1, tzinfo=UTC) + timedelta(hours=int(rng.integers(0, 24 * 1700)))


def when_words(facts: Facts, episode: Episode) -> str:
    """The answer to "when": in the user's words, else the episode's date."""
    return facts.time or f"on {episode.when.day} {episode.when:%B %Y}"


def where_words(facts: Facts, episode: Episode) -> str | None:
    """The answer to "where": in the user's words, else the episode's place."""
    return facts.place or episode.place


def caption(known: Sequence[tuple[Facts, Episode]]) -> str:
    """The gold caption of a photo that shows the things of `known`.

    The things stand in the canonical order of their episodes; the names of several things come first.
    """
    if not known:
        return ABSTENTION
    ordered = sorted(known, key=lambda k: (k[1].when, k[1].id))
    *first, last = (f.name for f, _ in ordered)
    here = [f"Here are {', '.join(first)} and {last}."] if first else []
    return " ".join([*here, *(_about(f, e) for f, e in ordered)])


def _about(facts: Facts, episode: Episode) -> str:
    """All that is known about one thing, as the gold caption says it."""
    place, when = where_words(facts, episode), when_words(facts, episode)
    at = f" at {place}" if place else ""
    doing = f"You were {facts.event}{at} {when}." if facts.event else f"You were together{at} {when}."
    sentences = [f"This is {facts.name}.", doing]
    if facts.habit:
        sentences.append(f"{facts.name} always {facts.habit}.")
    if facts.note:
        sentences.append(f"You told me: {facts.note}.")
    if facts.reminder:
        sentences.append(f"You asked me to remind you: {facts.reminder}.")
    return " ".join(sentences)


QUESTION_FORMS = {
    "name": ("Who is this?", "What is the name?", "Do you know who that is?", "Who do you see here?"),
    "place": ("Where were we?", "Where did I see {it} last?", "Where was that?", "What place was it?"),
    "time": ("When was that?", "When did I last see {it}?", "When did we meet?", "When did it happen?"),
    "event": ("What were we doing?", "What did we do that day?", "What was going on?"),
    "habit": ("What does {it} always do?", "What is typical of {it}?", "What did I tell you about {it}?"),
    "both": (
        "Who is this and when did I last see them?",
        "Who is that, and when and where did I see {it}?",
        "Tell me who this is and when we met.",
    ),
    "reminder": ("Is there anything I wanted to be reminded of?", "Did I ask you to remind me of something?"),
}
"""Ways to ask for each fact; {it} is the name, or "it" where only the photo shows who is meant."""


def question(rng: Rng, key: str, it: str = "it") -> str:
    """One way to ask for the fact `key`, with a given name where a wording has room for one."""
    forms = [w for w in QUESTION_FORMS[key] if "{it}" in w] if it != "it" else []
    return str(rng.choice(forms or QUESTION_FORMS[key])).format(it=it)


def answer(key: str, facts: Facts | None, episode: Episode | None) -> str:
    """The gold answer about the fact `key`; `facts` is None where no known thing is in the photo."""
    if facts is None or episode is None:
        return "I do not know. You have not told me about it yet."
    place, when = where_words(facts, episode), when_words(facts, episode)
    at = f" at {place}" if place else ""
    texts = {
        "name": f"This is {facts.name}.",
        "place": f"You were{at}." if place else None,
        "time": f"It was {when}.",
        "event": f"You were {facts.event}." if facts.event else None,
        "habit": f"{facts.name} always {facts.habit}." if facts.habit else None,
        "both": f"This is {facts.name}. You last saw {facts.name} {when}{at}.",
        "reminder": f"You asked me to remind you: {facts.reminder}." if facts.reminder else None,
    }
    return texts[key] or NO_ANSWER
