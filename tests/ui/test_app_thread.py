"""The thread behind the app, without the app: when a photo's caption fails, nothing goes on about the photo before."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest
from PIL import Image

from assistant.backend import Chunk, Message, Options
from assistant.backends.fake import FakeBackend
from assistant.encoder.encoder import BackendEncoder
from assistant.events import Captioned, Failed
from assistant.photo import from_image
from memory.episode import Photo
from memory.errors import ModelStopped
from memory.store import Memory
from ui.runtime.app_thread import AppThread
from ui.runtime.messages import ConversationEvent, EpisodeRemembered


class DyingOnce(FakeBackend):
    """Stops in the middle of its second stream."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        for chunk in super().stream(messages, options):
            yield chunk
            if len(self.calls) == 2:
                raise ModelStopped("the model stopped")


def read(colour: str) -> Future[Photo]:
    done: Future[Photo] = Future()
    done.set_result(from_image(Image.new("RGB", (8, 8), colour)))
    return done


@pytest.mark.timeout(30)
def test_words_about_a_new_photo_are_never_kept_with_the_one_before(tmp_path: Path) -> None:
    """The screen shows the new photo although its caption failed: previously what was said went to the old one."""
    told: list[object] = []
    done = threading.Event()

    def tell(message: object) -> None:
        told.append(message)
        if isinstance(message, EpisodeRemembered):
            done.set()

    backend = DyingOnce(["A photo of it."])
    thread = AppThread(tell, lambda: Memory(tmp_path / "memory.db"), lambda: backend, lambda: BackendEncoder(backend))
    thread.start()
    thread.look("first", read("orange"))
    thread.look("second", read("navy"))
    thread.remember("words", "This is Rex.", None, None)
    thread.look("again", read("navy"))
    thread.remember("words again", "This is Rex.", None, None)
    assert done.wait(20)
    thread.close()
    last = {str(t.entry): t.event for t in told if isinstance(t, ConversationEvent)}
    assert isinstance(last["first"], Captioned) and isinstance(last["again"], Captioned)
    assert last["second"] == Failed("the model stopped")
    assert last["words"] == Failed("there is no photo to remember: attach one first")
    with Memory(tmp_path / "memory.db") as memory:
        assert [e.photo for e in memory.episodes()] == [read("navy").result()]
