"""`python tui.py --plain`: the same conversation by lines, in order; nothing that a screen reader stumbles over."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.backend import Chunk, Message, Options
from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory.episode import Episode, Turn
from memory.errors import ModelStopped
from memory.search.gate import Gate
from memory.store import Memory
from tests.support.plaintalk import Talk, talk
from ui import strings
from ui.plain import plain_strings

ROOT = Path(__file__).parents[2]

__all__ = ["talk"]


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
    told = talk(FakeBackend(["A wall."]), f"{photos / 'rex.png'} This is Rex, the neighbour's dog.")
    assert f"Note: {plain_strings.TELL_ME}" not in told and any("remembered" in line for line in told)


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


@pytest.mark.parametrize(
    ("told", "verdicts", "kept"),
    [
        ("This is Rex.", [False], True),
        ("This is Milo at the lake.", [True], True),
        ("it's milo", [True], False),
        ("Milo, yes", [True], False),
    ],
)
def test_a_name_answers_whether_it_is_the_one_asked_about(
    talk: Talk, memory_file: Path, photos: Path, told: str, verdicts: list[bool], kept: bool
) -> None:
    backend, photo = FakeBackend(["A dog."]), load_photo(photos / "MILO 1.JPG")
    with Memory(memory_file) as memory:
        milo = Episode(photo, (Turn("user", "This is Milo."),), datetime.now(UTC))
        memory.add(milo, (backend.space, backend.embed(photo)))
    backend.gate = Gate((0.02, 0.0), (1.0, 0.0))  # type: ignore[attr-defined]
    assert "Question: Is this Milo? y or n" in talk(backend, "/memories", str(photos / "rex.png"), told)
    with Memory(memory_file) as memory:
        assert [verdict.same for verdict in memory.verdicts()] == verdicts
        assert (told in [episode.words for episode in memory.episodes()]) is kept


def test_what_is_forgotten_has_no_number_any_more(talk: Talk, photos: Path) -> None:
    def forget(told: str) -> str:
        return f"/forget {re.findall(r'[(]id ([0-9a-f]+)[)]', told)[-1]}"

    lines = talk(FakeBackend(), str(photos / "MILO 1.JPG"), "/remember Milo it is", "/1", forget, "y", "/1")
    assert lines.count(f"Note: {plain_strings.NO_NUMBER.format(n=1)}") == 1


def test_a_wish_to_forget_in_words_lists_what_it_may_mean(talk: Talk, photos: Path, memory_file: Path) -> None:
    two = (str(photos / "MILO 1.JPG"), "/remember Milo it is", str(photos / "rex.png"), "/remember Rex, Milo's friend")
    lines = talk(FakeBackend(), *two, "forget Milo", "y", "forget Zuzu")
    assert any("Milo it is" in line and re.match(r"(?:Note: )?[0-9a-f]{8,}: ", line) for line in lines), lines
    assert sum(plain_strings.FORGET_WHICH in line for line in lines) == 1
    with Memory(memory_file) as memory:
        assert memory.stats()["episodes"] == 2


@pytest.mark.parametrize(("answer", "left"), [("n", 1), ("yes", 0)])
def test_the_only_memory_that_a_wish_to_forget_means_is_asked_about(
    talk: Talk, photos: Path, memory_file: Path, answer: str, left: int
) -> None:
    lines = talk(FakeBackend(), str(photos / "MILO 1.JPG"), "/remember Milo it is", "forget Milo", answer)
    assert any(plain_strings.FORGET in line for line in lines)
    with Memory(memory_file) as memory:
        assert memory.stats()["episodes"] == left


def test_the_tour_and_the_end_of_the_demo(talk: Talk, memory_file: Path) -> None:
    lines = talk(FakeBackend(), "/tour", "/demo off", "/demo off")
    start = next(n for n, line in enumerate(lines) if line.startswith("1. This is a demo album."))
    assert [line[:2] for line in lines[start : start + 5]] == ["1.", "2.", "3.", "4.", "5."]
    assert "{" not in "".join(lines) and f"Note: {strings.DEMO_NONE}" in lines
    assert not any(line.startswith("1. ") for line in talk(FakeBackend(), "/private", "/tour"))
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
