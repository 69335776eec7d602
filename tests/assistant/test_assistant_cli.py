"""`python -m assistant` as people and scripts use it: what stands on stdout and stderr, and the exit code.

With the embedded model, in processes of their own. What the model writes is not compared.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.commands.printed_results import about_episode
from demo.album import HERE as DEMO
from memory.episode import Episode, Photo, Turn
from memory.store import Memory

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for the whole module, so that the model's files are hashed once."""
    return tmp_path_factory.mktemp("home")


def keepsake(home: Path, *args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assistant", *map(str, args)]
    environment = {**os.environ, "KEEPSAKE_HOME": str(home)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def result(home: Path, *args: object) -> dict[str, object]:
    """Run a command that must succeed; returns the one JSON object on its stdout."""
    done = keepsake(home, *args, "--json")
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def bear(home: Path) -> str:
    """The id of the one episode in the memory."""
    remembered = result(
        home, "remember", DEMO / "bear.jpg", "This is Milo.", "--when", "2025-08-16", "--place", "Lisbon"
    )
    assert list(remembered) == ["id"]
    assert re.fullmatch("[0-9a-f]{16}", str(remembered["id"]))
    return str(remembered["id"])


def test_what_was_remembered_is_there(home: Path, bear: str) -> None:
    with Memory(home / "memory.db") as memory:
        [episode] = memory.episodes()
        assert memory.photos_without_vectors("") and memory.verify() == []
    assert (episode.id, episode.words, episode.place) == (bear, "This is Milo.", "Lisbon")
    assert episode.when.isoformat() == "2025-08-16T12:00:00+00:00"


def test_ask_answers_with_what_it_recalled(home: Path, bear: str) -> None:
    """The same photo again: whatever the model has learnt, this memory comes back."""
    got = result(home, "ask", DEMO / "bear.jpg", "Who is this?")
    assert list(got) == ["caption", "answer", "recalled", "reminders", "grounding", "model", "seconds"]
    assert (got["model"], type(got["caption"]), type(got["answer"])) == ("nano2", str, str)
    assert isinstance(got["seconds"], float) and got["seconds"] > 0
    [row] = got["recalled"]  # type: ignore[misc]
    assert (list(row), row["id"]) == (["id", "score", "why", "certainty", "photos"], bear)
    assert (row["why"], row["certainty"]) == ("the same photo", "sure")
    plain = result(home, "ask", DEMO / "bear.jpg", "Who is this?", "--no-caption")
    assert plain["caption"] is None
    assert plain["recalled"] == [row]


def test_without_json_it_reads_like_a_conversation(home: Path, bear: str, tmp_path: Path) -> None:
    done = keepsake(home, "ask", DEMO / "bear.jpg", "Who is this?")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.match(rf"recalled  {bear}  16 August 2025  sure: the same photo  “This is Milo\.”\n\S", done.stdout)
    done = keepsake(home, "remember", DEMO / "boot.jpg", "Here is Thunder.", "--memory", tmp_path / "other.db")
    assert re.fullmatch(r"remembered as [0-9a-f]{16}, day unknown\n", done.stdout)


def test_ask_tells_what_it_was_to_remind_of(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "memory.db"
    words = "This is Gustav. When Gustav shows up, remind me to water the plants."
    kept = result(home, "remember", DEMO / "clock.jpg", words, "--when", "2024-11-30", "--memory", file)
    got = result(home, "ask", DEMO / "clock.jpg", "Who is this?", "--memory", file)
    [one] = got["reminders"]  # type: ignore[misc]
    assert re.fullmatch("[0-9a-f]{8}", one.pop("id"))
    assert one == {
        "task": "water the plants",
        "words": "When Gustav shows up, remind me to water the plants.",
        "episode": kept["id"],
        "when": "2024-11-30T12:00:00+00:00",
        "day": "2024-11-30",
    }
    done = keepsake(home, "ask", DEMO / "clock.jpg", "Who is this?", "--no-caption", "--memory", file)
    assert re.search(r"^you asked  water the plants  \(said 30 November 2024, [0-9a-f]{8}\)$", done.stdout, re.M)
    stranger = ROOT / "tests/data/photos/vase/00.jpg"
    assert result(home, "ask", stranger, "Who is this?", "--memory", file)["reminders"] == []


def test_recall_tells_what_a_photo_brings_back(home: Path, bear: str, tmp_path: Path) -> None:
    row = result(home, "recall", DEMO / "bear.jpg")
    assert (row["id"], list(row)) == (bear, ["id", "score", "why", "certainty", "photos"])
    with Memory(tmp_path / "empty.db"):
        pass
    done = keepsake(home, "recall", DEMO / "bear.jpg", "--memory", tmp_path / "empty.db")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "I do not know anybody or anything here.\n"
    done = keepsake(home, "recall", DEMO / "bear.jpg", "--memory", tmp_path / "memroy.db")
    assert (done.returncode, done.stdout) == (1, "") and not (tmp_path / "memroy.db").exists()
    assert done.stderr == f"error: there is no memory {tmp_path / 'memroy.db'}: see how it is spelt\n"


@pytest.mark.parametrize(
    ("photo", "expected"),
    [
        ("missing.jpg", "there is no such file"),
        ("text.jpg", "not a picture, or damaged at its beginning"),
        ("empty.jpg", r"the file is empty \(0 bytes\)"),
        ("cut.jpg", "damaged or cut short"),
        ("https://example.org/milo.jpg", "opens no network addresses; save the photo first"),
    ],
)
def test_a_photo_that_is_none_costs_one_line_and_changes_nothing(tmp_path: Path, photo: str, expected: str) -> None:
    (tmp_path / "text.jpg").write_text("This is Milo.")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "cut.jpg").write_bytes((DEMO / "bear.jpg").read_bytes()[:20_000])
    path = photo if "://" in photo else tmp_path / photo
    for command in (("remember", path, "This is Milo."), ("ask", path, "Who is this?")):
        done = keepsake(tmp_path / "home", *command, "--json")
        assert (done.returncode, done.stdout) == (1, "")
        assert re.fullmatch(rf"error: .*{re.escape(photo.rsplit('/', 1)[-1])}.*{expected}.*\n", done.stderr)
    assert not (tmp_path / "home" / "memory.db").exists()


def test_an_unknown_model_and_no_words_change_nothing(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "memory.db"
    about = (DEMO / "bear.jpg", "Who is this?", "--memory", file)
    for args, said in (
        (("ask", *about, "--model", "nanoo"), "there is no model named 'nanoo': choose one of .*nano.*"),
        (("remember", *about, "--encoder", "eagle"), "there is no encoder 'eagle': choose one of default.*"),
        (("remember", *about, "--encoder", "model", "--model", "nanoo"), "there is no model named 'nanoo': .*"),
    ):
        done = keepsake(home, *args)
        assert (done.returncode, done.stdout) == (1, "")
        assert re.fullmatch(f"error: {said}\n", done.stderr)
        assert not file.exists()
    done = keepsake(home, "remember", DEMO / "bear.jpg", "  ", "--memory", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch("error: nothing was said about the photo: .*\n", done.stderr)
    with Memory(file) as memory:
        assert memory.stats()["photos"] == 0
    done = keepsake(home, "ask", DEMO / "bear.jpg", " ", "--model", "fake", "--memory", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch("error: nothing was asked: .*\n", done.stderr)


@pytest.mark.parametrize("command", ["remember", "ask"])
def test_a_damaged_memory_is_left_as_it_is(home: Path, tmp_path: Path, command: str) -> None:
    file = tmp_path / "memory.db"
    file.write_bytes(b"SQLite format 3\0" + b"damaged" * 500)
    before = file.read_bytes()
    done = keepsake(home, command, DEMO / "bear.jpg", "This is Milo.", "--model", "fake", "--memory", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"error: cannot use the memory {re.escape(str(file))}: .*\n", done.stderr)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("remember", DEMO / "bear.jpg", "Milo.", "--when", "last summer"), "'last summer' is not a day"),
        (("remember", DEMO / "bear.jpg", "Milo.", "--when", "2025-02-30"), "'2025-02-30' is not a day"),
        (("remember", DEMO / "bear.jpg", "Milo.", "--when", "2999-01-01"), "2999-01-01 has not come yet"),
        (("remember", DEMO / "bear.jpg"), "required: words"),
        (("ask", DEMO / "bear.jpg", "Who?", "--loud"), "unrecognized arguments: --loud"),
        ((), "required: COMMAND"),
    ],
)
def test_wrong_usage_is_2(tmp_path: Path, args: tuple[object, ...], expected: str) -> None:
    done = keepsake(tmp_path / "home", *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr
    assert not (tmp_path / "home").exists()


def test_words_that_are_cut_say_so() -> None:
    """Before, "she is scared of the”": nobody could tell that there is more."""
    photo = Photo("1" * 64, b"", 4, 4)
    long = Episode(photo, (Turn("user", "This is Pippa.\n" + "She is scared of the hoover. " * 9),), datetime.now(UTC))
    line = about_episode(long)
    assert "“This is Pippa. She is" in line and line.endswith(" …”") and "\n" not in line
    assert line.removesuffix(" …”").split()[-1] in "She is scared of the hoover.".split()
    short = Episode(photo, (Turn("user", "This is Milo."),), datetime.now(UTC))
    assert about_episode(short).endswith("“This is Milo.”")
