"""What lies beside a photo: sidecars (JSON of Google Takeout and ExifTool, XMP), clips of live photos, edited twins.

Which file belongs to which is decided by names alone, within one folder. Google cuts the name of its JSON to 46
characters before ".json", in the middle of ".supplemental-metadata" or of the photo's name, and puts the number of a
second "IMG.JPG" elsewhere: IMG(1).JPG has IMG.JPG.supplemental-metadata(1).json. An edited photo has no JSON of its
own: IMG-edited.JPG goes with that of IMG.JPG. XMP sidecars are called IMG.xmp or IMG.JPG.xmp.
"""

from __future__ import annotations

import html
import json
import math
import os
import re
import unicodedata
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from assistant.importing.automatic_words import by_a_person
from assistant.importing.file_metadata import one_line, place_of, place_of_xmp, with_people, words_of_xmp
from assistant.importing.import_source import Sidecar
from assistant.metadata.camera_date import date_of_xmp, parse_xmp
from assistant.metadata.date_text import parsed
from assistant.photo import shown

LONGEST = 1 << 20
"""Bytes of the largest sidecar that is read."""
TAIL, CUT = ".supplemental-metadata", 46
CLIPS = frozenset([".mov", ".mp4", ".m4v", ".mp"])
ALBUM = re.compile(
    r"(?:metadata|metadaten|métadonnées|metadatos|metadati|metadados|metadane|metaadatok|метаданные|метадані|メタデータ|元数据"
    r"|中繼資料|메타데이터|print-subscriptions|shared_album_comments|"
    r"user-generated-memory-titles)(?:\(\d+\))?\.json",
    re.I,
)
"""JSON of Google Takeout about an album or an account."""
_ORIGINALS = (".heic", ".heif", ".dng")
"""Suffixes of photos of which a JPEG is made."""
_FORMATS = (*_ORIGINALS, ".jpg", ".jpeg", ".png", ".webp")
"""Suffixes that the original of an edited twin may have."""
_EXIFTOOL_WORDS = (
    "Description",
    "ImageDescription",
    "Caption-Abstract",
    "UserComment",
    "Headline",
    "Title",
    "ObjectName",
)
_EXIFTOOL_DATES = (
    ("DateTimeOriginal", "OffsetTimeOriginal"),
    ("DateCreated", "OffsetTime"),
    ("CreateDate", "OffsetTimeDigitized"),
)
_NUMBERED = re.compile(r"(.+?)(\(\d+\))")
_EDITED = re.compile(
    r"(.+?)[-_ ]\(?(?:edited|edit|ha editado|отредактировано|"
    r"modificad[oa]|gewijzigd|edytowany|измененный|изменённый|편집됨?|編集済|szerkesztve"
    r"|upraven[éáý]|مع[دّ]+لة?|bearbeitet|modifi[ée]e?|editad[oa]|modificat[oa]|bewerkt|edytowane|redigerad|redigeret|"
    r"redigert|muokattu|upraveno|szerkesztett|d[üu]zenlendi|изменено|відредаговано|編集済み|수정됨|已修改|已編輯|已编辑"
    r"|ערוך|נערך|معدلة?|تم التعديل|επεξεργασμέν[ηο]"
    r"|แก้ไขแล้ว|đã chỉnh sửa|editat[ăe]?|redigované|urejeno|uređeno|redaguota|rediģēts|muudetud|diedit|संपादित)"
    r"\)?(\(\d+\))?",
    re.I,
)
_CUT_EDITED = re.compile(r"(.{30,45})-(?:e|ed|edi|edit|edite)")
"""An edited twin whose name Google cut to 47 characters."""
_APPLE_EDITED = re.compile(r"(IMG_)E(\d{4}.*)", re.I)


def key_of(name: str) -> str:
    """A name as names are compared here: a Mac writes accents apart, and endings come in capitals or not."""
    return unicodedata.normalize("NFC", name).casefold()


