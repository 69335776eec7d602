"""The date that a camera or a program wrote into a photo: from EXIF, XMP or IPTC, in the many ways they write it.

The tags are asked in order of trust: when the picture was taken, when it was digitised, and last when the file was
changed. A tag that holds no whole day, zeros, or a day that has not come yet does not count, and the next one is asked.
Pillow and pillow-heif read the bytes; what the texts mean is decided here (readers of more formats know no IPTC, and
would be one more parser of bytes that come from strangers).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple
from xml.etree import ElementTree

from PIL import Image, ImageFile, IptcImagePlugin

from memory.days import NOON

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
    MODIFIED: "{http://ns.adobe.com/xap/1.0/}ModifyDate",
}
_IPTC = (((2, 55), (2, 60)), ((2, 62), (2, 63)))
"""Record and data set of (day, time): created, digitised."""
_OFFSET = r"(?P<offset>Z|(?:UTC|GMT)(?:[+-]\d\d?(?::?\d\d)?)?|[+-]\d\d(?::?\d\d)?)?"
_EAST_ASIAN = re.compile(
    r"(\d{4})[年년] ?(\d\d?)[月월] ?(\d\d?)[日일]|(\d\d?)[時时시] ?(\d\d?)[分분](?: ?(\d\d?)[秒초])?"
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?"
_TIME = r"(?P<time>\d\d?:\d\d(?::\d\d)?)"
_NAMED = tuple(
    re.compile(rf"(?:[a-z]{{3,9}}\.?,? +)?{form}", re.I)
    for form in (
        rf"{_MONTH} +(?P<day>\d\d?) +{_TIME} +(?P<rest>)(?P<year>\d{{4}})",  # as C writes it: Tue Jul  4 12:00:00 2017
        rf"(?P<day>\d\d?)\.? +{_MONTH} +(?P<year>\d{{4}}),? +{_TIME} *(?P<rest>.*)",  # as mails have it
        rf"{_MONTH} +(?P<day>\d\d?),? +(?P<year>\d{{4}}),? +{_TIME} *(?P<rest>.*)",
    )
)
_WRITTEN = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-:/._]) ?(?P<month>\d\d?)(?P=mark) ?(?P<day>\d\d?)"
    r"(?:[T _]+(?P<hour>\d\d?)(?P<between>[-:._]) ?(?P<minute>\d\d?)"
    r"(?:(?:(?P=between)|[:.]) ?(?P<second>\d\d?)(?:[.,:]\d+)?)?"
    rf"(?:\s*(?:(?P<am>am|a\.m\.|오전|上午|午前)|(?P<pm>pm|p\.m\.|오후|下午|午後)))?)?\s*{_OFFSET}",
    re.I,
)
_COMPACT = re.compile(
    rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d)"
    rf"(?:[T ]?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?:[.,]\d+)?)?\s*{_OFFSET}"
)
_NEVER = (date(1904, 1, 1), date(1970, 1, 1), date(1980, 1, 1))
"""Days on which clocks begin that were never set; they do not count at midnight."""
_OLDEST = 1800
"""Years before there were photographs are zeros in disguise."""
_WIDEST = timedelta(hours=14)
"""No clock on earth is further from UTC."""


class CameraDate(NamedTuple):
    """A date in a photo's metadata."""

    at: datetime | None
    """On the clock where it was taken, with its offset from UTC; None when no date counts."""
    source: str = ""
    """The name of the tag that it is from: "DateTimeOriginal", "XMP DateCreated"."""
    refused: str = ""
    """A day that was written but has not come yet, as it was written; "" when there is none."""


def camera_date(image: Image.Image) -> CameraDate:
    """The date in the metadata of an opened picture. Damaged metadata counts as none."""
    refused = ""
    for source, text, offset in _candidates(image):
        if at := parsed(text, offset):
            if at.astimezone(UTC) <= datetime.now(UTC) + timedelta(days=1):  # a clock a few hours ahead is no harm
                return CameraDate(at, source, refused)
            refused = refused or text
    return CameraDate(None, "", refused)


def parsed(text: str, offset: str = "") -> datetime | None:
    """A date as cameras and programs write it, with an offset inside or beside it; None when it is no whole day.

    A day alone is noon UTC, the same day nearly everywhere. Without an offset the camera is taken to be on the clock of
    this machine. Hour 24 is the hour after midnight of the same day: telephones that count hours from 1 write it so.
    Some write the half of the day behind the time.
    """
    text = _in_numbers(text)
    match = _WRITTEN.fullmatch(text) or _COMPACT.fullmatch(text)
    if not match:
        return None
    year, month, day = (int(match[part]) for part in ("year", "month", "day"))
    try:
        if match["hour"] is None:
            at = datetime.combine(date(year, month, day), NOON, UTC)
        else:
            hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
            halves = match.groupdict()
            if hour <= 12 and (halves.get("am") or halves.get("pm")):
                hour = hour % 12 + (12 if halves.get("pm") else 0)
            local = datetime(year, month, day, hour % 24 if hour == 24 else hour, minute, min(second, 59))
            if local.date() in _NEVER and local.time() == datetime.min.time():
                return None
            zone = _zone(match["offset"] or offset)
            at = local.replace(tzinfo=zone) if zone else local.astimezone()
        at.astimezone(UTC)  # raises for the first and last days of the calendar
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.year >= _OLDEST else None


