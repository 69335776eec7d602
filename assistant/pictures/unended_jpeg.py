"""JPEG files without an end marker: some writers forget it, and a copy that was cut short has none either.

The two are told apart by decoding: a picture that is whole needs nothing from what would come next.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress

from PIL import Image, ImageChops

from memory.pictures import jpeg_segments

PADDING = bytes(16)
"""More than a decoder reads ahead; so little that it could hide at most a few blocks of the last row."""


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
        with suppress(OSError):  # the one without an end is never whole for Pillow, but its rows are there
            image.load()
    # Rows that could not be decoded are filled in the one and left black in the other.
    same = ImageChops.difference(ended.convert("RGB"), cut_off.convert("RGB")).getbbox() is None
    return ended if same else None