def original_of(stem: str) -> str | None:
    """The name, without suffix, of the photo of which this one is the edited twin: IMG_1 of IMG_1-edited, IMG_E1."""
    if stem.isascii() and not any(c in stem for c in "-_ "):
        return None
    stem = unicodedata.normalize("NFC", stem)
    if match := _EDITED.fullmatch(stem):
        return f"{match[1]}{match[2] or ''}"
    if len(stem) in (46, 47) and (match := _CUT_EDITED.fullmatch(stem)):
        return match[1]
    match = _APPLE_EDITED.fullmatch(stem)
    return f"{match[1]}{match[2]}" if match else None


def sidecars_of(photo: str, files: Mapping[str, str], photos: Container[str] = ()) -> list[str]:
    """The names of a photo's sidecars among the files of its folder, whose keys are `key_of` their names; `photos`: the
    keys of those there."""
    if not files:
        return []
    photo = unicodedata.normalize("NFC", photo)
    stem, suffix = _split(photo)
    original = original_of(stem) or stem
    twins = [(original, ending) for ending in ((suffix,) if original == stem else (suffix, *_FORMATS))]
    likely = (photo, stem, *(name + ending for name, ending in twins), original)
    found = [files[name] for one in likely if (name := f"{one}.xmp".casefold()) in files][:1]
    ways = [(stem, suffix), *twins]
    inner = _split(stem)
    others = inner[1].lower() == suffix.lower() and key_of(stem) in photos  # a.jpg.jpg beside a.jpg
    if not others:
        ways.append(inner)  # IMG_1.HEIC.jpg
    if "~" in stem:  # a copy that a telephone made: IMG_1~2
        ways.append((re.sub(r"~\d+$", "", stem), suffix))
    if suffix.lower() in (".jpg", ".jpeg"):  # made of an original that is gone
        ways += [(stem, ending) for ending in _ORIGINALS]
    for name, ending in ways:
        keys = (key for key in _takeout(name, ending) if key in files and not ALBUM.fullmatch(key))
        keys = (key for key in keys if not others or key != f"{key_of(stem)}.json")
        if name and (of_google := next(keys, None)):
            return [*found, files[of_google]]
    return found


def _takeout(stem: str, suffix: str) -> Iterator[str]:
    """The names that Google may have given to a photo's JSON, in small letters, the likeliest first."""
    forms = [(stem + suffix, "")]
    if match := _NUMBERED.fullmatch(stem):
        forms.insert(0, (match[1] + suffix, match[2]))
    for name, number in forms:
        whole = name + TAIL
        for length in range(len(whole), min(len(name), CUT) - 1, -1):
            yield f"{whole[:length]}{number}.json".casefold()
        for length in range(min(len(name), CUT + 1) - 1, CUT - 8, -1):
            yield f"{name[:length]}{number}.json".casefold()
    yield f"{stem}.json".casefold()


def is_clip(name: str, photos: Mapping[str, str]) -> bool:
    """Whether a file is a live photo's clip; `photos`: those of its folder, by `key_of` their names without suffix."""
    stem, suffix = _split(name)
    names = stem, name, stem.removesuffix("_HEVC"), _split(stem)[0]  # IMG_1_HEVC.MOV, IMG_1.HEIC.MOV
    return suffix.lower() in CLIPS and any(key_of(one) in photos for one in names)


