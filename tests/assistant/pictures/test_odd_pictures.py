"""Pictures that other programs write in their own way, and that every viewer shows: read, with the right colours."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image, TiffImagePlugin

from assistant.photo import decode, pixels
from memory.errors import PhotoError
from memory.pictures import jpeg_segments
from tests.support.hostile_pictures import chunk, jpeg, png
from tests.support.pictures import halves, noise

TEXT = b"Comment\0" + b"words of a program " * 200_000


def colours(data: bytes) -> tuple[list[int], list[int]]:
    """The colours of the left and of the right half."""
    seen = pixels(decode(data, "odd"))
    row = seen[len(seen) // 2]
    return row[len(row) // 4].tolist(), row[3 * len(row) // 4].tolist()


@pytest.mark.parametrize(
    "remark",
    {
        "a text of 3 MB": chunk(b"tEXt", TEXT),
        "a packed text of 40 MB": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(40 << 20))),
        "XMP of 2 MB": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta/>" + b" " * (2 << 20)),
        "a colour profile of 2 MB that is none": chunk(b"iCCP", b"mine\0\0" + zlib.compress(bytes(2 << 20))),
        "a comment with a wrong check sum": chunk(b"tEXt", b"Comment\0hello", crc=1),
        "a packed text that is broken": chunk(b"zTXt", b"Comment\0\0no zlib"),
    }.items(),
    ids=lambda item: item[0],
)
def test_remarks_beside_good_pixels_do_no_harm(remark: tuple[str, bytes]) -> None:
    """Pillow refuses each of these files: texts are bounded there to 1 MB, and every check sum counts."""
    assert colours(png(60, 40, more=remark[1]))[0] == [128, 128, 128]


def test_a_wrong_check_sum_of_the_pixels_is_damage() -> None:
    data = bytearray(png(60, 40))
    data[data.index(b"IDAT") - 4 + 12 + 20] ^= 0xFF
    with pytest.raises(PhotoError, match="damaged"):
        decode(bytes(data), "x.png")


def test_a_jpeg_whose_writer_forgot_the_end_is_read_and_one_cut_short_is_not() -> None:
    """Both have no end marker: only decoding tells whether the last row is there."""
    out = io.BytesIO()
    noise(400, 300).save(out, "JPEG", quality=80)
    whole = out.getvalue()
    assert whole.endswith(jpeg_segments.END)
    assert decode(whole[:-2], "x").sha256 == decode(whole, "x").sha256
    for rest in (0.5, 0.9, 0.99):
        with pytest.raises(PhotoError, match="damaged or cut short"):
            decode(whole[: int(len(whole) * rest)], "x")
    with pytest.raises(PhotoError, match="damaged or cut short"):
        decode(jpeg(300, 200, progressive=True)[:-2], "x")


def test_16_bit_grey_with_a_transparent_level_lies_on_white() -> None:
    """Pillow keeps the level beside the pixels of this mode, and loses it with any conversion."""
    levels = np.full((40, 60), 40_000, np.uint16)
    levels[:, :30] = 7
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
    header = struct.pack(">IIBBBBB", 60, 40, 16, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"tRNS", struct.pack(">H", 7)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)
    assert colours(data) == ([255, 255, 255], [156, 156, 156])


def test_16_bit_grey_whose_zero_is_white_is_turned_round() -> None:
    levels = np.full((40, 60), 10_000, np.uint16)
    levels[:, 30:] = 55_000
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[262] = 0
    out = io.BytesIO()
    Image.fromarray(levels).save(out, "TIFF", tiffinfo=tags)
    data = out.getvalue()
    if Image.open(io.BytesIO(data)).tag_v2[262] != 0:  # Pillow writes its own value there
        at = data.index(struct.pack("<HHI", 262, 3, 1))
        data = data[: at + 8] + struct.pack("<H", 0) + data[at + 10 :]
    assert colours(data) == ([216, 216, 216], [41, 41, 41])


def test_a_heic_in_display_p3_by_its_code_alone_is_shown_in_srgb() -> None:
    """Telephones write a profile; other writers only the code of the primaries (ITU-T H.273: 12 is Display P3)."""
    out = io.BytesIO()
    file = pillow_heif.from_pillow(Image.new("RGB", (120, 80), (200, 60, 59)))
    file.save(out, quality=100, save_nclx_profile=True, color_primaries=12, transfer_characteristics=13)
    seen = np.array(colours(out.getvalue())[0])
    assert np.abs(seen - (217, 42, 52)).max() <= 3
    out = io.BytesIO()
    file.save(out, quality=100, save_nclx_profile=True, color_primaries=1, transfer_characteristics=13)
    assert np.abs(np.array(colours(out.getvalue())[0]) - (200, 60, 59)).max() <= 3


def test_a_png_in_display_p3_by_its_code_alone_is_shown_in_srgb() -> None:
    """The third edition of PNG has codes of colours as HEIC has; a colour profile beside them counts more."""

    def seen(*codes: int) -> np.ndarray:
        rows = zlib.compress((b"\0" + bytes((200, 60, 59)) * 60) * 40)
        header = struct.pack(">IIBBBBB", 60, 40, 8, 2, 0, 0, 0)
        parts = ((b"IHDR", header), (b"cICP", bytes(codes)), (b"IDAT", rows), (b"IEND", b""))
        return np.array(colours(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts))[0])

    assert np.abs(seen(12, 13, 0, 1) - (217, 42, 52)).max() <= 3
    for same in ((1, 13, 0, 1), (12, 16, 0, 1), (77, 13, 0, 1)):  # sRGB, a curve of HDR, and a code of nobody
        assert seen(*same).tolist() == [200, 60, 59]


def test_a_png_with_a_gamma_of_its_own_has_the_levels_it_means() -> None:
    """Linear light (gamma 1) and an old Macintosh's 1/1.8; 1/2.2 is sRGB, and so is what sRGB's own chunk says."""

    def seen(gamma: int, *more: tuple[bytes, bytes]) -> list[int]:
        rows = zlib.compress((b"\0" + bytes((128, 0, 255)) * 60) * 40)
        header = struct.pack(">IIBBBBB", 60, 40, 8, 2, 0, 0, 0)
        parts = ((b"IHDR", header), *more, (b"gAMA", struct.pack(">I", gamma)), (b"IDAT", rows), (b"IEND", b""))
        return list(colours(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts))[0])

    assert seen(100000) == [188, 0, 255] and seen(55556) == [146, 0, 255]
    assert seen(45455) == seen(45000) == seen(1) == seen(100000, (b"sRGB", b"\0")) == [128, 0, 255]


@pytest.mark.parametrize(("bits", "left", "right"), [(2, 0x55, 0xAA), (4, 0x22, 0x77)])
def test_grey_of_few_bits_with_a_transparent_level_lies_on_white(bits: int, left: int, right: int) -> None:
    """Pillow spreads the levels over 8 bits, and not the one that is transparent."""
    half = 60 * bits // 16
    row = b"\0" + bytes([left]) * half + bytes([right]) * half
    header = struct.pack(">IIBBBBB", half * 16 // bits, 40, bits, 0, 0, 0, 0)
    level = left & ((1 << bits) - 1)
    parts = ((b"IHDR", header), (b"tRNS", struct.pack(">H", level)), (b"IDAT", zlib.compress(row * 40)), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)
    grey = (right & ((1 << bits) - 1)) * 255 // ((1 << bits) - 1)
    assert colours(data) == ([255, 255, 255], [grey] * 3)


def test_a_large_picture_comes_out_the_same_in_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of a photo is the hash of its pixels: working in bands must change none."""
    from assistant.pictures import bounded_size

    out, clear = io.BytesIO(), io.BytesIO()
    picture = noise(5003, 4801)
    picture.save(out, "PNG", compress_level=1)
    picture.putalpha(halves(5003, 4801).convert("L"))
    picture.save(clear, "PNG", compress_level=1)
    for data in (out.getvalue(), clear.getvalue()):
        at_once = decode(data, "x").sha256
        with monkeypatch.context() as patch:
            patch.setattr(bounded_size, "LARGE", 1)
            assert decode(data, "x").sha256 == at_once
