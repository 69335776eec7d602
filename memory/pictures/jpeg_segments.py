"""The segments of a JPEG file: how many scans it has, and whether they end as they should. No pixel is decoded."""

from __future__ import annotations

import re
from typing import NamedTuple

START, END, SCAN = b"\xff\xd8", b"\xff\xd9", 0xDA
PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
"""Markers of frames whose scans refine one another."""
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""The beginning of a segment, which also ends the packed pixels of a scan."""


class Segments(NamedTuple):
    """What the segments of a JPEG file say of its packed pixels."""

    scans: int
    progressive: bool
    ended: bool
    """Whether there is an end marker; without one the file was cut short, or its writer forgot the marker."""


def segments(data: bytes) -> Segments:
    """Read the segments of a JPEG file up to its end marker; a picture within the metadata does not count."""
    at, scans, progressive = len(START), 0, False
    while found := MARKER.search(data, at):
        kind = data[found.start() + 1]
        if kind == END[1]:
            return Segments(scans, progressive, True)
        scans += kind == SCAN
        progressive = progressive or kind in PROGRESSIVE
        length = int.from_bytes(data[found.start() + 2 : found.start() + 4])
        at = found.start() + 2 + max(length, 2)
    return Segments(scans, progressive, False)
