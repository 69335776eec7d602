"""Libraries that people have: Google Takeout, XMP sidecars, Apple Photos, screenshots, linked folders, huge folders."""

from __future__ import annotations

import gc
import json
from datetime import date, datetime
from pathlib import Path

import pytest
from PIL import Image

from assistant.__main__ import main
from assistant.importing.import_photos import import_all
from assistant.importing.import_source import Choices, Item, Sidecar
from assistant.importing.libraries.folder_level import Level
from assistant.importing.photo_tree import folder_source
from assistant.importing.sidecars import is_clip, original_of, read_sidecars, sidecars_of
from memory.episode import Episode
from tests.support.albums import save, xmp

PIER = 1258375918  # 16 November 2009, 12:51:58 UTC


def takeout(path: Path, **more: object) -> None:
    said = {"title": "x", "description": "Milo at the pier", "photoTakenTime": {"timestamp": str(PIER)}, **more}
    path.write_text(json.dumps(said), encoding="utf-8")


def told(root: Path, choices: Choices | None = None) -> dict[str, Episode]:
    """What an import would keep, by the names of the files."""
    choices = choices or Choices(without_words=True, keep_places=True)
    return {o.name: o.episode for o in import_all(None, None, folder_source(root).items, choices) if o.episode}


@pytest.mark.parametrize(
    ("clip", "belongs"),
    [
        ("IMG_1.MOV", True),
        ("IMG_1_HEVC.MOV", True),
        ("IMG_1.HEIC.MOV", True),
        ("IMG_2.MOV", False),
        ("IMG_1.txt", False),
    ],
)
def test_which_clip_is_one_of_a_live_photo(clip: str, belongs: bool) -> None:
    assert is_clip(clip, {"img_1": "IMG_1.HEIC"}) is belongs


@pytest.mark.parametrize(
    ("photo", "sidecar"),
    [
        ("IMG_1.JPG", "IMG_1.JPG.json"),
        ("IMG_1.JPG", "img_1.jpg.JSON"),
        ("IMG_1.JPG", "IMG_1.JPG.supplemental-metadata.json"),
        ("IMG_1(2).JPG", "IMG_1.JPG(2).json"),
        ("IMG_1(2).JPG", "IMG_1.JPG.supplemental-metadata(2).json"),
        ("IMG_1 (2).JPG", "IMG_1 (2).JPG.json"),
        ("PXL_20230101_120000123.PORTRAIT.jpg", "PXL_20230101_120000123.PORTRAIT.jpg.supplement.json"),
        ("PXL_20230101_120000123.NIGHT.COVER.jpg", "PXL_20230101_120000123.NIGHT.COVER.jpg.supplem.json"),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301_of_milo.jpg", "3f2504e0-4f89-11d3-9a0c-0305e82c3301_of_milo.j.json"),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301_of_milo_.jpg", "3f2504e0-4f89-11d3-9a0c-0305e82c3301_of_milo_.json"),
        ("IMG_1.JPG", "IMG_1.json"),
        ("IMG_8.HEIC.jpg", "IMG_8.HEIC.supplemental-metadata.json"),
        ("IMG_1-edited.JPG", "IMG_1.JPG.json"),
        ("IMG_1.jpg", "IMG_1.HEIC.supplemental-metadata.json"),
        ("IMG_1-editată.JPG", "IMG_1.JPG.json"),
        ("IMG_1-đã chỉnh sửa.JPG", "IMG_1.JPG.json"),
        ("IMG_1-ערוך(1).JPG", "IMG_1.JPG(1).json"),
        ("IMG_1-bearbeitet(1).JPG", "IMG_1.JPG(1).json"),
        ("IMG_1-gewijzigd.JPG", "IMG_1.JPG.json"),
        ("IMG_1-편집됨.JPG", "IMG_1.JPG.json"),
        ("IMG_1 (Edited).JPG", "IMG_1.JPG.json"),
        ("IMG_1~2.JPG", "IMG_1.JPG.json"),
        ("DSC_7.jpg", "DSC_7.xmp"),
        ("DSC_7-edited.jpg", "DSC_7.HEIC.xmp"),
        ("DSC_7_edited.jpeg", "DSC_7.dng.XMP"),
        ("DSC_7.jpg", "DSC_7.jpg.XMP"),
    ],
)
def test_which_sidecar_belongs_to_a_photo(photo: str, sidecar: str) -> None:
    others = ["IMG_12.JPG.json", "IMG_1(3).JPG.json", "IMG_1.JPG(3).json", "metadata.json", "DSC_77.xmp"]
    assert sidecars_of(photo, {name.casefold(): name for name in (sidecar, *others)}) == [sidecar]
    assert sidecars_of(photo, {name.casefold(): name for name in others}) == []


