"""Files that are no photos, are damaged, too large or out of reach: one clear line, and nothing half read."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assistant import photo as photos
from assistant.photo import from_image, load_photo, pixels
from memory.errors import PhotoError
from tests.support.pictures import exif_of, halves, noise


def refusal(path: Path) -> str:
    with pytest.raises(PhotoError) as caught:
        load_photo(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message or "://" in message
    return message


def test_stored_bytes_that_changed_are_refused() -> None:
    photo = from_image(noise(40, 30))
    for damaged in (replace(photo, data=photo.data[:-40]), replace(photo, width=41), replace(photo, data=b"")):
        with pytest.raises(PhotoError, match=photo.sha256[:12]):
            pixels(damaged)


def test_too_many_pixels_are_refused_from_the_header(tmp_path: Path) -> None:
    """20,000 x 20,000 zero pixels pack into little; unpacked they would take more than a gigabyte."""
    path = tmp_path / "bomb.png"
    packer = zlib.compressobj(1)
    row = bytes(1 + 20_000)
    idat = b"".join(packer.compress(row * 500) for _ in range(40)) + packer.flush()
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", idat), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    tracemalloc.start()
    start = time.process_time()
    assert "200 million pixels" in refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - start < 2
    assert peak < 20_000_000


def test_files_that_are_no_photos(tmp_path: Path) -> None:
    """Each refusal is one line that names the file and what is wrong with it."""
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "note.jpg").write_text("Dear diary, this is not a photo at all.\n" * 50)
    Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / "heat.tiff")
    (tmp_path / "vector.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
    (tmp_path / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(900))
    (tmp_path / "clip.jpg").write_bytes(b"\x1aE\xdf\xa3" + bytes(900))
    (tmp_path / "sound.m4a").write_bytes(b"\0\0\0\x18ftypM4A " + bytes(900))
    for name, reason in (
        ("clip.mp4", "a video; Keepsake remembers photos"),
        ("clip.jpg", "a video"),
        ("sound.m4a", "not a picture"),
        ("nowhere.jpg", "no such file"),
        (".", "folder"),
        ("empty.jpg", "0 bytes"),
        ("note.jpg", "not a picture"),
        ("heat.tiff", "floating-point"),
        ("vector.eps", "not a picture"),
        ("x" * 300, "cannot be read"),
    ):
        assert reason in refusal(tmp_path / name)
    assert "not an ordinary file" in refusal(Path("/dev/null"))


def test_a_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"a\?b\?c\.jpg: there is no such file"):
        load_photo(tmp_path / "a\nb\x1bc.jpg")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "private.jpg"
    halves().save(path)

    def denied(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert "Permission denied" in refusal(path)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "disk.img"
    with open(path, "wb") as file:
        file.truncate(photos.MAX_BYTES + 1)  # a hole: takes no space
    assert "larger than 1 GB" in refusal(path)


def test_network_addresses_are_refused() -> None:
    for address in ("https://example.org/a.jpg", "HTTP://example.org/a.jpg", "ftp://example.org/a.jpg"):
        message = refusal(Path(address))
        assert message == f"{address}: Keepsake opens no network addresses; save the photo first"


@pytest.mark.parametrize("kind", ["jpeg", "progressive", "png", "webp", "gif", "tiff", "bmp", "heif", "avif"])
def test_cut_short_is_refused_never_half_read(tmp_path: Path, kind: str) -> None:
    out = io.BytesIO()
    image = noise(90, 70)
    if kind == "heif":
        pillow_heif.from_pillow(image).save(out, quality=80)
    elif kind == "progressive":
        image.save(out, "JPEG", progressive=True)
    else:
        image.save(out, kind)
    whole = out.getvalue()
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(whole)
    load_photo(path)
    for share in (0.05, 0.3, 0.6, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])
        refusal(path)


def accepted_or_refused(folder: Path, data: bytes) -> None:
    path = folder / "fuzz.jpg"
    path.write_bytes(data)
    try:
        photo = load_photo(path)
    except PhotoError as error:
        assert "\n" not in str(error)
    else:
        assert pixels(photo).shape == (photo.height, photo.width, 3)


def _whole_jpeg() -> bytes:
    out = io.BytesIO()
    noise(48, 32).save(out, "JPEG", exif=exif_of(halves(), "2025:08:01 18:30:00", "+02:00", orientation=5))
    return out.getvalue()


WHOLE = _whole_jpeg()
MAGIC = (
    b"",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"RIFF\0\0\0\0WEBPVP8 ",
    b"\0\0\0\x18ftypheic",
    b"II*\0",
)


@given(st.sampled_from(MAGIC), st.binary(max_size=300))
def test_random_bytes(tmp_path_factory: pytest.TempPathFactory, magic: bytes, rest: bytes) -> None:
    accepted_or_refused(tmp_path_factory.getbasetemp(), magic + rest)


FLIPS = st.dictionaries(st.integers(0, len(WHOLE) - 1), st.integers(0, 255), max_size=8)


@given(st.integers(0, len(WHOLE)), FLIPS)
def test_cut_and_flipped_jpegs(tmp_path_factory: pytest.TempPathFactory, end: int, flips: dict[int, int]) -> None:
    data = bytearray(WHOLE)
    for at, value in flips.items():
        data[at] = value
    accepted_or_refused(tmp_path_factory.getbasetemp(), bytes(data[:end]))
