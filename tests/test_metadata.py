"""What a photo's file says of itself (place, camera, comments, thumbnail) is nowhere in what is kept or exported."""

from __future__ import annotations

import io
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, PngImagePlugin

from assistant.engine import remember
from assistant.fake import FakeBackend
from assistant.photo import load_photo
from memory.archive import export_archive
from memory.store import Memory

CANARY = b"CANARY"
TAKEN = datetime(2025, 8, 1, 16, 30, tzinfo=UTC)
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><dc:description>CANARY-XMP</dc:description></x:xmpmeta>"
PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8))


def exif() -> bytes:
    """As phones write it: description, camera, date, comment, position with the name of the area."""
    fields = PICTURE.getexif()
    fields[0x010E], fields[0x010F], fields[0x8298] = "CANARY-DESCRIPTION", "CANARY-CAMERA", "CANARY-COPYRIGHT"
    folder = fields.get_ifd(0x8769)
    folder[0x9003], folder[0x9011] = "2025:08:01 18:30:00", "+02:00"
    folder[0x9286] = b"ASCII\0\0\0CANARY-COMMENT"
    gps = fields.get_ifd(0x8825)
    gps[1], gps[2], gps[0x1C] = "N", (52.0, 31.0, 12.0), b"ASCII\0\0\0CANARY-AREA"
    return fields.tobytes()


def profile() -> bytes:
    """A colour profile with a comment of its own; no viewer takes it for one, as its colours are missing."""
    text = b"text\0\0\0\0CANARY-PROFILE\0"
    table = struct.pack(">I", 1) + b"cprt" + struct.pack(">II", 144, len(text))
    return struct.pack(">I", 144 + len(text)).ljust(36, b"\0") + b"acsp".ljust(92, b"\0") + table + text


def jpeg(path: Path) -> None:
    PICTURE.save(path, "JPEG", exif=exif(), xmp=XMP, icc_profile=profile(), comment=b"CANARY-JPEG")
    small = io.BytesIO()
    PICTURE.resize((16, 12)).save(small, "JPEG", comment=b"CANARY-THUMBNAIL")
    body = path.read_bytes()  # a second picture, after the end of the first, as cameras keep previews
    path.write_bytes(body + small.getvalue())


def png(path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Description", "CANARY-TEXT")
    info.add_text("Comment", "CANARY-ZTXT", zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    PICTURE.save(path, "PNG", exif=exif(), icc_profile=profile(), pnginfo=info)


def webp(path: Path) -> None:
    PICTURE.save(path, "WEBP", lossless=True, exif=exif(), xmp=XMP, icc_profile=profile())


def heic(path: Path) -> None:
    pillow_heif.register_heif_opener()
    PICTURE.save(path, "HEIF", quality=90, exif=exif(), xmp=XMP)


KINDS: dict[str, tuple[Callable[[Path], None], int]] = {
    "jpeg": (jpeg, 9),
    "png": (png, 7),
    "webp": (webp, 7),
    "heic": (heic, 6),
}
"""How it is written, and how many canaries can be read in it at least."""


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_pixels_and_the_day_are_kept(own_home: Path, tmp_path: Path, kind: str) -> None:
    """Database and log while it is open and afterwards, snapshots, the archive's photo, and the archive itself."""
    write, canaries = KINDS[kind]
    path = tmp_path / f"CANARY-NAME.{kind}"
    write(path)
    assert path.read_bytes().count(CANARY) >= canaries
    photo = load_photo(path)
    assert photo.taken_at == TAKEN
    with Memory(own_home / "memory.db") as memory:
        remember(memory, FakeBackend(), photo, "This is Milo.")
        assert residue(own_home) == set()
        export_archive(memory, tmp_path / "out.zip")
    with Memory(own_home / "memory.db"):  # takes a snapshot
        assert residue(own_home) == set()
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert not any(CANARY in archive.read(name) for name in archive.namelist())
        (name,) = (n for n in archive.namelist() if n.startswith("photos/"))
        kept = archive.read(name)
    with closing(sqlite3.connect(own_home / "memory.db")) as db:
        ((stored, day),) = db.execute("SELECT data, taken_at FROM photos").fetchall()
    assert (stored, day) == (kept, TAKEN.isoformat())
    assert_bare(kept)


def residue(home: Path) -> set[str]:
    return {f.name for f in home.rglob("*") if f.is_file() and CANARY in f.read_bytes()}


def assert_bare(data: bytes) -> None:
    """A JPEG of nothing but the segments that decoding needs, to its last byte."""
    image = Image.open(io.BytesIO(data))
    assert image.format == "JPEG" and not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    at, markers = 2, set()
    while data[at + 1] != 0xDA:  # the scan begins
        markers.add(data[at + 1])
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    assert markers <= {0xE0, 0xDB, 0xC0, 0xC4} and data.endswith(b"\xff\xd9") and data.count(b"\xff\xd8") == 1


def test_a_small_photo_is_a_png_of_nothing_but_pixels(tmp_path: Path) -> None:
    path = tmp_path / "small.png"
    info = PngImagePlugin.PngInfo()
    info.add_text("Description", "CANARY-TEXT")
    PICTURE.resize((40, 30)).save(path, exif=exif(), pnginfo=info, icc_profile=profile(), dpi=(72, 72))
    data, at, chunks = load_photo(path).data, 8, []
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        chunks.append(data[at + 4 : at + 8])
        assert zlib.crc32(data[at + 4 : at + 8 + size]) == int.from_bytes(data[at + 8 + size : at + 12 + size], "big")
        at += 12 + size
    assert set(chunks) == {b"IHDR", b"IDAT", b"IEND"}
