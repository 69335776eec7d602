"""`python -m memory`: what scripts read, what people read, and how it says no."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from memory.__main__ import main
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.encoded import named_by_bytes

ROOT = Path(__file__).parents[2]
DAY = datetime(2025, 5, 12, 10, 30, tzinfo=UTC)


def episode(n: int, text: str) -> Episode:
    photo = named_by_bytes(n, 640, 480)
    return Episode(photo, (Turn("user", text), Turn("assistant", "I see.")), DAY + timedelta(days=n), "Porto")


FIRST, SECOND = episode(1, "This is Milo"), episode(2, "The \x1b[31m harbour\x07 at night 👩‍👧")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KEEPSAKE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def filled(home: Path) -> Path:
    with Memory(home / "memory.db") as memory:
        memory.add_all([FIRST, SECOND])
    return home / "memory.db"


class Run:
    """Run one command: its exit code, its stdout and its stderr."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *argv: object) -> None:
        try:
            self.code = main([str(a) for a in argv])
        except SystemExit as stop:  # argparse
            self.code = int(str(stop.code))
        self.out, self.err = capsys.readouterr()

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *argv: Run(capsys, *argv)


@pytest.mark.usefixtures("filled")
def test_list_and_show(run: Any) -> None:
    listed = run("list", "--json")
    assert [row["id"] for row in listed.rows] == [SECOND.id, FIRST.id]
    assert listed.rows[1] == run("show", FIRST.id[:8], "--json").rows[0]
    assert listed.rows[1] == {
        "id": FIRST.id,
        "when": "2025-05-13T10:30:00+00:00",
        "place": "Porto",
        "day": "2025-05-13",
        "told": None,
        "photo": {"sha256": FIRST.photo.sha256, "width": 640, "height": 480, "taken_at": None},
        "turns": [{"role": "user", "text": "This is Milo"}, {"role": "assistant", "text": "I see."}],
    }
    assert run("list").out.splitlines()[1] == f"{FIRST.id}  2025-05-13, Porto  This is Milo"
    shown = run("show", FIRST.id)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.splitlines()[2:] == ["you: This is Milo", "Keepsake: I see."]


@pytest.mark.usefixtures("filled")
def test_what_was_said_does_not_steer_the_terminal(run: Any) -> None:
    for command in (("list",), ("show", SECOND.id), ("search", "harbour")):
        out = run(*command).out
        assert "\x1b" not in out and "\x07" not in out and "harbour" in out and "👩‍👧" in out


@pytest.mark.usefixtures("filled")
def test_search(run: Any) -> None:
    (row,) = run("search", "where is the harbour?", "--json").rows
    assert (row["id"], row["score"], row["why"]) == (SECOND.id, 1.0, "you said 'harbour'")
    nothing = run("search", "zebra", "--json")
    assert (nothing.code, nothing.out) == (0, "") and "nothing" in nothing.err
    assert run("search", "in May 1999").err == "no memory is from May 1999\n", "a time, and no words"
    assert len(run("search", "milo harbour", "-k", "1").out.splitlines()) == 1


def test_search_by_sight_is_answered_by_the_assistant(home: Path, tmp_path: Path) -> None:
    """In its process: the memory loads no network itself, and the assistant no language model."""
    photo, file = ROOT / "tests/data/photos/dog/00.jpg", tmp_path / "memory.db"
    command = [sys.executable, "-m", "assistant", "remember", str(photo), "This is Rex.", "--memory", str(file)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    command = [sys.executable, "-m", "memory", "search", "--memory", str(file), "-k", "1", "--json", "--photo"]
    done = subprocess.run([*command, str(photo)], cwd=ROOT, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    row = json.loads(done.stdout)
    assert (row["why"], row["certainty"], list(row)) == (
        "the same photo",
        "sure",
        ["id", "score", "why", "certainty", "photos"],
    )
    done = subprocess.run([*command, "no.jpg"], cwd=ROOT, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "") and "there is no such file" in done.stderr


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("search",),
        ("search", "x", "-k", "0"),
        ("search", "x", "-k", "ten"),
        ("show",),
        ("fly",),
        ("list", "--nope"),
    ],
)
def test_wrong_usage_is_2(run: Any, argv: tuple[str, ...]) -> None:
    done = run(*argv)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err and done.err.startswith("usage:")


def test_forget(run: Any, filled: Path) -> None:
    (row,) = run("forget", SECOND.id[:10], "--json").rows
    assert row["id"] == SECOND.id and row["episodes"] == [SECOND.id] and row["turns"] == 2
    gone = run("show", SECOND.id)
    assert (gone.code, gone.out) == (1, "")
    assert gone.err == f"no memory has the id '{SECOND.id}': see `python -m memory list`\n"
    told = run("forget", FIRST.id, "--details").out
    assert told.startswith(f"episode {FIRST.id}: forgotten, 2 turns") and "1 snapshot deleted, 1 made anew" in told
    assert run("stats", "--json").rows[0]["photos"] == 0
    assert b"Milo" not in filled.read_bytes()


