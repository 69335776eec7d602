"""The normaliser of photos: which pictures it reads, into which form, and which it refuses with one line."""

from __future__ import annotations

import io
import struct
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from assistant import photo as photos
from assistant.photo import MAX_SIDE, from_image, load_photo, pixels
from tests.support.pictures import BLUE, RED, exif_of, halves, noise


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


def test_forty_megapixels_go_through(tmp_path: Path) -> None:
    path = tmp_path / "big.jpg"
    halves(7744, 5200).save(path, quality=50)
    photo = load_photo(path)
    assert (photo.width, photo.height) == (MAX_SIDE, 1031)
    assert abs(pixels(photo)[500, 100].astype(int) - RED).max() < 6


def test_many_threads_give_the_same_photos(tmp_path: Path) -> None:
    paths = []
    for i in range(12):
        paths.append(tmp_path / f"{i}.jpg")
        noise(500, 400, seed=i).save(paths[-1], exif=exif_of(halves(), orientation=6))
    one = [load_photo(p).sha256 for p in paths]
    with ThreadPoolExecutor(8) as pool:
        assert [p.sha256 for p in pool.map(load_photo, paths * 3)] == one * 3


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
