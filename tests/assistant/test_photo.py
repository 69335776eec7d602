"""The normaliser of photos: which pictures it reads, into which form, and which it refuses with one line."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assistant import photo as photos
from assistant.photo import MAX_SIDE, from_image, load_photo, pixels
from memory.errors import PhotoError

RED, BLUE = (200, 30, 40), (20, 60, 210)


def halves(width: int = 60, height: int = 40) -> Image.Image:
    """Left half red, right half blue."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def refusal(path: Path) -> str:
    with pytest.raises(PhotoError) as caught:
        load_photo(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message or "://" in message
    return message


def exif_of(image: Image.Image, taken: str = "", offset: str = "", orientation: int = 1) -> Image.Exif:
    """EXIF with coordinates, as telephones write it."""
    exif = image.getexif()
    exif[photos.ORIENTATION] = orientation
    exif[0x010F] = "CANARY-CAMERA"
    folder = exif.get_ifd(0x8769)
    if taken:
        folder[0x9003] = taken
    if offset:
        folder[0x9011] = offset
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[0x1D] = "N", (52.0, 31.0, 12.0), "CANARY-GPS"
    return exif


def test_orientation_6_turns_the_picture(tmp_path: Path) -> None:
    """Stored lying, shown standing: a quarter turn clockwise, so what was left is up."""
    path = tmp_path / "phone.png"
    halves().save(path, exif=exif_of(halves(), orientation=6))
    photo = load_photo(path)
    assert (photo.width, photo.height) == (40, 60)
    shown = pixels(photo)
    assert shown.shape == (60, 40, 3)
    assert tuple(shown[5, 20]) == RED
    assert tuple(shown[55, 20]) == BLUE


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_shows_the_same_picture(tmp_path: Path, orientation: int) -> None:
    upright = noise(7, 5)
    inverse = {**photos.UPRIGHT, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    stored = upright.transpose(inverse[orientation]) if orientation > 1 else upright
    path = tmp_path / "turned.png"
    stored.save(path, exif=exif_of(stored, orientation=orientation))
    assert np.array_equal(pixels(load_photo(path)), np.asarray(upright))


def test_place_and_camera_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "gps.jpg"
    noise(400, 300).save(path, exif=exif_of(noise(4, 4)), comment=b"CANARY-COMMENT")
    assert path.read_bytes().count(b"CANARY") == 3
    photo = load_photo(path)
    assert b"CANARY" not in photo.data
    assert not Image.open(io.BytesIO(photo.data)).getexif()


def test_the_same_picture_is_the_same_photo(tmp_path: Path) -> None:
    image = noise(300, 200)
    image.save(tmp_path / "a.png")
    image.save(tmp_path / "a.webp", lossless=True)
    image.save(tmp_path / "a.tiff")
    found = {load_photo(tmp_path / f"a.{kind}").sha256 for kind in ("png", "webp", "tiff")}
    assert found == {from_image(image).sha256}
    assert from_image(noise(300, 200, seed=1)).sha256 not in found


def test_shape_is_part_of_the_hash() -> None:
    """Same bytes in another shape are another picture."""
    assert from_image(Image.new("RGB", (4, 9))).sha256 != from_image(Image.new("RGB", (9, 4))).sha256


def test_small_photos_keep_their_pixels_and_large_ones_are_bounded() -> None:
    small = from_image(noise(256, 200))
    assert np.array_equal(pixels(small), np.asarray(noise(256, 200)))
    assert from_image(Image.fromarray(pixels(small))).sha256 == small.sha256
    large = from_image(halves(4000, 1000))
    assert (large.width, large.height) == (MAX_SIDE, MAX_SIDE // 4)
    assert large.data.startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("taken", "offset", "expected"),
    [
        ("2025:08:01 18:30:00", "+02:00", datetime(2025, 8, 1, 16, 30, tzinfo=UTC)),
        ("2025:08:01 18:30:00", "", datetime(2025, 8, 1, 18, 30).astimezone(UTC)),
        ("2025:08:01 18:30:00", "   :  ", datetime(2025, 8, 1, 18, 30).astimezone(UTC)),
        ("0000:00:00 00:00:00", "+02:00", None),
        ("last summer", "", None),
        ("", "", None),
    ],
)
def test_date_of_the_camera(tmp_path: Path, taken: str, offset: str, expected: datetime | None) -> None:
    path = tmp_path / "dated.jpg"
    halves().save(path, exif=exif_of(halves(), taken, offset))
    assert load_photo(path).taken_at == expected


def test_damaged_exif_does_not_cost_the_photo(tmp_path: Path) -> None:
    path = tmp_path / "odd.jpg"
    halves().save(path, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x87\x69\0\x04\xff\xff\xff\xff" * 4)
    photo = load_photo(path)
    assert (photo.width, photo.height, photo.taken_at) == (60, 40, None)


def test_heic_and_avif(tmp_path: Path) -> None:
    pillow_heif.from_pillow(halves(64, 48)).save(tmp_path / "iphone.HEIC", quality=90)
    halves(64, 48).save(tmp_path / "new.avif", quality=90)
    for name in ("iphone.HEIC", "new.avif"):
        shown = pixels(load_photo(tmp_path / name)).astype(int)
        assert shown.shape == (48, 64, 3)
        assert abs(shown[24, 8] - RED).max() < 16
        assert abs(shown[24, 56] - BLUE).max() < 16


def test_a_heic_with_orientation_is_turned_once(tmp_path: Path) -> None:
    """HEIC has a turn of its own besides EXIF's: applying both lays the picture down again."""
    path = tmp_path / "iphone.heic"
    pillow_heif.register_heif_opener()
    halves(64, 48).save(path, "HEIF", quality=90, exif=exif_of(halves(), orientation=6).tobytes())
    assert b"irot" in path.read_bytes()
    shown = pixels(load_photo(path)).astype(int)
    assert shown.shape == (64, 48, 3)
    assert abs(shown[8, 24] - RED).max() < 16
    assert abs(shown[56, 24] - BLUE).max() < 16


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "YCbCr"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    """Black is black and white is white in every mode; each is opaque."""
    image = Image.new("RGB", (2, 1))
    image.putpixel((1, 0), (255, 255, 255))
    shown = pixels(from_image(image.convert("P").convert(mode) if mode == "PA" else image.convert(mode)))
    assert shown.tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_sixteen_bit_grey_keeps_its_brightness(tmp_path: Path) -> None:
    """Pillow's own conversion may clip everything above 255 to white."""
    path = tmp_path / "scan.png"
    Image.fromarray(np.array([[0, 0x4000, 0xFFFF]], np.uint16)).save(path)
    assert pixels(load_photo(path))[0, :, 0].tolist() == [0, 0x40, 255]


def test_what_is_transparent_lies_on_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (0, 0, 0, 128))
    assert pixels(from_image(image))[0, :, 0].tolist() == [255, 127]
    path = tmp_path / "logo.gif"
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    palette.save(path, transparency=1)
    assert (pixels(load_photo(path)) == 255).all()


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    for name in ("moving.gif", "moving.webp"):
        frames = [Image.new("RGB", (16, 16), colour) for colour in ("white", "black")]
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)
        assert (pixels(load_photo(tmp_path / name)) == 255).all()


def test_colour_profile_is_applied_and_a_broken_one_is_not(tmp_path: Path) -> None:
    """A linear-light profile: its middle grey (128) is a light 188 in sRGB."""
    grey = Image.new("RGB", (8, 8), (128, 128, 128))
    for name, icc, expected in (("linear", _linear_profile(), 188), ("broken", b"no profile", 128)):
        grey.save(tmp_path / f"{name}.png", icc_profile=icc)
        assert abs(int(pixels(load_photo(tmp_path / f"{name}.png"))[0, 0, 0]) - expected) <= 2


def test_square_photo_fills_the_square_and_others_are_letterboxed() -> None:
    square = pixels(from_image(Image.new("RGB", (200, 200), RED)), side=128)
    assert square.shape == (128, 128, 3)
    assert square.dtype == np.uint8
    assert (square == RED).all()
    wide = pixels(from_image(Image.new("RGB", (400, 200), RED)), side=128)
    assert (wide[:32] == 127).all()
    assert (wide[96:] == 127).all()
    assert (abs(wide[32:96].astype(int) - RED) <= 2).all()
    assert pixels(from_image(Image.new("RGB", (3, 900), RED)), side=64).shape == (64, 64, 3)


def test_stored_bytes_that_changed_are_refused() -> None:
    photo = from_image(noise(40, 30))
    for damaged in (replace(photo, data=photo.data[:-40]), replace(photo, width=41), replace(photo, data=b"")):
        with pytest.raises(PhotoError, match=photo.sha256[:12]):
            pixels(damaged)


def test_forty_megapixels_go_through(tmp_path: Path) -> None:
    path = tmp_path / "big.jpg"
    halves(7744, 5200).save(path, quality=50)
    photo = load_photo(path)
    assert (photo.width, photo.height) == (MAX_SIDE, 1031)
    assert abs(pixels(photo)[500, 100].astype(int) - RED).max() < 6


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
    for name, reason in (
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


def test_many_threads_give_the_same_photos(tmp_path: Path) -> None:
    paths = []
    for i in range(12):
        paths.append(tmp_path / f"{i}.jpg")
        noise(500, 400, seed=i).save(paths[-1], exif=exif_of(halves(), orientation=6))
    one = [load_photo(p).sha256 for p in paths]
    with ThreadPoolExecutor(8) as pool:
        assert [p.sha256 for p in pool.map(load_photo, paths * 3)] == one * 3


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


def _linear_profile() -> bytes:
    """A minimal ICC v2 matrix profile with sRGB's primaries and no gamma."""

    def fixed(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)

    description = b"desc\0\0\0\0" + struct.pack(">I", 7) + b"linear\0" + bytes(4 + 4 + 2 + 1 + 67)
    curve = b"curv\0\0\0\0" + struct.pack(">I", 0)
    tags = {
        b"desc": description + bytes(-len(description) % 4),
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": fixed(0.9642, 1.0, 0.8249),
        b"rXYZ": fixed(0.43607, 0.22249, 0.01392),
        b"gXYZ": fixed(0.38515, 0.71687, 0.09708),
        b"bXYZ": fixed(0.14307, 0.06061, 0.71410),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(data))
        body += data
    size = 128 + len(table) + len(body)
    header = struct.pack(">I4xI4s4s4s12x4s", size, 0x02100000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    header = header.ljust(68, b"\0") + struct.pack(">iii", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + body
