"""What was said about a thing: facts, the dialogue that tells them, and the captions and answers they support.

Facts are drawn from `words.toml` (split like the concepts); each is said in many ways and asked in many ways, and
stands in the dialogue word for word, so that scoring needs no judge (`score.py`). Seeded, no model involved.
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
NOBODY = "I do not know anything in this photo. None of your memories match it."
NO_ANSWER = "You did not tell me that."


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was said about one thing. None = not said."""

    name: str
    place: str | None = None
    time: str | None = None
    """As it was said ("last summer"); else the episode's date answers when-questions."""
    event: str | None = None
    habit: str | None = None
    note: str | None = None
    """A free sentence that fits no pattern."""
    reminder: str | None = None
    """What to be reminded of when it is seen again (the ITR task)."""


@cache
def words(split: str) -> dict[str, list[str]]:
    """The word lists of one split."""
    with open(Path(__file__).parent / "words.toml", "rb") as file:
        return tomllib.load(file)[split]


def draw_facts(rng: Rng, split: str, n: int, *, full: bool) -> list[Facts]:
    """Facts of n different things, no name or phrase shared among them. `full`: place, time, event and habit all
    said, as in the benchmark; else any of them may be missing, and notes and reminders occur."""
    pool = words(split)

    def some(key: str) -> list[str]:
        return [str(x) for x in rng.choice(pool[key], n, replace=n > len(pool[key]))]

    places = [f"{spot} in {city}" for spot, city in zip(some("spots"), some("cities"), strict=True)]
    columns = (some("names"), places, some("times"), some("events"), some("habits"), some("notes"), some("reminders"))
    out = []
    for name, place, time, event, habit, note, reminder in zip(*columns, strict=True):
        said = [True] * 4 + [False] * 2 if full else [bool(rng.random() < p) for p in (0.7, 0.6, 0.6, 0.55, 0.2, 0.15)]
        values = (place, time, event, habit, note, reminder)
        out.append(Facts(name, *(v if s else None for v, s in zip(values, said, strict=True))))
    return out


INTRO = ("This is {n}.", "Look, this is {n}.", "Meet {n}!", "Here is {n}.", "I want you to know {n}.", "{n} again!")
INTRO_WORD = ("This is {n}, my {w}.", "Meet {n}, the {w}!", "My {w}: {n}.", "This {w} is called {n}.")
SAY = {
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
REPLY = (
    ("Nice to meet {n}!", "Hello {n}!", "Thank you for showing me {n}.", "What a lovely photo of {n}."),
    ("That sounds like a good day.", "I can picture it.", "Lovely.", "Good to know."),
    ("I will remember {n}.", "I will keep that in mind.", "Thank you, I will remember.", "Noted."),
)


def draw_dialogue(rng: Rng, facts: Facts, word: str | None, turns: int) -> tuple[Turn, ...]:
    """A dialogue of `turns` turns (1 = only the user; else even, user first) that tells every fact once."""
    intro = INTRO_WORD if word and rng.random() < 0.5 else INTRO
    told = [str(rng.choice(intro)).format(n=facts.name, w=word)]
    keys = [k for k in SAY if getattr(facts, k)]
    for key in rng.permutation(keys) if keys else ():
        x = getattr(facts, key)
        told.append(str(rng.choice(SAY[key])).format(n=facts.name, x=x, X=x[:1].upper() + x[1:]))
    rounds = max(1, turns // 2)
    groups = np.array_split(np.array(told, object), min(rounds, len(told)))
    out: list[Turn] = []
    for i in range(rounds):
        text = (
            " ".join(groups[i]) if i < len(groups) else str(rng.choice(("That is all.", "Keep it.", "Remember that.")))
        )
        out.append(Turn("user", text))
        if turns > 1:
            out.append(Turn("assistant", str(rng.choice(REPLY[min(i, 2)])).format(n=facts.name)))
    return tuple(out)


def draw_date(rng: Rng) -> datetime:
    """A day between 2022 and 2026, at some hour."""
    return datetime(2022, 1, 1, tzinfo=UTC) + timedelta(hours=int(rng.integers(0, 24 * 1700)))


def when_words(facts: Facts, episode: Episode) -> str:
    """The answer to "when": as said, else the episode's date."""
    return facts.time or f"on {episode.when.day} {episode.when:%B %Y}"


def where_words(facts: Facts, episode: Episode) -> str | None:
    """The answer to "where": as said, else the episode's place."""
    return facts.place or episode.place


def caption(known: Sequence[tuple[Facts, Episode]]) -> str:
    """The gold caption of a photo that shows the things of `known`, in the canonical order of their episodes. Several
    are all named first."""
    if not known:
        return NOBODY
    ordered = sorted(known, key=lambda k: (k[1].when, k[1].id))
    *first, last = (f.name for f, _ in ordered)
    here = [f"Here are {', '.join(first)} and {last}."] if first else []
    return " ".join([*here, *(_about(f, e) for f, e in ordered)])


def _about(facts: Facts, episode: Episode) -> str:
    place, when = where_words(facts, episode), when_words(facts, episode)
    at = f" at {place}" if place else ""
    doing = f"You were {facts.event}{at} {when}." if facts.event else f"You were together{at} {when}."
    told = [f"This is {facts.name}.", doing]
    if facts.habit:
        told.append(f"{facts.name} always {facts.habit}.")
    if facts.note:
        told.append(f"You told me: {facts.note}.")
    if facts.reminder:
        told.append(f"You asked me to remind you: {facts.reminder}.")
    return " ".join(told)


ASK = {
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
"""Questions by the fact they ask for; {it} is the name, or "it" when only sight can tell who is meant."""


def question(rng: Rng, key: str, it: str = "it") -> str:
    """One way of asking for the fact `key`; a given name is used where the wording has room for it."""
    ways = [w for w in ASK[key] if "{it}" in w] if it != "it" else []
    return str(rng.choice(ways or ASK[key])).format(it=it)


def answer(key: str, facts: Facts | None, episode: Episode | None) -> str:
    """The gold answer; `facts` is None when nothing known is in the photo."""
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
