"""What a photo's file says besides its pixels: somebody's words, the place, and what its name tells. Opens no files.

Words are data: they are kept as what was said about the photo, on one line and of bounded length, and order nothing.
Nothing here is stored by itself: `import_photos.py` decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple
from xml.etree import ElementTree

from PIL import Image, ImageFile, IptcImagePlugin

from memory.episode import printable

LONGEST = 1000
"""Characters of words that are kept."""
XMP_BYTES = 1 << 20
GPS, DESCRIPTION, TITLE, COMMENT, CAPTION = 0x8825, 0x010E, 0x9C9B, 0x9C9C, (2, 120)
_DC = "{http://purl.org/dc/elements/1.1/}"
# What cameras and programs write there by themselves.
_EMPTY = re.compile(
    r"default|untitled|screenshot|image|photo|\W*|.*digital (still )?camera|samsung camera pictures|sony dsc|"
    r"(processed|edited|created|made|generated) (with|by|using) .*|.*\.(jpe?g|png|heic|tiff?)",
    re.I | re.S,
)
_CAMERA = frozenset(
    "img dsc pxl mvimg pano burst cover portrait hdr night edited edit bearbeitet copy kopie copia copie of at am pm "
    "image images bild bilder foto fotos photo photos picture pictures pic pics screenshot screenshots bildschirmfoto "
    "dcim camera kamera roll album albums gallery downloads download new neu folder ordner untitled unbenannt desktop "
    "export exports import scan scans scanned whatsapp signal telegram facebook messenger instagram snapchat received "
    "sent media phone handy backup sicherung unknown tmp temp collage icloud google takeout from aus the and und "
    "der die das january february march april may june july august september october november december".split()
)
_DAY = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([-_.]?)(\d\d)\2(\d\d)"
    r"(?:(?:[ _T-]|\sat\s)?(\d\d)[-_.:h]?(\d\d)[-_.:m]?(\d\d)(?:\d{3})?)?(?!\d)"
)


class FileMetadata(NamedTuple):
    """What a file's metadata tells."""

    words: str
    """A description or title somebody gave it, else ""."""
    place: str | None
    """Where the camera was, as "45.99 N, 9.26 E": within a kilometre."""


def labels(image: Image.Image) -> FileMetadata:
    """What the metadata of an opened picture tells. Damaged metadata counts as none."""
    words, place = "", None
    for read in (_xmp, _iptc, _exif):
        try:
            words = words or next((told for text in read(image) if (told := tidy(text)) and telling(told)), "")
        except Exception:  # as in photo.py: parsers raise nearly every type; the pixels are good all the same
            continue
    with suppress(Exception):
        place = _place(image.getexif().get_ifd(GPS))
    return FileMetadata(words, place)


def telling(words: str) -> bool:
    """Whether somebody wrote this, not a camera or a program."""
    return not _EMPTY.fullmatch(words)


def tidy(text: str) -> str:
    """One printable line of bounded length."""
    return " ".join(printable(text).split())[:LONGEST].strip()


def words_of_name(name: str) -> str:
    """What a file's or folder's name tells, without its ending: "Milo at the lake" of "2025-08-01_milo_at_the_lake_2".

    "" for what cameras, telephones and programs call their files.
    """
    if re.fullmatch(r"[0-9A-Fa-f-]{16,}", name):
        return ""
    spaced = re.sub(r"[_+~]", " ", tidy(name))
    spaced = re.sub(r"(?<=\w)[-.](?=\w)", " ", spaced) if " " not in spaced.strip() else spaced
    tokens = spaced.split()

    def says_nothing(token: str) -> bool:
        bare = token.strip("()[]{}.,;-–#").casefold()
        return not bare or bare in _CAMERA or any(c.isdigit() for c in bare)

    while tokens and says_nothing(tokens[-1]):
        tokens.pop()
    while tokens and says_nothing(tokens[0]):
        tokens.pop(0)
    long = any(sum(c.isalpha() for c in token) > 2 and not says_nothing(token) for token in tokens)
    return " ".join(tokens) if long else ""


def day_of_name(name: str) -> datetime | None:
    """The local time in a name such as IMG_20250801_183000 or IMG-20250801-WA0001 (noon, when it has a day only)."""
    for year, _, month, day, hour, minute, second in _DAY.findall(name):
        with suppress(ValueError, OverflowError, OSError):
            clock = (int(hour), int(minute), int(second)) if hour else (12, 0, 0)
            return datetime(int(year), int(month), int(day), *clock).astimezone()
    return None


def _xmp(image: Image.Image) -> Iterator[str]:
    """Description, then title, as editors and photo managers write them."""
    raw = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    text = raw.decode() if isinstance(raw, bytes) else str(raw)
    if not text or len(text) > XMP_BYTES or "<!" in text:  # no declarations: entities can grow without end
        return
    root = ElementTree.fromstring(text.strip("\0 \n"))
    for name in ("description", "title"):
        for element in root.iter(f"{_DC}{name}"):
            yield "".join(element.itertext())


def _iptc(image: Image.Image) -> Iterator[str]:
    if not isinstance(image, ImageFile.ImageFile):
        return
    caption = (IptcImagePlugin.getiptcinfo(image) or {}).get(CAPTION, b"")
    yield _text(caption if isinstance(caption, bytes) else caption[0])


def _exif(image: Image.Image) -> Iterator[str]:
    """The camera's description, then Windows' comment and title."""
    exif = image.getexif()
    value = exif.get(DESCRIPTION, "")
    yield _text(value if isinstance(value, bytes) else str(value).encode("latin-1", "replace"))  # as Pillow decoded it
    for tag in (COMMENT, TITLE):
        value = exif.get(tag, b"")
        yield bytes(value).decode("utf-16-le", "replace") if isinstance(value, bytes | tuple) else str(value)


def _text(raw: bytes) -> str:
    raw = raw.strip(b"\0 ")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _place(gps: dict[int, object]) -> str | None:
    """Degrees, minutes, seconds to hundredths of a degree; 0 N, 0 E is what telephones write that do not know."""
    told = []
    for ref, tag, most in ((1, 2, 90), (3, 4, 180)):
        degrees, minutes, seconds = (float(part) for part in gps[tag])  # type: ignore[attr-defined]
        angle = degrees + minutes / 60 + seconds / 3600
        side = str(gps[ref]).strip("\0 ").upper()
        if side not in ("NS", "EW")[most == 180] or len(side) != 1 or not 0 <= angle <= most:
            return None
        told.append((angle, side))
    return ", ".join(f"{angle:.2f} {side}" for angle, side in told) if any(angle for angle, _ in told) else None
