"""The thread behind the app, without the app: what works without a model, and what goes on when a caption fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from textual.message import Message as ThreadMessage

from assistant.backend import Backend, Chunk, Message, Options
from assistant.backends.fake import FakeBackend
from assistant.conversation.events import Answered, Captioned, Event, Failed, Recalled
from assistant.encoder.encoder import BackendEncoder
from memory.episode import Episode, Photo, Recall, Turn
from memory.errors import ModelError, ModelStopped
from memory.store import Memory
from tests.support.pictures import coloured
from ui.runtime import messages
from ui.runtime.app_thread import AppThread
from ui.runtime.engines import engines
from ui.runtime.session import Telling

pytestmark = pytest.mark.timeout(60)
DAY = datetime(2025, 8, 16, 12, tzinfo=UTC)


class DyingOnce(FakeBackend):
    """Stops in the middle of its second stream."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        for chunk in super().stream(messages, options):
            yield chunk
            if len(self.calls) == 2:
                raise ModelStopped("the model stopped")


class Slow:
    """Opens a backend when it is allowed to."""

    def __init__(self, backend: Backend | None = None) -> None:
        self.backend, self.go = backend or FakeBackend(["A photo of it.", "Yes."]), threading.Event()

    def __call__(self) -> Backend:
        assert self.go.wait(30)
        return self.backend


