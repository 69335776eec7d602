"""What the model reads before Enter: what it will have to read then, and nothing that is seen or kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant import prompt
from assistant.backend import Chunk, Options
from assistant.chatml import pieces
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Captioned, Event
from assistant.encoder.encoder import BackendEncoder
from assistant.models.spec import Spec
from assistant.photo import from_image
from assistant.sight import remember
from assistant.worker.worker_backend import WorkerBackend
from benchmark.world.scene import Look, draw
from memory.episode import Episode, Photo, Turn
from memory.store import Memory
from tests.support.pictures import coloured
from tests.support.reading_ahead import SOON, Reading

DAY = datetime(2025, 8, 16, 12, tzinfo=UTC)
SHORT = Options(max_new_tokens=12)
pytestmark = pytest.mark.timeout(240)


def drawn(seed: int) -> Photo:
    return from_image(draw([Look("1f428")], seed, 128).image)


@pytest.fixture
def memory(memory_file: Path) -> Iterator[Memory]:
    with Memory(memory_file) as opened:
        yield opened


# -- the conversation -------------------------------------------------------------------------------------------


def test_caption_and_question_begin_with_what_is_read_ahead(memory: Memory) -> None:
    """To the piece: all of it but the end of the turn."""
    backend = Reading(delay=0)
    told = remember(memory, BackendEncoder(backend), coloured("orange"), "This is Milo.", DAY)
    last = Conversation(backend, memory, BackendEncoder(backend)).prefill(coloured("orange"), lambda: True)
    assert last and last.stop == "length" and backend.calls == []
    [read] = backend.prefills
    begun = pieces(read)[:-1]
    for asked in (
        prompt.caption_messages([told], coloured("orange")),
        prompt.direct_messages([told], coloured("orange"), "Who is this?"),
    ):
        assert pieces(asked)[: len(begun)] == begun
    assert begun[-1] == coloured("orange") and read[1].about == coloured("orange").sha256


def test_it_leaves_conversation_and_memory_as_they_are(memory: Memory, memory_file: Path) -> None:
    backend = Reading(["A cat.", "Yes."], delay=0)
    remember(memory, BackendEncoder(backend), coloured("navy"), "This is Rex.", DAY)
    talk = Conversation(backend, memory, BackendEncoder(backend))
    list(talk.look(coloured("navy")))
    before = (talk.photo, talk.recalls, talk.caption, talk.messages)
    rows = list(memory_file.parent.glob("memory.db*")), memory.stats()
    assert talk.prefill(coloured("orange"), lambda: True)
    assert (talk.photo, talk.recalls, talk.caption, talk.messages) == before
    assert (list(memory_file.parent.glob("memory.db*")), memory.stats()) == rows
    list(talk.ask("Sure?"))
    assert backend.calls[-1][: len(before[3])] == before[3]
    memory.add(Episode(coloured("teal"), (Turn("user", "Imported."),), DAY))
    assert talk.prefill(coloured("orange"), lambda: True) is not None
    assert len(memory.photos_without_vectors("fake")) == 1, "what would be kept is not looked at"


@pytest.mark.parametrize("step", (0, 1))
def test_what_is_not_wanted_any_more_is_not_begun(memory: Memory, step: int) -> None:
    """Neither before the photo is seen nor after it."""
    backend, asked = Reading(), 0

    def wanted() -> bool:
        nonlocal asked
        asked += 1
        return asked <= step

    assert Conversation(backend, memory, BackendEncoder(backend)).prefill(coloured("orange"), wanted) is None
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
