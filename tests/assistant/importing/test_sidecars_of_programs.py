"""Sidecars as Google's, Apple's, Microsoft's and photographers' programs write them; names as a Mac writes them."""

from __future__ import annotations

import json
import unicodedata
from datetime import datetime
from pathlib import Path

import pytest

from assistant.importing.photo_tree import folder_source
from assistant.importing.sidecars import key_of, original_of, read_sidecars, sidecars_of
from tests.support.albums import save

HEAD = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
    'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:acdsee="http://ns.acdsee.com/iptc/1.0/" '
    'xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#" '
    'xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#" '
    'xmlns:iptc="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" '
)
REX = "Rex by the window"


def packet(attributes: str, elements: str) -> str:
    return f"{HEAD}{attributes}>{elements}</rdf:Description></rdf:RDF></x:xmpmeta>"


def alternative(tag: str, text: str = REX) -> str:
    return f'<{tag}><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></{tag}>'


@pytest.mark.parametrize(
    ("xmp", "words"),
    [
        (packet("", alternative("tiff:ImageDescription")), REX),
        (packet("", alternative("exif:UserComment")), REX),
        (packet("", alternative("iptc:AltTextAccessibility")), REX),
        (packet(f'photoshop:Headline="{REX}"', ""), REX),
        (packet(f'acdsee:caption="{REX}"', ""), REX),
        (packet('photoshop:Headline="Rex"', alternative("dc:description")), REX),
        (packet("", alternative("dc:description", f"<![CDATA[{REX}]]>")), REX),
        ("<!-- by a program -->" + packet("", alternative("dc:description")), REX),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + packet("", alternative("dc:description")), ""),
        (packet("", alternative("dc:title", "DSC_7.jpg")), ""),
        (packet("", '<MP:R><rdf:Bag><rdf:li MPReg:PersonDisplayName="Zuri"/></rdf:Bag></MP:R>'), "This is Zuri."),
    ],
)
def test_words_wherever_programs_put_them(tmp_path: Path, xmp: str, words: str) -> None:
    (tmp_path / "a.xmp").write_text(xmp, encoding="utf-8")
    assert read_sidecars([("a.xmp", (tmp_path / "a.xmp").read_bytes)]).words == words


@pytest.mark.parametrize(
    ("attributes", "place"),
    [
        ('exif:GPSLatitude="45.99" exif:GPSLongitude="9.26"', "45.99 N, 9.26 E"),
        ('exif:GPSLatitude="45.99S" exif:GPSLongitude="9.26W"', "45.99 S, 9.26 W"),
        (
            'exif:GPSLatitude="45.99" exif:GPSLatitudeRef="S" exif:GPSLongitude="-9.26"',
            "45.99 S, 9.26 W",
        ),
        ('exif:GPSLatitude="north" exif:GPSLongitude="9.26"', None),
        ('exif:GPSLatitude="145.99" exif:GPSLongitude="9.26"', None),
    ],
)
def test_places_in_degrees_with_a_point(tmp_path: Path, attributes: str, place: str | None) -> None:
    (tmp_path / "a.xmp").write_text(packet(attributes, ""))
    assert read_sidecars([("a.xmp", (tmp_path / "a.xmp").read_bytes)]).place == place


def test_signs_that_stand_for_others_are_read(tmp_path: Path) -> None:
    said = {"description": "Nora &amp; Milo&#39;s pier", "people": [{"name": "O&#39;Neil"}]}
    (tmp_path / "a.json").write_text(json.dumps(said))
    assert read_sidecars([("a.json", (tmp_path / "a.json").read_bytes)]).words == "Nora & Milo's pier. This is O'Neil."


