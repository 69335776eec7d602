"""The model in its own process, for real: cancelled, killed, orphaned, hanging, and each time usable again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant import prompt
from assistant.backend import Chunk, Options
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.models.spec import Spec
from assistant.photo import load_photo
from assistant.worker.worker_backend import WorkerBackend
from demo.album import demo_photo
from memory.errors import ModelError, ModelStopped

ROOT = Path(__file__).parents[3]
SOON = 4
"""Seconds for what takes a tenth of one on a machine that does nothing else, and half a minute when it hangs."""
HELLO = prompt.chat_messages(["Name three animals."])
STORY = prompt.chat_messages(["Count from one to five hundred in words: one, two, three,"])
LONG = prompt.chat_messages(["harbour " * 6000])
"""Half a minute to read on one core."""
PIPE = 65_536
"""Bytes that a pipe holds before its writer waits (Linux)."""
SHORT, ENDLESS = Options(max_new_tokens=8), Options(max_new_tokens=4000)
"""Greedy: the same count again and again, never its end; drawn at random it ended after a token now and then."""
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def shared(nano: Spec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerBackend]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEEPSAKE_HOME", str(tmp_path_factory.mktemp("worker")))
        backend = WorkerBackend(nano, threads=1)
        backend.start()
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def hello(shared: WorkerBackend) -> str:
    """The text of a stream that ends without an error."""
    return said(shared)


def said(backend: WorkerBackend) -> str:
    return "".join(chunk.text for chunk in backend.stream(HELLO, SHORT))


def until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc/self").exists()  # no /proc at all: not Linux


def test_the_child_says_what_the_engine_says(nano: Spec, shared: WorkerBackend, hello: str) -> None:
    inside = open_llamacpp(nano)
    assert "".join(c.text for c in inside.stream(HELLO, SHORT)) == hello != ""
    new = load_photo(demo_photo())
    np.testing.assert_array_equal(shared.embed(new), inside.embed(new))
    inside.close()
    assert (shared.name, shared.space, shared.threshold) == (nano.name, nano.space, nano.threshold)


def test_stopped_while_it_reads(shared: WorkerBackend, hello: str) -> None:
    """Esc in the middle of a long prompt: the stream ends within a second, and the next one is as ever."""
    got: list[Chunk] = []
    ended = threading.Event()

    def read() -> None:
        for chunk in shared.stream(LONG, SHORT):
            got.append(chunk)
            ended.set()

    thread = threading.Thread(target=read)
    thread.start()
    assert not ended.wait(0.2), "the prompt is too short for this test"
    began = time.monotonic()
    shared.cancel()
    thread.join(30)
    assert time.monotonic() - began < SOON
    assert [(c.text, c.stop, c.new_tokens) for c in got] == [("", "cancelled", 0)]
    assert said(shared) == hello


def test_stopped_while_it_writes(shared: WorkerBackend, hello: str) -> None:
    stream = shared.stream(STORY, ENDLESS)
    first = next(stream)
    began = time.monotonic()
    shared.cancel()
    *_, last = stream
    assert time.monotonic() - began < SOON
    assert first.text and (last.stop, last.new_tokens > 0) == ("cancelled", True)
    assert last.new_tokens < ENDLESS.max_new_tokens
    assert said(shared) == hello


def test_a_late_stop_does_not_hit_the_next_answer(shared: WorkerBackend, hello: str) -> None:
    for _ in range(3):
        shared.cancel()
        assert said(shared) == hello


def test_a_child_that_does_not_stop_is_killed(shared: WorkerBackend, hello: str) -> None:
    """As when it is deep in something that cannot be stopped (here: the whole process is): it is replaced."""
    stream = shared.stream(STORY, ENDLESS)
    next(stream)
    stuck = shared.pid
    assert stuck
    os.kill(stuck, signal.SIGSTOP)
    began = time.monotonic()
    shared.cancel()
    *_, last = stream
    assert time.monotonic() - began < SOON
    assert (last.stop, shared.pid) == ("cancelled", None)
    assert not alive(stuck)
    assert said(shared) == hello
    assert shared.pid
    os.kill(shared.pid, signal.SIGSTOP)
    threading.Timer(0.1, shared.cancel).start()
    photo = load_photo(demo_photo())
    assert len(photo.data) > PIPE, "sending it waits for a child that reads"
    with pytest.raises(ModelStopped, match=r"^stopped; the model starts again with your next question"):
        shared.embed(photo)
    assert said(shared) == hello


def test_after_closing_the_next_start_goes_on_where_it_was(nano: Spec, own_home: Path) -> None:
    """The photo is not encoded again, and of the prompt only the last token is read."""
    asked = prompt.describe_messages(load_photo(demo_photo()))
    chunks = []
    for _ in range(2):
        backend = WorkerBackend(nano, threads=1)
        *_, last = backend.stream(asked, SHORT)
        chunks.append(last)
        backend.close()
    first, second = chunks
    assert (first.photos_encoded, first.cached_tokens) == (1, 0)
    assert (second.photos_encoded, second.cached_tokens) == (0, second.prompt_tokens - 1)
    assert {f.parent.name for f in (own_home / "cache").rglob("*") if f.is_file()} == {"vision", "talk"}


def test_in_private_even_a_new_child_keeps_nothing(nano: Spec, own_home: Path) -> None:
    backend = WorkerBackend(nano, threads=1)
    backend.set_ephemeral(True)
    list(backend.stream(prompt.describe_messages(load_photo(demo_photo())), SHORT))
    backend.close()
    assert not [f for f in (own_home / "cache").rglob("*") if f.is_file()]


def test_giving_up_on_a_stream_stops_it(shared: WorkerBackend, hello: str) -> None:
    stream = shared.stream(STORY, ENDLESS)
    next(stream)
    began = time.monotonic()
    stream.close()
    assert time.monotonic() - began < SOON
    assert said(shared) == hello


def test_an_error_comes_back_as_it_was_and_ends_the_stream(shared: WorkerBackend, hello: str) -> None:
    """Previously the app waited for ever for a last chunk, which does not come after an error."""
    pid = shared.pid
    with pytest.raises(ModelError, match=r"the prompt has \d+ tokens, the model takes 8192"):
        list(shared.stream(prompt.chat_messages(["harbour " * 9000]), SHORT))
    assert said(shared) == hello
    assert shared.pid == pid


def test_killed_in_the_middle_of_an_answer(shared: WorkerBackend, hello: str) -> None:
    stream = shared.stream(STORY, ENDLESS)
    next(stream)
    killed = shared.pid
    assert killed
    os.kill(killed, signal.SIGKILL)
    with pytest.raises(ModelStopped, match=r"^the model stopped \(exit code -9\); it starts again [^\n]*$"):
        list(stream)
    assert shared.pid is None
    assert said(shared) == hello
    assert shared.pid != killed


def test_closing_ends_the_child(nano: Spec) -> None:
    backend = WorkerBackend(nano, threads=1)
    backend.cancel()  # nothing runs: nothing happens
    assert said(backend)
    pid = backend.pid
    assert pid
    backend.close()
    backend.close()
    assert not alive(pid)


def test_the_child_does_not_outlive_the_app(tmp_path: Path) -> None:
    """The app is killed while the model reads a long prompt: the child ends by itself, mid-token if need be."""
    script = tmp_path / "app.py"
    script.write_text(
        "from assistant import prompt\nfrom assistant.models import local\nfrom assistant.backend import Options\n"
        "from assistant.worker.worker_backend import WorkerBackend\n"
        "backend = WorkerBackend(local.load('nano'), threads=1)\nbackend.start()\nprint(backend.pid, flush=True)\n"
        f"list(backend.stream(prompt.chat_messages([{'harbour ' * 6000!r}]), Options()))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(script)], env=environment, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout
        pid = int(app.stdout.readline())
        assert alive(pid)
        app.kill()
    until(lambda: not alive(pid), "the child's end")


def test_a_model_that_cannot_be_loaded_says_so_each_time(nano: Spec, tmp_path: Path) -> None:
    """Previously the second try found a child without a model, and said only that."""
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"no model")
    backend = WorkerBackend(replace(nano, language=wrong), threads=1)
    for _ in range(2):
        with pytest.raises(ModelError, match=r"cannot load .*wrong\.gguf"):
            said(backend)
        assert backend.pid is None


def test_a_child_that_died_between_two_questions_is_replaced_without_a_word(shared: WorkerBackend, hello: str) -> None:
    """Previously the next question was lost on it."""
    assert shared.pid
    child = shared._child
    assert child
    os.kill(shared.pid, signal.SIGKILL)
    until(lambda: child.poll() is not None, "its death")
    assert said(shared) == hello


def test_a_folder_that_cannot_be_written_costs_the_log_and_nothing_else(
    nano: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEEPSAKE_HOME", str(tmp_path))
    (tmp_path / "logs").touch()  # no folder, and none can be made
    backend = WorkerBackend(nano, threads=1)
    try:
        backend.start()
        assert said(backend)
    finally:
        backend.close()