class Told(list[ThreadMessage]):
    """The messages of a thread, in order."""

    def until(self, condition: Callable[[], object], what: str) -> None:
        end = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < end, f"never came: {what}"
            time.sleep(0.002)

    def state(self) -> str:
        return next((m.text for m in reversed(self) if isinstance(m, messages.ThreadState)), "")

    def of(self, entry: str) -> list[Event]:
        return [m.event for m in self if isinstance(m, messages.ConversationEvent) and m.entry == entry]

    def last(self, entry: str) -> Event | None:
        return next(reversed(self.of(entry)), None)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def memory_file(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


def read(colour: str) -> Future[Photo]:
    done: Future[Photo] = Future()
    done.set_result(coloured(colour))
    return done


def remembered(file: Path, **words: str) -> None:
    """Memories of one colour each, as an archive brings them: not seen by any encoder; the first is the newest."""
    with Memory(file) as memory:
        for n, (colour, said) in enumerate(words.items()):
            memory.add(Episode(coloured(colour), (Turn("user", said),), DAY - timedelta(days=n)))


def started(told: Told, file: Path, open_backend: Callable[[], Backend], encoder: Backend | None = None) -> AppThread:
    seer = encoder or FakeBackend()
    thread = AppThread(told.append, lambda: Memory(file), open_backend, lambda: BackendEncoder(seer))
    thread.start()
    return thread


def test_words_about_a_new_photo_are_never_kept_with_the_one_before(told: Told, memory_file: Path) -> None:
    """The screen shows the new photo although its caption failed: what is said is about that one."""
    backend = DyingOnce(["A photo of it."])
    thread = started(told, memory_file, lambda: backend)
    told.until(lambda: told.state() == "idle", "the model")
    for entry, colour in (("first", "orange"), ("second", "navy")):
        thread.show_photo(entry, read(colour))
    thread.remember("words", Telling("This is Rex."))
    told.until(lambda: told.of("words") and told.state() == "idle", "all of it")
    thread.close()
    assert isinstance(told.last("first"), Captioned) and isinstance(told.last("words"), Captioned)
    assert told.last("second") == Failed("the model stopped")
    with Memory(memory_file) as memory:
        assert [(e.photo, e.words) for e in memory.episodes()] == [(coloured("navy"), "This is Rex.")]


def test_a_photo_is_recalled_and_remembered_before_the_model_is_loaded(told: Told, memory_file: Path) -> None:
    """Caption and answer come when it is; only the photo in view is captioned then, and once."""
    remembered(memory_file, orange="This is Milo.")
    opener = Slow()
    thread = started(told, memory_file, opener)
    told.until(lambda: any(isinstance(m, messages.PhotosEncoded) and m.done == m.total for m in told), "the encoder")
    thread.show_photo("first", read("orange"))
    told.until(lambda: told.of("first") and told.state() == "loading model", "the recall")
    [recalled] = told.of("first")
    assert isinstance(recalled, Recalled) and [r.episode.words for r in recalled.recalls] == ["This is Milo."]
    found: list[Recall] = []
    thread.similar(None, coloured("orange"), 4, found.extend)
    thread.show_photo("second", read("navy"))
    thread.remember("words", Telling("This is Rex."))
    thread.ask("question", "who?")
    told.until(lambda: any(isinstance(m, messages.EpisodeRemembered) for m in told), "the memory")
    for message in list(told):
        if isinstance(message, messages.QueryResult):
            message.then()
    assert [r.episode.words for r in found] == ["This is Milo."]
    assert not any(isinstance(m, messages.ModelReady) for m in told)
    opener.go.set()
    told.until(lambda: told.last("question") and told.state() == "idle", "the answer")
    assert isinstance(told.last("question"), Answered)
    assert told.of("first") == [recalled], "another photo is in view by now"
    captioned = [e for entry in ("second", "words") for e in told.of(entry) if isinstance(e, Captioned)]
    assert len(captioned) == 1 and len(opener.backend.calls) == 2  # type: ignore[attr-defined]
    thread.close()


def test_without_a_model_everything_but_its_words_works_and_each_asking_job_says_why(
    told: Told, memory_file: Path
) -> None:
    remembered(memory_file, orange="This is Milo.")

    def broken() -> Backend:
        raise ModelError("no model named 'x'")

    thread = started(told, memory_file, broken)
    told.until(lambda: told.state() == "idle", "the failure")
    assert [m.event for m in told if isinstance(m, messages.ConversationEvent)] == [Failed("no model named 'x'")]
    told.until(lambda: any(isinstance(m, messages.PhotosEncoded) and m.done == m.total for m in told), "the encoder")
    thread.show_photo("photo", read("orange"))
    thread.remember("words", Telling("Milo again.", DAY))
    thread.ask("question", "who?")
    told.until(lambda: told.of("question") and told.state() == "idle", "the refusal")
    assert isinstance(told.of("photo")[0], Recalled)
    assert told.last("question") == Failed("no model named 'x'")
    assert any(isinstance(m, messages.EpisodeRemembered) for m in told)
    thread.close()


def test_a_new_conversation_drops_what_waits_for_the_model(told: Told, memory_file: Path) -> None:
    opener = Slow()
    thread = started(told, memory_file, opener)
    thread.show_photo("photo", read("orange"))
    thread.ask("question", "who?")
    told.until(lambda: told.of("photo"), "the recall")
    thread.begin("page", False)
    opener.go.set()
    told.until(lambda: any(isinstance(m, messages.ModelReady) for m in told) and told.state() == "idle", "the model")
    assert told.of("question") == [] and opener.backend.calls == []  # type: ignore[attr-defined]
    thread.close()


def test_a_model_that_is_changed_while_it_loads_is_closed_and_the_other_answers(told: Told, memory_file: Path) -> None:
    class Closing(FakeBackend):
        closed = False

        def close(self) -> None:
            self.closed = True

    first, second = Slow(Closing()), FakeBackend(["Second."])
    thread = started(told, memory_file, first)
    thread.switch("page", lambda: second)
    thread.ask("question", "who?")
    told.until(lambda: told.state() == "loading model" and len(told) > 3, "the change")
    first.go.set()
    told.until(lambda: told.last("question") and told.state() == "idle", "the answer")
    answered = told.last("question")
    assert isinstance(answered, Answered) and answered.text == "Second."
    assert first.backend.closed and first.backend.calls == []  # type: ignore[attr-defined]
    assert sum(isinstance(m, messages.ModelReady) for m in told) == 1
    thread.close()


def test_photos_that_the_encoder_has_not_seen_are_encoded_while_one_talks(
    told: Told, memory_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newest first, with progress; when the app ends in the middle, the next start goes on from there. Four are as
    many here as are more than a recall waits for."""
    monkeypatch.setattr(engines, "AT_ONCE", 0)
    remembered(memory_file, orange="Milo.", navy="Rex.", teal="Ida.", red="Ada.")
    seen: list[str] = []
    begun: list[str] = []

    class SlowEncoder(FakeBackend):
        go = threading.Semaphore(1)

        def embed(self, photo: Photo) -> np.ndarray:
            if threading.current_thread().name == "encoder":
                begun.append(photo.sha256)
                assert self.go.acquire(timeout=30)
                seen.append(photo.sha256)
            return super().embed(photo)

    thread = started(told, memory_file, FakeBackend, encoder := SlowEncoder())
    told.until(lambda: len(begun) == 2 and told.state() == "idle", "the first photo, kept, and the second begun")
    thread.show_photo("photo", read("orange"))
    thread.show_photo("another", read("teal"))
    told.until(lambda: told.last("another") and told.state() == "idle", "captions meanwhile")
    known = {entry: told.of(entry)[0] for entry in ("photo", "another")}
    assert [len(e.recalls) for e in known.values() if isinstance(e, Recalled)] == [1, 0]
    encoder.go.release()
    told.until(lambda: len(seen) == 2, "the second photo")
    closing = threading.Thread(target=thread.close)
    closing.start()
    told.until(thread._session.engines.encoder_thread._stopped.is_set, "the end")  # type: ignore[union-attr]
    encoder.go.release()
    closing.join()
    steps = [(m.done, m.total) for m in told if isinstance(m, messages.PhotosEncoded)]
    assert steps[0] == (0, 4) and seen[:2] == [coloured("orange").sha256, coloured("navy").sha256]
    told.clear()
    again = started(told, memory_file, FakeBackend)
    told.until(lambda: any(isinstance(m, messages.PhotosEncoded) and m.done == m.total for m in told), "the rest")
    assert next(m.total for m in told if isinstance(m, messages.PhotosEncoded)) in (1, 2), "of four"
    again.close()
    with Memory(memory_file) as memory:
        assert memory.photos_without_vectors("fake") == [] and memory.verify() == []
