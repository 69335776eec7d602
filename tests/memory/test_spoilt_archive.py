"""A spoilt archive changes nothing, or brings all that it still holds."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.episode import Episode, Photo, Turn
from memory.errors import MemoryFileError
from memory.maintenance.archive import export_archive, import_archive
from memory.store import Memory
from tests.support.encoded import noise_photo

DAY = datetime(2025, 5, 12, tzinfo=UTC)


def photo(n: int) -> Photo:
    return noise_photo(n, 8, 8 + 10 * n)


TOLD = [Episode(photo(n), (Turn("user", f"text {n}"),), DAY, "Porto") for n in range(3)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    with Memory(folder / "from.db") as source:
        source.add_all(TOLD)
        export_archive(source, folder / "a.zip")
    return folder / "a.zip"


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_spoilt_archive_changes_nothing_or_brings_all(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Bytes are changed, cut out or put in: of the ZIP, or of a file in it whose checksums are then corrected."""
    folder = tmp_path_factory.mktemp("spoilt")
    archive = Path(shutil.copy(whole, folder))
    if data.draw(st.booleans()):
        archive.write_bytes(spoil(data, archive.read_bytes()))
    else:
        inside(archive, data)
    with Memory(folder / "to.db") as memory:
        memory.add(TOLD[0])
        try:
            import_archive(memory, archive)
            assert {e.id for e in TOLD} >= set(memory.ids())
        except MemoryFileError as error:
            assert "\n" not in str(error)
            assert memory.ids() == [TOLD[0].id]
        assert memory.verify() == []


def spoil(data: st.DataObject, whole: bytes) -> bytes:
    """`whole` with something overwritten, taken out or put in."""
    at, end = sorted((data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, len(whole)))))
    piece = data.draw(st.binary(max_size=20))
    end = data.draw(st.sampled_from([end, at, at + len(piece)]))
    return whole[:at] + piece + whole[end:]


def inside(archive: Path, data: st.DataObject) -> None:
    """Damage episodes.jsonl, then correct all checksums."""
    with zipfile.ZipFile(archive) as old:
        files = {name: old.read(name) for name in old.namelist() if name != "SHA256SUMS"}
    files["episodes.jsonl"] = spoil(data, files["episodes.jsonl"])
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    with zipfile.ZipFile(archive, "w") as new:
        for name, content in {**files, "SHA256SUMS": sums.encode()}.items():
            new.writestr(name, content)
