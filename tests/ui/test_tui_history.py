"""What was, in the app: reminders that come by themselves, conversations kept, searched, continued, saved, deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from assistant.backend import Message
from assistant.backends.fake import FakeBackend
from memory import conversations
from memory.errors import MemoryFileError
from memory.store import Memory
from tests.support.apppilot import (
    caption,
    cards,
    drawn,
    idle,
    look,
    notes,
    opened,
    replies,
    running,
    sees,
    send,
    until,
)
from tui import KeepsakeApp
from ui.dialogs.ending_lists import MarksScreen, RemindersScreen
from ui.dialogs.kept_conversations import ConversationScreen, HistoryScreen
from ui.pictures.terminal_images import TERMINAL
from ui.widgets.chat_log import PhotoEntry, UserText
from ui.widgets.panels import StatusLine

WATER = "When you see this again, remind me to water the plants."


def kept(memory_file: Path) -> list[list[tuple[str, str, str]]]:
    """The lines of each kept conversation, newest first; parts run together."""
    with Memory(memory_file) as memory:
        assert memory.verify() == []
        talks = [conversations.get(memory, title.id) for title in conversations.titles(memory)]
    return [[(line.kind, line.text, line.mark) for part in talk.parts for line in part.lines] for talk in talks]


def options(app: KeepsakeApp) -> OptionList:
    return app.screen.query_one(OptionList)


async def test_a_reminder_comes_by_itself_and_can_be_ended(memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend(["A bottle."])) as (app, pilot):
        await look(app, pilot, photos / "MILO 1.JPG")
        await send(app, pilot, f"/remember {WATER}")
        await until(lambda: notes(app, "done") and idle(app), "the memory")
        assert notes(app, "reminder") == [], "it has just been asked for"
        await look(app, pilot, photos / "rex.png")
        assert notes(app, "reminder") == []
        await look(app, pilot, photos / "MILO 1.JPG")
        assert notes(app, "reminder") == ["You asked to be reminded: water the plants."]
        await send(app, pilot, "/reminders")
        await opened(app, RemindersScreen, "the list")
        await sees(options(app), "water the plants", f"“{WATER}”")
        await pilot.press("e")
        await sees(app.screen, "None. Say one about a photo")
        await pilot.press("e", "escape")
        await until(lambda: "Ended: water the plants" in " ".join(notes(app, "done")), "the word")
        await send(app, pilot, "/new")
        await until(lambda: not app.query(PhotoEntry) and idle(app), "a new page")
        await look(app, pilot, photos / "MILO 1.JPG")
        assert notes(app, "reminder") == [] and cards(app), "the memory is still recalled"


async def test_reminders_are_listed_while_the_model_writes(memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend(["word " * 4000], delay=0.2)) as (app, pilot):
        await send(app, pilot, str(photos / "rex.png"))
        await until(lambda: "word" in caption(app), "the caption's beginning")
        await send(app, pilot, "/reminders")
        await opened(app, RemindersScreen, "the list")
        assert not idle(app)
        await pilot.press("escape", "escape")
        await until(lambda: idle(app), "the stop")


async def test_a_conversation_is_kept_line_by_line(memory_file: Path, photos: Path) -> None:
    """As it is shown, with what was stopped marked so; another one begins with ctrl+n; a private one is not kept."""
    long = " ".join(f"word{i}" for i in range(150))
    async with running(memory_file, FakeBackend(["A dog.", "Rex.", "A dog again.", long], delay=0.05)) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await send(app, pilot, "who is this?")
        await until(lambda: replies(app) and replies(app)[0].text == "Rex." and idle(app), "the answer")
        await send(app, pilot, "/remember This is Rex")
        await until(lambda: caption(app) == "A dog again." and idle(app), "the new caption")
        await send(app, pilot, "and more?")
        await until(lambda: "word3" in replies(app)[1].text, "the answer's beginning")
        await pilot.press("escape")
        await until(lambda: idle(app), "the stop")
        written = replies(app)[1].text
        await pilot.press("f5")
        await until(lambda: app.status.private, "a private conversation")
        await send(app, pilot, "a secret?")
        await until(lambda: replies(app) and "word3" in replies(app)[0].text, "the answer's beginning")
        await pilot.press("f5")
        await until(lambda: not app.status.private and idle(app), "its end")
        await send(app, pilot, "hello?")
        await until(lambda: replies(app) and "word3" in replies(app)[0].text, "the answer's beginning")
        await pilot.press("escape")
        await until(lambda: idle(app), "the stop")
    second, first = kept(memory_file)
    assert first == [
        ("caption", "A dog.", ""),
        ("question", "who is this?", ""),
        ("answer", "Rex.", ""),
        ("remembered", "This is Rex", ""),
        ("caption", "A dog again.", ""),
        ("question", "and more?", ""),
        ("answer", written, "cancelled"),
    ]
    assert second[0] == ("question", "hello?", "") and second[1][2] == "cancelled" and len(second) == 2
    assert b"a secret" not in b"".join(f.read_bytes() for f in memory_file.parent.glob("memory.db*") if f.is_file())


async def test_search_open_and_continue(memory_file: Path, photos: Path) -> None:
    backend = FakeBackend(["A dog.", "It is Rex.", "Hello.", "Of course."])
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await send(app, pilot, "who is this?")
        await until(lambda: replies(app) and replies(app)[0].text == "It is Rex." and idle(app), "the answer")
        await pilot.press("ctrl+n")
        await send(app, pilot, "good morning?")
        await until(lambda: replies(app) and replies(app)[0].text == "Hello." and idle(app), "the answer")
    async with running(memory_file, backend) as (app, pilot):
        await until(lambda: idle(app), "the model")
        await pilot.press("f7")
        await opened(app, HistoryScreen, "the list")
        await sees(options(app), "good morning?", "▣ who is this?")
        await pilot.press("escape")
        await send(app, pilot, "/history IS rex")
        await opened(app, HistoryScreen, "the search")
        await until(lambda: options(app).option_count == 1, "the hit")
        app.screen.query_one(Input).focus()
        app.screen.query_one(Input).value = "elephants"
        await pilot.press("enter")
        await sees(app.screen, "No conversation has all of these words.")
        app.screen.query_one(Input).value = "rex"
        await pilot.press("enter")
        await until(lambda: options(app).highlighted_option and options(app).highlighted_option.id, "the hit")
        await pilot.press("enter")
        await opened(app, ConversationScreen, "the conversation")
        await sees(app.screen, "who is this?", "It is Rex.", "Caption: A dog.")
        await pilot.press("c")
        await until(lambda: caption(app) == "A dog." and idle(app), "its caption")
        assert len(app.screen_stack) == 1 and app.photo is not None
        assert [str(s.render()) for s in app.query(UserText)] == ["who is this?"]
        await send(app, pilot, "are you sure?")
        await until(lambda: replies(app)[-1].text == "Of course.", "the answer")
    assert [m.parts for m in backend.calls[-1][-4:]] == [
        ("A dog.",), ("who is this?",), ("It is Rex.",), ("are you sure?",),
    ]  # fmt: skip
    assert backend.calls[-1][-4] == Message("assistant", ("A dog.",))
    assert [lines[-1][1] for lines in kept(memory_file)] == ["Hello.", "Of course."], "it goes on where it was kept"


async def test_delete_with_a_receipt_also_the_open_one(memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend(["A zanzibarine."])) as (app, pilot):
        await send(app, pilot, "hello there?")
        await until(lambda: replies(app) and replies(app)[0].text and idle(app), "the answer")
        await pilot.press("ctrl+n")
        await look(app, pilot, photos / "rex.png")
        await pilot.press("f7")
        await opened(app, HistoryScreen, "the list")
        await until(lambda: options(app).option_count == 2, "both")
        await pilot.press("enter")
        await opened(app, ConversationScreen, "the open one")
        await pilot.press("d")
        await sees(app.screen, "Delete this conversation for good?")
        await pilot.press("enter", "n")
        await until(lambda: not app.screen.has_class("-danger") and isinstance(app.screen, ConversationScreen), "a no")
        await pilot.press("d")
        await drawn(app)
        await pilot.press("y")
        await until(lambda: isinstance(app.screen, HistoryScreen) and options(app).option_count == 1, "one less")
        await pilot.press("escape")
        await until(lambda: "Deleted from 1 kept conversation" in " ".join(notes(app, "done")), "the receipt")
        await until(lambda: not app.query(PhotoEntry), "what was open is gone too")
        assert app.photo is None and caption(app) == ""
    assert [lines[0][1] for lines in kept(memory_file)] == ["hello there?"]
    left = b"".join(f.read_bytes() for f in memory_file.parent.glob("memory.db*") if f.is_file())
    assert b"zanzibarine" not in left.replace(b"A zanzibarine.", b"", 1), "only the other answer says it"


async def test_deleting_another_conversation_takes_its_photos_out_of_the_terminal(
    memory_file: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(memory_file, FakeBackend(["A dog."])) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await pilot.press("ctrl+n")
        await send(app, pilot, "hello there?")
        await until(lambda: replies(app) and replies(app)[0].text and idle(app), "the answer")
        cleared: list[bool] = []
        monkeypatch.setattr(TERMINAL, "clear", lambda: cleared.append(True) or True)
        await pilot.press("f7")
        await opened(app, HistoryScreen)
        await until(lambda: options(app).option_count == 2, "both")
        await pilot.press("down", "enter")
        await opened(app, ConversationScreen)
        await pilot.press("d")
        await drawn(app)
        assert not cleared
        await pilot.press("y")
        await until(lambda: cleared, "that the terminal stores nothing of it")


async def test_forgetting_a_memory_takes_it_out_of_the_open_conversation(memory_file: Path, photos: Path) -> None:
    """Its photo too, and it is not kept again by what is shown on."""
    async with running(memory_file, FakeBackend(["A dog.", "It is quokkabread.", "A dog once more."])) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await look(app, pilot, photos / "MILO 1.JPG")
        await send(app, pilot, "/remember quokkabread")
        await until(lambda: cards(app) and idle(app), "the memory")
        cards(app)[0].focus()
        await pilot.press("f")
        await drawn(app)
        await pilot.press("y")
        await until(lambda: "Deleted from 1 kept conversation" in " ".join(notes(app, "done")), "the receipt")
        await until(lambda: caption(app) == "A dog once more." and idle(app), "the new caption")
    assert kept(memory_file) == [[("caption", "A dog.", "")]]
    left = b"".join(f.read_bytes() for f in memory_file.parent.rglob("memory.db*") if f.is_file())
    assert b"quokkabread" not in left


async def test_save_as_a_page(memory_file: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "talk of <us>.html"
    monkeypatch.setenv("HOME", str(tmp_path / "no such home"))
    async with running(memory_file, FakeBackend(["A <b>dog</b> & more."])) as (app, pilot):
        await send(app, pilot, f"/export {page}")
        await until(lambda: "Nothing has been said yet" in " ".join(notes(app, "warning")), "the refusal")
        await look(app, pilot, photos / "rex.png")
        await send(app, pilot, "<script>alert(1)</script>?")
        await until(lambda: replies(app) and replies(app)[0].text and idle(app), "the answer")
        await send(app, pilot, f"/export {page}")
        await until(lambda: "Saved as" in " ".join(notes(app, "done")), "the page")
        before = page.read_text(encoding="utf-8")
        nowhere = tmp_path / "nowhere" / "x.html"
        refused = {str(page): "exists already", "": "Name a file", str(nowhere): "Cannot write"}
        for file, said in refused.items():
            count = len(notes(app, "warning"))
            await send(app, pilot, f"/export {file}".strip())
            await until(lambda n=count: len(notes(app, "warning")) == n + 1, "the line")
            assert said in notes(app, "warning")[-1]
        await pilot.press("f7")
        await opened(app, HistoryScreen, "the list")
        await until(lambda: options(app).highlighted_option, "it")
        await pilot.press("enter")
        await opened(app, ConversationScreen, "the conversation")
        await pilot.press("e")
        await until(lambda: len(notes(app, "warning")) == 5, "no home, no page")
        await pilot.press("f5")
        await until(lambda: app.status.private, "a private conversation")
        await send(app, pilot, f"/export {tmp_path / 'private.html'}")
        await until(lambda: "private" in " ".join(notes(app, "warning")), "the refusal")
    assert page.read_text(encoding="utf-8") == before and page.stat().st_mode & 0o077 == 0
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in before and "<script" not in before
    assert "A &lt;b&gt;dog&lt;/b&gt; &amp; more." in before
    assert before.count('src="data:image/') == 1 and "http" not in before.split("<body>")[1]
    assert not (tmp_path / "private.html").exists() and not list(tmp_path.glob(".talk*"))


@pytest.mark.parametrize("size", [(60, 20), (120, 36)])
async def test_the_dialogs_fit(size: tuple[int, int], memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend(["A dog."]), size) as (app, pilot):
        for command, kind in (("/marks", MarksScreen), ("/history", HistoryScreen)):
            await send(app, pilot, command)
            await opened(app, kind, "the dialog")
            assert app.screen.region.contains_region(app.screen.query_one(".dialog").region)
            await sees(app.screen, "Esc closes")
            await pilot.press("escape")
        await look(app, pilot, photos / "rex.png")
        await send(app, pilot, "/history")
        await opened(app, HistoryScreen, "the list")
        await until(lambda: options(app).highlighted_option, "it")
        await pilot.press("enter")
        await opened(app, ConversationScreen, "the conversation")
        await sees(app.screen, "Caption: A dog.", "Esc closes")


async def test_a_history_that_cannot_be_kept_is_said_once_and_stops_nothing(
    memory_file: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> bool:
        raise MemoryFileError("the disk is full")

    monkeypatch.setattr(conversations, "keep", full)
    async with running(memory_file, FakeBackend(["A dog."])) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await send(app, pilot, "who?")
        await until(lambda: replies(app) and replies(app)[0].text == "A dog." and idle(app), "the answer")
        assert notes(app, "warning") == ["the disk is full"]
        await sees(app.query_one(StatusLine), "idle")