def apart(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def test_accents_apart_and_together_are_one_name(tmp_path: Path) -> None:
    """A Mac writes "é" as two letters; the sidecar of Zoë.jpg was nobody's, the edited twin a second photo."""
    apart, together = (
        (lambda text: unicodedata.normalize("NFD", text)),
        (lambda text: unicodedata.normalize("NFC", text)),
    )
    for n, name in enumerate((together("Zoë.jpg"), "IMG_1.jpg", apart("IMG_1-modifié.jpg"), "IMG_2.jpg")):
        save(tmp_path / name, n)
    pier = datetime.fromtimestamp(1258375918).date()  # a moment: the day is this machine's
    taken = {"description": "Milo", "photoTakenTime": {"timestamp": "1258375918"}}
    for name in (apart("Zoë.jpg.json"), "IMG_1.jpg.json"):
        (tmp_path / name).write_text(json.dumps(taken))
    for name in (apart("métadonnées.json"), "メタデータ.json", "metadados.json", "IMG_2.AAE"):
        (tmp_path / name).write_text("{}")
    source = folder_source(tmp_path)
    found = {unicodedata.normalize("NFC", item.name): item.sidecar and item.sidecar() for item in source.items}
    assert sorted(found) == ["IMG_1-modifié.jpg", "IMG_2.jpg", "Zoë.jpg"] and source.others == ()
    for name in ("IMG_1-modifié.jpg", "Zoë.jpg"):
        said = found[name]
        assert said and said.words == "Milo" and said.date and said.date.date() == pier


def test_an_edited_twin_whose_name_was_cut() -> None:
    photo, sidecar = (
        "Screenshot_20230101-120000_Chrome_of_Milo_a",
        "Screenshot_20230101-120000_Chrome_of_Milo_a.jp.json",
    )
    assert original_of(f"{photo}-edi") == photo and original_of("Milo-ed") is None
    assert sidecars_of(f"{photo}-edi.jpg", {sidecar.casefold(): sidecar}) == [sidecar]


@pytest.mark.parametrize(
    ("photo", "files", "right"),
    [
        ("IMG_1.jpg", ["IMG_1.jpg.supplemental-metadata.json"], ["IMG_1.jpg.supplemental-metadata.json"]),
        (
            "IMG_1(2).jpg",
            ["IMG_1.jpg.supplemental-metadata(2).json", "IMG_1.jpg.supplemental-metadata.json"],
            ["IMG_1.jpg.supplemental-metadata(2).json"],
        ),
        ("IMG_1(2).jpg", ["IMG_1.jpg(2).json"], ["IMG_1.jpg(2).json"]),
        ("IMG_1-bearbeitet(2).jpg", ["IMG_1.jpg(2).json"], ["IMG_1.jpg(2).json"]),
        (
            "Screenshot_2019-07-04-12-30-45-123_com.instagram.android.jpg",
            ["Screenshot_2019-07-04-12-30-45-123_com.instagr.json"],
            ["Screenshot_2019-07-04-12-30-45-123_com.instagr.json"],
        ),
        ("IMG_1.HEIC", ["IMG_1.HEIC.supplemental-meta.json"], ["IMG_1.HEIC.supplemental-meta.json"]),
        ("IMG_1.jpg", ["IMG_1.JPG.json"], ["IMG_1.JPG.json"]),
        ("IMG_1.jpg", ["IMG_10.jpg.json"], []),
        (
            "PXL_20230704_103045123.MP.jpg",
            ["PXL_20230704_103045123.MP.jpg.supplemental-met.json"],
            ["PXL_20230704_103045123.MP.jpg.supplemental-met.json"],
        ),
        ("IMG_1.jpg", ["IMG_1.jpg.su.json"], ["IMG_1.jpg.su.json"]),
        ("é.jpg", ["é.jpg.json"], ["é.jpg.json"]),
        ("IMG_1.CR2", ["IMG_1.xmp", "IMG_1.CR2.xmp"], ["IMG_1.CR2.xmp"]),
        ("IMG_E0001.JPG", ["IMG_0001.xmp"], ["IMG_0001.xmp"]),
        ("IMG_E0001.JPG", ["IMG_0001.xmp", "IMG_E0001.xmp"], ["IMG_E0001.xmp"]),
        ("metadata.jpg", ["metadata.json"], []),
        ("metadata.jpg", ["metadata.jpg.json"], ["metadata.jpg.json"]),
    ],
)
def test_which_sidecar_is_of_which_photo(photo: str, files: list[str], right: list[str]) -> None:
    assert sidecars_of(photo, {key_of(name): name for name in files}) == right


@pytest.mark.parametrize("group", ["", "EXIF:", "XMP:"])
def test_what_exiftool_and_osxphotos_write(group: str) -> None:
    tags: dict[str, object] = {
        "SourceFile": "IMG_1.jpg",
        f"{group}ImageDescription": "OLYMPUS DIGITAL CAMERA",
        f"{group}Title": REX,
        f"{group}PersonInImage": ["Nora", "_UNKNOWN_"],
        f"{group}DateTimeOriginal": "2024:03:13 07:10:00",
        f"{group}OffsetTimeOriginal": "+09:00",
    }
    found = read_sidecars([("IMG_1.jpg.json", json.dumps([tags]).encode)])
    assert (found.words, found.trouble) == (f"{REX}. This is Nora.", "")
    assert found.date and found.date.isoformat() == "2024-03-13T07:10:00+09:00"
    assert read_sidecars([("IMG_1.jpg.json", lambda: b"[]")]).trouble, "no sidecar of a photo"
