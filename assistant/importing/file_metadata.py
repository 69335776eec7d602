"""What a photo's file says besides its pixels: a description, the place, and the words and day in its name.

No file is opened here, and nothing is stored: `import_photos.py` decides. Words are data: they count as what was said
about the photo, on one line and of bounded length, and never as an instruction.
"""

from __future__ import annotations

import html
import locale
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree

from PIL import Image, ImageFile, IptcImagePlugin

from assistant.importing.automatic_words import automatic_name, by_a_person, empty_words, words_alone
from assistant.metadata.camera_date import EXIF_FOLDER, CameraDate, camera_date, xmp
from assistant.metadata.encoded_text import decoded, user_comment
from assistant.metadata.name_day import without_worded_days
from memory.episode import printable
from memory.times.calendar_names import MONTHS

_HANGING = re.compile(
    r"in|on|by|for|with|without|or|and|of|an?|the|to|my|our|your|her|his|its|their|last|aged|\w+['’]s|mit|im|bei|und|der|die|das|den|dem|eine?"
    r"|vom?|zu[mr]?|für|ohne|avec|dans|sur|à|au|du?|des?|la|les|une?|chez|con|en|el|los|las|del|il|di|della|met|op|bij"
    r"|het|een|com|em|na|no|da",
    re.I,
)
"""A word that does not end what a person says."""
_ARTICLES = frozenset("the der die das".split())
_YEAR = re.compile(r"\(?(?:19|20)\d\d\)?")
_PICTURE = re.compile(r"bild(?:er)?|fotos?|photos?|pictures?|pics?|album", re.I)
_SIGNS = re.compile(r"(?:\d{1,4}[年月日岁歳歲才살세]?)?[\u3041-\u9fff\uac00-\ud7a3]{2,}(?:\d{1,3}[岁歳歲才살세]?)?")
"""Signs of China, Japan or Korea with a number, without spaces: 2019年夏天."""
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_COPY_OF = re.compile(
    r"^(?:cop(?:y|ie|ia)|cópia|kopi[ae]?|копия)(?: \(\d+\))? (?:of|von|de|di|van|av|af|файла?) ", re.I
)
LONGEST = 1000
"""Most characters of a description."""
MOST_PEOPLE = 12
"""Names of at most so many people are taken from one photo."""
GPS, DESCRIPTION, TITLE, COMMENT, SUBJECT = 0x8825, 0x010E, 0x9C9B, 0x9C9C, 0x9C9F
"""Tags of EXIF and its Windows extensions."""
_IPTC_WORDS = ((2, 120), (2, 105), (2, 5))
"""Record and data set of a caption, a headline, a title."""
_PNG_WORDS = ("Description", "Title", "Comment", "comment")
"""Keys of texts in PNG; under the last one Pillow has a JPEG's comment."""
USER_COMMENT = 0x9286
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LI = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_REGION = "{http://www.metadataworkinggroup.com/schemas/regions/}"
_PEOPLE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}PersonInImage"
_MICROSOFT_PERSON = "{http://ns.microsoft.com/photo/1.2/t/Region#}PersonDisplayName"
_WORDS = (
    "{http://purl.org/dc/elements/1.1/}description",
    "{http://ns.adobe.com/tiff/1.0/}ImageDescription",
    f"{_EXIF}UserComment",
    "{http://ns.acdsee.com/iptc/1.0/}caption",
    "{http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/}AltTextAccessibility",
    "{http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/}ExtDescrAccessibility",
    "{http://ns.adobe.com/photoshop/1.0/}Headline",
    "{http://purl.org/dc/elements/1.1/}title",
)
"""Where programs write in XMP what a person said of a photo, the most usual first."""


class FileMetadata(NamedTuple):
    """What a photo file's metadata says."""

    words: str
    """A description or title that a person gave the photo, else ""."""
    place: str | None
    """Where the camera was, as "45.99 N, 9.26 E", to a hundredth of a degree (about 1 km)."""
    date: CameraDate = CameraDate(None)
    screenshot: bool = False
    """Whether the telephone says that it is a screenshot."""


def read_metadata(image: Image.Image) -> FileMetadata:
    """The description, place and date in the metadata of an opened picture. Damaged metadata counts as none."""
    words, place = "", None
    for read in (_xmp, _iptc, _exif, _beside):
        try:
            lines = (one_line(html.unescape(text)) for text in read(image))
            words = words or next((line for line in lines if line and by_a_person(line)), "")
        except Exception:  # as in photo.py: parsers raise nearly every type; the pixels are good all the same
            continue
    with suppress(Exception):
        place = _place(image.getexif().get_ifd(GPS))
    screenshot = False
    with suppress(Exception):
        comment = image.getexif().get_ifd(EXIF_FOLDER).get(USER_COMMENT, b"")
        screenshot = isinstance(comment, bytes) and user_comment(comment, "<").casefold() == "screenshot"
    return FileMetadata(words, place, camera_date(image), screenshot)