def test_takeout_gives_words_days_people_and_places(tmp_path: Path) -> None:
    album = tmp_path / "Takeout" / "Google Photos" / "Trip to Como"
    for n, name in enumerate(("IMG_1.JPG", "IMG_2.JPG", "IMG_3.JPG", "IMG_4.JPG")):
        save(album / name, n)
    camera = save(album / "IMG_5.JPG", 5, "2009:11:17 08:00:00", "+14:00")
    takeout(album / "IMG_1.JPG.supplemental-metadata.json")
    people, place = [{"name": "Nora"}, {"name": "Milo"}, {}, 3], {"latitude": 45.99, "longitude": -9.26}
    takeout(album / "IMG_2.JPG.json", people=people, geoData=place)
    takeout(album / "IMG_3.JPG.json", description="", people=people, photoTakenTime={"timestamp": "99999999999"})
    takeout(album / "IMG_4.JPG.json", description="Created with GIMP", geoData={"latitude": 0.0, "longitude": 0.0})
    takeout(camera.with_name("IMG_5.JPG.json"))
    takeout(album / "metadata.json")
    found = told(tmp_path / "Takeout")
    at = "Google Photos/Trip to Como/"
    assert [found[f"{at}IMG_{n}.JPG"].words for n in range(1, 6)] == [
        "Milo at the pier",
        "Milo at the pier. This is Nora.",
        "This is Nora and Milo.",
        "Trip to Como",
        "Milo at the pier",
    ]
    days = [found[f"{at}IMG_{n}.JPG"].day for n in range(1, 6)]
    pier = datetime.fromtimestamp(PIER).date()  # Takeout tells a moment: the day is this machine's
    assert days == [pier, pier, None, pier, date(2009, 11, 17)], "the last one by the clock of its camera"
    assert found[f"{at}IMG_2.JPG"].place == "45.99 N, 9.26 W" and found[f"{at}IMG_4.JPG"].place is None
    source = folder_source(tmp_path)
    assert source.others == () and "5 photos with a sidecar file" in source.notes[0]


def test_a_date_that_was_set_right_counts_before_the_cameras(tmp_path: Path) -> None:
    """The clock of the camera was never set; who sorts photos in Google Photos gives them their day."""
    for n in (1, 2, 3):
        save(tmp_path / f"IMG_{n}.JPG", n, "2005:01:01 00:00:12")
    takeout(tmp_path / "IMG_1.JPG.json", creationTime={"timestamp": str(PIER + 5_000_000)})
    takeout(tmp_path / "IMG_2.JPG.json", creationTime={"timestamp": str(PIER + 60)})
    packet = '<x xmlns:e="http://ns.adobe.com/exif/1.0/" e:DateTimeOriginal="2014-04-02T12:56:32"/>'
    (tmp_path / "IMG_3.xmp").write_text(packet, encoding="utf-8")
    found = told(tmp_path)
    assert found["IMG_1.JPG"].day == datetime.fromtimestamp(PIER).date()
    assert found["IMG_2.JPG"].day == date(2005, 1, 1), "Google knew none: it is the day of the upload"
    assert found["IMG_3.JPG"].day == date(2014, 4, 2)


