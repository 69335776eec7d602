"""Dates that cameras and programs write: every way of writing, every tag, and what does not count."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from assistant.__main__ import main
from assistant.metadata.camera_date import camera_date
from assistant.metadata.date_text import parsed
from assistant.photo import decode
from tests.support.local_clock import in_zone

NOON = (2017, 7, 4, 12, 0)
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" {}>{}</rdf:Description>'
    "</rdf:RDF></x:xmpmeta>"
)


@pytest.fixture(autouse=True)
def los_angeles(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from in_zone(monkeypatch, "America/Los_Angeles")


def picture(
    tags: dict[int, object] | None = None, xmp: str = "", changed: str = "", kind: str = "JPEG", title: str = ""
) -> Image.Image:
    """A picture as it is read back, with these tags in EXIF's folder, XMP, and the date of change in its head."""
    drawn = Image.effect_noise((48, 32), 60).convert("RGB")
    exif = drawn.getexif()
    exif.get_ifd(0x8769).update(tags or {})
    if changed:
        exif[0x0132] = changed
    if title:
        exif[0x010E] = title
    out = io.BytesIO()
    drawn.save(out, kind, exif=exif, **({"xmp": xmp.encode()} if xmp else {}))
    return Image.open(io.BytesIO(out.getvalue()))


@pytest.mark.parametrize(
    "text",
    [
        "2017:07:04 12:00:00", "2017-07-04 12:00:00", "2017/07/04 12:00:00", "2017.07.04 12:00:00",
        "2017-07-04T12:00:00", "2017:07:04 12:00", "2017:07:04 12:00:00.250", "2017-07-04T12:00:00.5",
        "2017: 7: 4 12: 0: 0", "2017:07:04 12-00-00", "2017:07:04 12:00:00 PM", "2017:07:04 12:00:00 오후",
        "2017:07:04  12:00:00", "2017:7:4 12:00:00", "20170704T120000", "20170704 120000",
        "2017:07:04\x0012:00:00", "2017:07:04 12:00:00\x00\x00", "2017_07_04 12_00_00", "2017_07_04_12_00_00",
        "2017年07月04日 12:00:00", "2017年7月4日 12時00分00秒", "2017년 7월 4일 12:00:00", "Tue Jul  4 12:00:00 2017",
        "4 July 2017 12:00", "04 Jul 2017, 12:00:00", "Jul 4, 2017 12:00:00", "2017-07-04 12:00:00.000000000",
    ],
)  # fmt: skip
def test_a_local_date_however_it_is_written(text: str) -> None:
    at = parsed(text)
    assert at == datetime(*NOON).astimezone() and at.utcoffset() == timedelta(hours=-7)


