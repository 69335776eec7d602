"""Choosing a model in the app: the list, switching, a download only after its question. Nano is the real one."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from assistant import offline
from assistant.backend import MaySay
from assistant.backends.fake import FakeBackend
from assistant.models import download
from memory.paths import home
from tests.support.apppilot import (
    caption,
    idle,
    look,
    make_album,
    notes,
    opened,
    running,
    sees,
    send,
    until,
)
from tui import KeepsakeApp
from ui import strings
from ui.dialogs.model_dialogs import FetchDialog, ModelsScreen
from ui.widgets.chat_log import Note, PhotoEntry, UserText
from ui.widgets.panels import StatusLine


async def choose(app: KeepsakeApp, pilot: Pilot[None], name: str) -> None:
    """Open the list and press Enter on a model."""
    await pilot.press("f6")
    await until(lambda: isinstance(app.screen, ModelsScreen) and app.screen.rows, "the models")
    options = app.screen.query_one(OptionList)
    options.highlighted = options.get_option_index(name)
    await pilot.press("enter")
    await until(lambda: not isinstance(app.screen, ModelsScreen), "the choice")


def refuse(name: str, **_: object) -> Path:
    raise AssertionError(f"{name} was fetched without being asked for")


@pytest.mark.parametrize(("may_say", "said"), [("told", 1), ("seen", 0)])
async def test_a_model_that_sees_little_is_introduced_by_that(memory_file: Path, may_say: MaySay, said: int) -> None:
    """By what its manifest says of it; once it was asked whether it is called nano."""
    backend = FakeBackend()
    backend.may_say = may_say
    async with running(memory_file, backend) as (app, _):
        await until(lambda: idle(app) and app.query_one(StatusLine).model == backend.name, "the model")
        assert [str(note.render()) for note in app.query(Note)].count(strings.SEES_LITTLE) == said


@pytest.mark.timeout(120)
async def test_another_model_answers_in_a_new_conversation(memory_file: Path, tmp_path: Path) -> None:
    album = make_album(tmp_path / "album")
    async with running(memory_file, FakeBackend(["A wall."])) as (app, pilot):
        await look(app, pilot, album / "rex.png")
        await send(app, pilot, "/models")
        await until(lambda: isinstance(app.screen, ModelsScreen) and app.screen.rows, "the models")
        await sees(app.screen.query_one(OptionList), "nano", "qwen3-vl-4b  3.3 GB to fetch", "Apache-2.0", "needs")
        await pilot.press("escape")
        await choose(app, pilot, "nano")
        await until(lambda: app.status.model == "nano" and idle(app), "the model")
        assert "nano answers from now on" in notes(app, "done")[-1]
        assert not app.query(PhotoEntry) and app.photo is None and caption(app) == ""
        await look(app, pilot, album / "rex.png")
        await sees(app.query_one("#caption"), "by nano")
        await choose(app, pilot, "nano")
        await until(lambda: "running already" in notes(app, "info")[-1], "the line")
        assert app.query(PhotoEntry), "nothing was to begin anew"


async def test_a_model_that_cannot_be_opened_leaves_the_one_before(memory_file: Path, tmp_path: Path) -> None:
    """Its files are there, but not what they should be; damaged ones are listed as such, and not opened."""
    for name, manifest in (("damaged", "{"), ("liar", "")):
        (home() / "models" / name).mkdir(parents=True)
        (home() / "models" / name / "manifest.json").write_text(manifest)
    file = home() / "models" / "liar"
    for role in ("language.gguf", "mmproj.gguf"):
        (file / role).write_bytes(b"GGUF")
    files = {role: {"file": f"{role}.gguf", "sha256": "0" * 64} for role in ("language", "mmproj")}
    (file / "manifest.json").write_text(json.dumps({"name": "liar", "photo": {"side": None}, "files": files}))
    async with running(memory_file, FakeBackend(["A wall."])) as (app, pilot):
        for name in ("damaged", "liar"):
            before = len(notes(app, "warning"))
            await choose(app, pilot, name)
            await until(lambda n=before: len(notes(app, "warning")) > n and idle(app), "the line")
            assert name in notes(app, "warning")[-1] and "\n" not in notes(app, "warning")[-1]
        await look(app, pilot, make_album(tmp_path / "album") / "rex.png")
        assert caption(app) == "A wall." and app.status.model == "fake"


async def test_nothing_is_fetched_before_a_yes(memory_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "pull", refuse)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        for key in ("n", "escape", "enter"):
            await choose(app, pilot, "qwen3-vl-2b")
            await opened(app, FetchDialog, "the question")
            await sees(app.screen.query_one(".dialog"), "Fetch qwen3-vl-2b, 1.9 GB?", "Hugging Face", "needs 3.4 GB")
            await pilot.press(key)
        assert isinstance(app.screen, FetchDialog), "Enter must be no yes"
        await pilot.press("n")
        await choose(app, pilot, "covip-8b")
        await until(lambda: "models pull covip-8b" in notes(app, "info")[-1], "the way")


class Hub:
    """Stands for the hub: sends as much as the test lets it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.more, self.counted = threading.Semaphore(0), -1

    def pull(self, name: str, *, on_progress: Callable[[download.Progress], None], stop: threading.Event) -> Path:
        self.asked.append(name)
        for done in range(0, 101, 25):
            on_progress(download.Progress("fetching it", done, 100))
            while not self.more.acquire(timeout=0.01):
                if stop.is_set():
                    raise download.Stopped("stopped; what came is kept")
        return home() / "models" / name