@pytest.mark.usefixtures("filled")
def test_export_and_import(run: Any, tmp_path: Path) -> None:
    archive, other = tmp_path / "a.zip", tmp_path / "new folder" / "other.db"
    assert run("export", archive, "--json").rows == [{"file": str(archive), "episodes": 2, "photos": 2}]
    assert run("--memory", other, "import", archive, "--json").rows == [{"added": 2, "known": 0, "cleaned": 0}]
    assert run("import", archive, "--memory", other).out == "0 episodes added, 2 known already\n"
    assert run("--json", "list", "--memory", other).out == run("list", "--json").out
    archive.write_bytes(b"PK")
    broken = run("import", archive)
    assert (broken.code, broken.out, broken.err.count("\n")) == (1, "", 1)


def test_verify_and_stats(run: Any, filled: Path) -> None:
    assert run("verify", "--json").rows == [{"ok": True, "episodes": 2, "problems": []}]
    (stats,) = run("stats", "--json").rows
    (kept,) = stats.pop("snapshots")
    assert kept["bytes"] == filled.stat().st_size and datetime.fromisoformat(kept["taken"]).tzinfo == UTC
    assert stats == {"episodes": 2, "photos": 2, "bytes": filled.stat().st_size, "encrypted": False}
    assert "0 hours old" in run("stats").out
    content = bytearray(filled.read_bytes())
    pieces = (SECOND.photo.data[n : n + 32] for n in range(3000, 9000, 32))  # a photo is cut into pages
    content[next(at for piece in pieces if (at := content.find(piece)) > 0) + 7] ^= 1
    filled.write_bytes(content)
    damaged = run("verify", "--json")
    assert (damaged.code, damaged.rows[0]["ok"], len(damaged.rows[0]["problems"])) == (1, False, 1)
    assert damaged.err.startswith("1 problem found in ")


def test_a_new_home_is_an_empty_memory(run: Any, home: Path) -> None:
    nothing = run("list")
    assert (nothing.out, nothing.err) == ("", f"there are no memories in {home / 'memory.db'} yet\n")
    assert run("verify").out == "all is well with 0 episodes\n"
    assert (home / "memory.db").exists()


def test_a_file_that_is_no_memory(run: Any, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8" * 5000)
    done = run("stats", "--memory", tmp_path / "photo.jpg")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "photo.jpg" in done.err


def test_a_memory_that_is_spelt_wrong_is_not_made(run: Any, tmp_path: Path) -> None:
    typed = tmp_path / "memroy.db"
    for command in (["list"], ["search", "Milo"], ["verify"], ["forget", "--words", "Milo", "--yes"]):
        done = run(*command, "--memory", typed)
        assert (done.code, done.out) == (1, "")
        assert done.err == f"there is no memory {typed}: see how it is spelt\n"
    assert not typed.exists()


def test_a_reader_that_has_seen_enough(home: Path) -> None:
    """`python -m memory list | head -1` ends without a traceback."""
    with Memory(home / "memory.db") as memory:
        memory.add_all(Episode(FIRST.photo, (Turn("user", f"{n} " + "x" * 99),), DAY) for n in range(1500))
    command = [sys.executable, "-m", "memory", "list", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        assert json.loads(process.stdout.readline())["place"] is None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 1
    assert os.environ["KEEPSAKE_HOME"] == str(home)


def test_words_day_and_place_of_a_memory_are_edited(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before, the shell could only forget a memory and tell it again."""
    new = ("This is Milo, our dog", "--when", "5 May 2020", "--place", "Lisbon")
    done = Run(capsys, "edit", FIRST.id[:6], *new, "--json")
    (row,) = done.rows
    assert (done.code, row["instead"]) == (0, FIRST.id)
    with Memory(filled) as memory:
        assert memory.verify() == [] and set(memory.ids()) == {row["id"], SECOND.id}
        edited = memory.get(row["id"])
        assert (edited.words, edited.place, str(edited.day)) == (new[0], "Lisbon", "2020-05-05")
        assert edited.photo == FIRST.photo
    again = Run(capsys, "edit", row["id"], "--when", "unknown")
    assert again.code == 0 and again.out.endswith("  This is Milo, our dog\n")
    assert Run(capsys, "list").out.count("day unknown, Lisbon") == 1
    for wrong, why in ((("edit", SECOND.id), "nothing to change"), (("edit", SECOND.id, " "), "needs words")):
        refused = Run(capsys, *wrong)
        assert refused.code == 1 and why in refused.err
    refused = Run(capsys, "edit", SECOND.id, "--when", "march 2022")
    assert refused.code == 2 and "but March 2022" in refused.err
