"""The date that a camera or a program wrote into a photo: from EXIF, XMP or IPTC, in the many ways they write it.

The tags are asked in order of trust: when the picture was taken, when it was digitised, when satellites said it, and
last when the file was changed. A tag that holds no whole day, zeros, or a day that has not come yet does not count, and
the next one is asked. Pillow and pillow-heif read the bytes; what the texts mean is decided in `date_text.py` (readers
of more formats know no IPTC, and would be one more parser of bytes that come from strangers).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from xml.etree import ElementTree

from PIL import Image, ImageFile, IptcImagePlugin

from assistant.metadata.date_text import parsed, zone_of

EXIF_FOLDER = 0x8769
XMP_BYTES = 1 << 20
"""Bytes of the largest XMP packet that is parsed."""
USUAL = "DateTimeOriginal"
MODIFIED = "ModifyDate"
"""The source of a date that says only when the file was changed: weaker than a day in the file's name."""
_ORIGINAL, _DIGITISED, _CHANGED = 0x9003, 0x9004, 0x0132
_OFFSETS = {_ORIGINAL: 0x9011, _DIGITISED: 0x9012, _CHANGED: 0x9010}
_XMP = {
    "DateTimeOriginal": "{http://ns.adobe.com/exif/1.0/}DateTimeOriginal",
    "DateCreated": "{http://ns.adobe.com/photoshop/1.0/}DateCreated",
    "DateTimeDigitized": "{http://ns.adobe.com/exif/1.0/}DateTimeDigitized",
    "CreateDate": "{http://ns.adobe.com/xap/1.0/}CreateDate",
    "datetime": "{http://ns.acdsee.com/iptc/1.0/}datetime",
    "Date": "{http://purl.org/dc/elements/1.1/}date",
    "GPSTimeStamp": "{http://ns.adobe.com/exif/1.0/}GPSTimeStamp",
    "DateTime": "{http://ns.adobe.com/tiff/1.0/}DateTime",
    MODIFIED: "{http://ns.adobe.com/xap/1.0/}ModifyDate",
}
_WEAK = ("DateTime", MODIFIED)
"""The dates of XMP that say when the file was changed."""
_PNG = ("exif:DateTimeOriginal", "exif:DateTimeDigitized", "Creation Time", "creation time")
"""Keys of dates in a PNG's texts, ImageMagick's and the standard's; not "date:create", which is the time of a file."""
_GPS_FOLDER, _GPS_TIME, _GPS_DATE = 0x8825, 7, 29
_IPTC = (((2, 55), (2, 60)), ((2, 62), (2, 63)))
"""Record and data set of (day, time): created, digitised."""


class CameraDate(NamedTuple):
    """A date in a photo's metadata."""

    at: datetime | None
    """Local time where the photo was taken, with its offset from UTC; None when no date counts."""
    source: str = ""
    """The name of the tag that the date is from: "DateTimeOriginal", "XMP DateCreated"."""
    refused: str = ""
    """A day that was written but has not come yet, as it was written; "" when there is none."""


def camera_date(image: Image.Image) -> CameraDate:
    """The date in the metadata of an opened picture. Damaged metadata counts as none."""
    refused = ""
    for source, text, offset in _candidates(image):
        if at := parsed(text, offset):
            if at.astimezone(UTC) <= datetime.now(UTC) + timedelta(days=1):  # a clock a few hours ahead is no harm
                return CameraDate(at.astimezone() if "GPS" in source else at, source, refused)
            refused = refused or text
    return CameraDate(None, "", refused)


def xmp(image: Image.Image) -> ElementTree.Element | None:
    """The XMP packet of an opened picture; None when there is none, or one that is not to be read."""
    return parse_xmp(image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b"")


def parse_xmp(raw: bytes | str) -> ElementTree.Element | None:
    """An XMP packet; None when it is empty or not to be read. Raises ValueError or ParseError when it is damaged."""
    wide = isinstance(raw, bytes) and raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    text = raw.decode("utf-16" if wide else "utf-8-sig") if isinstance(raw, bytes) else str(raw)
    if not text or len(text) > XMP_BYTES or "<!DOCTYPE" in text:  # a DOCTYPE can define entities that grow without end
        return None
    return ElementTree.fromstring(text.strip("\0 \r\n"))


