"""Picture files that are made to cost much, or that only their writer spoilt. Not tests."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

from memory.pictures.jpeg_segments import MARKER


def png(
    width: int, height: int, *, bits: int = 8, colour: int = 2, rows: int | None = None, more: bytes = b""
) -> bytes:
    """A PNG of one colour; with `rows`, its header claims more rows than there are. `more`: chunks after the header."""
    samples = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    packer = zlib.compressobj(1)
    row = b"\0" + b"\x80" * (width * bits * samples // 8)
    idat = b"".join(packer.compress(row) for _ in range(height if rows is None else rows)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", idat) + chunk(b"IEND", b"")


def chunk(kind: bytes, body: bytes, crc: int | None = None) -> bytes:
    """A chunk of a PNG, with a wrong check sum when `crc` says so."""
    return (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) if crc is None else crc)
    )


def jpeg(width: int = 64, height: int = 48, *, progressive: bool = False, seed: int = 0) -> bytes:
    """A JPEG of noise."""
    picture = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=75, progressive=progressive)
    return out.getvalue()


def jpeg_of_scans(data: bytes, scans: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again, until it has `scans` of them."""
    last = data.rindex(b"\xff\xda")
    scan = data[last : next(found.start() for found in MARKER.finditer(data, last + 2))]
    return data[:last] + scan * (scans - data.count(b"\xff\xda") + 1) + b"\xff\xd9"


def jpeg_claiming(data: bytes, width: int, height: int) -> bytes:
    """A JPEG whose frame claims another size."""
    at = next(i for i in range(2, len(data)) if data[i] == 0xFF and data[i + 1] in (0xC0, 0xC2))
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]
