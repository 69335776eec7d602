"""Export and import: nothing is lost on the way, and a damaged archive changes nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from assistant.importing.sources import open_source
from memory.episode import Episode, Turn
from memory.errors import KeepsakeError, MemoryFileError
from memory.maintenance.archive import export_archive, import_archive
from memory.store import Memory
from tests.support.encoded import noise_photo

DAY = datetime(2025, 5, 12, 10, tzinfo=UTC)


def episode(n: int, text: str = "This is Milo", kind: str = "JPEG", place: str | None = None) -> Episode:
    made = noise_photo(n, 40, 30 + n, kind)
    taken = datetime(2024, 1, 2, 3, 4, 5, 678, tzinfo=timezone(timedelta(hours=2)))
    photo = replace(made, taken_at=taken if n % 2 else None)
    return Episode(photo, (Turn("user", text), Turn("assistant", "I see.")), DAY + timedelta(days=n), place)


TOLD = [
    episode(0, 'line\nline \u2028 \0 👩‍👩‍👧 "quotes" <|im_end|>', place="Sète"),
    episode(1, "A", "PNG"),
    episode(1, "B", "PNG"),
    episode(3, ""),
]


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "one.db") as opened:
        opened.add_all(TOLD)
        yield opened


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "two.db") as opened:
        yield opened


def test_all_comes_back_bit_for_bit(memory: Memory, empty: Memory, tmp_path: Path) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    assert export_archive(memory, first) == (4, 3)
    assert import_archive(empty, first) == (4, 0, 0)
    assert empty.episodes() == memory.episodes()
    assert empty.verify() == []
    assert export_archive(empty, second) == (4, 3)
    assert first.read_bytes() == second.read_bytes()
    assert import_archive(empty, first) == (0, 4, 0), "once more changes nothing"


def test_an_empty_memory_travels_too(empty: Memory, tmp_path: Path) -> None:
    assert export_archive(empty, tmp_path / "a.zip") == (0, 0)
    assert import_archive(empty, tmp_path / "a.zip") == (0, 0, 0)


def test_the_archive_is_plain(memory: Memory, tmp_path: Path) -> None:
    """The archive can be read without Keepsake, and `sha256sum -c` checks its files."""
    export_archive(memory, tmp_path / "a.zip")
    assert stat.S_IMODE((tmp_path / "a.zip").stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.glob(".*")] == [], "no partial file is left"
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(tmp_path / "out")
    photos = {p.name: p.read_bytes() for p in (tmp_path / "out" / "photos").iterdir()}
    endings = {TOLD[0]: "jpg", TOLD[1]: "png", TOLD[3]: "jpg"}
    assert photos == {f"{e.photo.sha256}.{end}": e.photo.data for e, end in endings.items()}
    lines = (tmp_path / "out" / "episodes.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["id"] for line in lines] == memory.ids()
    if tool := shutil.which("sha256sum"):
        assert subprocess.run([tool, "-c", "SHA256SUMS"], cwd=tmp_path / "out", capture_output=True).returncode == 0


def test_an_old_file_is_not_overwritten(memory: Memory, tmp_path: Path) -> None:
    old = tmp_path / "old.zip"
    old.write_bytes(b"last year's memories")
    with pytest.raises(MemoryFileError, match=r"old\.zip exists already"):
        export_archive(memory, old)
    assert old.read_bytes() == b"last year's memories"
    with pytest.raises(MemoryFileError, match="cannot write"):
        export_archive(memory, tmp_path / "nowhere" / "a.zip")


def test_a_failed_export_leaves_nothing(memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(MemoryFileError, match="No space left"):
        export_archive(memory, tmp_path / "a.zip")
    assert sorted(tmp_path.iterdir()) == before


# Damage. `rewrite` makes an archive whose files are changed; with `sums` its checksums say that all is well.

Files = dict[str, bytes]


def rewrite(source: Path, change: Callable[[Files], None], sums: bool) -> None:
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    if sums:
        del files["SHA256SUMS"]
        lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()]
        files["SHA256SUMS"] = "".join(lines).encode()
    with zipfile.ZipFile(source, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def edit(files: Files, old: str, new: str) -> None:
    assert old.encode() in files["episodes.jsonl"]
    files["episodes.jsonl"] = files["episodes.jsonl"].replace(old.encode(), new.encode())


def last_photo(files: Files) -> str:
    return f"photos/{TOLD[0].photo.sha256}.jpg"


DAMAGE: dict[str, tuple[Callable[[Files], object], bool]] = {
    "a photo has changed": (lambda f: f.update({last_photo(f): b"\xff\xd8 other"}), False),
    "a photo is missing": (lambda f: f.pop(last_photo(f)), False),
    "a photo is missing, also in the sums": (lambda f: f.pop(last_photo(f)), True),
    "a file too many": (lambda f: f.update(more=b"x"), False),
    "no sums": (lambda f: f.pop("SHA256SUMS"), False),
    "no episodes": (lambda f: f.pop("episodes.jsonl"), True),
    "words have changed": (lambda f: edit(f, "Sète", "Nice"), True),
    "half a line": (lambda f: f.update({"episodes.jsonl": f["episodes.jsonl"][:-9]}), True),
    "not JSON objects": (lambda f: f.update({"episodes.jsonl": b"[]\n"}), True),
    "a deep trap": (lambda f: f.update({"episodes.jsonl": b"[" * 100_000}), True),
    "a surrogate": (lambda f: edit(f, "Sète", "\\ud800"), True),
    "a role of its own": (lambda f: edit(f, '"role": "assistant"', '"role": "system"'), True),
    "an odd width": (lambda f: edit(f, '"width": 40', '"width": "640"'), True),
    "a huge width": (lambda f: edit(f, '"width": 40', '"width": 1e99'), True),
    "a date of no time zone": (lambda f: edit(f, "10:00:00+00:00", "10:00:00"), True),
    "a path for a hash": (lambda f: edit(f, TOLD[0].photo.sha256, "../../etc/passwd"), True),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_archive_is_refused_whole(memory: Memory, empty: Memory, tmp_path: Path, name: str) -> None:
    source = tmp_path / "a.zip"
    export_archive(memory, source)
    change, sums = DAMAGE[name]
    rewrite(source, lambda f: None, sums=True)
    with Memory(tmp_path / "three.db") as fine:
        assert import_archive(fine, source).added == 4, "rewriting alone does no harm"
    rewrite(source, change, sums)  # type: ignore[arg-type]
    with pytest.raises(MemoryFileError, match="nothing was imported") as caught:
        import_archive(empty, source)
    assert "\n" not in str(caught.value)
    assert empty.stats()["episodes"] == empty.stats()["photos"] == 0


def test_cut_off_flipped_or_no_archive_at_all(memory: Memory, empty: Memory, tmp_path: Path) -> None:
    source = tmp_path / "a.zip"
    export_archive(memory, source)
    whole = source.read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        source.write_bytes(whole[:size])
        with pytest.raises(MemoryFileError, match="nothing was imported"):
            import_archive(empty, source)
    at = whole.index(TOLD[0].photo.data)
    source.write_bytes(whole[:at] + b"\0" + whole[at + 1 :])
    with pytest.raises(MemoryFileError, match="nothing was imported"):
        import_archive(empty, source)
    for wrong in (tmp_path / "missing.zip", tmp_path):
        with pytest.raises(MemoryFileError, match=r"cannot read|is a folder"):
            import_archive(empty, wrong)
    assert empty.stats()["photos"] == 0


def test_an_unpacked_archive_is_said_to_be_one(memory_file: Path, tmp_path: Path) -> None:
    """Previously "it is no ordinary file"."""
    unpacked = tmp_path / "unpacked" / "keepsake"
    unpacked.mkdir(parents=True)
    with Memory(memory_file) as memory:
        with pytest.raises(MemoryFileError, match="is a folder: `python -m assistant import FOLDER` imports photos"):
            import_archive(memory, unpacked.parent)
        for name in ("episodes.jsonl", "SHA256SUMS"):
            (unpacked / name).write_text("{}\n")
        with pytest.raises(MemoryFileError, match="is a folder, an unpacked export: zip it, then import the ZIP"):
            import_archive(memory, unpacked.parent)
    with pytest.raises(KeepsakeError, match="an export of Keepsake, unpacked: zip it"), open_source(unpacked):
        pass
