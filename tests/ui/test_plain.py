"""`python tui.py --plain`: the same conversation by lines, in order; nothing that a screen reader stumbles over."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.backend import Chunk, Message, Options
from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory import conversations, reminders
from memory.episode import Episode, Turn
from memory.errors import ModelStopped
from memory.search.gate import Gate
from memory.store import Memory
from tests.support.apppilot import FakeEncoder, picture
from ui import dialog_strings, help_strings, strings
from ui.plain import plain_strings
from ui.plain.plain_app import PlainApp

ROOT = Path(__file__).parents[2]
Talk = Callable[..., list[str]]


@pytest.fixture
def talk(memory_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Talk:
    """Say these lines, then Ctrl-D; returns the lines that were printed. A line may be a function of those so far."""

    def run(backend: FakeBackend, *said: str | Callable[[str], str], code: int = 0, demo: bool = False) -> list[str]:
        rest, printed = list(said), [""]

        def typed(prompt: str) -> str:
            printed[0] += capsys.readouterr().out + prompt
            if not rest:
                raise EOFError
            line = rest.pop(0)
            line = line if isinstance(line, str) else line(printed[0])
            printed[0] += f"{line}\n"
            return line

        monkeypatch.setattr("builtins.input", typed)
        before = signal.getsignal(signal.SIGINT)
        assert PlainApp(lambda: Memory(memory_file), lambda: backend, lambda: FakeEncoder(backend)).run(demo) == code
        assert signal.getsignal(signal.SIGINT) is before
        text = printed[0] + capsys.readouterr().out
        assert all(c.isprintable() or c == "\n" for c in text)
        return text.splitlines()

    return run


def test_a_conversation_by_lines(talk: Talk, memory_file: Path, photos: Path) -> None:
    backend = FakeBackend(["A dog.", "It is Milo.", "It is Milo\x1b!"])
    lines = talk(backend, str(photos / "MILO 1.JPG"), "/remember This is Milo.", "who is this?")
    assert lines[:2] == [plain_strings.HELLO.format(n=0), "Note: The model fake is ready."]
    assert lines[2:9] == [
        f"You: {photos / 'MILO 1.JPG'}",
        "Photo: MILO 1.JPG, 64 × 48",
        f"Recalled: {strings.NO_MATCH_PRIVATE}",
        f"Note: {plain_strings.TELL_ME}",
        "Caption: A dog.",
        "You: /remember This is Milo.",
        lines[8],
    ]
    assert re.fullmatch(r"Done: remembered, day unknown: “This is Milo\.”", lines[8])
    assert re.fullmatch(r"Recalled, 1: This is your photo .*: “This is Milo\.”", lines[9])
    assert lines[10:] == [
        "Caption: It is Milo.", "You: who is this?", "Answer: It is Milo !", "In your words: 1", "You: ",
        plain_strings.BYE,
    ]  # fmt: skip
    with Memory(memory_file) as memory:
        assert [e.words for e in memory.episodes()] == ["This is Milo."]


def test_photos_by_command_and_in_a_question_and_those_that_are_none(talk: Talk, photos: Path) -> None:
    backend = FakeBackend(["A wall.", "Nobody."])
    lines = talk(backend, f"who is in @{photos / 'rex.png'}?", f"/photo {photos / 'broken.jpg'}", "/photo", "/what")
    assert "Answer: Nobody." in lines and backend.calls[-1][-1].parts == ("who is in ?",)
    assert [line for line in lines if line.startswith("Note:")][2:] == [
        next(line for line in lines if "broken.jpg" in line and "not a picture" in line),
        "Note: /photo needs something after it: /help says what.",
        "Note: There is no command /what: /help lists them.",
    ]


def test_the_caption_can_be_corrected(talk: Talk, photos: Path) -> None:
    backend = FakeBackend(["A cat.", "Rex."])
    talk(backend, str(photos / "rex.png"), "/caption No, a dog: Rex.", "who?")
    assert backend.calls[-1][-2] == Message("assistant", ("No, a dog: Rex.",))


def test_the_last_text_is_written_again(talk: Talk, photos: Path) -> None:
    backend = FakeBackend(["A cat.", "A dog.", "Rex.", "It is Rex."])
    lines = talk(backend, "/again", str(photos / "rex.png"), "/again", "who?", "/again")
    assert lines.count(f"Note: {strings.NOTHING_WRITTEN}") == 1
    written = [line for line in lines if line.startswith(("Caption:", "Answer:"))]
    assert written == ["Caption: A cat.", "Caption: A dog.", "Answer: Rex.", "Answer: It is Rex."]
    assert [part for turn in backend.calls[-1][2:] for part in turn.parts] == ["A dog.", "who?"]
    talk(backend := FakeBackend(["A dog.", "Blue.", "Brown."]), str(photos / "rex.png"), "colur?", "/question colour?")
    assert [part for turn in backend.calls[-1][2:] for part in turn.parts] == ["A dog.", "colour?"]


def test_asked_who_it_is_the_answer_is_remembered(talk: Talk, memory_file: Path, photos: Path) -> None:
    """And a question is answered all the same; in a private conversation nothing is asked."""
    backend = FakeBackend(["A dog.", "I cannot know.", "Rex.", "Yes."])
    lines = talk(
        backend, "This is a nice day.", str(photos / "MILO 1.JPG"), "Is this a dog?", "This is Rex.", "This is it."
    )
    assert lines.count(f"Note: {plain_strings.TELL_ME}") == 1
    with Memory(memory_file) as memory:
        assert [e.words for e in memory.episodes()] == ["This is Rex."]
    private = talk(FakeBackend(), "/private", str(photos / "rex.png"))
    assert f"Note: {plain_strings.TELL_ME}" not in private


def test_undo_takes_back_the_last_thing(talk: Talk, memory_file: Path, photos: Path) -> None:
    milo = str(photos / "MILO 1.JPG")
    lines = talk(FakeBackend(), "/undo", milo, "/remember This is Milo.", "/undo", "/memories")
    assert f"Note: {strings.UNDO_NOTHING}" in lines and plain_strings.NOTHING in lines
    lines = talk(
        FakeBackend(), milo, "/remember This is Milo.", "/memories", lambda told: f"/edit {an_id(told)} This is Max.",
        "/memories", "/edit z x", "/edit", "/undo", lambda told: f"/forget {an_id(told.split('This is Max')[0])}", "y",
        "/undo", "/undo",
    )  # fmt: skip
    assert any(line.endswith("“This is Max.”") for line in lines) and "Note: /edit needs something" in "\n".join(lines)
    for text in ("Restored as before", "Brought back"):
        assert sum(text in line for line in lines) == 1
    with Memory(memory_file) as memory:
        assert memory.episodes() == [] and memory.verify() == []


class Alike(FakeBackend):
    """All photos look nearly the same."""

    threshold = 0.0

    def embed(self, photo):  # type: ignore[no-untyped-def]
        tokens = super().embed(photo)
        tokens[:, 0] += 8
        return tokens / (tokens**2).sum(1, keepdims=True) ** 0.5


@pytest.mark.parametrize(("command", "same"), [("/not 1", False), ("/them 1", True)])
def test_a_recall_is_answered_by_its_number(
    talk: Talk, memory_file: Path, photos: Path, command: str, same: bool
) -> None:
    milo, backend = str(photos / "MILO 1.JPG"), Alike()
    backend.threshold = 0.0
    lines = talk(
        backend,
        milo,
        "/remember This is Milo.",
        "/1",
        "/7",
        "/not x",
        "/not 1",
        str(photos / "rex.png"),
        command,
        "/not",
    )
    assert any(re.fullmatch(r"Memory 1: .*“This is Milo\.” \(id [0-9a-f]{16}\)", line) for line in lines)
    assert f"Note: {plain_strings.NO_NUMBER.format(n=7)}" in lines and f"Note: {plain_strings.SAME_PHOTO}" in lines
    assert f"Note: {plain_strings.NO_NUMBER.format(n='x')}" in lines
    assert f"Note: {plain_strings.NEEDS.format(command='/not')}" in lines
    said = (strings.ANSWERED_YES if same else strings.ANSWERED_NO).format(question="Is this Milo?")
    assert lines.count(f"Done: {said}") == 1
    assert lines.count(f"Recalled: {strings.NO_MATCH_PRIVATE}") == (1 if same else 2)
    assert lines.count(f"Note: {plain_strings.TELL_ME}") == (1 if same else 2)
    with Memory(memory_file) as memory:
        assert [episode.words for episode in memory.episodes()] == ["This is Milo."]
        assert [verdict.same for verdict in memory.verdicts()] == [same]


@pytest.mark.parametrize(("reply", "same"), [("y", True), ("No", False)])
def test_it_asks_whether_it_is_the_same_and_a_letter_answers(
    talk: Talk, memory_file: Path, photos: Path, reply: str, same: bool
) -> None:
    """And a question instead of an answer is a question."""
    backend, photo = FakeBackend(["A dog.", "Maybe.", "A dog it is."]), load_photo(photos / "MILO 1.JPG")
    with Memory(memory_file) as memory:  # seen already, so that nothing depends on when it is encoded
        told = Episode(photo, (Turn("user", "This is Milo."),), datetime.now(UTC))
        memory.add(told, (backend.space, backend.embed(photo)))
    backend.gate = Gate((0.02, 0.0), (1.0, 0.0))  # type: ignore[attr-defined]
    lines = talk(backend, "/memories", str(photos / "rex.png"), "what?", reply, reply)
    assert sum(line.startswith("Recalled, 1: Maybe the same thing as in your photo of ") for line in lines) == 1
    assert lines.count("Question: Is this Milo? y or n") == 1
    said = (strings.ANSWERED_YES if same else strings.ANSWERED_NO).format(question="Is this Milo?")
    assert lines.count(f"Done: {said}") == 1 and "Answer: Maybe." in lines
    with Memory(memory_file) as memory:
        assert [verdict.same for verdict in memory.verdicts()] == [same]


def test_what_is_forgotten_has_no_number_any_more(talk: Talk, photos: Path) -> None:
    def forget(told: str) -> str:
        return f"/forget {re.findall(r'[(]id ([0-9a-f]+)[)]', told)[-1]}"

    lines = talk(FakeBackend(), str(photos / "MILO 1.JPG"), "/remember Milo it is", "/1", forget, "y", "/1")
    assert lines.count(f"Note: {plain_strings.NO_NUMBER.format(n=1)}") == 1


def test_models_are_listed_and_changed(talk: Talk) -> None:
    lines = talk(FakeBackend(), "/models", "/models nosuch", "hello?", "/models fake", "hello?")
    assert any(line.startswith("nano: On this computer.") for line in lines) and plain_strings.MODELS in lines
    assert any(line.startswith("Note: ") and "nosuch" in line for line in lines)
    assert f"Done: {strings.SWITCHED.format(model='fake')}" in lines and lines.count("Answer: A photo.") == 2


def test_the_tour_and_the_end_of_the_demo(talk: Talk, memory_file: Path) -> None:
    lines = talk(FakeBackend(), "/tour", "/demo off", "/demo off")
    start = next(n for n, line in enumerate(lines) if line.startswith("1. This is a demo album."))
    assert [line[:2] for line in lines[start : start + 5]] == ["1.", "2.", "3.", "4.", "5."]
    assert "{" not in "".join(lines) and f"Note: {strings.DEMO_NONE}" in lines
    assert not any(line.startswith("1. ") for line in talk(FakeBackend(), "/private", "/tour"))
    with Memory(memory_file) as memory:
        assert memory.stats()["episodes"] == 0


def test_every_command_of_the_app_is_here() -> None:
    """But for /caption without words, which opens a dialog, /copy: here the terminal copies, and /large: no photos."""
    app = {name for key, _ in help_strings.HELP for name in re.findall(r"/[a-z]+", key)}
    here = {name for key, _ in plain_strings.HELP for name in re.findall(r"/[a-z]+", key)}
    assert app - {"/copy", "/large"} <= here


def an_id(printed: str) -> str:
    return re.findall(r"^([0-9a-f]{8,16}): ", printed, re.MULTILINE)[-1]


def test_reminders_are_said_listed_and_ended(talk: Talk, memory_file: Path, photos: Path) -> None:
    milo, asked = str(photos / "MILO 1.JPG"), "When you see this again, remind me to buy soap."
    lines = talk(FakeBackend(), milo, f"/remember {asked}", "/new", milo)
    assert lines.count("Reminder: You asked: buy soap – when this appears.") == 1
    lines = talk(FakeBackend(), "/reminders", lambda told: f"/end {an_id(told)}", "/end 0", "/reminders", milo)
    assert "Done: Ended: buy soap. I do not remind you again; the memory stays." in lines
    assert dialog_strings.REMINDERS_EMPTY in lines and not any(line.startswith("Reminder:") for line in lines)
    with Memory(memory_file) as memory:
        assert reminders.standing(memory) == [] and memory.stats()["episodes"] == 1


def test_a_photo_looked_at_again_without_a_memory_reminds_no_second_time(talk: Talk, photos: Path) -> None:
    """Forgetting what is in view begins the conversation anew about the same photo: that is no new sighting."""
    milo, asked = str(photos / "MILO 1.JPG"), "When you see this again, remind me to buy soap."
    talk(FakeBackend(), milo, f"/remember {asked}", "/remember Milo it is")
    lines = talk(FakeBackend(), milo, "/memories Milo", lambda told: f"/forget {an_id(told)}", "yes")
    assert sum(line.startswith("Caption:") for line in lines) == 2
    assert sum(line.startswith("Reminder:") for line in lines) == 1


def test_forget_asks_first(talk: Talk, memory_file: Path, photos: Path) -> None:
    kept = (str(photos / "MILO 1.JPG"), "/remember This is Milo.", "/memories milo")
    lines = talk(FakeBackend(), *kept, lambda told: f"/forget {an_id(told)}", "no", "/forget zz")
    assert "Note: no episode has the id 'zz': see `python -m memory list`" in lines
    with Memory(memory_file) as memory:
        assert memory.stats()["episodes"] == 1
    lines = talk(FakeBackend(), "/memories", lambda told: f"/forget {an_id(told)}", "yes", "/details", "/memories")
    assert any("of visual tokens" in line for line in lines)
    assert any(line.startswith("Done: Forgotten: the memory of ") and "with Milo" in line for line in lines)
    assert any("Deleted from 1 kept conversation" in line for line in lines) and plain_strings.NOTHING in lines
    with Memory(memory_file) as memory:
        assert memory.stats()["episodes"] == 0 and conversations.titles(memory) == []


def test_conversations_are_listed_continued_saved_and_deleted(talk: Talk, tmp_path: Path, photos: Path) -> None:
    backend = FakeBackend(["A dog.", "It is Rex.", "Sure."])
    talk(backend, str(photos / "rex.png"), "who is this?")
    page = tmp_path / "page.html"
    lines = talk(
        backend, "/history elephants", "/history rex", lambda told: f"/open {an_id(told)}", "sure?", f"/export {page}",
        "/history", lambda told: f"/delete {an_id(told)}", "", lambda told: f"/delete {an_id(told)}", "y", "/history",
    )  # fmt: skip
    assert [m.parts for m in backend.calls[-1][-4:]] == [("A dog.",), ("who is this?",), ("It is Rex.",), ("sure?",)]
    start = lines.index("Photo: 64 × 48")
    assert lines[start : start + 5] == [
        "Photo: 64 × 48", "Caption, by the model: A dog.", "You: who is this?", "The model: It is Rex.",
        "Done: This conversation goes on where it ended.",
    ]  # fmt: skip
    assert "sure?" in page.read_text(encoding="utf-8") and f"Done: Saved as {page}" in "\n".join(lines)
    assert sum("Deleted from 1 kept conversation: photos, questions" in line for line in lines) == 1
    assert lines[-3] == plain_strings.NOTHING


def test_private_keeps_nothing(talk: Talk, memory_file: Path, photos: Path) -> None:
    backend = FakeBackend()
    lines = talk(
        backend, "/private", str(photos / "rex.png"), "/remember Rex", "hi?", "/export x.html", "/private", "/history"
    )
    assert f"Done: {plain_strings.PRIVATE}" in lines and f"Done: {strings.NEW}" in lines
    assert f"Note: {strings.PRIVATE_NO}" in lines and f"Note: {strings.PRIVATE_EXPORT}" in lines
    assert plain_strings.NOTHING in lines and not backend.private
    with Memory(memory_file) as memory:
        assert memory.stats()["episodes"] == 0


class Interrupted(FakeBackend):
    """Ctrl-C comes after the fourth word of what it writes."""

    def stream(self, messages: tuple[Message, ...], options: Options) -> Iterator[Chunk]:  # type: ignore[override]
        for n, chunk in enumerate(super().stream(messages, options)):
            yield chunk
            if n == 3:
                os.kill(os.getpid(), signal.SIGINT)
                assert self._cancelled.wait(30)


@pytest.mark.timeout(60)
def test_ctrl_c_stops_the_answer_and_nothing_else(talk: Talk) -> None:
    backend = Interrupted([" ".join(f"word{n}" for n in range(50))])
    lines = talk(backend, "tell me", "again")
    assert lines.count("Answer: word0 word1 word2 word3 (stopped)") == 2 and lines[-1] == plain_strings.BYE


def test_ctrl_c_at_the_prompt_says_how_to_end(talk: Talk) -> None:
    def interrupt(_: str) -> str:
        raise KeyboardInterrupt

    assert plain_strings.END in talk(FakeBackend(), interrupt, "hello?")


class Dying(FakeBackend):
    def stream(self, messages: tuple[Message, ...], options: Options) -> Iterator[Chunk]:  # type: ignore[override]
        yield Chunk("Milo is")
        raise ModelStopped("the model stopped")


def test_a_failure_is_one_line_of_its_own(talk: Talk) -> None:
    assert talk(Dying(), "who?")[-4:] == [
        "Answer: Milo is",
        "Note: the model stopped",
        "You: ",
        plain_strings.BYE,
    ]


def test_the_demo(talk: Talk) -> None:
    lines = talk(FakeBackend(), "/help", demo=True)
    assert any(line.startswith("Done: The demo album is open, in a memory of its own.") for line in lines)
    assert {f"{key}: {meaning}" for key, meaning in plain_strings.HELP} <= {
        line.removeprefix("You: ") for line in lines
    }


def plain(home: Path, said: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tui.py", "--plain", "--model", "fake", *arguments]
    environment = {**os.environ, "KEEPSAKE_HOME": str(home), "NO_COLOR": "1", "TERM": "xterm-256color"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, input=said, capture_output=True, text=True, check=False, timeout=60
    )


def test_in_a_process_of_its_own(tmp_path: Path) -> None:
    done = plain(tmp_path, "hello?\n/quit\nnever\n")
    assert (done.returncode, done.stderr) == (0, "") and "\x1b" not in done.stdout
    assert "Answer: A photo." in done.stdout and done.stdout.endswith(f"{plain_strings.BYE}\n")
    assert "never" not in done.stdout


def test_a_memory_that_is_none_is_one_line(tmp_path: Path) -> None:
    bad = tmp_path / "memory.db"
    bad.write_bytes(b"this is not a database, whatever its name says" * 40)
    done = plain(tmp_path, "hello?\n", "--memory", str(bad))
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("error: cannot use the memory") and done.stderr.count("\n") == 1


def test_names_that_are_spelt_wrong_are_told_at_once(tmp_path: Path) -> None:
    done = plain(tmp_path, "hello?\n", "--model", "nanoo")
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: there is no model named 'nanoo': choose one of ")
    typed = tmp_path / "memroy.db"
    for new in (True, False):
        done = plain(tmp_path, "hello?\n", "--memory", str(typed))
        assert (done.returncode, done.stderr) == (0, "")
        assert (f"Note: {strings.MEMORY_NEW.format(file=typed)}\n" in done.stdout) is new


def test_import_by_lines(talk: Talk, memory_file: Path, photos: Path) -> None:
    """What is in a folder comes before the question; no is a no; a folder's path alone is enough."""
    lines = talk(FakeBackend(), f"/import {photos}", "no", str(photos), "yes", f"/import {photos}", "/undo")
    assert lines.count("Import 2 photos? yes or no: no") == lines.count("Import 2 photos? yes or no: yes") == 1
    assert any(line.startswith("2 new: ") for line in lines)
    assert any(line.startswith("Done: Imported 2 photos from “album”") for line in lines)
    assert any(line.startswith("Done: Nothing is new in “album”") for line in lines)
    assert any("the import of 2 photos" in line for line in lines)
    with Memory(memory_file) as memory:
        assert memory.stats()["episodes"] == 0


