"""Stripping metadata: place, camera, comments and thumbnails are in nothing that is stored or exported."""

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
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from assistant.backends.fake import FakeBackend
from assistant.encoder.encoder import BackendEncoder
from assistant.photo import from_image, load_photo
from assistant.sight import remember
from memory.__main__ import main
from memory.episode import Episode, Photo, Turn
from memory.maintenance.archive import export_archive, import_archive
from memory.pictures.stored_picture import pixel_hash
from memory.pictures.strip_metadata import without_metadata
from memory.store import Memory

CANARY = b"CANARY"
TAKEN = datetime(2025, 8, 1, 16, 30, tzinfo=UTC)
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><dc:description>CANARY-XMP</dc:description></x:xmpmeta>"
PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8))


def exif() -> bytes:
    """EXIF as phones write it: description, camera, date, comment, position with the name of the area."""
    fields = PICTURE.getexif()
    fields[0x010E], fields[0x010F], fields[0x8298] = "CANARY-DESCRIPTION", "CANARY-CAMERA", "CANARY-COPYRIGHT"
    folder = fields.get_ifd(0x8769)
    folder[0x9003], folder[0x9011] = "2025:08:01 18:30:00", "+02:00"
    folder[0x9286] = b"ASCII\0\0\0CANARY-COMMENT"
    gps = fields.get_ifd(0x8825)
    gps[1], gps[2], gps[0x1C] = "N", (52.0, 31.0, 12.0), b"ASCII\0\0\0CANARY-AREA"
    return fields.tobytes()


def profile() -> bytes:
    """A colour profile with a comment; viewers ignore it, as it defines no colours."""
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
"""By format: the function that writes a photo, and the least number of canaries in its file."""


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_pixels_and_the_day_are_kept(own_home: Path, tmp_path: Path, kind: str) -> None:
    """Searched: database and log, open and closed, snapshots, the archive, and the photo in it."""
    write, canaries = KINDS[kind]
    path = tmp_path / f"CANARY-NAME.{kind}"
    write(path)
    assert path.read_bytes().count(CANARY) >= canaries
    photo = load_photo(path)
    assert photo.taken_at == TAKEN
    with Memory(own_home / "memory.db") as memory:
        remember(memory, BackendEncoder(FakeBackend()), photo, "This is Milo.")
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
    assert (stored, day) == (kept, "2025-08-01T18:30:00+02:00")
    assert_bare(kept)


def residue(home: Path) -> set[str]:
    return {f.name for f in home.rglob("*") if f.is_file() and CANARY in f.read_bytes()}


def assert_bare(data: bytes) -> None:
    """Read a JPEG to its last byte, and check that it has only the segments that decoding needs."""
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


# Archives, which others may have written


def progressive(path: Path) -> None:
    """A JPEG of several scans with a comment between them, junk and fill bytes before segments, and a trailer."""
    PICTURE.save(path, "JPEG", progressive=True, exif=exif(), comment=b"CANARY-JPEG")
    body = path.read_bytes()
    at = body.rindex(b"\xff\xda")
    comment = b"\xff\xff\xff\xfe\0\x08CANARY"
    begin = body.index(b"\xff\xe1")
    path.write_bytes(body[:begin] + b"CANARY" + body[begin:at] + comment + body[at:] + b"CANARY-TRAILER")


def cmyk(path: Path) -> None:
    """A JPEG whose Adobe segment says how colours are packed: without the segment the colours are wrong."""
    PICTURE.convert("CMYK").save(path, "JPEG", exif=exif())


def palette(path: Path) -> None:
    """A PNG with a palette, a transparent colour, animation frames that viewers of pictures ignore, and a trailer."""
    frames = [PICTURE.quantize(16), PICTURE.rotate(180).quantize(16)]
    info = PngImagePlugin.PngInfo()
    info.add(b"prVt", b"CANARY-LATER", after_idat=True)
    frames[0].save(path, "PNG", transparency=3, pnginfo=info, exif=exif(), save_all=True, append_images=frames[1:])
    path.write_bytes(path.read_bytes() + b"CANARY-TRAILER")


FOREIGN = {"jpeg": jpeg, "progressive": progressive, "cmyk": cmyk, "png": png, "palette": palette}