@pytest.mark.parametrize(
    ("text", "offset", "utc"),
    [
        ("2017-07-04T12:00:00+02:00", "", "2017-07-04T10:00"),
        ("2017:07:04 12:00:00 +0200", "", "2017-07-04T10:00"),
        ("2017-07-04T12:00:00Z", "+05:00", "2017-07-04T12:00"),
        ("2017:07:04 12:00:00", "+02:00", "2017-07-04T10:00"),
        ("2017:07:04 12:00:00", "-0800", "2017-07-04T20:00"),
        ("2017:07:04 12:00:00", "+9", "2017-07-04T03:00"),
        ("2017:07:04 12:00:00", "+05:45", "2017-07-04T06:15"),
        ("2017:07:04 12:00:00", "+99:00", "2017-07-04T19:00"),
        ("2017:07:04 12:00:00", "   :  ", "2017-07-04T19:00"),
        ("20170704 120000+0200", "", "2017-07-04T10:00"),
        ("2017:07:04 12:00:00 UTC", "", "2017-07-04T12:00"),
        ("2017:07:04 12:00:00 GMT+2", "", "2017-07-04T10:00"),
        ("Tue, 04 Jul 2017 12:00:00 +0200", "", "2017-07-04T10:00"),
        ("2017:07:04 12:00:00", "UTC+2", "2017-07-04T10:00"),
        ("2017:07:04 12:00:00", "\u221207:00", "2017-07-04T19:00"),
        ("2015:08:22 24:08:19", "", "2015-08-22T07:08:19"),
        ("2019:01:01 24:00:00", "+01:00", "2018-12-31T23:00"),
        ("2017:07:04 10:11:12 PM", "+00:00", "2017-07-04T22:11:12"),
        ("2017:07:04 12:11:12 a.m.", "+00:00", "2017-07-04T00:11:12"),
        ("2017:07:04 22:11:12 下午", "+00:00", "2017-07-04T22:11:12"),
        ("2017-07-04T12:00-08:00", "", "2017-07-04T20:00"),
        ("2017:07:04", "", "2017-07-04T12:00"),
        ("2017-07-04", "-11:00", "2017-07-04T12:00"),
        ("20170704", "", "2017-07-04T12:00"),
        ("2016:12:31 23:59:60", "+00:00", "2016-12-31T23:59:59"),
    ],
)
def test_offsets_days_alone_and_hour_24(text: str, offset: str, utc: str) -> None:
    assert parsed(text, offset) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "", "0000:00:00 00:00:00", "0000-00-00T00:00:00", "    :  :     :  :  ", "2017:00:00 00:00:00", "2017",
        "2017-07",
        "2017:13:40 12:00:00", "2017:02:30 12:00:00", "2017:07:04 25:00:00", "2017:07:04 12:61:00", "last summer",
        "1970:01:01 00:00:00", "1904:01:01 00:00:00", "1980:01:01 00:00:00", "0001:01:01 00:00:00",
        "9999:12:31 23:59:59", "04/07/2017 12:00:00", "2017:07-04 12:00:00",
    ],
)  # fmt: skip
def test_what_is_no_whole_day_does_not_count(text: str) -> None:
    assert parsed(text, "-08:00" if text.startswith("9999") else "") is None


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_every_tag_in_the_order_of_trust(kind: str) -> None:
    created = XMP.format('photoshop:DateCreated="2015-07-04T12:00:00"', "")
    tags = {0x9003: "2017:07:04 12:00:00", 0x9004: "2016:07:04 12:00:00"}
    found = []
    for left in (tags, {**tags, 0x9003: "0000:00:00 00:00:00"}, {}):
        one = camera_date(picture(left, created, "2018:07:04 12:00:00", kind))
        found.append((one.at.year if one.at else None, one.source))
    last = camera_date(picture({}, "", "2018:07:04 12:00:00", kind))
    assert [*found, (last.at.year if last.at else None, last.source)] == [
        (2017, "DateTimeOriginal"), (2016, "CreateDate"), (2015, "XMP DateCreated"), (2018, "ModifyDate"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("attributes", "elements", "source"),
    [
        ('exif:DateTimeOriginal="2015-07-04T12:00:00"', "", "XMP DateTimeOriginal"),
        ("", "<xmp:CreateDate>2015-07-04T12:00</xmp:CreateDate>", "XMP CreateDate"),
        (
            'photoshop:DateCreated="0000-00-00T00:00:00"',
            "<xmp:CreateDate>2015-07-04</xmp:CreateDate>",
            "XMP CreateDate",
        ),
        ('xmp:ModifyDate="2015-07-04T12:00:00Z"', "", "ModifyDate"),
    ],
)
def test_xmp_has_attributes_and_elements(attributes: str, elements: str, source: str) -> None:
    one = camera_date(picture({}, XMP.format(attributes, elements)))
    assert one.at and one.at.date() == datetime(2015, 7, 4).date() and one.source == source


def test_the_offset_may_stand_in_another_tag() -> None:
    for tag, offset in ((0x9011, "-08:00"), (0x9010, "-08:00"), (0x9012, "-0800")):
        at = camera_date(picture({0x9003: "2025:08:01 23:30:00", tag: offset})).at
        assert at == datetime(2025, 8, 2, 7, 30, tzinfo=UTC) and at.day == 1, "the clock there"


def test_iptc_has_day_and_time_apart() -> None:
    def data_set(number: int, text: str) -> bytes:
        return b"\x1c\x02" + bytes([number]) + len(text).to_bytes(2, "big") + text.encode()

    for clock, hour in (("233000-0800", 23), ("nonsense", 12)):
        record = data_set(55, "20140704") + data_set(60, clock)
        block = b"8BIM\x04\x04\0\0" + len(record).to_bytes(4, "big") + record + b"\0" * (len(record) % 2)
        plain = io.BytesIO()
        Image.new("RGB", (9, 9)).save(plain, "JPEG")
        app13 = b"Photoshop 3.0\0" + block
        data = plain.getvalue()
        data = data[:2] + b"\xff\xed" + (len(app13) + 2).to_bytes(2, "big") + app13 + data[2:]
        one = camera_date(Image.open(io.BytesIO(data)))
        assert one.at and (one.at.day, one.at.hour, one.source) == (4, hour, "IPTC DateCreated")


def test_a_clock_in_the_future_does_not_count_and_is_told(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ahead = picture({0x9003: "2048:05:06 12:00:00", 0x9004: "2048:05:06 12:00:00"})
    assert camera_date(ahead) == (None, "", "2048:05:06 12:00:00")
    for name, tags, changed in (
        ("IMG_20230501_101500.jpg", {0x9003: "2048:05:06 12:00:00"}, ""),
        ("20230502_milo.jpg", {}, "2024:01:01 10:00:00"),
        ("milo.jpg", {}, "2018:07:04 12:00:00"),
    ):
        one = picture(tags, "", changed, title="Milo")
        one.save(tmp_path / name, exif=one.getexif())
    assert main(["import", str(tmp_path), "--dry-run", "--words", "Milo"]) == 0
    out = capsys.readouterr().out
    assert "1 May 2023 (name; the camera's clock says 2048:05:06 12:00:00, which has not come yet)" in out
    assert "2 May 2023 (name)" in out, "a day in the name is worth more than when the file was changed"
    assert re.search(r"milo.jpg  4 July 2018 \(camera; ModifyDate\)", out), "and that more than the file's own time"


def test_damaged_metadata_is_no_date() -> None:
    for broken in ("<x:xmpmeta", "\0\0", XMP.format('xmp:CreateDate="2015"', "")):
        assert camera_date(picture({}, broken)).at is None
    drawn = picture({0x9003: "2017:07:04 12:00:00"})
    data = bytearray(drawn.fp.getvalue())  # type: ignore[union-attr]
    at = data.index(b"Exif") + 14
    for n in range(40):
        hurt = bytes(data[: at + n]) + b"\xff" + bytes(data[at + n + 1 :])
        decode(hurt, "hurt.jpg")


@pytest.mark.parametrize(
    ("zone", "tags", "day"),
    [
        ("America/Los_Angeles", {0x9003: "2025:08:01 20:30:00", 0x9011: "-07:00"}, "1 August 2025"),
        ("Pacific/Kiritimati", {0x9003: "2025:08:01 20:30:00", 0x9011: "-07:00"}, "1 August 2025"),
        ("America/Los_Angeles", {0x9003: "2025:08:01 20:30:00"}, "1 August 2025"),
        ("Asia/Tokyo", {0x9003: "2025:01:01 08:00:00", 0x9011: "+09:00"}, "1 January 2025"),
        ("Pacific/Kiritimati", {0x9003: "2025:01:01"}, "1 January 2025"),
    ],
)
def test_a_photo_is_of_the_day_on_its_clock_in_every_timezone(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    zone: str, tags: dict[int, object], day: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    one = picture(tags)
    one.save(tmp_path / "nora.jpg", exif=one.getexif())
    assert main(["import", str(tmp_path), "--dry-run"]) == 0
    assert f"nora.jpg  {day} (camera)" in capsys.readouterr().out
    assert main(["remember", str(tmp_path / "nora.jpg"), "This is Nora."]) == 0
    assert capsys.readouterr().out.rstrip().endswith(day)