async def test_a_download_shows_how_far_it_is_and_one_can_go_on(
    memory_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub()
    monkeypatch.setattr(download, "pull", hub.pull)
    monkeypatch.setattr("ui.runtime.engines.download_thread.EVERY", 0.0)
    async with running(memory_file, FakeBackend(["A wall."])) as (app, pilot):
        await choose(app, pilot, "qwen3-vl-2b")
        await pilot.press("y")
        await sees(app.query_one(StatusLine), "fetching qwen3-vl-2b 0 %")
        hub.more.release()
        await sees(app.query_one(StatusLine), "fetching qwen3-vl-2b 25 %")
        await look(app, pilot, make_album(tmp_path / "album") / "rex.png")
        await choose(app, pilot, "qwen3-vl-4b")
        await until(
            lambda: notes(app, "warning") == ["qwen3-vl-2b is being fetched: only one download at a time."], "the line"
        )
        await pilot.press("f6")
        await until(lambda: isinstance(app.screen, ModelsScreen) and app.screen.rows, "the models")
        await sees(app.screen.query_one(OptionList), "fetching, 25 %")
        hub.more.release()
        await sees(app.screen.query_one(OptionList), "fetching, 50 %")
        hub.more.release(3)
        await sees(app.screen.query_one(OptionList), "qwen3-vl-2b  1.9 GB to fetch")  # this hub brought nothing
        await pilot.press("escape")
        await until(
            lambda: any("qwen3-vl-2b is on this computer now" in note for note in notes(app, "done")), "the end"
        )
        assert app.status.fetching == "" and hub.asked == ["qwen3-vl-2b"]


async def test_a_download_is_stopped_in_the_list_and_by_quitting(
    memory_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub()
    monkeypatch.setattr(download, "pull", hub.pull)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await choose(app, pilot, "qwen3-vl-2b")
        await pilot.press("y")
        await until(lambda: app.status.fetching, "the download")
        await choose(app, pilot, "qwen3-vl-2b")
        await until(lambda: notes(app, "warning") == ["stopped; what came is kept"], "the line")
        await choose(app, pilot, "qwen3-vl-2b")
        await pilot.press("y")
        await until(lambda: len(hub.asked) == 2, "the second download")
        await pilot.press("ctrl+q")
        await until(lambda: not any(t.name.startswith("fetch ") for t in threading.enumerate()), "its end")


@pytest.mark.allow_hosts(["127.0.0.1"])
async def test_offline_a_download_is_one_line(memory_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real download, and nobody there."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        async with running(memory_file, FakeBackend()) as (app, pilot):
            await choose(app, pilot, "qwen3-vl-2b")
            await pilot.press("y")
            await until(lambda: notes(app, "warning"), "the line")
            assert notes(app, "warning")[0].startswith("the hub cannot be reached")
            assert "\n" not in notes(app, "warning")[0]


async def test_the_status_line_says_what_was_heard_of_the_network(
    memory_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: int | None = None
    monkeypatch.setattr(offline, "uses", lambda: heard)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await until(lambda: idle(app), "idle")
        assert "offline" not in str(app.status.render()), "nobody has watched"
        for heard, words in ((0, "offline"), (2, "network used 2 times!")):  # noqa: B007 - read by the lambda above
            await send(app, pilot, "hello?")
            await until(lambda: len(app.query(UserText)) and idle(app), "the answer")
            await sees(app.query_one(StatusLine), words)


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_the_dialogs_stay_on_the_screen(size: tuple[int, int], memory_file: Path) -> None:
    async with running(memory_file, FakeBackend(), size) as (app, pilot):
        await pilot.press("f6")
        await until(lambda: isinstance(app.screen, ModelsScreen) and app.screen.rows, "the models")
        assert app.screen.region.contains_region(app.screen.query_one(".dialog").region)
        await sees(app.screen.query_one(".dialog"), "Models", "nano", "Esc closes")
        await pilot.press("escape")
        await choose(app, pilot, "qwen3-vl-8b")
        await sees(app.screen.query_one(".dialog"), "6.2 GB", "y: fetch 6.2 GB", "words or memories.")
