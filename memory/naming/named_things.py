"""Everyone and everything that has a name, with the photos that show them, from the user's words and confirmations.

A photo shows Zuri when the user said so about it ("This is Zuri"), or answered "yes" that it shows the same as such a
photo. Other names in the words are mentions. What the user decided about names counts more (`decisions.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from memory.browse import EpisodeEntry
from memory.db import name_rows, rows, verdict_rows
from memory.db.name_rows import NameDecision
from memory.naming.name_extraction import NamesInText, names
from memory.store import Memory
from memory.text import count, folded


@dataclass(frozen=True)
class NamedThing:
    """A person, an animal or a thing with a name."""

    name: str
    said_as: tuple[str, ...]
    """The names, `folded`, under which the user's words have it."""
    photos: tuple[EpisodeEntry, ...]
    """Of each photo that shows it the newest memory; newest first."""
    mentioned: tuple[EpisodeEntry, ...]
    """Memories of other photos whose words have its name; newest first."""
    hashes: tuple[str, ...]
    """Of the photos that show it, in the same order."""

    @property
    def last(self) -> date | None:
        """The day on which it was last seen or, if no photo shows it, mentioned; None: unknown."""
        return max((one.day for one in self.photos or self.mentioned if one.day), default=None)

    @property
    def times(self) -> str:
        """ "3 photos, mentioned in 1 more" """
        more = f"mentioned in {len(self.mentioned)}{' more' if self.photos else ''}"
        shown = [count(len(self.photos), "photo")] if self.photos else []
        return ", ".join([*shown, *([more] if self.mentioned else [])])


class _Row(NamedTuple):
    """An episode: what names need of it."""

    id: str
    photo: str
    day: date | None
    words: str


@dataclass
class _Found:
    """What was found of one thing."""

    spelled: Counter[str] = field(default_factory=Counter)
    said_as: dict[str, None] = field(default_factory=dict)
    photos: dict[str, EpisodeEntry] = field(default_factory=dict)
    mentioned: dict[str, EpisodeEntry] = field(default_factory=dict)


def things(memory: Memory) -> list[NamedThing]:
    """All of them: those that photos show before those only mentioned, the last seen first. Raises MemoryFileError."""
    query = f"SELECT id, photo, day, words FROM episodes JOIN said ON said.rowid = row ORDER BY {rows.NEWEST}"
    with memory.transaction() as db:
        episodes = [
            _Row(id, photo, day and date.fromisoformat(day), words) for id, photo, day, words in db.execute(query)
        ]
        same = [(v.photo, v.other) for v in verdict_rows.newest_first(db) if v.same]
        decided = Decided(name_rows.every(db))
    said = _said_of_all([one.words for one in episodes])
    found: dict[str, _Found] = {}
    for one, of_it in zip(episodes, said, strict=True):
        entry = EpisodeEntry(one.id, one.day)
        for name in of_it.shown:
            if thing := decided.thing(found, name, one.photo):
                thing.photos.setdefault(one.photo, entry)
        for name in of_it.mentioned:
            if thing := decided.thing(found, name, one.photo):
                thing.mentioned.setdefault(one.photo, entry)
    _confirm(found, episodes, said, same, decided)
    order = {one.id: number for number, one in enumerate(episodes)}
    listed = [_thing(one, order) for one in found.values()]
    return sorted(listed, key=lambda one: (bool(one.photos), one.last or date.min, len(one.photos)), reverse=True)


def find(all_things: Iterable[NamedThing], name: str) -> NamedThing | None:
    """The thing with this name, or the only one whose name begins so; letter case and accents do not count."""
    wanted = " ".join(folded(name).split())
    begins: list[NamedThing] = []
    for one in all_things:
        if wanted == folded(one.name):
            return one
        begins += [one] if folded(one.name).startswith(wanted) and wanted else []
    return begins[0] if len(begins) == 1 else None


class Decided:
    """The user's decisions, ready to be asked."""

    def __init__(self, decisions: Iterable[NameDecision]) -> None:
        self._called = {(one.name, one.photo): one.called for one in decisions}

    def _by_user(self, key: str, photo: str) -> str | None:
        return self._called.get((key, photo), self._called.get((key, None)))

    def called(self, key: str, photo: str) -> str:
        """The name, folded, that a name said of a photo (folded, too) counts as; "" when it is none."""
        called = self._by_user(key, photo)
        return key if called is None else folded(called)

    def said_for(self, name: str) -> list[str]:
        """The names, folded, that the user said and that count as this one."""
        return [said for (said, _), called in self._called.items() if folded(called) == name]

    def thing(self, found: dict[str, _Found], name: str, photo: str) -> _Found | None:
        """The entry in `found` of what this name means in this photo; None when it is no name."""
        key = folded(name)
        called = self._by_user(key, photo)
        if called == "":
            return None
        thing = found.setdefault(folded(called or name), _Found())
        thing.spelled[called or name] += 1000 if called else 1  # the user's own spelling wins
        thing.said_as[key] = None
        return thing


@lru_cache(maxsize=1 << 15)
def names_of(text: str, known: frozenset[str] = frozenset()) -> NamesInText:
    """The names in a text (`name_extraction.names`); the last texts are cached."""
    return names(text, known)


def _said_of_all(texts: Sequence[str]) -> list[NamesInText]:
    """The names in each text; a name that one text surely says may begin a sentence of another."""
    first = [names_of(text) for text in texts]
    known = frozenset(folded(name) for said in first for name in (*said.shown, *said.mentioned))
    single = {name for name in known if " " not in name}
    again = []
    for text, said in zip(texts, first, strict=True):
        has = single.intersection(folded(text).replace("'s", " ").replace("’s", " ").split())
        new = has - {folded(name) for name in (*said.shown, *said.mentioned)}
        again.append(names(text, known) if new else said)
    return again


def _confirm(
    found: dict[str, _Found],
    episodes: Sequence[_Row],
    said: Sequence[NamesInText],
    same: Iterable[tuple[str, str]],
    decided: Decided,
) -> None:
    """Add photos of which the user confirmed that they show the same as a named one."""
    newest: dict[str, _Row] = {}
    first_name: dict[str, str] = {}
    for one, of_it in zip(episodes, said, strict=True):
        newest.setdefault(one.photo, one)
        if of_it.shown:
            first_name.setdefault(one.photo, of_it.shown[0])
    group: dict[str, set[str]] = {}
    asked: dict[str, str] = {}
    for photo, other in same:
        joined = group.get(photo, {photo}) | group.get(other, {other})
        group |= dict.fromkeys(joined, joined)
        if other in first_name:
            asked[other] = first_name[other]
    for other, name in asked.items():
        for photo in group[other]:
            if photo in newest and (thing := decided.thing(found, name, other)):
                thing.photos.setdefault(photo, EpisodeEntry(newest[photo].id, newest[photo].day))


def _thing(one: _Found, order: Mapping[str, int]) -> NamedThing:
    shown = sorted(one.photos.items(), key=lambda pair: order[pair[1].id])
    rest = sorted(
        (entry for photo, entry in one.mentioned.items() if photo not in one.photos), key=lambda e: order[e.id]
    )
    name = one.spelled.most_common(1)[0][0]
    photos, hashes = tuple(entry for _, entry in shown), tuple(photo for photo, _ in shown)
    return NamedThing(name, tuple(one.said_as), photos, tuple(rest), hashes)
