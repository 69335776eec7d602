"""The app, the commands and an encrypted memory: the passphrase is asked for, and the model keeps nothing on disk."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from assistant import __main__ as commands
from assistant.backends.fake import FakeBackend
from assistant.encoder.encoder import BackendEncoder
from assistant.models.spec import Spec
from assistant.opening import open_memory
from assistant.worker import open_backend
from assistant.worker.worker_backend import WorkerBackend
from memory.maintenance import encryption
from memory.store import Memory
from tests.support.apppilot import idle, opened, picture, sees, until
from tests.support.crasher import PASSPHRASE
from tests.support.locks import encrypted, no_keychain
from tui import KeepsakeApp
from ui.dialogs.episode_dialogs import PassphraseDialog
from ui.widgets.panels import StatusLine


@pytest.fixture(autouse=True)
def none() -> Iterator[None]:
    with no_keychain():
        yield


@asynccontextmanager
async def locked(path: Path, backend: FakeBackend) -> AsyncIterator[tuple[KeepsakeApp, Pilot[None]]]:
    """The app before an encrypted memory, as far as the question."""
    encrypted(path)
    app = KeepsakeApp(lambda: Memory(path, ask=app.thread.passphrase), lambda: backend, lambda: BackendEncoder(backend))
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, PassphraseDialog, "the question")
        yield app, pilot


async def answer(app: KeepsakeApp, pilot: Pilot[None], text: str) -> None:
    dialog = app.screen
    dialog.query_one(Input).value = text
    await pilot.press("enter")
    await until(lambda: app.screen is not dialog, "the next screen")


async def test_the_passphrase_is_asked_until_it_is_right(own_home: Path) -> None:
    backend = FakeBackend()
    async with locked(own_home / "memory.db", backend) as (app, pilot):
        await sees(app.screen.query_one(".dialog"), "This memory is encrypted", "Passphrase of memory.db")
        await answer(app, pilot, "wrong one")
        await opened(app, PassphraseDialog, "the question again")
        await sees(app.screen.query_one(".dialog"), "That is not it")
        await answer(app, pilot, PASSPHRASE)
        await until(lambda: app.query("#welcome") and idle(app), "the greeting")
        await sees(app.query_one(StatusLine), "6 memories", "encrypted")
        assert backend.private, "the model keeps nothing on disk"
        await pilot.press("f5")
        await until(lambda: app.query_one(StatusLine).private, "a private conversation")
        await pilot.press("f5")
        await until(lambda: not app.query_one(StatusLine).private, "its end")
        assert backend.private, "nor afterwards"


async def test_without_an_answer_the_app_ends_with_one_line(own_home: Path) -> None:
    async with locked(own_home / "memory.db", FakeBackend()) as (app, pilot):
        await pilot.press("escape")
        await until(lambda: not app.is_running, "the end")
    assert app.return_code == 1


async def test_it_can_be_left_at_once(own_home: Path) -> None:
    async with locked(own_home / "memory.db", FakeBackend()) as (app, pilot):
        await pilot.press("ctrl+q")
        await until(lambda: not app.is_running, "the end")
        assert not app.thread._jobs.thread.is_alive()


async def test_a_plain_memory_says_so(own_home: Path) -> None:
    app = KeepsakeApp(
        lambda: Memory(own_home / "memory.db", ask=app.thread.passphrase),
        FakeBackend,
        lambda: BackendEncoder(FakeBackend()),
    )
    async with app.run_test(size=(120, 36)):
        await until(lambda: app.query("#welcome") and idle(app), "the greeting")
        await sees(app.query_one(StatusLine), "0 memories", "not encrypted")


def test_commands_ask_and_the_model_keeps_nothing(
    own_home: Path,
    tmp_path: Path,
    nano: Spec,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the real model, which otherwise keeps what it saw and the state of its reading."""
    monkeypatch.setattr(open_backend, "open_backend", lambda *_: WorkerBackend(nano, 1))
    photo, path = str(picture(tmp_path / "milo.png", "orange")), own_home / "memory.db"
    words = "This is Milo, my dog, at the lake."
    assert commands.main(["remember", photo, words]) == 0
    assert commands.main(["ask", photo, "Who is this?", "--json"]) == 0
    kept = {f.parent.name for f in (own_home / "cache").rglob("*") if f.is_file()}
    assert kept == {"vision", "talk"}, "so there is something to find"
    encryption.convert(path, "encrypt", encryption.Passphrases(new=lambda: PASSPHRASE))
    capsys.readouterr()
    for command in (["remember", photo, "Milo again."], ["ask", photo, "Who is this?", "--json"], ["recall", photo]):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSPHRASE}\n"))
        assert commands.main(command) == 0
    out = capsys.readouterr().out
    assert json.loads(next(line for line in out.splitlines() if line.startswith("{")))["recalled"]
    assert [f.name for f in (own_home / "cache").rglob("*") if f.is_file()] == ["epoch"]
    assert not [f for f in own_home.rglob("*") if f.is_file() and b"Milo" in f.read_bytes()]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert commands.main(["recall", photo]) == 1
    assert capsys.readouterr().err.startswith(f"error: {path} stays locked")
    with open_memory(path.with_name("plain.db"), backend := FakeBackend()):
        assert not backend.private
