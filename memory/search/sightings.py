"""Recall by sight: which photos come, how certain, and for what reason.

The gate decides by the score, by how many photos are remembered, and by the user's own answers (`gate.py`). What the
user said of a pair of photos counts more than any score:

    "yes"   the two show the same thing: they come together, as surely as the better of them; shown again, the new
            photo brings back the remembered one surely. A photo of which "yes" was said with two photos that are unlike
            each other shows two things: it joins them to nothing
    "no"    shown again, the new photo does not bring back the remembered one, nor what shows the same as that; if the
            new photo is remembered too, photos that look more like it do not either

A remembered photo that is shown again brings itself back surely. Photos of which the user's words say that they show
one named thing (`Named`) are of one thing, too, as if the user had said "yes" to them.

Each function runs on an open transaction.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import combinations, pairwise
from typing import Literal, NamedTuple

import numpy as np

from memory.db import rows, verdict_rows
from memory.db.verdict_rows import Verdict
from memory.episode import Certainty
from memory.search import vector_index, vectors
from memory.search.gate import MOST, Gate
from memory.search.ranking import Sight, What
from memory.search.vector_codes import Codes

Named = Callable[[sqlite3.Connection, Collection[str]], dict[str, str]]
"""From hashes of photos to the name of the one thing that each of them shows, and of all other photos of these things,
by their hashes. Photos that show no named thing are left out."""
SAME = 0.9
"""Two photos are nearly the same picture when their `vectors.alike` is at least this."""


UNLIKE = 0.4
"""Two photos are of different things when their `vectors.alike` is below this: 98 % of pairs of different things are,
and 1 % of pairs of the same."""


class Seen(NamedTuple):
    """A stored photo that a new one brings back by sight."""

    score: float
    what: What | Literal["photo"]
    """What the two photos have in common; "photo": all of it."""
    certainty: Certainty
    thing: str
    """The same for all photos of which the user said that they show the same."""

    @property
    def why(self) -> str:
        """The reason in words for the user: "the same thing", "maybe the same place"."""
        return f"{'' if self.certainty == 'sure' else 'maybe '}the same {self.what}"


def unnamed(db: sqlite3.Connection, photos: Collection[str]) -> dict[str, str]:
    """The `Named` that knows no names."""
    return {}


class NewPhoto(NamedTuple):
    """What recall by sight knows of a new photo."""

    space: str
    tokens: np.ndarray
    """Its visual tokens (T, D) in this vector space."""
    gate: Gate = Gate.always()
    """What its encoder says of how alike photos must be."""
    sha256: str = ""
    """Its hash, for what was said of it; "" where that does not count."""


def seen(db: sqlite3.Connection, new: NewPhoto, codes: Codes, named: Named = unnamed) -> dict[str, Seen]:
    """The photos that a new one brings back, by their hashes. The index must be `ready`."""
    space, gate, photo = new.space, new.gate, new.sha256
    known = vector_index.state(db, space)
    if known is None:
        return {}
    told = min(known.photos, rows.photos_with_words(db, MOST))  # a photo without words tells nobody anything wrong
    sights = _of_several(db, new, told, codes)
    answers = _answers(db, {*sights, photo})
    said = {v.other: v.same for v in answers if v.photo == photo}
    scores = _scores(answers, space)
    surely = {name for name in sights if name == photo or said.get(name)}
    likely = [  # a "no" can only make it less
        name
        for name, (score, _) in sights.items()
        if name in surely or gate.certainty(score, told, scores.get((name, True), ()))
    ]
    denied = {other for other, same in said.items() if not same}
    things = _things(_of_one_thing(db, space, answers), named(db, {*likely, *denied}))
    gone = _denied(sights, answers, things, said, photo)
    doubted = {v.other for v in answers if not v.same and v.other in sights}

    def certainty(name: str) -> Certainty | None:
        if name in surely:
            return "sure"
        pictures = [name, *_same_picture(db, space, name, doubted - {name})]
        if not gone.isdisjoint(pictures):
            return None
        yes, no = ([s for one in pictures for s in scores.get((one, same), ())] for same in (True, False))
        return gate.certainty(sights[name].score, told, yes, no)

    found = {
        name: Seen(sights[name].score, "photo" if name == photo else sights[name].what, sure, things.get(name, name))
        for name in likely
        if name not in gone and (sure := certainty(name))
    }
    return found | _brought_along(db, space, found, things, gone)


def _of_several(db: sqlite3.Connection, new: NewPhoto, told: int, codes: Codes) -> dict[str, Sight]:
    """How alike every stored photo and a new one are.

    Of a new photo that surely shows one thing, other things are looked for once more in the rest of it, where the first
    does not hide them. They stay behind the first. With a gate that lets everything through, scores stay as they are.
    """
    space, gate = new.space, new.gate
    sights = vectors.by_sight(db, space, new.tokens, codes)
    first = max(sights, key=lambda name: sights[name].score, default="")
    sure = first and gate.certainty(sights[first].score, told) == "sure"
    if not sure or gate.certainty(0.0, told) == "sure" or len(sights) == 1:
        return sights
    beside = vectors.beside(db, space, new.tokens, first)
    if not len(beside):
        return sights
    rest = vectors.by_sight(db, space, beside, codes)
    behind = math.nextafter(sights[first].score, 0.0)
    found = rest | sights
    for name, one in rest.items():
        if name != first and found[name].what != "place":
            found[name] = found[name]._replace(score=min(max(found[name].score, one.score), behind))
    return found


def _same_picture(db: sqlite3.Connection, space: str, photo: str, others: Iterable[str]) -> list[str]:
    """Those of the `others` that are nearly the same picture, as of a burst: an answer about them is one about it."""
    return [other for other in others if vectors.alike(db, space, photo, other) >= SAME]


def _answers(db: sqlite3.Connection, photos: Collection[str]) -> list[Verdict]:
    """The user's answers about these photos and, through "yes", about photos that show the same."""
    answers: dict[Verdict, None] = {}
    asked: set[str] = set()
    new = set(photos)
    while new:
        found = verdict_rows.about(db, new)
        answers |= dict.fromkeys(found)
        asked |= new
        new = {name for v in found if v.same for name in (v.photo, v.other)} - asked
    return list(answers)


