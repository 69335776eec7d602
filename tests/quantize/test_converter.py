"""The converter is fetched once, only if it is the pinned one, and never half unpacked."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from memory.errors import KeepsakeError
from quantize.gguf import converter

VERSION = "9.9.9"
FILES = (
    "convert_hf_to_gguf.py",
    "conversion/base.py",
    "gguf-py/gguf/gguf.py",
    "gguf-py/tests/test_x.py",
    "src/llama.cpp",
)


@pytest.fixture
def sdist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made-up release, installed and pinned, in an empty home."""
    path = tmp_path / "release.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in (*FILES, "../../../../escaped.py"):
            member = tarfile.TarInfo(f"llama_cpp_python-{VERSION}/vendor/llama.cpp/{name}")
            archive.addfile(member, io.BytesIO())
    monkeypatch.setenv("KEEPSAKE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("importlib.metadata.version", lambda name: VERSION)
    monkeypatch.setitem(converter.SHA256, VERSION, hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def test_only_the_converter_is_unpacked_and_then_kept(sdist: Path, tmp_path: Path) -> None:
    tools = converter.find(sdist)
    assert {str(p.relative_to(tools)) for p in tools.rglob("*.*") if p.is_file()} == set(FILES[:3])
    assert not list(tmp_path.rglob("escaped.py"))
    sdist.unlink()
    assert converter.find() == tools


def test_another_file_under_that_name_is_refused(sdist: Path, tmp_path: Path) -> None:
    sdist.write_bytes(sdist.read_bytes() + b"!")
    with pytest.raises(KeepsakeError, match="not the pinned source release"):
        converter.find(sdist)
    with pytest.raises(KeepsakeError, match="no such file"):
        converter.find(tmp_path / "nowhere")
    assert not list((tmp_path / "home" / "converter").iterdir())


def test_offline_for_the_first_time_is_one_line(sdist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(KeepsakeError, match=r"cannot fetch .* 9\.9\.9 .*--sdist") as caught:
        converter.find()
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "home" / "converter").iterdir())


def test_an_unknown_version_is_refused(sdist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(converter.SHA256, VERSION)
    with pytest.raises(KeepsakeError, match=r"9\.9\.9 has no pinned converter"):
        converter.find(sdist)
