"""The chunks of a PNG file, without those that only stop a reader: damaged or enormous remarks beside good pixels.

Pixels and colours are never touched: a chunk that they need stays, damaged or not, so that a decoder refuses it.
"""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LONGEST = 16 << 20
"""Bytes of the longest remark or colour profile, unpacked; longer ones are left out."""
_DENSEST = 1032
"""zlib packs at most so many bytes into one."""
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Numbers of a pixel, by the type of colour."""


def readable(data: bytes) -> bytes:
    """The file without chunks of metadata that are damaged or longer than LONGEST; the same bytes when there are none.

    A file that is damaged elsewhere stays as it is from there on.
    """
    kept, at, dropped = [SIGNATURE], len(SIGNATURE), False
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            break
        needed = kind[:1].isupper()
        if needed or _harmless(kind, data[at + 8 : end - 4], data[end - 4 : end]):
            kept.append(data[at:end])
        else:
            dropped = True
        at = end
        if kind == b"IEND":
            break
    return b"".join((*kept, data[at:])) if dropped else data


def coded_colours(data: bytes) -> tuple[int, int] | None:
    """The codes of primaries and transfer characteristics in a PNG (cICP, third edition of PNG); None: it has none."""
    at = data.find(b"\0\0\0\x04cICP", 0, LONGEST)
    return (data[at + 8], data[at + 9]) if at > 0 and len(data) > at + 12 else None


def scale_of_grey(data: bytes) -> int:
    """By what the levels of a grey PNG of 2 or 4 bits are multiplied in 8 bits; 1 for any other."""
    bits, colour = data[24:26] if len(data) > 26 else (8, 0)
    return 255 // ((1 << bits) - 1) if colour == 0 and bits in (2, 4) else 1


def too_little(data: bytes) -> bool:
    """Whether the header claims more pixels than the rest of the file can hold."""
    if len(data) < 29 or data[12:16] != b"IHDR":
        return False
    width, height, bits, colour = struct.unpack_from(">IIBB", data, 16)
    row = 1 + width * bits * _SAMPLES.get(colour, 1) // 8
    return height * row > _DENSEST * len(data)


def _harmless(kind: bytes, body: bytes, crc: bytes) -> bool:
    """Whether an optional chunk is whole, and of a bounded size when unpacked."""
    if zlib.crc32(kind + body).to_bytes(4) != crc or len(body) > LONGEST:
        return False
    _, _, rest = body.partition(b"\0")
    if kind in (b"zTXt", b"iCCP"):
        return _bounded(rest[1:])
    if kind == b"iTXt" and rest[:1] == b"\x01":
        return _bounded(rest[2:].partition(b"\0")[2].partition(b"\0")[2])
    return True


def _bounded(packed: bytes) -> bool:
    """Whether packed bytes can be unpacked, into at most LONGEST."""
    unpacker = zlib.decompressobj()
    try:
        return len(unpacker.decompress(packed, LONGEST)) < LONGEST
    except zlib.error:
        return False
