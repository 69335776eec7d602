"""What photo files and their names say: words, places, days; and what cameras say by themselves."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from PIL import Image

from assistant.importing.file_metadata import read_metadata, words_of_name
from assistant.metadata.name_day import day_of_name
from tests.support.albums import picture, xmp
from tests.support.local_clock import in_zone


def said_by(**more: object) -> str:
    file = io.BytesIO()
    picture(1).save(file, "JPEG", **more)  # type: ignore[arg-type]
    return read_metadata(Image.open(file)).words


def exif(tag: int, value: object) -> Image.Exif:
    found = Image.Exif()
    found[tag] = value
    return found


def test_words_that_a_person_gave_a_photo() -> None:
    assert said_by(xmp=xmp("Milo in Sète\n at the  harbour")) == "Milo in Sète at the harbour"
    assert said_by(xmp=xmp("Milo", "title")) == "Milo"
    assert said_by(exif=exif(0x010E, "Milo in Sète".encode())) == "Milo in Sète"
    assert said_by(exif=exif(0x010E, b"Milo in S\xe8te")) == "Milo in Sète"
    assert said_by(exif=exif(0x9C9B, "Milo 🐕".encode("utf-16-le"))) == "Milo 🐕"
    assert said_by(exif=exif(0x010E, "Nala"), xmp=xmp("Milo")) == "Milo"
    assert len(said_by(exif=exif(0x010E, "Milo " * 900))) == 999
    assert said_by(exif=exif(0x010E, "Milo\x1b]0;owned\x07\n/quit")) == "Milo ]0;owned /quit"


@pytest.mark.parametrize("words", ["Zoë à la plage", "Le café de Ben", "Noël à Évora", "Müller’s Café in Köln"])
def test_words_of_an_old_macintosh(words: str) -> None:
    assert said_by(exif=exif(0x010E, words.encode("mac_roman", "replace"))) == words
    assert said_by(exif=exif(0x010E, words.encode("cp1252"))) == words


def test_words_of_an_old_photo_manager() -> None:
    """IPTC's caption, in the way Picasa wrote it."""
    caption = b"\x1c\x02\x78\x00\x04Milo"
    block = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + len(caption).to_bytes(4, "big") + caption + b"\0"
    file = io.BytesIO()
    picture(1).save(file, "JPEG")
    data = file.getvalue()
    data = data[:2] + b"\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block + data[2:]
    assert read_metadata(Image.open(io.BytesIO(data))).words == "Milo"


@pytest.mark.parametrize(
    "words", ["OLYMPUS DIGITAL CAMERA", "SONY DSC", "  ", "default", "Processed with VSCO", "IMG_1.jpg"]
)
def test_words_of_a_camera_are_none(words: str) -> None:
    assert said_by(exif=exif(0x010E, words)) == ""


def test_metadata_that_is_a_trap_or_damaged_counts_as_none() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "Milo"><!ENTITY b "&a;&a;">]>' + xmp("&b;")
    for bad in (bomb, xmp("Milo")[:-20], b"\xff\xfe<x", xmp("Milo" * 300_000)):
        assert said_by(xmp=bad[:60_000] if bad is not bomb else bad) == ""
    image = picture(1)
    image.info["xmp"] = xmp("Milo " * 300_000)
    assert read_metadata(image)[:2] == ("", None)


@pytest.mark.parametrize(
    ("gps", "place"),
    [
        ({1: "S", 2: (33.0, 51.0, 24.0), 3: "W", 4: (70.0, 40.0, 0.0)}, "33.86 S, 70.67 W"),
        ({1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}, None),
        ({1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}, None),
        ({1: "", 2: (1.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}, None),
        ({2: (1.0, 0.0, 0.0)}, None),
        ({1: "N", 2: 45.5, 3: "E", 4: (9.0, 0.0, 0.0)}, None),
    ],
)
def test_places(gps: dict[int, object], place: str | None) -> None:
    image = picture(1)
    image.getexif().get_ifd(0x8825).update(gps)
    assert read_metadata(image).place == place


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Milo at the lake", "Milo at the lake"),
        ("2025-08-01_milo_at_the_lake_2", "milo at the lake"),
        ("Photo of Milo (2)", "Milo"),
        ("milo-and-nala", "milo and nala"),
        ("Anna & Jean-Luc", "Anna & Jean-Luc"),
        ("犬のミロ", "犬のミロ"),
        *((name, "") for name in ("IMG_1234", "DSC00012", "PXL_20250801_183000123", "100APPLE", "P1010023 copy")),
        *((name, "") for name in ("Screenshot_2025-08-01", "WhatsApp Image 2025-08-01 at 18.30.00", "New Folder (2)")),
        *((name, "") for name in ("3F2504E0-4F89-11D3-9A0C-0305E82C3301", "deadbeefdeadbeef", "", "ab", "August 2025")),
    ],
)
def test_names_that_say_something(name: str, words: str) -> None:
    assert words_of_name(name) == words


