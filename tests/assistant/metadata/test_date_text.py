"""Dates in the metadata of photos as telephones, scanners and programs of all countries write them, and where."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image, PngImagePlugin

from assistant.metadata.camera_date import camera_date
from assistant.metadata.date_text import parsed
from tests.support.local_clock import in_zone

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:acdsee="http://ns.acdsee.com/iptc/1.0/">{}</rdf:Description>'
    "</rdf:RDF></x:xmpmeta>"
)


@pytest.fixture(autouse=True)
def los_angeles(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from in_zone(monkeypatch, "America/Los_Angeles")


def in_digits_from(zero: int) -> str:
    """4 July 2017, noon, in the digits of another script."""
    return "2017:07:04 12:00:00".translate({ord("0") + n: zero + n for n in range(10)})


@pytest.mark.parametrize(
    ("text", "right"),
    [
        # timezones by letters or places
        ("2017:07:04 12:00:00 PDT", "2017-07-04T12:00:00-07:00"),
        ("2017:07:04 12:00:00 CEST", "2017-07-04T12:00:00+02:00"),
        ("2017:07:04 12:00:00 XYZT", "2017-07-04T12:00:00-07:00"),
        ("2017:07:04 12:00:00+0200 DST", "2017-07-04T12:00:00+02:00"),
        ("2017-07-04T12:00:00+02:00[Europe/Berlin]", "2017-07-04T12:00:00+02:00"),
        ("2017:07:04 12:00:00 (UTC+2)", "2017-07-04T12:00:00+02:00"),
        ("D:20170704120000+02'00'", "2017-07-04T12:00:00+02:00"),
        ("Tue Jul 04 12:00:00 CEST 2017", "2017-07-04T12:00:00+02:00"),
        ("Tue Jul 04 12:00:00 GMT+02:00 2017", "2017-07-04T12:00:00+02:00"),
        # other marks, other orders, other signs
        ("2017:07:04:12:00:00", "2017-07-04T12:00:00-07:00"),
        ("2017-07-04-12-00-00", "2017-07-04T12:00:00-07:00"),
        ("2017 07 04 12 00 00", "2017-07-04T12:00:00-07:00"),
        ("2017-07-04 at 12.00.00", "2017-07-04T12:00:00-07:00"),
        ("2017-07-04 12h00m00", "2017-07-04T12:00:00-07:00"),
        ("20170704 12:00:00", "2017-07-04T12:00:00-07:00"),
        ("2017-07-04T120000", "2017-07-04T12:00:00-07:00"),
        ("2017:07:04 12", "2017-07-04T12:00:00-07:00"),
        ("13/07/2017 12:00:00", "2017-07-13T12:00:00-07:00"),
        ("07/13/2017 12:00 PM", "2017-07-13T12:00:00-07:00"),
        ("13.07.2017 12:00:00", "2017-07-13T12:00:00-07:00"),
        ("4-Jul-2017 12:00:00", "2017-07-04T12:00:00-07:00"),
        ("2017年07月04日12:00:00", "2017-07-04T12:00:00-07:00"),
        ("2017年7月4日 下午3:05", "2017-07-04T15:05:00-07:00"),
        ("2017:07:04 午後 03:05:00", "2017-07-04T15:05:00-07:00"),
        ("2017:07:04 1:05:09 p", "2017-07-04T13:05:09-07:00"),
        (in_digits_from(0x6F0), "2017-07-04T12:00:00-07:00"),
        ("2560:07:04 12:00:00", "2017-07-04T12:00:00-07:00"),
        ("1499162400", "2017-07-04T03:00:00-07:00"),
        ("1499162400000", "2017-07-04T03:00:00-07:00"),
        ("2017:07:04 12:00:00\0\0IMG_1", "2017-07-04T12:00:00-07:00"),
        ('"2017:07:04 12:00:00"', "2017-07-04T12:00:00-07:00"),
        ("20170704-120000", "2017-07-04T12:00:00-07:00"),
        ("2017:07:04, 12:00:00", "2017-07-04T12:00:00-07:00"),
        ("July 4, 2017 at 12:00 PM", "2017-07-04T12:00:00-07:00"),
        ("2017:07:04 12:00:", "2017-07-04T12:00:00-07:00"),
        ("2017:07:04 12::", "2017-07-04T12:00:00-07:00"),
        ("2017:07:04 12:00:00 h", "2017-07-04T12:00:00-07:00"),
        ("1499162400.5", "2017-07-04T03:00:00-07:00"),
        # a day alone
        ("2017:07:04   :  :  ", "2017-07-04T12:00:00+00:00"),
        ("2017:07:04 --:--:--", "2017-07-04T12:00:00+00:00"),
        ("July 4, 2017", "2017-07-04T12:00:00+00:00"),
        # clocks that nobody set, and what may be another day
        ("1970:01:01 01:00:00", None),
        ("1969:12:31 16:00:00", None),
        ("1970:01:01 05:30:00", None),
        ("1970:01:01 11:07:23", "1970-01-01T11:07:23-08:00"),
        ("1899:12:30 00:00:00", None),
        ("1900:01:01 00:00:00", None),
        ("2002:12:08 12:00:00", None),
        ("2002:12:08 12:00:01", "2002-12-08T12:00:01-08:00"),
        ("07/04/2017 12:00:00", None),
        ("17:07:04 12:00:00", None),
        ("0000000000", None),
        ("9" * 5000, None),
    ],
)
def test_dates_of_all_countries(text: str, right: str | None) -> None:
    at = parsed(text)
    assert (at.isoformat() if at else None) == right


def read_back(kind: str = "JPEG", head: dict[int, object] | None = None, xmp: str = "", **texts: str) -> Image.Image:
    """A picture with these tags in the head of its EXIF, its GPS folder under 0x8825, this XMP, these texts of PNG."""
    drawn = Image.effect_noise((48, 32), 60).convert("RGB")
    exif, chunks = drawn.getexif(), PngImagePlugin.PngInfo()
    for tag, value in (head or {}).items():
        if isinstance(value, dict):
            exif.get_ifd(tag).update(value)
        else:
            exif[tag] = value
    for key, text in texts.items():
        chunks.add_text(key.replace("__", ":").replace("_", " "), text)
    more: dict[str, object] = {"pnginfo": chunks} if kind == "PNG" else {}
    out = io.BytesIO()
    drawn.save(out, kind, exif=exif, **(more | ({"xmp": XMP.format(xmp).encode()} if xmp else {})))
    return Image.open(io.BytesIO(out.getvalue()))


@pytest.mark.parametrize(
    ("one", "day", "source"),
    [
        (read_back(head={0x9003: "2017:07:04 12:00:00"}), "2017-07-04", "DateTimeOriginal"),
        (read_back(head={0x9004: "2017:07:04 12:00:00"}), "2017-07-04", "CreateDate"),
        (read_back(head={0x8769: {0x9003: in_digits_from(0x660).encode()}}), "2017-07-04", "DateTimeOriginal"),
        (read_back(head={0x8825: {29: "2017:07:04", 7: (18.0, 30.0, 0.0)}}), "2017-07-04", "GPSDateStamp"),
        (read_back(head={0x8825: {29: "2017:07:05", 7: (3.0, 30.0, 0.0)}}), "2017-07-04", "GPSDateStamp"),
        (read_back(head={0x8825: {29: "2017:07:04"}}), "2017-07-04", "GPSDateStamp"),
        (read_back(head={0x8825: {29: "0000:00:00", 7: (0.0, 0.0, 0.0)}}), "", ""),
        (read_back(head={0x8825: {29: "2017:07:04"}, 0x0132: "2020:01:01 10:00:00"}), "2017-07-04", "GPSDateStamp"),
        (read_back("PNG", Creation_Time="Tue, 04 Jul 2017 12:00:00 GMT"), "2017-07-04", "PNG Creation Time"),
        (read_back("PNG", exif__DateTimeOriginal="2017:07:04 12:00:00"), "2017-07-04", "PNG exif:DateTimeOriginal"),
        (read_back("PNG", date__create="2017-07-04T12:00:00+00:00"), "", ""),
        (read_back(xmp="<tiff:DateTime>2017-07-04T12:00:00</tiff:DateTime>"), "2017-07-04", "ModifyDate"),
        (
            read_back(xmp="<exif:GPSTimeStamp>2017-07-05T03:30Z</exif:GPSTimeStamp>"),
            "2017-07-04",
            "XMP GPSTimeStamp",
        ),
        (read_back(xmp="<acdsee:datetime>2017-07-04T12:00:00</acdsee:datetime>"), "2017-07-04", "XMP datetime"),
        (read_back(xmp="<dc:date><rdf:Seq><rdf:li>2017-07-04</rdf:li></rdf:Seq></dc:date>"), "2017-07-04", "XMP Date"),
        (read_back(xmp="<xmp:MetadataDate>2017-07-04T12:00:00</xmp:MetadataDate>"), "", ""),
    ],
)
def test_dates_wherever_they_are_written(one: Image.Image, day: str, source: str) -> None:
    found = camera_date(one)
    assert (f"{found.at:%Y-%m-%d}" if found.at else "", found.source) == (day, source)
