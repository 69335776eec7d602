"""JPEG files without an end marker: some writers forget it, and a copy that was cut short has none either.

The two are told apart by decoding: a picture that is whole needs no bytes after its last one.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress

from PIL import Image, ImageChops

from memory.pictures import jpeg_segments

PADDING = bytes(16)
"""More bytes than a decoder reads ahead, and so few that they could hide at most a few blocks of the last row."""


def whole_without_end(data: bytes, prepare: Callable[[Image.Image], object]) -> Image.Image | None:
    """The decoded picture of a JPEG that only lacks its end marker; None for all others. `prepare` is called first.

    A progressive picture counts as cut short: its pixels are there from the first scan on, but not sharp.
    """
    found = jpeg_segments.segments(data)
    if not data.startswith(jpeg_segments.START) or found.ended or found.progressive or not found.scans:
        return None
    ended = Image.open(io.BytesIO(data + PADDING + jpeg_segments.END), formats=("JPEG",))
    cut_off = Image.open(io.BytesIO(data + PADDING), formats=("JPEG",))
    for image in (ended, cut_off):
        prepare(image)
        with suppress(OSError):  # Pillow takes the copy without an end marker for cut short, but decodes its rows
            image.load()
    # Rows that could not be decoded are filled up in the copy with an end marker, and left black in the other.
    same = ImageChops.difference(ended.convert("RGB"), cut_off.convert("RGB")).getbbox() is None
    return ended if same else None
