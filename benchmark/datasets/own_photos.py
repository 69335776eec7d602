"""Your own photos as a source of samples: a folder of them, and a server whose model writes dialogues and questions.

`photo_folder.py` says how the folder is laid out. The model writes one dialogue of six turns about each thing, and
three questions about each dialogue (`llm_writer.py`). A text that cannot be read is asked for once more with another
seed, and its thing is then left out with the reason. Photos go to the server that you name, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from assistant.photo import load_photo
from benchmark.datasets.filters.photo_similarity import contained, pixel_features
from benchmark.datasets.filters.tools import Tools
from benchmark.datasets.llm_writer import dialogue_request, question_request, read_dialogue, read_questions
from benchmark.datasets.photo_folder import find_things, read_queries, split_of
from benchmark.datasets.source import Draft, Unusable
from benchmark.judges.chat_client import Endpoint, Request
from benchmark.world.dialogue import draw_date
from benchmark.world.question import Question
from benchmark.world.sample import Sample
from memory.episode import Episode, Photo
from memory.errors import KeepsakeError, PhotoError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Described:
    """A thing with its dialogue and questions, which is all that a sample needs of the thing."""

    episode: Episode
    questions: tuple[Question, ...]


class OwnPhotos:
    """A `Source` of your own photos. No photo is read and nothing is asked before the first draft is wanted."""

    def __init__(
        self, folder: Path, endpoint: Endpoint, tools: Tools, split: str = "all", seed: int = 0, extra: int = 0
    ) -> None:
        """Raise KeepsakeError when the folder is not laid out as `photo_folder.py` says.

        `split`: train, dev or test, to which a thing belongs by its key alone, or "all". `extra`: episodes beyond two
        distractors a positive. Distractors are chosen with `tools.encoder`, where there is one.
        """
        self.folder, self.endpoint, self.tools, self.split, self.seed = folder, endpoint, tools, split, seed
        self.extra = extra
        everything = find_things(folder, seed, split)
        self.things = {t.key: t for t in everything if split in ("all", split_of(t.key))}
        self.queries, self.across_splits = self._queries({t.key for t in everything})
        self._nearest_of: dict[str, list[str]] = {}

    def drafts(self, positives: int) -> Iterator[Draft]:
        """See `Source`: first the things that cannot be used, then each query photo once, in seeded order."""
        described, faults = self._described
        yield from (Draft(f"thing {key}", partial(_fail, fault)) for key, fault in faults.items())
        needed = 3 * positives + self.extra
        paths = [path for path, shown in self.queries.items() if len(shown) == positives]
        if paths and len(described) < needed:
            raise KeepsakeError(
                f"{self.folder}: samples of {positives} need {needed} things in the split {self.split!r}, and "
                f"{len(described)} are usable: bring more photos, or ask for fewer `--positives`"
            )
        for i in np.random.default_rng((self.seed, positives)).permutation(len(paths)):
            path = paths[int(i)]
            yield Draft(path.relative_to(self.folder).as_posix(), partial(self._sample, path))

    def about(self) -> dict[str, str]:
        """See `Source`."""
        described, faults = self._described
        compared = (
            "late interaction of the visual tokens of a model" if self.tools.encoder else "colours and thumbnails"
        )
        return {
            "Photos": f"{len(self.things)} things and {len(self.queries)} query photos from a folder of your own. "
            "Their licence and the consent of the people in them are yours to state: this card cannot know them.",
            "Dialogues and questions": f"invented by the model {self.endpoint.model!r} (temperature "
            f"{self.endpoint.temperature:g}, seed {self.endpoint.seed}), after the photos; nothing of it happened. "
            f"{len(described)} things have both, {len(faults)} were left out. Dates without a camera's date are drawn.",
            "Distractors": f"the two other things that look most like each positive, by {compared}"
            + (f"; {self.extra} more, the next most alike, make a long history" if self.extra else "")
            + ".",
            "Splits": f"{self.split!r}: a thing belongs to train, dev or test by the hash of its folder's name, so "
            f"no thing is in two of them. {self.across_splits} query photos show things of several splits and were "
            "left out."
            if self.split != "all"
            else "none: all things are in one set. Do not train on it and test on it.",
            "Seeded": "order, dates, given names, places of the right options. What the model writes is not, unless "
            "its server is; it is kept, so that the same command on this machine writes the same samples.",
        }

    def _queries(self, keys: set[str]) -> tuple[dict[Path, tuple[str, ...]], int]:
        """What each query photo shows, by file; and how many photos show things of several splits."""
        shown: dict[Path, tuple[str, ...]] = {path: (t.key,) for t in self.things.values() for path in t.photos[1:]}
        across_splits = 0
        for path, several in read_queries(self.folder, keys).items():
            inside = [key in self.things for key in several]
            if all(inside):
                shown[path] = several
            across_splits += any(inside) and not all(inside)
        return shown, across_splits

    @cached_property
    def _described(self) -> tuple[dict[str, Described], dict[str, Unusable]]:
        """The things that can be used, and for each other thing the reason why it cannot."""
        photos: dict[str, Photo] = {}
        faults: dict[str, Unusable] = {}
        for thing in self.things.values():
            try:
                photos[thing.key] = load_photo(thing.photos[0])
            except PhotoError as error:
                faults[thing.key] = Unusable("photo_readable", str(error), {"thing": thing.key})
        requests = {k: dialogue_request(self._name(k), p) for k, p in photos.items()}
        episodes, unread = self._write(requests, lambda key, text: self._episode(key, photos[key], text))
        faults |= _faults(unread, "dialogue_readable", photos)
        requests = {k: question_request(self._name(k), e) for k, e in episodes.items()}
        rngs = {k: self._rng(photos[k], 1) for k in episodes}
        questions, unread = self._write(requests, lambda key, text: read_questions(text, self._name(key), rngs[key]))
        faults |= _faults(unread, "questions_readable", photos)
        return {k: Described(episodes[k], q) for k, q in questions.items()}, faults

    def _write(
        self, requests: Mapping[str, Request], read: Callable[[str, str], T]
    ) -> tuple[dict[str, T], dict[str, tuple[str, str]]]:
        """The model's texts, read; and (reason, text) of each text that could not be read at the second attempt."""
        parsed: dict[str, T] = {}
        unread: dict[str, tuple[str, str]] = {}
        for endpoint in (self.endpoint, replace(self.endpoint, seed=self.endpoint.seed + 1)):
            left = {key: request for key, request in requests.items() if key not in parsed}
            for key, text in zip(left, endpoint.ask(list(left.values()), progress=True), strict=True):
                try:
                    parsed[key] = read(key, text)
                except ValueError as error:
                    unread[key] = (str(error), text)
        return parsed, {key: fault for key, fault in unread.items() if key not in parsed}

    def _episode(self, key: str, photo: Photo, text: str) -> Episode:
        when = photo.taken_at or draw_date(self._rng(photo, 0))
        return read_dialogue(text, self._name(key), photo, when)

    def _sample(self, path: Path) -> Sample:
        """A query photo, its positives, the two things most like each, and `extra` more. Raises Unusable."""
        described, faults = self._described
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
            tuple(described[key].episode for key in order),
            query,
            tuple(i for i, key in enumerate(order) if key in shown),
            tuple(described[key].questions for key in order),
        )

    def _nearest(self, key: str) -> list[str]:
        """The keys of the other things, most alike first."""
        if key not in self._nearest_of:
            described, _ = self._described
            others = [k for k in described if k != key]
            if self.tools.encoder is not None:
                photos = [described[k].episode.photo for k in others]
                similarity = contained(photos, described[key].episode.photo, self.tools)
            else:
                similarity = np.array([self._pixel_features[k] @ self._pixel_features[key] for k in others])
            self._nearest_of[key] = [others[int(i)] for i in np.argsort(-similarity, kind="stable")]
        return self._nearest_of[key]

    @cached_property
    def _pixel_features(self) -> dict[str, np.ndarray]:
        return {key: pixel_features(thing.episode.photo) for key, thing in self._described[0].items()}

    def _name(self, key: str) -> str:
        return self.things[key].name

    def _rng(self, photo: Photo, purpose: int) -> np.random.Generator:
        """A generator seeded by seed and photo alone. `purpose`: 0 for the date, 1 for options, 2 for things' order."""
        return np.random.default_rng((self.seed, int(photo.sha256[:12], 16), purpose))


def _faults(unread: dict[str, tuple[str, str]], check: str, photos: dict[str, Photo]) -> dict[str, Unusable]:
    return {
        key: Unusable(check, reason, {"thing": key, "written": text}, (photos[key],))
        for key, (reason, text) in unread.items()
    }


def _fail(fault: Unusable) -> Sample:
    raise fault