def date_of_xmp(root: ElementTree.Element) -> datetime | None:
    """The most trusted date in an XMP packet; not when it was last changed, and not one that has not come yet."""
    dates = (parsed(text) for name, text in _by_xmp(root).items() if name not in _WEAK)
    return next((at for at in dates if at and at.astimezone(UTC) <= datetime.now(UTC) + timedelta(days=1)), None)


def _candidates(image: Image.Image) -> Iterator[tuple[str, str, str]]:
    """Source, text and offset of every date in the metadata, the most trusted first."""
    exif: dict[int, str] = {}
    by_xmp: dict[str, str] = {}
    with suppress(Exception):  # here and below: parsers raise nearly every type; the pixels are good all the same
        exif = _exif(image)
    with suppress(Exception):
        root = xmp(image)
        by_xmp = {} if root is None else _by_xmp(root)

    def offset_of(tag: int) -> str:
        """The offset from UTC that belongs to the tag, else any other one: those of one photo agree."""
        written = (exif.get(one, "") for one in (_OFFSETS[tag], *_OFFSETS.values()))
        return next((one for one in written if zone_of(one)), "")

    for tag, source in ((_ORIGINAL, USUAL), (_DIGITISED, "CreateDate")):
        yield source, exif.get(tag, ""), offset_of(tag)
    yield from ((f"XMP {name}", text, "") for name, text in by_xmp.items() if name not in _WEAK)
    with suppress(Exception):
        yield from _by_iptc(image)
    for key in _PNG:
        yield f"PNG {key}", _text(image.info.get(key, "")), ""
    with suppress(Exception):
        yield "GPSDateStamp", _by_satellites(image), ""
    yield MODIFIED, exif.get(_CHANGED, ""), offset_of(_CHANGED)
    for name in _WEAK:
        yield MODIFIED, by_xmp.get(name, ""), ""


def _exif(image: Image.Image) -> dict[int, str]:
    """The texts of the tags of dates and offsets."""
    exif = image.getexif()
    folder = exif.get_ifd(EXIF_FOLDER)
    tags = {_CHANGED: exif.get(_CHANGED, "")}  # scanners write the others beside it
    tags |= {tag: folder.get(tag, "") or exif.get(tag, "") for tag in (_ORIGINAL, _DIGITISED, *_OFFSETS.values())}
    return {tag: _text(value) for tag, value in tags.items()}


def _by_xmp(root: ElementTree.Element) -> dict[str, str]:
    """The dates in XMP, which are attributes or elements, the most trusted first."""
    found = {}
    for name, tag in _XMP.items():
        texts = [one.get(tag) or ("".join(one.itertext()) if one.tag == tag else "") for one in root.iter()]
        if text := next((text.strip() for text in texts if text.strip()), ""):
            found[name] = text
    return found


def _by_iptc(image: Image.Image) -> Iterator[tuple[str, str, str]]:
    """The dates in IPTC: days and times are apart."""
    if not isinstance(image, ImageFile.ImageFile):
        return
    info = IptcImagePlugin.getiptcinfo(image) or {}
    for day, time in _IPTC:
        text = f"{_text(info.get(day, b''))} {_text(info.get(time, b''))}".strip()
        yield "IPTC DateCreated", text, ""
        yield "IPTC DateCreated", _text(info.get(day, b"")), ""  # the day alone, for when the time is nonsense


def _by_satellites(image: Image.Image) -> str:
    """The day and the time, in UTC, that satellites told; "" where there is none."""
    gps = image.getexif().get_ifd(_GPS_FOLDER)
    day = _text(gps.get(_GPS_DATE, ""))
    with suppress(Exception):
        hour, minute, second = (int(float(part)) for part in gps[_GPS_TIME])
        return f"{day} {hour:02}:{minute:02}:{second:02}Z" if day else ""
    return day


def _text(value: object) -> str:
    """The text of a tag, which may be bytes, a text or a list of them, without the padding of cameras."""
    if isinstance(value, (list, tuple)):
        value = value[0] if value else ""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    with suppress(UnicodeError):  # Pillow takes every text for Latin 1; some telephones write their own digits
        text = text.encode("latin-1").decode()
    return text.strip("\0 \t\r\n")
