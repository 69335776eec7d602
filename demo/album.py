"""Load the demo album into a memory, and play its conversation where there is no terminal."""

from __future__ import annotations

import tempfile
import tomllib
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from assistant.backend import Backend
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Answered, Captioned, EventHandler, Failed, Recalled
from assistant.encoder.encoder import PhotoEncoder
from assistant.opening import encoder_and_model
from assistant.photo import load_photo
from assistant.sight import store_episode
from memory.days import day_words
from memory.episode import Episode, Turn
from memory.errors import KeepsakeError
from memory.store import Memory

HERE = Path(__file__).parent
with open(HERE / "album.toml", "rb") as _file:
    ALBUM: dict[str, Any] = tomllib.load(_file)
QUESTION: str = ALBUM["question"]


def demo_photo() -> Path:
    """Path of the new photo: the album shows its subject, and does not hold the photo."""
    return HERE / ALBUM["new"]["photo"]


def stranger() -> Path:
    """Path of a photo of a cat that nobody said anything about: no photo of the album belongs to it."""
    return HERE / ALBUM["stranger"]["photo"]


def load(memory: Memory, encoder: PhotoEncoder) -> None:
    """Store the album in a memory. Loading it twice changes nothing."""
    for episode in episodes():
        store_episode(memory, encoder, episode)


def episodes() -> list[Episode]:
    """The episodes of the album."""
    return [
        Episode(load_photo(HERE / entry["photo"]), (Turn("user", entry["words"]),), _noon(entry["when"]))
        for entry in ALBUM["episode"]
    ]


def _noon(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(12), UTC)


def play_plain(model: str | None = None, encoder: str | None = None) -> int:
    """Print the demo conversation as plain text, in a temporary memory. Returns the exit code."""
    print("Keepsake, demo conversation (no terminal here, so plain text; nothing is kept)\n")
    try:
        with encoder_and_model(encoder, model, generates=True) as (photo_encoder, backend):
            converse(backend, photo_encoder)
    except KeepsakeError as error:
        print(f"error: {error}")
        return 1
    return 0


def converse(backend: Backend | None, encoder: PhotoEncoder) -> None:
    """Store the album in a temporary memory, show the new photo, ask about it, show the stranger; print it all."""
    with tempfile.TemporaryDirectory() as folder, Memory(Path(folder) / "memory.db") as memory:
        load(memory, encoder)
        print(f"An album of {memory.stats()['episodes']} photos was remembered. Now a new one: {demo_photo().name}\n")
        conversation = Conversation(backend, memory, encoder)
        printer = _Printer(lambda: None)
        for event in conversation.look(load_photo(demo_photo())):
            printer.dispatch(event)
        print(f"> {QUESTION}")
        for event in conversation.ask(QUESTION):
            printer.dispatch(event)
        print(f"\nAnd one of a cat that nobody ever spoke about: {stranger().name}\n")
        for event in conversation.look(load_photo(stranger())):
            printer.dispatch(event)


class _Printer(EventHandler[None]):
    """Prints what comes, each event whole."""

    def recalled(self, event: Recalled) -> None:
        """The recalled memories, with their reasons."""
        for recall in event.recalls:
            print(f'Recalled  {day_words(recall.episode.day)}  {recall.why}\n          "{recall.episode.words}"')
        if not event.recalls:
            print("Recalled  nothing that matches")

    def captioned(self, event: Captioned) -> None:
        """The whole caption."""
        print(f"Caption   {event.caption.text}\n")

    def answered(self, event: Answered) -> None:
        """The whole answer."""
        print(f"Answer    {event.text}")

    def failed(self, event: Failed) -> None:
        """Ends the demo with the one line."""
        raise KeepsakeError(event.message)