def _in_numbers(text: str) -> str:
    """A date with the signs of China, Japan or Korea, or with a month's English name, in numbers; others stay."""
    text = text.replace("\0", " ").strip()
    text = _EAST_ASIAN.sub(lambda m: f"{m[1]}-{m[2]}-{m[3]}" if m[1] else f"{m[4]}:{m[5]}:{m[6] or 0}", text)
    for form in _NAMED:
        if m := form.fullmatch(text):
            month = _MONTHS.index(m["name"].lower()) + 1
            return f"{m['year']}-{month:02}-{int(m['day']):02} {m['time']} {m['rest']}".strip()
    return text


def xmp(image: Image.Image) -> ElementTree.Element | None:
    """The XMP packet of an opened picture; None when there is none, or one that is not to be read."""
    return parse_xmp(image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b"")


def parse_xmp(raw: bytes | str) -> ElementTree.Element | None:
    """An XMP packet; None when it is empty or not to be read. Raises ValueError or ParseError when it is damaged."""
    wide = isinstance(raw, bytes) and raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    text = raw.decode("utf-16" if wide else "utf-8-sig") if isinstance(raw, bytes) else str(raw)
    if not text or len(text) > XMP_BYTES or "<!" in text:  # no declarations: entities can grow without end
        return None
    return ElementTree.fromstring(text.strip("\0 \r\n"))


def date_of_xmp(root: ElementTree.Element) -> datetime | None:
    """The most trusted date in an XMP packet; not when it was last changed, and not one that has not come yet."""
    dates = (parsed(text) for name, text in _by_xmp(root).items() if name != MODIFIED)
    return next((at for at in dates if at and at.astimezone(UTC) <= datetime.now(UTC) + timedelta(days=1)), None)


def _zone(offset: str) -> timezone | None:
    """ "+02:00", "-0800", "+9" or "Z" as a timezone; None for what is none."""
    offset = re.sub(r"^(?:UTC|GMT)(?=[+-])", "", offset.replace("\N{MINUS SIGN}", "-").upper())
    if offset in ("Z", "UTC", "GMT"):
        return UTC
    match = re.fullmatch(r"([+-])(\d\d?)(?::?(\d\d))?", offset)
    if not match:
        return None
    distance = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-distance if match[1] == "-" else distance) if distance <= _WIDEST else None


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
        """The offset that belongs to the tag, else any other: of one photo they agree."""
        written = (exif.get(one, "") for one in (_OFFSETS[tag], *_OFFSETS.values()))
        return next((one for one in written if _zone(one)), "")

    for tag, source in ((_ORIGINAL, USUAL), (_DIGITISED, "CreateDate")):
        yield source, exif.get(tag, ""), offset_of(tag)
    yield from ((f"XMP {name}", text, "") for name, text in by_xmp.items() if name != MODIFIED)
    with suppress(Exception):
        yield from _by_iptc(image)
    yield MODIFIED, exif.get(_CHANGED, ""), offset_of(_CHANGED)
    yield MODIFIED, by_xmp.get(MODIFIED, ""), ""


def _exif(image: Image.Image) -> dict[int, str]:
    """The texts of the tags of dates and offsets."""
    exif = image.getexif()
    folder = exif.get_ifd(EXIF_FOLDER)
    tags = {_CHANGED: exif.get(_CHANGED, "")} | {tag: folder.get(tag, "") for tag in (_ORIGINAL, _DIGITISED)}
    tags |= {tag: folder.get(tag, "") or exif.get(tag, "") for tag in _OFFSETS.values()}
    return {tag: _text(value) for tag, value in tags.items()}


def _by_xmp(root: ElementTree.Element) -> dict[str, str]:
    """The dates in XMP, which are attributes or elements, the most trusted first."""
    found = {}
    for name, tag in _XMP.items():
        texts = [one.get(tag) or (one.text if one.tag == tag else "") or "" for one in root.iter()]
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
        yield "IPTC DateCreated", _text(info.get(day, b"")), ""  # where the time is nonsense


def _text(value: object) -> str:
    """The text of a tag, which may be bytes, a text or a list of them, without the padding of cameras."""
    if isinstance(value, (list, tuple)):
        value = value[0] if value else ""
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return text.strip("\0 \t\r\n")
