"""A trial of the whole app: ten real things, told about in ordinary words; three new views of each, with questions.

The photos lie in a folder with a folder for each thing (`album.toml` names ten); the first photo of each is remembered.
An answer is right if it holds the expected words, whether the model wrote them or the app quotes the user. Captions and
answers are printed for a person to read, since a word list cannot say what is wrong in them.
"""

from __future__ import annotations

import sys
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.backend import Backend
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Answered, Event, Failed
from assistant.embedder.text_embedder import attach
from assistant.encoder.encoder import PhotoEncoder
from assistant.opening import encoder_and_model
from assistant.sight import remember
from benchmark.retrieval.things.photo_things import read_things
from memory.episode import Photo
from memory.errors import KeepsakeError
from memory.store import Memory

ALBUM = Path(__file__).parent / "album.toml"
VIEWS = 3
TOLD = datetime(2024, 5, 12, 12, tzinfo=UTC)
"""The day of every remembered photo."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One question about one new view."""

    thing: str
    caption: str
    question: str
    answer: str
    right: bool


def run(folder: Path, model: str) -> list[Reply]:
    """Remember, show and ask. Raises KeepsakeError."""
    things = tomllib.loads(ALBUM.read_text(encoding="utf-8"))["thing"]
    photos: dict[str, list[Photo]] = {}
    for one in (found := read_things(folder)).photos:
        photos.setdefault(found.things[one.thing], []).append(one.photo)
    if missing := [thing["folder"] for thing in things if len(photos.get(thing["folder"], ())) <= VIEWS]:
        raise KeepsakeError(f"{folder} needs {VIEWS + 1} photos in each of the folders {', '.join(missing)}")
    with (
        encoder_and_model(None, model, generates=True) as (encoder, backend),
        tempfile.TemporaryDirectory() as home,
        Memory(Path(home) / "memory.db") as memory,
    ):
        assert backend is not None
        attach(memory)
        for thing in things:
            remember(memory, encoder, photos[thing["folder"]][0], thing["words"], TOLD)
        out: list[Reply] = []
        for thing in things:
            for view in photos[thing["folder"]][1 : VIEWS + 1]:
                out += _asked(backend, memory, encoder, view, thing)
            print(f"{thing['folder']}: {len(out)} answers", file=sys.stderr)
        return out


def _asked(backend: Backend, memory: Memory, encoder: PhotoEncoder, view: Photo, thing: dict[str, Any]) -> list[Reply]:
    """The replies to all questions about one new view, each asked in a conversation of its own."""
    out = []
    for question in thing["questions"]:
        talk = Conversation(backend, memory, encoder)
        _last([*talk.look(view)])
        answer = _last([*talk.ask(question["ask"])])
        text = answer.text if isinstance(answer, Answered) else ""
        caption = talk.caption.text if talk.caption else ""
        out.append(Reply(thing["folder"], caption, question["ask"], text, question["answer"].lower() in text.lower()))
    return out


def _last(events: list[Event]) -> Event:
    if isinstance(events[-1], Failed):
        raise KeepsakeError(events[-1].message)
    return events[-1]


def lines(replies: list[Reply]) -> list[str]:
    """The result for people: each caption once, its answers below, and how many are right."""
    out: list[str] = []
    before = None
    for one in replies:
        if (one.thing, one.caption) != before:
            out.append(f"{one.thing}: {one.caption}")
        before = (one.thing, one.caption)
        out.append(f"  {'right' if one.right else '     '}  {one.question} → {one.answer}")
    return [*out, f"{sum(one.right for one in replies)} of {len(replies)} answers hold what was told"]