@pytest.mark.parametrize(
    "name",
    """IMG_2031;DSC_0012 copy;DSC_0012 kopia;Copy of DSC_0012;Kopie von IMG_2031;PXL_20240101_123456789.MP;photo1
    photo (2) copy;Screenshot_20240101-120000_Instagram;resized_IMG_2031;IMG_2031_cropped;IMG_2031_original
    DSC_0012 final web;Foto del 2024;camphoto_1234567;file1;asset 1;ChatGPT Image Mar 3, 2025, 10_00_00
    Gemini_Generated_Image_abc123;pexels-photo-12345;DSC_0012-enhanced-NR;Photo on 01.01.24 at 12.00""".replace(
        "\n", ";"
    ).split(";"),
)
def test_what_was_done_to_a_file_is_nobodys_word(name: str) -> None:
    """Previously an import showed "cropped", "kopia" and "von" as what somebody had written."""
    assert words_of_name(name.strip()) == ""


@pytest.mark.parametrize(
    "name",
    ["The shy poodle of aunt Mary", "Small Leo", "Nora final exam", "original shop", "Copenhagen by night light"],
)
def test_such_words_beside_others_stay(name: str) -> None:
    assert words_of_name(name) == name


@pytest.mark.parametrize(
    ("name", "when"),
    [
        ("IMG_20250801_183000", (2025, 8, 1, 18, 30)),
        ("WhatsApp Image 2025-08-01 at 18.30.00", (2025, 8, 1, 18, 30)),
        ("IMG-20250801-WA0001", (2025, 8, 1, 12, 0)),
        ("Milo 2025-08-01", (2025, 8, 1, 12, 0)),
        ("1690000000000", None),
        ("IMG_20251301", None),
        ("IMG_1234", None),
        ("Adobe Scan 06 May 2023", (2023, 5, 6, 12)),
        ("6 May 2023 at the lake", (2023, 5, 6, 12)),
        ("2023年5月6日", (2023, 5, 6, 12)),
        ("사진 2023년 5월 6일", (2023, 5, 6, 12)),
        ("31 Feb 2023", None),
        ("photo_5307@12-05-2024_18-30-20", (2024, 5, 12, 12)),
        ("Foto 13.02.2023, 12 30 00", (2023, 2, 13, 12)),
        ("01.02.2023 - Milo", (2023, 2, 1, 12)),
        ("CamScanner 01-13-2023 12.30", (2023, 1, 13, 12)),
        ("04-05-2023", None),
        ("Milo 2023_1_5", (2023, 1, 5, 12)),
        ("2023 05 05 Milo", (2023, 5, 5, 12)),
        ("January 1, 2023", (2023, 1, 1, 12)),
        ("1st of May 2023", (2023, 5, 1, 12)),
        ("5 août 2023", (2023, 8, 5, 12)),
        ("IMG_20230101_250000", (2023, 1, 1, 12)),
        ("build 20.01.2023.1", None),
        ("3 Marathon 2023", None),
        ("16 Mayflowers 2023", None),
        ("IMG_20480506_120000", None),
    ],
)
def test_days_in_names(name: str, when: tuple[int, ...] | None) -> None:
    assert day_of_name(name) == (datetime(*when).astimezone() if when else None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "day"),
    [((2024, 5, 6, 18, 22), (2024, 5, 6)), ((2024, 6, 5, 18, 22), (2024, 6, 5)), ((2026, 9, 21), None)],
)
def test_the_files_time_tells_the_day_from_the_month(changed: tuple[int, ...], day: tuple[int, ...] | None) -> None:
    at = datetime(*changed).astimezone()  # type: ignore[arg-type]
    for name in ("Photo on 06-05-2024 at 18.22", "Photo on 6-5-24 at 6.22 PM"):
        found = day_of_name(name, at)
        assert found == (datetime(*day, 12).astimezone() if day else None)  # type: ignore[arg-type]
    assert (clear := day_of_name("Photo on 25-05-2024", at)) and clear.day == 25


def test_the_clock_in_the_names_of_googles_telephones_is_that_of_greenwich(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone, day in (("America/Los_Angeles", 31), ("UTC", 1), ("Asia/Tokyo", 1)):
        for _ in in_zone(monkeypatch, zone):
            found = day_of_name("PXL_20230101_013000123")
            assert found and found.day == day
            assert (plain := day_of_name("IMG_20230101_013000")) and plain.day == 1