def read_sidecars(files: Sequence[tuple[str, Callable[[], bytes]]], listed: Sidecar | None = None) -> Sidecar:
    """What these sidecars say, of each its name and what reads it; the first that says something counts, and last what
    is `listed` elsewhere.

    One that cannot be read says nothing but why.
    """
    found = []
    for name, read in files:
        try:
            data = read()
            found.append(_of_xmp(data) if name.lower().endswith(".xmp") else _of_json(data))
        except (OSError, ValueError, RecursionError, ElementTree.ParseError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is damaged"
            found.append(Sidecar(trouble=f"{shown(name)} beside it cannot be read: {why}"))
    found += [listed] if listed else []
    return Sidecar(
        next((one.words for one in found if one.words), ""),
        next((one.date for one in found if one.date), None),
        next((one.uploaded for one in found if one.date), False),
        next((one.place for one in found if one.place), None),
        next((one.trouble for one in found if one.trouble), ""),
        any(one.deleted for one in found),
    )


def _of_xmp(data: bytes) -> Sidecar:
    root = parse_xmp(data)
    if root is None:
        raise ValueError("no XMP")
    return Sidecar(words_of_xmp(root), date_of_xmp(root), place=place_of_xmp(root))


def _of_json(data: bytes) -> Sidecar:
    found = json.loads(data.decode("utf-8-sig"))
    if isinstance(found, list) and len(found) == 1 and isinstance(found[0], dict) and "SourceFile" in found[0]:
        return _of_exiftool(found[0])
    if not isinstance(found, dict):
        raise ValueError("no object")
    return _of_google(found)


def _of_exiftool(found: Mapping[str, Any]) -> Sidecar:
    """What ExifTool writes of a photo as JSON, and what osxphotos exports of Apple Photos: tags with or without their
    group, XMP:Description."""
    tags = {name.rpartition(":")[2]: value for name, value in found.items()}
    lines = (one_line(_text(tags.get(name))) for name in _EXIFTOOL_WORDS)
    words = next((line for line in lines if line and by_a_person(line)), "")
    people = tags.get("PersonInImage", tags.get("RegionName", []))
    names = [one_line(_text(one)) for one in (people if isinstance(people, list) else [people])]
    dates = ((_text(tags.get(name)), _text(tags.get(offset))) for name, offset in _EXIFTOOL_DATES)
    date = next((at for text, offset in dates if (at := parsed(text, offset)) and at <= _tomorrow()), None)
    return Sidecar(with_people(words, [name for name in names if name != "_UNKNOWN_"]), date)


def _of_google(found: Mapping[str, Any]) -> Sidecar:
    description = one_line(_text(found.get("description")))
    people = found.get("people")
    people = people if isinstance(people, list) else []
    names = [one_line(_text(one.get("name"))) for one in people if isinstance(one, dict)]
    words = with_people(description if by_a_person(description) else "", names)
    place = None
    for key in ("geoData", "geoDataExif"):
        geo = found.get(key)
        if place is None and isinstance(geo, dict):
            place = _place(geo.get("latitude"), geo.get("longitude"))
    taken = found.get("photoTakenTime")
    date = _moment(taken.get("timestamp")) if isinstance(taken, dict) else None
    sent = found.get("creationTime")
    upload = _moment(sent.get("timestamp")) if isinstance(sent, dict) else None
    uploaded = bool(date and upload and abs(date - upload) < timedelta(days=1))
    return Sidecar(words, date, uploaded, place, deleted=found.get("trashed") is True)


def _moment(seconds: object) -> datetime | None:
    """Seconds since 1970, as text or number, on the clock of this machine; None for 0 and for what has not come yet."""
    with suppress(ValueError, TypeError, OverflowError, OSError):
        at = datetime.fromtimestamp(int(seconds), UTC)  # type: ignore[call-overload]
        if at.timestamp() and at <= _tomorrow():
            return at.astimezone()
    return None


def _tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


def _place(latitude: object, longitude: object) -> str | None:
    angles = (latitude, longitude)
    numbers = [float(one) for one in angles if isinstance(one, int | float) and math.isfinite(one)]
    return place_of(numbers[0], numbers[1]) if len(numbers) == 2 else None


def _text(value: Any) -> str:
    return html.unescape(value) if isinstance(value, str) else ""


def _split(name: str) -> tuple[str, str]:
    """A name without its suffix, and the suffix with its dot."""
    return os.path.splitext(name)