def test_the_edited_twin_comes_in_and_the_original_is_named(tmp_path: Path) -> None:
    for n, name in enumerate(
        ("IMG_1.JPG", "IMG_1-edited.JPG", "IMG_0002.HEIC.jpg", "IMG_2-edited.JPG", "IMG_E0003.JPG")
    ):
        save(tmp_path / name, n)
    save(tmp_path / "IMG_0003.JPG", 9)
    takeout(tmp_path / "IMG_1.JPG.json")
    found = told(tmp_path)
    assert set(found) == {"IMG_1-edited.JPG", "IMG_0002.HEIC.jpg", "IMG_2-edited.JPG", "IMG_E0003.JPG"}
    assert found["IMG_1-edited.JPG"].words == "Milo at the pier", "the original's sidecar"
    assert any(note.startswith("2 originals left out") for note in folder_source(tmp_path).notes)
    assert original_of("IMG_7-ha editado") == "IMG_7"
    assert original_of("IMG_7-bearbeitet(1)") == "IMG_7(1)" and original_of("Milo edits") is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_xmp_beside_a_photo(tmp_path: Path, encoding: str) -> None:
    save(tmp_path / "DSC_1.jpg", 1)
    packet = xmp("Rex by the window").replace(
        b"<rdf:Description",
        b'<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:DateTimeOriginal="2014-04-02T12:56:32" '
        b'exif:GPSLatitude="45,59.4N" exif:GPSLongitude="9,15,36E"',
    )
    assert b"GPSLatitude" in packet
    (tmp_path / "DSC_1.xmp").write_bytes(packet.decode().encode(encoding))
    [episode] = told(tmp_path).values()
    assert (episode.words, episode.day, episode.place) == ("Rex by the window", date(2014, 4, 2), "45.99 N, 9.26 E")


def test_who_is_in_a_photo_by_a_photo_manager(tmp_path: Path) -> None:
    regions = (
        b'<rdf:li xmlns:m="http://www.metadataworkinggroup.com/schemas/regions/" m:Type="Face" m:Name="Zuri"/>'
        b'<rdf:li xmlns:m="http://www.metadataworkinggroup.com/schemas/regions/" m:Type="Focus" m:Name="no one"/>'
    )
    save(
        tmp_path / "DSC_1.jpg",
        1,
        xmp=xmp("At the lake").replace(b"</rdf:Description>", regions + b"</rdf:Description>"),
    )
    assert [one.words for one in told(tmp_path).values()] == ["At the lake. This is Zuri."]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b'{"a":' * 100_000, b"{" + b" " * (1 << 20) + b"}"])
def test_a_damaged_sidecar_costs_one_line_and_not_the_photo(
    data: bytes, tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "a" / "IMG_1.JPG", 1)
    (tmp_path / "a" / "IMG_1.JPG.json").write_bytes(data)
    (tmp_path / "a" / "IMG_1.xmp").write_bytes(data)
    assert main(["import", str(tmp_path / "a"), "--dry-run", "--without-words"]) == 0
    out = capsys.readouterr().out
    why = "it is larger than 1 MB" if len(data) > 1 << 20 else "it is damaged"
    assert f"IMG_1.xmp beside it cannot be read: {why}" in out and "no words" in out


def test_odd_values_in_a_sidecar_count_as_none(tmp_path: Path) -> None:
    unknown = {"photoTakenTime": {"timestamp": "0"}}  # Google does not know when, which is not 1970
    for odd in ({"description": 3, "people": "x", "geoData": {"latitude": "x"}, "photoTakenTime": []}, {}, unknown):
        (tmp_path / "x.json").write_text(json.dumps(odd))
        assert read_sidecars([("x.json", (tmp_path / "x.json").read_bytes)]) == Sidecar()
    gone = read_sidecars([("none.json", (tmp_path / "none.json").read_bytes)])
    assert gone.trouble.startswith("none.json beside it cannot be read: No such")