def one_line(text: str) -> str:
    """A text as one printable line of at most LONGEST characters."""
    return " ".join(printable(text).split())[:LONGEST].strip()


def words_of_name(name: str, *, with_year: bool = True) -> str:
    """The words in a file's or folder's name without suffix: "milo at the lake" of "2025-08-01_milo_at_the_lake_2".

    "" for names that cameras, telephones and programs give. `with_year`: a year at either end stays ("Paris 2012").
    """
    name = unquote(name, errors="strict") if _PERCENT.search(name) else name
    bare_of_days = without_worded_days(name)
    if re.fullmatch(r"[0-9A-Fa-f-]{16,}", name) or automatic_name(name) or automatic_name(bare_of_days):
        return ""
    name = _COPY_OF.sub("", bare_of_days)
    spaced = re.sub(r"[_+~]", " ", one_line(name))
    spaced = re.sub(r"(?<=\w)[-.](?=\w)", " ", spaced) if " " not in spaced.strip() else spaced
    spaced = re.sub(r"(?<=\d{3})-(?=[^\W\d_]+(?:\s|$))", " ", spaced)  # IMG_0042-Nora
    tokens = _without_beginning(_without_end(spaced.split(), with_year=with_year), with_year=with_year)
    left = [token for token in tokens if not _is_automatic(token) and token.casefold() not in words_alone()]
    return " ".join(tokens) if any(_says_something(token) for token in left) else ""


def _is_automatic(token: str) -> bool:
    """Whether a word of a name says nothing: a number, a sign, or a word that programs give."""
    bare = token.strip("()[]{}.,;-–#").casefold()
    return not bare or bare in empty_words() or (any(c.isdigit() for c in bare) and not _SIGNS.fullmatch(bare))


def _without_end(tokens: list[str], *, with_year: bool) -> list[str]:
    """The words of a name without those at its end that say nothing where they stand."""
    tokens, removed = list(tokens), list[str]()
    while tokens and _is_automatic(tokens[-1]):
        removed.append(tokens.pop())
    while removed and tokens and _HANGING.fullmatch(tokens[-1]):  # "Milo with a photo"
        tokens.append(removed.pop())
    if removed and tokens and tokens[-1][-1] == "s" and _PICTURE.fullmatch(removed[-1]):  # "Noras Bild"
        tokens.append(removed.pop())
    if tokens and removed and removed[-1].casefold() in MONTHS and all(one.isalpha() for one in removed):  # "Nora May"
        tokens.append(removed.pop())
    if with_year and removed and _YEAR.fullmatch(removed[-1]) and not any(one.isdigit() for one in removed[:-1]):
        tokens.append(removed.pop())  # "Paris 2012"
    return tokens


def _without_beginning(tokens: list[str], *, with_year: bool) -> list[str]:
    """The words of a name without those at its beginning that say nothing where they stand."""
    if with_year and len(tokens) > 1 and _YEAR.fullmatch(tokens[0]) and not _is_automatic(tokens[1]):  # "2012 Paris"
        return tokens
    n = next((n for n, token in enumerate(tokens) if not _is_automatic(token)), len(tokens))
    first, rest = tokens[:n], tokens[n:]
    if first and first[0].casefold() in MONTHS and all(one.isalpha() for one in first):  # "June and Ben"
        return tokens
    words = [token for token in first if token.isalpha()]
    article = len(words) == 1 and words[0].casefold() in _ARTICLES  # "The kids at the lake"; not "Photo of the lake"
    return [*words, *rest] if article else rest


