"""llama.cpp's server, against which the speed is compared: built once, and what is missing is one line."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from benchmark.speed.llama_server_peer import find_binary
from memory.errors import KeepsakeError
from quantize.gguf import converter, llama_server

pytestmark = pytest.mark.slow


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made-up source release with its pinned hash, and a cmake that copies its source as the program."""
    path = tmp_path / "release.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("llama_cpp_python-9.9.9/vendor/llama.cpp/program")
        member.size, member.mode = 9, 0o755
        archive.addfile(member, io.BytesIO(b"#!/bin/sh"))
    tool = tmp_path / "bin" / "cmake"
    tool.parent.mkdir()
    tool.write_text(
        '#!/bin/sh\n[ "$1" = -S ] && mkdir -p "$4/bin" && cp "$2/program" "$4/" && exit\n'
        '[ -e "$2/fail" ] && echo "an error: no" && exit 1\ncp "$2/program" "$2/bin/llama-server"\n'
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
    monkeypatch.setattr(converter, "installed", lambda: "9.9.9")
    monkeypatch.setitem(converter.SHA256, "9.9.9", hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def test_the_server_is_built_once_and_goes_on_after_a_failure(release: Path, own_home: Path) -> None:
    folder = own_home / "llama-server" / "9.9.9"
    (folder / "build").mkdir(parents=True)
    (folder / "build" / "fail").touch()
    with pytest.raises(KeepsakeError, match=r"^llama-server cannot be built: an error: no$"):
        llama_server.find(release)
    (folder / "build" / "fail").unlink()
    release.unlink()  # the sources are there already
    assert llama_server.find() == folder / "llama-server"
    assert [p.name for p in folder.iterdir()] == ["llama-server"]
    assert llama_server.find() == folder / "llama-server"


def test_a_server_that_cannot_be_built_or_found_is_one_line(
    release: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KeepsakeError, match="is built with cmake"):
        llama_server.find(release)
    with pytest.raises(KeepsakeError, match="is not a program"):
        find_binary(str(tmp_path / "nowhere"))