def _scores(answers: Iterable[Verdict], space: str) -> dict[tuple[str, bool], list[float]]:
    """How alike the pairs of the answers were: by the remembered photo, and whether the answer was "yes"."""
    scores: dict[tuple[str, bool], list[float]] = {}
    for v in answers:
        if v.score is not None and v.space == space and v.photo != v.other:
            scores.setdefault((v.other, v.same), []).append(v.score)
    return scores


def _of_one_thing(db: sqlite3.Connection, space: str, answers: Iterable[Verdict]) -> list[Verdict]:
    """The answers "yes" that join photos: those of photos that show one thing only, as far as the answers tell."""
    yes = [v for v in answers if v.same and v.photo != v.other]
    partners: dict[str, set[str]] = {}
    for v in yes:
        partners.setdefault(v.photo, set()).add(v.other)
        partners.setdefault(v.other, set()).add(v.photo)
    joined = {frozenset((v.photo, v.other)) for v in yes}
    several = {photo for photo, others in partners.items() if len(others) > 1 and _unlike(db, space, others, joined)}
    return [v for v in yes if not {v.photo, v.other} & several]


def _unlike(db: sqlite3.Connection, space: str, photos: Collection[str], joined: Collection[frozenset[str]]) -> bool:
    """Whether two of the photos, which no answer of their own joins, show different things."""
    names, likeness = vectors.likenesses(db, space, photos)
    return any(
        likeness[i, j] < UNLIKE and frozenset((names[i], names[j])) not in joined
        for i, j in combinations(range(len(names)), 2)
    )


def _things(answers: Iterable[Verdict], named: dict[str, str]) -> dict[str, str]:
    """For each photo of a "yes", and of those `named`, one of all the photos that show the same thing: it stands for
    the thing."""
    thing: dict[str, str] = {}
    members: dict[str, list[str]] = {}
    by_name: dict[str, list[str]] = {}
    for photo, name in named.items():
        by_name.setdefault(name, []).append(photo)
    same = [(v.photo, v.other) for v in answers if v.same]
    same += [pair for photos in by_name.values() for pair in pairwise(sorted(photos))]
    for pair in same:
        one, other = (thing.setdefault(name, name) for name in sorted(pair))
        if one != other:
            moved = members.pop(other, [other])
            members.setdefault(one, [one]).extend(moved)
            thing |= dict.fromkeys(moved, one)
    return thing


def _denied(
    sights: dict[str, Sight], answers: Sequence[Verdict], things: dict[str, str], said: dict[str, bool], photo: str
) -> set[str]:
    """Photos that must not come back, by what the user `said` of the new one and of photos that are more like it."""
    yes, no = ({other for other, same in said.items() if same is answer} for answer in (True, False))
    not_this = {things.get(other, other) for other in no}
    gone = no | {name for name in {*sights, *things} if things.get(name, name) in not_this}
    for v in answers:
        if not v.same and v.photo != photo and v.photo in sights and v.other in sights:
            gone |= {v.other} if sights[v.photo].score > sights[v.other].score else set()
    return gone - yes - ({photo} - no)


def _brought_along(
    db: sqlite3.Connection, space: str, found: dict[str, Seen], things: dict[str, str], gone: Collection[str]
) -> dict[str, Seen]:
    """Photos that show the same as a found one by the user's word, as surely as that one, ranked right behind it."""
    best: dict[str, Seen] = {}
    for one in found.values():
        before = best.get(one.thing, one)
        best[one.thing] = max(before, one, key=lambda seen: (seen.certainty == "sure", seen.score))
    more: dict[str, Seen] = {}
    for name, thing in things.items():
        if thing not in best or name in gone:
            continue
        if name in found:
            more[name] = found[name]._replace(certainty=best[thing].certainty)
        elif vectors.has(db, name, space):
            behind = math.nextafter(best[thing].score, 0.0)
            more[name] = best[thing]._replace(what="thing", score=behind)
    return more