def _says_something(token: str) -> bool:
    """Whether a word is long enough to be one: three letters of Latin, one sign of China, Japan or Korea, else two."""
    letters = [c for c in token if c.isalpha()]
    if any("\u3040" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7a3" for c in letters):
        return True
    return len(letters) > (2 if all(c < "\u0250" for c in letters) else 1)


def words_of_xmp(root: ElementTree.Element) -> str:
    """The description or title in an XMP packet, and the people whom a photo manager was told are in the photo."""
    words = next((line for text in _texts(root) if (line := one_line(text)) and by_a_person(line)), "")
    people = [one_line("".join(li.itertext())) for bag in root.iter(_PEOPLE) for li in bag.iter(_LI)]
    for region in root.iter():
        kind = region.get(f"{_REGION}Type") or region.findtext(f"{_REGION}Type")
        if kind in ("Face", "Pet"):
            people.append(one_line(region.get(f"{_REGION}Name") or region.findtext(f"{_REGION}Name") or ""))
        people.append(one_line(region.get(_MICROSOFT_PERSON) or region.findtext(_MICROSOFT_PERSON) or ""))
    return with_people(words, people)


def place_of_xmp(root: ElementTree.Element) -> str | None:
    """The place in an XMP packet, written as "45,59.4N" or "45,59,24N"; None when there is none."""
    angles = []
    for name in ("GPSLatitude", "GPSLongitude"):
        tag = f"{_EXIF}{name}"
        text = next((text for one in root.iter() if (text := one.get(tag) or (one.tag == tag and one.text))), "")
        match = re.fullmatch(r"(\d+),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?([NSEW])", str(text).strip())
        if not match and (match := re.fullmatch(r"(-?\d{1,3}\.\d+) ?([NSEW]?)", str(text).strip())):
            side = match[2] or next((found for one in root.iter() if (found := one.get(f"{tag}Ref"))), "")
            angles.append(float(match[1]) * (-1 if side[:1] in ("S", "W") else 1))
            continue
        if not match:
            return None
        angle = int(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
        angles.append(-angle if match[4] in "SW" else angle)
    return place_of(*angles)


def with_people(words: str, people: Iterable[str]) -> str:
    """A description with a sentence about who is in the photo: those that it does not name already."""
    said = words.casefold()
    names = [name for name in dict.fromkeys(people) if name and name.casefold() not in said][:MOST_PEOPLE]
    if not names:
        return words
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    ended = words if not words or words[-1] in ".!?…" else f"{words}."
    return f"{ended} This is {listed}.".strip()


def place_of(latitude: float, longitude: float) -> str | None:
    """Degrees as "45.99 N, 9.26 E"; None for 0 N, 0 E, which programs write for no place, and for what is nowhere."""
    if abs(latitude) > 90 or abs(longitude) > 180 or not (latitude or longitude):
        return None
    north, east = "NS"[latitude < 0], "EW"[longitude < 0]
    return f"{abs(latitude):.2f} {north}, {abs(longitude):.2f} {east}"


def _xmp(image: Image.Image) -> Iterator[str]:
    """What XMP says, where editors and photo managers write."""
    root = xmp(image)
    if root is not None:
        yield words_of_xmp(root)


def _texts(root: ElementTree.Element) -> Iterator[str]:
    """What XMP says in words, descriptions before titles."""
    for tag in _WORDS:
        for element in root.iter():
            yield element.get(tag, "")
            if element.tag == tag:
                yield from _alternatives(element)


def _alternatives(element: ElementTree.Element) -> list[str]:
    """The texts of an XMP property in several languages: the default one, then that of this machine, then the rest."""
    texts = [(one.get(_LANG, ""), "".join(one.itertext())) for one in element.iter(_LI)]
    own = (locale.getlocale()[0] or "").partition("_")[0].lower() or "en"
    order = {"x-default": 0, own: 1, "en": 2}
    ranked = sorted(texts, key=lambda one: order.get(one[0].lower(), order.get(one[0].lower().partition("-")[0], 3)))
    return [text for _, text in ranked] or ["".join(element.itertext())]


def _iptc(image: Image.Image) -> Iterator[str]:
    """The caption from IPTC, then headline and title."""
    if not isinstance(image, ImageFile.ImageFile):
        return
    info = IptcImagePlugin.getiptcinfo(image) or {}
    for field in _IPTC_WORDS:
        value = info.get(field, b"")
        yield decoded(value if isinstance(value, bytes) else value[0])


def _beside(image: Image.Image) -> Iterator[str]:
    """Texts of a PNG, the comment of a JPEG."""
    for key in _PNG_WORDS:
        value = image.info.get(key, "")
        yield decoded(value) if isinstance(value, bytes) else str(value)


def _exif(image: Image.Image) -> Iterator[str]:
    """The description from EXIF, then the comment and title that Windows writes there."""
    exif = image.getexif()
    value = exif.get(DESCRIPTION, "")
    raw = value if isinstance(value, bytes) else str(value).encode("latin-1", "replace")  # as Pillow decoded it
    yield decoded(raw)
    for tag in (COMMENT, TITLE, SUBJECT):
        value = exif.get(tag, b"")
        yield bytes(value).decode("utf-16-le", "replace") if isinstance(value, bytes | tuple) else str(value)
    comment = exif.get_ifd(EXIF_FOLDER).get(USER_COMMENT, b"")
    yield user_comment(comment, exif.endian or "<") if isinstance(comment, bytes) else str(comment)


def _place(gps: dict[int, object]) -> str | None:
    """The place in EXIF's GPS tags as text, or None, also for 0 N, 0 E: telephones without a position write that."""
    angles = []
    for ref, tag, most in ((1, 2, 90), (3, 4, 180)):
        degrees, minutes, seconds = (float(part) for part in gps[tag])  # type: ignore[attr-defined]
        angle = degrees + minutes / 60 + seconds / 3600
        side = str(gps[ref]).strip("\0 ").upper()
        if side not in ("NS", "EW")[most == 180] or len(side) != 1 or not 0 <= angle <= most:
            return None
        angles.append(-angle if side in "SW" else angle)
    return place_of(*angles)
