"""The memories that a request for a list means: of named things, with all of some words, of a time; newest first."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from memory import browse
from memory.browse import EpisodeEntry, Finding
from memory.episode import Recall
from memory.naming import categories, shown_kinds
from memory.naming.lists.list_requests import ListRequest, request
from memory.naming.named_things import NamedThing, things
from memory.naming.same_things import of_same_things
from memory.search.text_search import BY_MEANING
from memory.store import Memory
from memory.text import folded, terms
from memory.times.time_phrases import TimeQuery

OF_THE_SAME = "of the same photo or thing"
IN_VIEW = "in view now"
"""The reason for a memory that has none of the words of a wish to forget."""
_PLACED = re.compile(r"\b(?:in|at|on|from|near|by|with|during|since|before|after)\b", re.IGNORECASE)
"""Words behind which stands what a photo has to do with, and no longer which thing it shows."""


def find(memory: Memory, text: str, now: datetime | None = None, most: int = browse.FOUND) -> Finding:
    """What `text` in a search field finds: the list that it asks for, else what `browse.search` finds.

    Words that are still being typed ("photos of Ann") are searched for, too.
    """
    wanted = request(text, now, field=True)
    if wanted and ((entries := listed(memory, wanted)) or wanted.why):
        return Finding(entries, title=wanted.title)
    found = browse.search(memory, wanted.words if wanted else text, now, most)
    return found if found.entries or not wanted else Finding([], title=wanted.title)


def listed(memory: Memory, wanted: ListRequest) -> list[EpisodeEntry]:
    """The memories that the request means, newest first; where only the first or last is wanted, that one, and behind
    it those whose day is unknown. Raises MemoryFileError."""
    entries = _meant(memory, wanted)
    dated = [entry for entry in entries if entry.day]
    if not wanted.end or not dated:
        return entries
    return [dated[-1 if wanted.end == "first" else 0], *(entry for entry in entries if not entry.day)]


def _meant(memory: Memory, wanted: ListRequest) -> list[EpisodeEntry]:
    """The memories with the words, the photos and of the time that the request names, newest first."""
    entries = browse.timeline(memory)
    if wanted.why:
        of_time = TimeQuery("", wanted.since, wanted.before, without=wanted.without)
        then = browse.told_then(memory, of_time) if wanted.told_then else set()
        told = browse.told_of(memory, of_time) if wanted.told else then
        by_day = not wanted.told_then
        entries = [entry for entry in entries if (by_day and of_time.has(entry.day)) or entry.id in told]
    if wanted.photos is not None:
        ids = _of_photos(memory, wanted.photos)
        return [entry for entry in entries if entry.id in ids]
    if not wanted.words:
        return entries
    ids = _with_words(memory, wanted.words)
    return [entry for entry in entries if entry.id in ids]


def to_forget(memory: Memory, text: str, recalls: Sequence[Recall] = (), most: int = browse.FOUND) -> Finding:
    """The memories that somebody may mean who wants these words forgotten: those that have all the words; where none
    has, those that a search finds, by their meaning last of all. Beside them stands all else that was told of the same
    photos and things. Where the words were not told so, what was recalled by sight comes first: "forget the bear", with
    the teddy in view."""
    found, wanted = find(memory, text, most=most), request(f"photos of {text}", field=True)
    said = [entry for entry in found.entries if entry.why != BY_MEANING] or found.entries
    meant = {entry.id for entry in (listed(memory, wanted) if wanted else ())} or {entry.id for entry in said}
    more = _of_photos(memory, of_same_things(memory, _photos_of(memory, meant))) | meant
    first = [entry for entry in said if entry.id in more]
    beside = more - {entry.id for entry in first}
    kept = {entry.id: entry for entry in browse.timeline(memory)}
    also = [entry._replace(why=OF_THE_SAME) for id, entry in kept.items() if id in beside]
    entries = [*first, *also]
    if found.instead or not entries:
        seen = (one.episode.id for one in recalls if one.by_sight)
        here = [kept[id]._replace(why=IN_VIEW) for id in seen if id in kept]  # a recalled one may be forgotten by now
        entries = [*here, *(one for one in entries if one.id not in {other.id for other in here})]
    return found._replace(entries=entries[:most])


def undated(memory: Memory, wanted: ListRequest) -> int:
    """How many memories whose day is unknown would be meant by the request if it named no time; 0 where it names none.
    Raises MemoryFileError."""
    if not wanted.why or wanted.told_then:
        return 0
    return sum(entry.day is None for entry in listed(memory, wanted._replace(since=None, before=None, why="")))


def of_view(memory: Memory, wanted: ListRequest, photo: str, recalls: Sequence[Recall]) -> ListRequest:
    """The request with what "him" means in it: what the photo in view (a hash, or "") shows, or the first other photo
    that it recalls.

    Of a thing without a name, its photos are meant. Raises MemoryFileError.
    """
    if not wanted.here:
        return wanted
    others = (one for one in recalls if (one.by_sight or not photo) and one.episode.photo.sha256 != photo)
    first = next(others, None)
    photos = [photo, *([first.episode.photo.sha256] if first else [])]
    named = things(memory)
    for hash in photos:
        if shown := [one.name for one in named if hash in one.hashes]:
            return wanted._replace(here=False, words=" and ".join(shown))
    return wanted._replace(photos=(*photos, *(one.photo.sha256 for one in (first.others if first else ()))))


def _with_words(memory: Memory, words: str) -> set[str]:
    """Ids of memories that show or mention the things that the words name and have all other words."""
    known = things(memory)
    named = _named(known, words)
    rest = folded(words)
    for _, said in named:
        rest = " ".join(rest.replace(said, " ").split())
    of_all: set[str] | None = None
    for thing, _ in named:
        ids = {entry.id for entry in (*thing.photos, *thing.mentioned)} | _of_photos(memory, thing.hashes)
        if len(named) == 1 and not set(folded(thing.name).split()) & categories.PERSONS:
            ids |= _of_photos(memory, of_same_things(memory, thing.hashes))
        of_all = ids if of_all is None else of_all & ids
    rest = rest.replace("'s", " ")
    kinds = [word for word in rest.split() if categories.category(word.strip(","))]
    for word in kinds:
        ids = _of_category(memory, word.strip(","), known)
        of_all = ids if of_all is None else of_all & ids
    about, *where = _PLACED.split(" ".join(word for word in rest.split() if word not in kinds), maxsplit=1)
    for numbered in re.findall(r"[^\W\d_]+ \d+\b", about):  # "box 3", and not "box 12, with 3 cups"
        ids = set(_matching(memory, f'"{numbered}"'))
        of_all = ids if of_all is None else of_all & ids
    if asked := terms(about):
        ids = set(_matching(memory, " AND ".join(asked)))
        of_all = ids if of_all is None else of_all & ids
    if of_all and kinds and (asked or named) and " and " not in words:  # "nan's dog": each photo of that dog
        of_all |= _of_photos(memory, of_same_things(memory, _photos_of(memory, of_all)))
    if asked := terms(" ".join(where)):
        ids = set(_matching(memory, " AND ".join(asked)))
        of_all = ids if of_all is None else of_all & ids
    return of_all or set()


def _of_category(memory: Memory, word: str, known: Iterable[NamedThing]) -> set[str]:
    """Ids of memories that tell of the category that a word names, and of the other photos of a thing that is in it:
    Biscuit asleep, where another memory says that Biscuit is a dog. Of people, those that the photos show. `known`:
    all things that have a name."""
    ids = _telling_of(memory, word)
    persons = categories.of_persons(word)
    if persons:
        ids = {id for id in ids if categories.shows_person(memory.get(id).words)}
    animals = _telling_of(memory, "animals") if persons == "people" else set[str]()
    for thing in known:
        photos = {entry.id for entry in thing.photos}
        called = set(folded(thing.name).split())
        if photos & ids or (persons == "people" and called & categories.PERSONS and not photos & animals):
            ids |= _of_photos(memory, thing.hashes)
    return ids


def _telling_of(memory: Memory, word: str) -> set[str]:
    """Ids of memories whose words tell of the category that a word names, as what their photos show."""
    kind = categories.members(word)
    found = _matching(memory, categories.expression(word))
    ids = {id for id, words in found.items() if shown_kinds.shows(words, kind)}
    if maybe := categories.without_kind(word):
        ids |= {id for id, words in _matching(memory, maybe).items() if categories.tells_of_animal(words)}
    return ids


def _named(found: list[NamedThing], words: str) -> list[tuple[NamedThing, str]]:
    """The things that the words name, and how: the longest names first, so that "Anna Berg" is not "Anna"."""
    left = f" {' '.join(folded(words).replace(',', ' ').split())} ".replace("'s ", " ")
    meant: list[tuple[NamedThing, str]] = []
    spelled = [(name, one) for one in found for name in {folded(one.name), *one.said_as}]
    for name, one in sorted(spelled, key=lambda pair: -len(pair[0])):
        if f" {name} " in left and not any(one is other for other, _ in meant):
            left = left.replace(f" {name} ", "  ")
            meant.append((one, name))
    return meant


def _photos_of(memory: Memory, ids: Collection[str]) -> set[str]:
    """Hashes of the photos of these memories."""
    with memory.transaction() as db:
        query = "SELECT photo FROM episodes WHERE id = ?"
        return {photo for id in ids for (photo,) in db.execute(query, (id,))}


def _of_photos(memory: Memory, photos: Collection[str]) -> set[str]:
    """Ids of all memories of photos, of which hashes are given: of a photo there may be several."""
    with memory.transaction() as db:
        query = "SELECT id FROM episodes WHERE photo = ?"
        return {id for photo in photos for (id,) in db.execute(query, (photo,))}


def _matching(memory: Memory, expression: str) -> dict[str, str]:
    """Memories whose words or place have all terms of an FTS5 expression: their ids, each with its words."""
    query = "SELECT id, words FROM said JOIN episodes ON row = said.rowid WHERE said MATCH ?"
    with memory.transaction() as db:
        return dict(db.execute(query, (expression,)))
