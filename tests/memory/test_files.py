"""Files that are whole or not there: atomic writes, their rights, JSON lines after a kill, and hashes."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from memory import files


@pytest.fixture(params=["unnamed", "named"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Linux's files without a name, and the partial files of all other systems."""
    if request.param == "named":
        monkeypatch.setattr(files, "_unnamed", lambda folder, mode: None)
    return str(request.param)


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Partial files with a name, whatever the system can do."""
    monkeypatch.setattr(files, "_unnamed", lambda folder, mode: None)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A file to write, in a folder with nothing else in it."""
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder / "file.txt"


def partial_of(target: Path) -> Path:
    """The partial file that this thread would use."""
    with files.whole_file(target) as partial:
        partial.touch()
    target.unlink()
    return partial


def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(target: Path) -> None:
    files.write_text(target, "old")
    with pytest.raises(ZeroDivisionError), files.whole_file(target) as partial:
        partial.write_text("half of the n")
        assert partial.stat().st_dev == target.parent.stat().st_dev, "renaming works within one file system only"
        assert target.read_text() == "old"
        raise ZeroDivisionError
    assert target.read_text() == "old" and os.listdir(target.parent) == [target.name]


def test_a_block_that_ends_replaces_the_file(target: Path) -> None:
    files.write_text(target, "old")
    files.write_bytes(target, b"new")
    assert target.read_bytes() == b"new" and os.listdir(target.parent) == [target.name]


@pytest.mark.parametrize("there", [False, True], ids=["no file", "a leftover that all may read"])
def test_a_private_file_is_for_its_owner_only_from_the_start(target: Path, named: None, there: bool) -> None:
    """A killed process with the same number may have left a file: neither its bytes nor its rights are taken over."""
    partial = partial_of(target)
    if there:
        partial.write_text("left over")
        partial.chmod(0o644)
    with files.whole_file(target, private=True) as partial:
        assert partial.stat().st_mode & 0o777 == 0o600 and partial.read_text() == ""
        partial.write_text("mine")
    assert target.stat().st_mode & 0o777 == 0o600 and target.read_text() == "mine"


def test_a_private_file_is_written_through_no_link(target: Path, named: None) -> None:
    """In a folder that others may write to, a link in the place of the partial file would show them all of it."""
    other = target.with_name("other")
    other.write_text("not mine")
    partial_of(target).symlink_to(other)
    files.write_text(target, "mine", private=True)
    assert target.read_text() == "mine" and not target.is_symlink() and other.read_text() == "not mine"


def test_what_a_killed_process_left_goes_with_the_next_write(target: Path, named: None) -> None:
    """On systems without unnamed files; a partial file of a process that runs stays."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    abandoned, at_work = (target.with_name(f".{target.name}.{pid}-7.partial") for pid in (dead.pid, os.getppid()))
    abandoned.write_text("half")
    at_work.write_text("half")
    files.write_text(target, "whole")
    assert not abandoned.exists() and at_work.exists() and target.read_text() == "whole"


def test_a_file_that_is_not_private_has_the_rights_of_any_other(target: Path) -> None:
    target.touch()
    usual = target.stat().st_mode
    files.write_text(target, "for all")
    assert target.stat().st_mode == usual


def test_two_threads_that_write_at_once_leave_one_whole_file(target: Path) -> None:
    texts = [letter * 200_000 for letter in "ab"]
    both = threading.Barrier(2, timeout=60)

    def write(text: str) -> None:
        for _ in range(20):
            with files.whole_file(target) as partial:
                partial.write_text(text)
                both.wait()  # both partial files are there

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert target.read_text() in texts and os.listdir(target.parent) == [target.name]


@pytest.mark.parametrize("cut", range(1, 14))
def test_a_line_that_was_cut_off_is_not_read_and_is_ended_by_the_next(target: Path, cut: int) -> None:
    """Cut anywhere, also within a character of several bytes."""
    files.append_lines(target, [{"a": 1}])
    whole = target.read_bytes()
    files.append_lines(target, [{"é": "€"}])
    target.write_bytes(target.read_bytes()[: len(whole) + cut])
    ended = target.read_bytes().endswith(b"\n")
    assert files.read_lines(target) == [{"a": 1}, *[{"é": "€"}] * ended]
    files.append_lines(target, [3])
    assert target.read_bytes().split(b"\n")[-2:] == [b"3", b""]
    assert target.read_bytes().startswith(whole)


def test_appending_nothing_creates_the_file_or_ends_its_last_line(target: Path) -> None:
    assert files.read_lines(target) == files.whole_lines(target) == []
    files.append_lines(target, ())
    assert target.read_bytes() == b"" and files.whole_lines(target) == []
    target.write_bytes(b'{"half')
    files.append_lines(target, ())
    assert files.whole_lines(target) == ['{"half\n']


def test_only_newlines_end_a_line(target: Path) -> None:
    """JSON leaves other separators of lines in texts as they are."""
    values = ["a\u2028b", "c\x85d"]
    files.append_lines(target, values)
    assert files.read_lines(target) == values and len(files.whole_lines(target)) == 2


def test_json_is_written_whole_and_readable(target: Path) -> None:
    files.write_json(target, {"é": [1]})
    assert target.read_text(encoding="utf-8") == '{\n  "é": [\n    1\n  ]\n}\n'


def test_a_hash_is_computed_once_for_each_state_of_a_file(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target.write_text("one")
    right = hashlib.sha256(b"one").hexdigest()
    assert files.sha256(target) == right
    with monkeypatch.context() as patch:
        patch.setattr(hashlib, "file_digest", None)
        assert files.sha256(target) == right, "from the cache"
    target.write_text("other")
    assert files.sha256(target) == hashlib.sha256(b"other").hexdigest()


def test_a_damaged_cache_of_hashes_is_made_anew(target: Path, own_home: Path) -> None:
    target.write_text("one")
    own_home.mkdir()
    (own_home / "hashes.json").write_text('{"half')
    assert files.sha256(target) == hashlib.sha256(b"one").hexdigest()
    assert (own_home / "hashes.json").read_text().endswith("}")


def test_where_nobody_may_name_an_unnamed_file_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    for words in ("first", "second"):
        files.write_text(tmp_path / "note.txt", words)
        assert (tmp_path / "note.txt").read_text() == words
    assert [p.name for p in tmp_path.iterdir()] == ["note.txt"]