def test_apple_photos_live_photos_and_libraries(tmp_path: Path) -> None:
    """Of a live photo the picture comes in; of a library the photos, and no copies of them."""
    library = tmp_path / "Photos Library.photoslibrary"
    for n, name in enumerate(("originals/A/IMG_1.JPG", "resources/derivatives/IMG_1_1_105_c.jpeg", "database/x.png")):
        save(library / name, n)
    (library / "originals" / "A" / "IMG_1.MOV").write_bytes(b"clip")
    save(tmp_path / "PXL_1.MP.jpg", 8)
    for name in ("PXL_1.MP", "film.mov"):
        (tmp_path / name).write_bytes(b"clip")
    source = folder_source(tmp_path)
    assert sorted(item.name for item in source.items) == [
        "PXL_1.MP.jpg",
        "Photos Library.photoslibrary/originals/A/IMG_1.JPG",
    ]
    assert source.others == ("film.mov",) and "2 clips of live photos left out: the pictures come in" in source.notes


def test_photos_by_their_bytes(tmp_path: Path) -> None:
    photo = save(tmp_path / "milo.jpg", 1, quality=90)
    for name in ("nora", "nora.jfif", "nora.JPE", "nora.JPG_large", "nora.mpo", "nora.jpg.1"):
        (tmp_path / name).write_bytes(photo.read_bytes())
    half = ("b.jpg.!ut", "c.jpg.part", "d.jpg~", "e.THM", "f.jpg_original", "g.jpg.old", "h.jpg.opdownload")
    # thumbnails, copies of before and unfinished downloads hold pictures, too
    for name in half:
        (tmp_path / name).write_bytes(photo.read_bytes())
    (tmp_path / "README").write_text("no photo")
    (tmp_path / "raw.dng").write_bytes(b"II*\0" + bytes(100))
    source = folder_source(tmp_path)
    found = ["milo.jpg", "nora", "nora.JPE", "nora.JPG_large", "nora.jfif", "nora.jpg.1", "nora.mpo"]
    assert [item.name for item in source.items] == found
    assert sorted(source.others) == ["README", *half, "raw.dng"]


def test_linked_folders_are_named_and_not_followed(tmp_path: Path) -> None:
    save(tmp_path / "a" / "IMG_1.JPG", 1)
    (tmp_path / "a" / "all").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "linked.jpg").symlink_to(tmp_path / "a" / "IMG_1.JPG")
    source = folder_source(tmp_path / "a")
    assert [item.name for item in source.items] == ["IMG_1.JPG", "linked.jpg"]
    assert source.notes == ("1 linked folder not followed: all (import one by its own path)",)


def test_screenshots_are_counted_and_left_out_on_request(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "a"
    for n, name in enumerate(("IMG_1.JPG", "Screenshot_20230101-120000_Chrome.jpg", "Screenshots/IMG_2.png")):
        save(root / name, n)
    described = save(root / "Screenshot 2023-01-01 at 12.00.00.jpg", 4, xmp=xmp("The menu of Milo's birthday"))
    comment = save(root / "IMG_3.jpg", 5)
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0Screenshot"
    Image.open(comment).save(comment, exif=exif)
    everything = [str(root), "--without-words", "--json", "--dry-run"]
    assert main(["import", *everything]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["would_import"], found["screenshots"]) == (5, 3)
    assert main(["import", *everything, "--no-screenshots"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["would_import"], found["screenshots"]) == (2, 3), described


def test_a_huge_folder_is_walked_without_holding_its_files(tmp_path: Path) -> None:
    """Only what is known of the files of one folder is there at a time."""
    for n in range(20):
        (tmp_path / f"{n:02}").mkdir()
        for m in range(10):
            (tmp_path / f"{n:02}" / f"IMG_{n:02}{m:02}.jpg").touch()
    source, most, last = folder_source(tmp_path), 0, ""
    for n, item in enumerate(source.items):
        last = item.name
        if n % 25 == 0:
            most = max(most, _held(tmp_path))
    assert (n + 1, last) == (len(source.items), "19/IMG_1909.jpg")
    assert 0 < most <= 20


def _held(root: Path) -> int:
    """How many files below a folder something is known of."""
    there = [
        one for one in gc.get_objects() if type(one) in (Level, Item)
    ]  # isinstance would wake what other libraries hide behind proxies
    items = sum(isinstance(one, Item) and one.name[2:7] == "/IMG_" for one in there)
    return items + sum(len(one.photos) for one in there if isinstance(one, Level) and root in one.folder.parents)
