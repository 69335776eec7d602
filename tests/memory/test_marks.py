""" "Not this one" is a mark on two photos and no memory: listed, taken back, and found nowhere else."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.photo import load_photo
from memory import browse
from memory.__main__ import main
from memory.episode import Episode, Turn
from memory.errors import KeepsakeError
from memory.maintenance import marks
from memory.store import Memory
from tests.support.apppilot import Alike, cards, idle, look, notes, opened, picture, running, send, until
from tests.support.plaintalk import Talk, talk  # noqa: F401 - a fixture
from ui.dialogs.episode_dialogs import EpisodeScreen
from ui.plain import plain_strings
from ui.telling_strings import MARKS_NONE


@pytest.fixture
def leo(memory_file: Path, tmp_path: Path) -> Episode:
    """The only memory, of Leo; a photo that is not remembered is not the same."""
    photo = load_photo(picture(tmp_path / "leo.png", "orange"))
    told, backend = Episode(photo, (Turn("user", "This is Leo."),), datetime(2025, 5, 12, tzinfo=UTC)), Alike()
    with Memory(memory_file) as memory:
        memory.add(told, (backend.space, backend.embed(photo)))
    return told


def marked(memory_file: Path, leo: Episode, tmp_path: Path) -> str:
    """Say that another photo is not Leo; returns that photo's hash."""
    new = load_photo(picture(tmp_path / "new.png", "white"))
    with Memory(memory_file) as memory:
        memory.answer(new.sha256, leo.photo.sha256, "fake", 0.5, False)
    return new.sha256


def test_a_mark_is_in_no_list_of_memories_and_in_no_search(memory_file: Path, leo: Episode, tmp_path: Path) -> None:
    marked(memory_file, leo, tmp_path)
    with Memory(memory_file) as memory:
        assert [entry.id for entry in browse.timeline(memory)] == memory.ids() == [leo.id]
        for words in ("not the same", "This is not the one in my photo", "same"):
            assert memory.search(words) == []
        (mark,) = marks.listed(memory, leo.photo.sha256)
        assert mark.line(leo.photo.sha256) == "You said: not the same as a photo that is not remembered"
        assert mark.line(mark.photo) == "You said: not the same as your photo of 12 May 2025: “This is Leo.”"
        assert marks.listed(memory, "0" * 64) == []


def test_the_shell_lists_marks_and_takes_them_back(
    memory_file: Path, leo: Episode, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marked(memory_file, leo, tmp_path)
    assert main(["marks", "--memory", str(memory_file)]) == 0
    listed = capsys.readouterr().out
    assert "is not the same as your photo of 12 May 2025: “This is Leo.”" in listed
    assert main(["marks", "--json", "--memory", str(memory_file)]) == 0
    one = json.loads(capsys.readouterr().out)
    assert one["other"] == leo.photo.sha256 and one["same"] is False and listed.startswith(one["id"])
    assert main(["marks", "--take-back", "zz", "--memory", str(memory_file)]) == 1
    assert main(["marks", "--take-back", one["id"][:4], "--memory", str(memory_file)]) == 0
    assert capsys.readouterr().out.startswith("taken back: ")
    with Memory(memory_file) as memory:
        assert marks.listed(memory) == [] and memory.ids() == [leo.id]
        with pytest.raises(KeepsakeError, match="no mark has the id"):
            marks.take_back(memory, one["id"])


def test_plain_mode_lists_marks_and_takes_them_back(
    talk: Talk,  # noqa: F811
    memory_file: Path,
    leo: Episode,
    tmp_path: Path,
) -> None:
    marked(memory_file, leo, tmp_path)

    def unmark(told: str) -> str:
        return f"/unmark {re.findall(r'^([0-9a-f]{8}): ', told, re.MULTILINE)[0]}"

    lines = talk(Alike(), "/marks", unmark, "/marks", "/undo", "/unmark", "/unmark zz")
    assert any("is not the same as your photo of 12 May 2025" in line for line in lines) and MARKS_NONE in lines
    assert f"Note: {plain_strings.NEEDS.format(command='/unmark')}" in lines
    assert any("no mark has the id 'zz'" in line for line in lines)
    with Memory(memory_file) as memory:
        assert len(marks.listed(memory)) == 1, "undo has said it again"


async def test_the_memorys_dialog_lists_its_marks_and_a_digit_takes_one_back(
    memory_file: Path, leo: Episode, photos: Path
) -> None:
    backend = Alike(["It is Leo.", "A wall.", "It is Leo.", "A wall."])
    backend.threshold = 0.0
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await until(lambda: cards(app) and idle(app) and app.composer.replies, "the wrong memory")
        await pilot.press("n")
        await until(lambda: any("No: I keep that" in note for note in notes(app, "done")), "the mark is kept")
        await until(lambda: not cards(app) and idle(app), "its going")
        app.memory_actions.choose(leo, "open")
        await opened(app, EpisodeScreen)
        screen = app.screen
        assert isinstance(screen, EpisodeScreen)
        said = "You said: not the same as a photo that is not remembered   1 takes that back"
        await until(lambda: said in str(screen.query_one("#marks").render()), "the mark")
        await until(lambda: screen.drawn < float("inf"), "the dialog on screen")
        await pilot.press("1")
        await until(lambda: any("Taken back" in note for note in notes(app, "done")), "the line")
        await pilot.press("escape")
        await until(lambda: cards(app) and idle(app), "the memory, recalled again")
        await send(app, pilot, "/undo")
        await until(lambda: not cards(app) and idle(app), "the mark again")