def archive_of(data: bytes, target: Path) -> Episode:
    """Write a valid archive whose photo still has the camera's metadata."""
    photo = Photo(pixel_hash(*PICTURE.size, PICTURE.tobytes()), data, *PICTURE.size, TAKEN)
    episode = Episode(photo, (Turn("user", "This is Milo."),), TAKEN)
    with Memory(target.with_suffix(".db")) as memory:
        memory.add(episode)
        export_archive(memory, target)
    return episode


@pytest.mark.parametrize("kind", FOREIGN)
def test_the_photos_of_a_foreign_archive_lose_all_but_their_pixels(own_home: Path, tmp_path: Path, kind: str) -> None:
    FOREIGN[kind](tmp_path / "photo")
    theirs = (tmp_path / "photo").read_bytes()
    assert CANARY in theirs
    episode = archive_of(theirs, tmp_path / "theirs.zip")
    with Memory(own_home / "memory.db") as memory:
        assert import_archive(memory, tmp_path / "theirs.zip") == (1, 0, 1)
        assert residue(own_home) == set() and memory.verify() == []
        assert memory.ids() == [episode.id], "the pixels are what a memory is known by"
        kept = memory.get(episode.id).photo.data
        assert import_archive(memory, tmp_path / "theirs.zip") == (0, 1, 0)
        export_archive(memory, tmp_path / "ours.zip")
    before, after = (Image.open(io.BytesIO(data)) for data in (theirs, kept))
    assert not after.getexif() and set(after.info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "progressive",
        "progression",
        "adobe",
        "adobe_transform",
        "transparency",
    }
    assert after.format == before.format.removesuffix("MPO") and after.mode == before.mode
    assert np.array_equal(np.array(before.convert("RGBA")), np.array(after.convert("RGBA")))
    with Memory(tmp_path / "again.db") as memory:
        assert import_archive(memory, tmp_path / "ours.zip") == (1, 0, 0)
        assert memory.get(episode.id).photo.data == kept


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_photos_come_as_they_are_when_that_is_asked_for(
    own_home: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    KINDS[kind][0](tmp_path / "photo")
    episode = archive_of((tmp_path / "photo").read_bytes(), tmp_path / "theirs.zip")
    code = main(["import", str(tmp_path / "theirs.zip")])
    told = capsys.readouterr()
    if kind == "webp":  # what is in it cannot be told
        assert code == 1 and "neither JPEG nor PNG" in told.err and "--keep-exif" in told.err
        assert "nothing was imported" in told.err and told.err.count("\n") == 1
    else:
        assert code == 0 and "taken out of 1 photo" in told.out
        assert main(["forget", episode.id]) == 0
    assert main(["import", str(tmp_path / "theirs.zip"), "--keep-exif"]) == 0
    assert "taken out" not in capsys.readouterr().out
    with Memory(own_home / "memory.db") as memory:
        assert memory.get(episode.id).photo.data == episode.photo.data


@pytest.mark.parametrize("size", [(1, 1), (40, 30), (256, 200), (257, 200), (1600, 900)])
def test_what_we_keep_comes_back_bit_for_bit(tmp_path: Path, size: tuple[int, int]) -> None:
    ours = from_image(PICTURE.resize(size)).data
    assert without_metadata(ours) == ours


def test_a_jpeg_stays_as_it_is_from_a_segment_of_no_length_on(tmp_path: Path) -> None:
    FOREIGN["cmyk"](tmp_path / "x")
    whole = bytearray((tmp_path / "x").read_bytes())
    frame = whole.index(b"\xff\xc0")
    whole[frame + 2 : frame + 4] = b"\0\0"
    done = without_metadata(bytes(whole))
    assert done.endswith(whole[frame:]) and b"Exif" not in done and without_metadata(done) == done


@settings(max_examples=300)
@given(st.sampled_from(sorted(FOREIGN)), st.data())
def test_a_damaged_photo_is_no_trouble(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    """A photo that is cut or has changed bytes gets no longer, and stripping it twice changes nothing more."""
    path = tmp_path_factory.getbasetemp() / f"damaged {kind}"
    if not path.exists():
        FOREIGN[kind](path)
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(8, 3000))] = data.draw(st.integers(0, 255))
    spoilt = bytes(whole[: data.draw(st.integers(8, len(whole)))])
    done = without_metadata(spoilt)
    assert len(done) <= len(spoilt) and without_metadata(done) == done
