"""Stripping metadata from JPEG and PNG files: place, camera, names, thumbnails, hidden pictures.

For photos that arrive encoded (`archive.py`). A new photo is decoded and encoded anew (`assistant/photo.py`); such a
file passes through here unchanged, bit for bit. No pixel is decoded, and none changes.
"""

from __future__ import annotations

import re

JPEG, PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
_END, _SCAN = 0xD9, 0xDA
_NEEDED = frozenset({*range(0xC0, 0xD0), _SCAN, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF})  # tables, frames, scans
_PLAIN = re.compile(rb"\xff\xe0\0\x10JFIF\0.{7}\0\0|\xff\xee\0\x0eAdobe.{7}", re.DOTALL)
"""JFIF and Adobe segments that say how colours are encoded, without a thumbnail."""
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""The beginning of a segment, which also ends the packed pixels of a scan."""
_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})  # of a PNG: size, colours, pixels, end


def without_metadata(data: bytes) -> bytes:
    """The bytes of a JPEG or PNG file with only what its pixels need, and nothing after the end of the picture.

    A damaged file stays as it is from the first byte that cannot be parsed. Raises ValueError for other kinds of files.
    """
    if data.startswith(JPEG):
        return _jpeg(data)
    if data.startswith(PNG[:4]):
        return _png(data) if data.startswith(PNG) else data
    raise ValueError("neither JPEG nor PNG")


def _jpeg(data: bytes) -> bytes:
    kept, at = [JPEG], len(JPEG)
    while found := _MARKER.search(data, at):  # viewers skip bytes between segments
        at, kind = found.start(), data[found.start() + 1]
        if kind == _END:
            return b"".join((*kept, data[at : at + 2]))
        length = int.from_bytes(data[at + 2 : at + 4])  # its own two bytes included
        if length < 2:
            break
        segment = data[at : at + 2 + length]
        at += len(segment)
        if kind in _NEEDED or _PLAIN.fullmatch(segment):
            kept.append(segment)
        if kind == _SCAN:
            end = _MARKER.search(data, at)
            kept.append(data[at : end.start() if end else None])
            at = end.start() if end else len(data)
    return b"".join((*kept, data[at:]))


def _png(data: bytes) -> bytes:
    kept, at, kind = [PNG], len(PNG), b""
    while kind != b"IEND" and at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4])
        if end > len(data):
            break
        kind = data[at + 4 : at + 8]
        if kind in _CHUNKS:
            kept.append(data[at:end])
        at = end
    return b"".join(kept if kind == b"IEND" else (*kept, data[at:]))
