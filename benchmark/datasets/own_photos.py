"""Your own photos as a source: a folder of them, and a server whose model writes dialogues and questions.

    PHOTOS/
      Rex/             a thing with several photos; the first by file name is what is remembered,
        1.jpg 2.jpg    every other one is a new photo that shows Rex alone
      17/              a name with a digit in it is no name: the thing is given one
      Nala.jpg         a thing with one photo
      queries/         may be left out: new photos that show any number of things
        queries.csv    photo,shows       with lines like   park.jpg,Rex;17

One dialogue of six turns about each thing, three questions about each dialogue (`llm_writer.py`). What cannot be read
is asked for once more with another seed, and then left out with the reason. Photos go to the server that you name, and
nowhere else.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from assistant.photo import load_photo
from benchmark.datasets.filters.photo_similarity import contained, pixel_features
from benchmark.datasets.filters.tools import Tools
from benchmark.datasets.llm_writer import ask_dialogue, ask_questions, read_dialogue, read_questions
from benchmark.datasets.source import Draft, Unusable
from benchmark.judges.chat_client import Endpoint, Request
from benchmark.world.dialogue import draw_date, words
from benchmark.world.question import Question
from benchmark.world.sample import Sample
from memory.episode import Episode, Photo
from memory.errors import KeepsakeError, PhotoError

QUERIES, SHOWS = "queries", "queries.csv"
SPLITS = {"test": 0.2, "dev": 0.1, "train": 0.7}
"""Share of the things in each split."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is shown in photos of its own."""

    key: str
    """Name of its folder, or of its only photo without the ending."""
    name: str
    photos: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A thing with all that a sample needs of it."""

    episode: Episode
    questions: tuple[Question, ...]


class OwnPhotos:
    """See `Source`. Nothing is read or asked before the first draft is wanted."""

    def __init__(
        self, folder: Path, endpoint: Endpoint, tools: Tools, split: str = "all", seed: int = 0, extra: int = 0
    ) -> None:
        """`split`: train, dev or test, to which a thing belongs by its key alone, or "all". Distractors are chosen
        with `tools.encoder`, if there is one. Raises KeepsakeError when the folder is not laid out as above."""
        self.folder, self.endpoint, self.tools, self.split, self.seed = folder, endpoint, tools, split, seed
        self.extra = extra
        everything = _things(folder, seed, split)
        self.things = {t.key: t for t in everything if split in ("all", split_of(t.key))}
        self.queries, self.mixed = self._queries({t.key for t in everything})
        self._alike: dict[str, list[str]] = {}

    def drafts(self, positives: int) -> Iterator[Draft]:
        """See `Source`: first whatever cannot be used, then each query photo once, in seeded order."""
        known, faults = self._known
        yield from (Draft(f"thing {key}", partial(_fail, fault)) for key, fault in faults.items())
        needed = 3 * positives + self.extra
        mine = [path for path, shown in self.queries.items() if len(shown) == positives]
        if mine and len(known) < needed:
            raise KeepsakeError(
                f"{self.folder}: samples of {positives} need {needed} things in the split {self.split!r}, and "
                f"{len(known)} are usable: bring more photos, or ask for fewer `--positives`"
            )
        for i in np.random.default_rng((self.seed, positives)).permutation(len(mine)):
            path = mine[int(i)]
            yield Draft(path.relative_to(self.folder).as_posix(), partial(self._sample, path))

    def about(self) -> dict[str, str]:
        """See `Source`."""
        known, faults = self._known
        eyes = "late interaction of the visual tokens of a model" if self.tools.encoder else "colours and thumbnails"
        return {
            "Photos": f"{len(self.things)} things and {len(self.queries)} query photos from a folder of your own. "
            "Their licence and the consent of the people in them are yours to state: this card cannot know them.",
            "Dialogues and questions": f"invented by the model {self.endpoint.model!r} (temperature "
            f"{self.endpoint.temperature:g}, seed {self.endpoint.seed}), after the photos; nothing of it happened. "
            f"{len(known)} things have both, {len(faults)} were left out. Dates without a camera's date are drawn.",
            "Distractors": f"the two other things that look most like each positive, by {eyes}"
            + (f"; {self.extra} more, the next most alike, make a long history" if self.extra else "")
            + ".",
            "Splits": f"{self.split!r}: a thing belongs to train, dev or test by the hash of its folder's name, so "
            f"no thing is in two of them. {self.mixed} query photos show things of several splits and were left out."
            if self.split != "all"
            else "none: all things are in one set. Do not train on it and test on it.",
            "Seeded": "order, dates, given names, places of the right options. What the model writes is not, unless "
            "its server is; it is kept, so that the same command on this machine writes the same samples.",
        }

    def _queries(self, keys: set[str]) -> tuple[dict[Path, tuple[str, ...]], int]:
        """What each query photo shows, by file; and how many show things of several splits."""
        shown: dict[Path, tuple[str, ...]] = {path: (t.key,) for t in self.things.values() for path in t.photos[1:]}
        mixed = 0
        for path, several in _listed(self.folder, keys).items():
            inside = [key in self.things for key in several]
            if all(inside):
                shown[path] = several
            mixed += any(inside) and not all(inside)
        return shown, mixed

    @cached_property
    def _known(self) -> tuple[dict[str, Known], dict[str, Unusable]]:
        """Things that can be used, and for the others why not."""
        photos: dict[str, Photo] = {}
        faults: dict[str, Unusable] = {}
        for thing in self.things.values():
            try:
                photos[thing.key] = load_photo(thing.photos[0])
            except PhotoError as error:
                faults[thing.key] = Unusable("photo_readable", str(error), {"thing": thing.key})
        requests = {k: ask_dialogue(self._name(k), p) for k, p in photos.items()}
        episodes, bad = self._write(requests, lambda key, text: self._episode(key, photos[key], text))
        self._note(faults, bad, "dialogue_readable", photos)
        requests = {k: ask_questions(self._name(k), e) for k, e in episodes.items()}
        rngs = {k: self._rng(photos[k], 1) for k in episodes}
        questions, bad = self._write(requests, lambda key, text: read_questions(text, self._name(key), rngs[key]))
        self._note(faults, bad, "questions_readable", photos)
        return {k: Known(episodes[k], q) for k, q in questions.items()}, faults

    def _write(
        self, requests: Mapping[str, Request], read: Callable[[str, str], T]
    ) -> tuple[dict[str, T], dict[str, tuple[str, str]]]:
        """What the model wrote, read; and (reason, text) of what could not be read at the second attempt either."""
        good: dict[str, T] = {}
        bad: dict[str, tuple[str, str]] = {}
        for endpoint in (self.endpoint, replace(self.endpoint, seed=self.endpoint.seed + 1)):
            left = {key: request for key, request in requests.items() if key not in good}
            for key, text in zip(left, endpoint.ask(list(left.values()), progress=True), strict=True):
                try:
                    good[key] = read(key, text)
                except ValueError as error:
                    bad[key] = (str(error), text)
        return good, {key: fault for key, fault in bad.items() if key not in good}

    def _note(
        self, faults: dict[str, Unusable], bad: dict[str, tuple[str, str]], check: str, photos: dict[str, Photo]
    ) -> None:
        for key, (reason, text) in bad.items():
            faults[key] = Unusable(check, reason, {"thing": key, "written": text}, (photos[key],))

    def _episode(self, key: str, photo: Photo, text: str) -> Episode:
        when = photo.taken_at or draw_date(self._rng(photo, 0))
        return read_dialogue(text, self._name(key), photo, when)

    def _sample(self, path: Path) -> Sample:
        known, faults = self._known
        shown = self.queries[path]
        item: dict[str, Any] = {"photo": path.relative_to(self.folder).as_posix(), "shows": list(shown)}
        if lost := [key for key in shown if key in faults]:
            raise Unusable("things_usable", f"shows {lost[0]!r}: {faults[lost[0]].reason}", item)
        try:
            query = load_photo(path)
        except PhotoError as error:
            raise Unusable("photo_readable", str(error), item) from error
        context = list(shown)
        for key in shown:
            context += [other for other in self._nearest(key) if other not in context][:2]
        further = [other for other in self._nearest(shown[0]) if other not in context]
        context += further[: self.extra]
        order = [context[int(i)] for i in self._rng(query, 2).permutation(len(context))]
        return Sample(
            tuple(known[key].episode for key in order),
            query,
            tuple(i for i, key in enumerate(order) if key in shown),
            tuple(known[key].questions for key in order),
        )

    def _nearest(self, key: str) -> list[str]:
        """The other things, most alike first."""
        if key not in self._alike:
            known, _ = self._known
            others = [k for k in known if k != key]
            if self.tools.encoder is not None:
                photos = [known[k].episode.photo for k in others]
                likeness = contained(photos, known[key].episode.photo, self.tools)
            else:
                likeness = np.array([self._looks[k] @ self._looks[key] for k in others])
            self._alike[key] = [others[int(i)] for i in np.argsort(-likeness, kind="stable")]
        return self._alike[key]

    @cached_property
    def _looks(self) -> dict[str, np.ndarray]:
        return {key: pixel_features(known.episode.photo) for key, known in self._known[0].items()}

    def _name(self, key: str) -> str:
        return self.things[key].name

    def _rng(self, photo: Photo, purpose: int) -> np.random.Generator:
        return np.random.default_rng((self.seed, int(photo.sha256[:12], 16), purpose))


def split_of(key: str) -> str:
    """The split of a thing: by its key alone, so that no other photo moves it."""
    share = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 16**8
    for split, size in SPLITS.items():
        if share < size:
            return split
        share -= size
    return split


def _fail(fault: Unusable) -> Sample:
    raise fault


def _things(folder: Path, seed: int, split: str) -> list[Thing]:
    """All things of a folder, by key. Raises KeepsakeError."""
    if not folder.is_dir():
        raise KeepsakeError(f"{folder} is not a folder of photos")
    found: dict[str, tuple[Path, ...]] = {}
    for entry in sorted(p for p in folder.iterdir() if not p.name.startswith(".") and p.name != QUERIES):
        key = entry.name if entry.is_dir() else entry.stem
        files = sorted(p for p in entry.iterdir() if not p.name.startswith(".")) if entry.is_dir() else [entry]
        if not files:
            raise KeepsakeError(f"{entry} holds no photo: put one there, or remove the folder")
        if key.casefold() in {k.casefold() for k in found}:
            raise KeepsakeError(f"{folder} has two things called {key!r}: names must differ")
        found[key] = tuple(files)
    if not found:
        raise KeepsakeError(f"{folder} holds no photos: put a folder of photos there for each thing")
    own = {key: " ".join(key.replace("_", " ").split()) for key in found if not any(c.isdigit() for c in key)}
    taken = {name.casefold() for name in own.values()}
    lists = [split] if split in SPLITS else list(SPLITS)
    free = [n for one in lists for n in words(one)["names"] if n.casefold() not in taken]
    nameless = [key for key in found if key not in own]
    order = np.random.default_rng((seed, 3)).permutation(len(free))
    given = {key: free[int(order[i % len(free)])] for i, key in enumerate(nameless)}
    return [Thing(key, (own | given)[key], files) for key, files in found.items()]


def _listed(folder: Path, keys: set[str]) -> dict[Path, tuple[str, ...]]:
    """The lines of queries.csv. Raises KeepsakeError naming the line."""
    path = folder / QUERIES / SHOWS
    if not (folder / QUERIES).is_dir():
        return {}
    out: dict[Path, tuple[str, ...]] = {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise KeepsakeError(f"{path} cannot be read ({error}): it must say what each photo shows") from error
    for n, line in enumerate(lines, 2):
        if not line.get("photo") or not line.get("shows"):
            raise KeepsakeError(f"{path}, line {n}: it needs the columns photo and shows, as in park.jpg,Rex;17")
        shown = tuple(key.strip() for key in line["shows"].split(";"))
        if unknown := [key for key in shown if key not in keys]:
            raise KeepsakeError(f"{path}, line {n}: there is no thing {unknown[0]!r} in {folder}")
        if len(set(shown)) < len(shown):
            raise KeepsakeError(f"{path}, line {n}: {line['photo']} shows a thing twice")
        photo = folder / QUERIES / Path(line["photo"]).name
        if not photo.is_file():
            raise KeepsakeError(f"{path}, line {n}: there is no photo {photo.name} beside it")
        out[photo] = shown
    return out