def test_the_tray_by_lines(talk: Talk, memory_file: Path, photos: Path) -> None:
    with Memory(memory_file) as memory:
        for name in ("MILO 1.JPG", "rex.png"):
            memory.add(Episode(load_photo(photos / name), (), datetime(2025, 5, 12, 12, tzinfo=UTC)))
        one, other = memory.ids()
    lines = talk(FakeBackend(), "/tray", f"/tray {one[:8]} This is Rex.", f"/tray {other} -", "/tray", "/undo", "/tray")
    assert "2 photos wait for words" in lines and any(line.startswith(f"{one}: 12 May 2025, ") for line in lines)
    assert "Kept for 1 photo: “This is Rex.”" in lines and "Not asked about again: 1 photo." in lines
    assert any(line.startswith("No photo waits") for line in lines)
    assert "1 photo waits for words" in lines, "after the undo"
    with Memory(memory_file) as memory:
        assert sorted(episode.words for episode in memory.episodes()) == ["", "This is Rex."]


def test_names_and_lists_by_lines(talk: Talk, memory_file: Path, photos: Path) -> None:
    with Memory(memory_file) as memory:
        for n, words in enumerate(("This is Zuri, the zebra Anna got", "Zuri in the garden", "This is Annie")):
            photo = load_photo(picture(photos / f"{n}.png", f"#{n * 40:02x}4080"))
            memory.add(Episode(photo, (Turn("user", words),), datetime(2024, 5, 12 + n, 12, tzinfo=UTC)))
    lines = talk(
        FakeBackend(),
        "/people",
        "/people Zuri = Zurika",
        "/people zurika",
        "/people Annie + Anna",
        "/undo",
        "Show me all photos of Zurika",
        "Which photos do you have of Leo?",
        "/people nobody",
    )
    assert "Zuri: 2 photos, last on 13 May 2024" in lines
    assert "Zuri is called Zurika now" in lines and "Annie and Anna are one now, called Anna" in lines
    assert any("Taken back: what was decided about Annie." in line for line in lines)
    assert "Photos: Zurika: 2 photos in the memories, newest first." in lines
    assert "Photos: Leo: no memory fits." in lines
    assert any("nobody and nothing is called 'nobody'" in line for line in lines)
