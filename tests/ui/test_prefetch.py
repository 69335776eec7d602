"""What the model reads before Enter: what it will have to then, unseen, and ended at once by anything else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from textual.message import Message as ConversationEvent

from assistant import prompt
from assistant.backend import Chunk, Message, Options
from assistant.backends.fake import FakeBackend
from assistant.backends.worker import WorkerBackend
from assistant.chatml import pieces
from assistant.conversation import Conversation
from assistant.encoder.encoder import BackendEncoder
from assistant.events import Captioned, Event
from assistant.models.spec import Spec
from assistant.photo import from_image
from assistant.sight import remember
from benchmark.world.scene import Look, draw
from memory.episode import Episode, Photo, Turn
from memory.errors import ModelStopped
from memory.store import Memory
from tests.support.apppilot import caption, idle, make_album, replies, running, send, state, until
from ui.runtime import prefetch
from ui.runtime.app_thread import AppThread
from ui.runtime.messages import ModelReady, ThreadState
from ui.widgets.chat_log import Composer

DAY = datetime(2025, 8, 16, 12, tzinfo=UTC)
SHORT = Options(max_new_tokens=12)
SOON = 4
"""Seconds for what takes a tenth of one on a machine that does nothing else, and half a minute when it hangs."""
pytestmark = pytest.mark.timeout(240)


def colour(name: str) -> Photo:
    return from_image(Image.new("RGB", (8, 8), name))


def drawn(seed: int) -> Photo:
    return from_image(draw([Look("1f428")], seed, 128).image)


class Reading(FakeBackend):
    """Remembers how each prefill ended."""

    def __init__(self, answers: Sequence[str] = ("A photo.",), delay: float = 0.01) -> None:
        super().__init__(answers, delay)
        self.ended: list[str | None] = []

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        for chunk in super().stream(messages, options):
            if not options.max_new_tokens:
                self.ended.append(chunk.stop)
            yield chunk


@pytest.fixture
def memory_file(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def memory(memory_file: Path) -> Iterator[Memory]:
    with Memory(memory_file) as opened:
        yield opened


# -- the conversation -------------------------------------------------------------------------------------------


def test_caption_and_question_begin_with_what_is_read_ahead(memory: Memory) -> None:
    """To the piece: all of it but the end of the turn."""
    backend = Reading(delay=0)
    told = remember(memory, BackendEncoder(backend), colour("orange"), "This is Milo.", DAY)
    last = Conversation(backend, memory, BackendEncoder(backend)).prefill(colour("orange"), lambda: True)
    assert last and last.stop == "length" and backend.calls == []
    [read] = backend.prefills
    begun = pieces(read)[:-1]
    for asked in (
        prompt.caption_messages([told], colour("orange")),
        prompt.direct_messages([told], colour("orange"), "Who is this?"),
    ):
        assert pieces(asked)[: len(begun)] == begun
    assert begun[-1] == colour("orange") and read[1].about == colour("orange").sha256


def test_it_leaves_conversation_and_memory_as_they_are(memory: Memory, memory_file: Path) -> None:
    backend = Reading(["A cat.", "Yes."], delay=0)
    remember(memory, BackendEncoder(backend), colour("navy"), "This is Rex.", DAY)
    talk = Conversation(backend, memory, BackendEncoder(backend))
    list(talk.look(colour("navy")))
    before = (talk.photo, talk.recalls, talk.caption, talk.messages)
    rows = list(memory_file.parent.glob("memory.db*")), memory.stats()
    assert talk.prefill(colour("orange"), lambda: True)
    assert (talk.photo, talk.recalls, talk.caption, talk.messages) == before
    assert (list(memory_file.parent.glob("memory.db*")), memory.stats()) == rows
    list(talk.ask("Sure?"))
    assert backend.calls[-1][: len(before[3])] == before[3]
    memory.add(Episode(colour("teal"), (Turn("user", "Imported."),), DAY))
    assert talk.prefill(colour("orange"), lambda: True) is not None
    assert len(memory.photos_without_vectors("fake")) == 1, "what would be kept is not looked at"


@pytest.mark.parametrize("step", (0, 1))
def test_what_is_not_wanted_any_more_is_not_begun(memory: Memory, step: int) -> None:
    """Neither before the photo is seen nor after it."""
    backend, asked = Reading(), 0

    def wanted() -> bool:
        nonlocal asked
        asked += 1
        return asked <= step

    assert Conversation(backend, memory, BackendEncoder(backend)).prefill(colour("orange"), wanted) is None
    assert (backend.prefills, asked) == ([], step + 1)


# -- the nano, in its process -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def worker(nano: Spec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerBackend]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEEPSAKE_HOME", str(tmp_path_factory.mktemp("prefill")))
        backend = WorkerBackend(nano, threads=1, context=1024)
        backend.start()
    yield backend
    backend.close()


def captioned(events: Iterator[Event]) -> tuple[str, Chunk]:
    *_, last = events
    assert isinstance(last, Captioned)
    return last.caption.text, last.chunk


def test_the_caption_after_it_reads_its_request_only(worker: WorkerBackend, memory: Memory) -> None:
    """Neither photos nor memories, and the tower stays where it is; the caption is the one that comes without it."""
    remember(memory, BackendEncoder(worker), drawn(1), "This is Milo at the harbour.", DAY)
    cold, read = captioned(Conversation(worker, memory, BackendEncoder(worker), SHORT).look(drawn(2)))
    list(worker.stream(prompt.chat_messages(["Hello"]), SHORT))  # the cache holds something else
    talk = Conversation(worker, memory, BackendEncoder(worker), SHORT)
    ahead = talk.prefill(drawn(2), lambda: True)
    assert ahead and (ahead.stop, ahead.new_tokens, ahead.text) == ("length", 0, "")
    warm, chunk = captioned(talk.look(drawn(2)))
    assert warm == cold
    assert chunk.prompt_tokens == read.prompt_tokens
    assert ahead.prompt_tokens - 6 <= chunk.cached_tokens < ahead.prompt_tokens, "all but the turn's end"
    assert chunk.prompt_tokens - chunk.cached_tokens < 25 < read.prompt_tokens - read.cached_tokens
    assert chunk.photos_encoded == 0


def test_it_ends_as_soon_as_it_is_stopped(worker: WorkerBackend, memory: Memory, tmp_path: Path) -> None:
    """In the middle of a long prompt, and what comes next is as ever: a short one, as the long one takes long."""
    remember(memory, BackendEncoder(worker), drawn(1), "harbour " * 700, DAY)
    talk, ended = Conversation(worker, memory, BackendEncoder(worker), SHORT), threading.Event()
    found: list[Chunk | None] = []

    def read() -> None:
        found.append(talk.prefill(drawn(1), lambda: True))
        ended.set()

    threading.Thread(target=read).start()
    assert not ended.wait(0.5), "the prompt is too short for this test"
    began = time.monotonic()
    talk.cancel()
    assert ended.wait(30)
    print(f"stopped within {time.monotonic() - began:.3f} s")
    assert time.monotonic() - began < SOON
    assert found[0] and found[0].stop == "cancelled"
    with Memory(tmp_path / "empty.db") as nothing:
        assert captioned(Conversation(worker, nothing, BackendEncoder(worker), SHORT).look(drawn(1)))[0]


def test_what_is_read_ahead_is_kept_for_no_restart(nano: Spec, own_home: Path, memory: Memory) -> None:
    """The last conversation on disk stays the last that was had; of a private one nothing is there at all."""
    files = own_home / "cache"
    for private in (True, False):
        backend = WorkerBackend(nano, threads=1, context=1024)
        backend.set_ephemeral(private)
        assert Conversation(backend, memory, BackendEncoder(backend), SHORT).prefill(drawn(3), lambda: True)
        backend.close()
        assert {f.parent.name for f in files.rglob("*") if f.is_file()} == (set() if private else {"vision"})


# -- the session ------------------------------------------------------------------------------------------------


@pytest.fixture
def told() -> list[ConversationEvent]:
    return []


@pytest.fixture
def backend() -> Reading:
    return Reading(["A dog.", "Yes."])


@pytest.fixture
def thread(told: list[ConversationEvent], backend: Reading, memory_file: Path) -> Iterator[AppThread]:
    opened = AppThread(told.append, lambda: Memory(memory_file), lambda: backend, lambda: BackendEncoder(backend))
    opened.start()
    eventually(lambda: any(isinstance(m, ModelReady) for m in told) and rests(told), "the model")
    yield opened
    opened.close()


def eventually(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.005)


def rests(told: list[ConversationEvent]) -> bool:
    return isinstance(told[-1], ThreadState) and told[-1].text == "idle"


@pytest.mark.parametrize("what", ("ask", "revise", "begin", "gone", "another", "esc", "close"))
def test_whatever_comes_ends_it_and_nothing_is_told(
    thread: AppThread, backend: Reading, told: list[ConversationEvent], what: str
) -> None:
    before = len(told)
    thread.expect(colour("orange"))
    eventually(lambda: backend.prefills, "the prefill")
    assert {m.text for m in told[before:] if isinstance(m, ThreadState)} <= {"idle"}
    assert all(isinstance(m, ThreadState) for m in told[before:])
    began = time.monotonic()
    {
        "ask": lambda: thread.ask("entry", "who?"),
        "revise": lambda: thread.revise("entry", "Rex."),
        "begin": lambda: thread.begin("entry", True),
        "gone": lambda: thread.expect(None),
        "another": lambda: thread.expect(colour("navy")),
        "esc": thread.cancel,
        "close": thread.close,
    }[what]()
    eventually(lambda: backend.ended[:1] == ["cancelled"], "its end")
    assert time.monotonic() - began < SOON
    if what == "another":
        eventually(lambda: len(backend.prefills) == 2, "the other photo")
        assert backend.prefills[1][1].about == colour("navy").sha256
    if what == "ask":
        eventually(lambda: rests(told) and backend.calls, "the answer")


def test_what_waits_is_dropped_when_something_else_comes(
    thread: AppThread, backend: Reading, told: list[ConversationEvent]
) -> None:
    """It waits for its turn behind an answer, and a question after it takes its place."""
    backend.answers = [" ".join(["word"] * 50), "Yes."]
    thread.ask("first", "who?")
    eventually(lambda: backend.calls, "the answer's beginning")
    thread.expect(colour("orange"))
    thread.ask("second", "when?")
    eventually(lambda: len(backend.calls) == 2 and rests(told), "both answers")
    assert backend.prefills == []


def test_a_model_that_fails_meanwhile_is_not_told_of(
    thread: AppThread, backend: Reading, told: list[ConversationEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = threading.Event()

    def failing(photo: Photo) -> None:
        tried.set()
        raise ModelStopped("the model stopped")

    monkeypatch.setattr(backend, "embed", failing)
    before = len(told)
    thread.expect(colour("orange"))
    eventually(lambda: tried.is_set() and len(told) > before, "the failure")
    assert all(isinstance(m, ThreadState) and m.text == "idle" for m in told[before:])


# -- the app ----------------------------------------------------------------------------------------------------


async def test_a_photo_in_the_input_is_read_until_it_is_sent(memory_file: Path, tmp_path: Path) -> None:
    """The words of the question come after it; Enter ends it, and caption and answer come as ever."""
    album, backend = make_album(tmp_path / "album"), Reading(["A dog.", "Milo."])
    async with running(memory_file, backend) as (app, pilot):
        await until(lambda: idle(app), "loading")
        composer = app.query_one(Composer)
        composer.text = f"@{album / 'rex.png'} "
        await until(lambda: backend.prefills, "the prefill")
        composer.move_cursor(composer.document.end)
        await pilot.press(*"who")
        assert backend.ended == [] and state(app) == "idle" and len(backend.prefills) == 1
        assert backend.calls == [] and caption(app) == ""
        await pilot.press("enter")
        await until(lambda: replies(app) and replies(app)[0].text == "Milo.", "the answer")
        assert backend.ended == ["cancelled"] and caption(app) == "A dog."
        assert pieces(backend.prefills[0])[:-1] == pieces(backend.calls[0])[: len(pieces(backend.prefills[0])) - 1]


async def test_a_photo_taken_out_of_the_input_is_not_read_on(memory_file: Path, tmp_path: Path) -> None:
    """Nor is one that cannot be read, and nobody hears of that before it is sent."""
    album, backend = make_album(tmp_path / "album"), Reading()
    async with running(memory_file, backend) as (app, pilot):
        await until(lambda: idle(app), "loading")
        composer = app.query_one(Composer)
        composer.text = f"@{album / 'rex.png'} who?"
        await until(lambda: backend.prefills, "the prefill")
        composer.text = "who?"
        await until(lambda: backend.ended == ["cancelled"], "its end")
        composer.text = f"@{album / 'broken.jpg'} who?"
        await until(lambda: app.prefetch._timer is None or app.prefetch._timer._task.done(), "the pause")
        await until(lambda: app.reader._work_queue.empty(), "the file")
        await send(app, pilot, "hello?")
        await until(lambda: replies(app) and replies(app)[0].text == "A photo.", "the answer")
        assert len(backend.prefills) == 1 and not app.query("Note.-warning")


async def test_sent_at_once_nothing_is_read_ahead(
    memory_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefetch, "PAUSE", 30.0)
    album, backend = make_album(tmp_path / "album"), Reading(["Rex."])
    async with running(memory_file, backend) as (app, pilot):
        await send(app, pilot, f"{album / 'rex.png'}")
        await until(lambda: caption(app) == "Rex.", "the caption")
        assert backend.prefills == []
