"""Words that nobody wrote: descriptions, names of files and of folders by cameras and programs; and those of people."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from assistant.importing.automatic_words import by_a_person, is_screenshot
from assistant.importing.file_metadata import read_metadata, words_of_name
from assistant.importing.sources import open_source
from tests.support.albums import picture, save

TABLE = Path(__file__).parents[2] / "data" / "automatic_words.tsv"


def cells(kind: str, gives: str) -> list[str]:
    rows = (line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()[2:])
    return [text.replace("␤", "\n") for of, what, text in rows if (of, what) == (kind, gives)]


@pytest.mark.parametrize("words", cells("description", "no words"))
def test_descriptions_by_cameras_and_programs(words: str) -> None:
    assert not by_a_person(words)


@pytest.mark.parametrize("words", cells("description", "words"))
def test_descriptions_by_people(words: str) -> None:
    assert by_a_person(words)


@pytest.mark.parametrize("name", cells("name", "no words"))
def test_names_by_telephones_cameras_and_programs(name: str) -> None:
    assert words_of_name(name) == ""


@pytest.mark.parametrize("name", cells("name", "words"))
def test_names_of_the_table_by_people(name: str) -> None:
    assert words_of_name(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Screenshot of the menu", "Screenshot of the menu"),
        ("Part of the family", "Part of the family"),
        ("Our iCloud party 2 of 3 at Ben", "Our iCloud party 2 of 3 at Ben"),
        ("DSC_0042 Milo at the lake", "Milo at the lake"),
        ("MILO_2023", "MILO 2023"),
        ("Snow 2023", "Snow 2023"),
        ("Beauty 2", "Beauty"),
        ("Trip to Como", "Trip to Como"),
        ("Winnie", "Winnie"),
        ("Photographs by Anna", "Photographs by Anna"),
        ("Spectacles at sea 2023", "Spectacles at sea 2023"),
        ("Рекс на окне", "Рекс на окне"),
        ("Line dance", "Line dance"),
        ("Video night with Ben", "Video night with Ben"),
        ("Signal Hill", "Signal Hill"),
        ("Frame for grandma", "Frame for grandma"),
        ("Prisma-Museum", "Prisma Museum"),
        ("Moments with Nora", "Moments with Nora"),
        ("Juillet à la mer", "Juillet à la mer"),
        ("Playa del mar", "Playa del mar"),
        ("海", "海"),
        ("東京 2019", "東京 2019"),
        ("2012 Paris", "2012 Paris"),
        ("IMG_0042-Nora", "Nora"),
        ("Max", "Max"),
        ("April at school", "April at school"),
        ("June and Ben", "June and Ben"),
        ("Nora May", "Nora May"),
        ("Nora May 2019", "Nora"),
        ("2019年夏天", "2019年夏天"),
        ("外婆80岁", "外婆80岁"),
        ("IMG_2019 Milo", "Milo"),
        ("Milo 2019 12 24", "Milo"),
        ("Nora%20at%20the%20pool", "Nora at the pool"),
        ("100% Milo", "Milo"),
        ("Kopie von Noras Bild", "Noras Bild"),
        ("12 mars 2024 chez Mamie", "chez Mamie"),
        ("MiloAtTheLake_20240312_182211", "MiloAtTheLake"),
        ("Ян 2", "Ян"),
    ],
)
def test_names_by_people(name: str, words: str) -> None:
    found = words_of_name(name)
    assert found == words or (words.startswith("Screenshot") and found == "menu")


def test_screenshots_are_known_by_their_names() -> None:
    assert is_screenshot("Screenshot_20230101-120000_Chrome") and is_screenshot("Bildschirmfoto 2023-01-01 um 12.00.00")
    assert is_screenshot("Capture d'e\u0301cran 2023-01-01 à 12.00.00"), "as a Mac writes accents"
    assert not is_screenshot("Screenshot of Milo") and not is_screenshot("IMG_0001")


def comment(raw: bytes, endian: str = "<") -> str:
    file, exif = io.BytesIO(), Image.Exif()
    exif.endian = endian
    exif.get_ifd(0x8769)[0x9286] = raw
    picture(1).save(file, "JPEG", exif=exif)
    return read_metadata(Image.open(file)).words


@pytest.mark.parametrize(
    "raw",
    [
        b"ASCII\0\0\0Milo at home",
        b"ASCII\0\0\0Milo at home\0\0  ",
        b"UNICODE\0" + "Milo at home".encode("utf-16-le"),
        b"UNICODE\0" + "Milo at home".encode("utf-16-be"),
        b"UNICODE\0\xff\xfe" + "Milo at home".encode("utf-16-le"),
        b"UNICODE\0" + b"\xef\xbb\xbfMilo at home",
        b"\0" * 8 + b"Milo at home",
    ],
)
def test_the_comment_of_a_user_is_read(raw: bytes) -> None:
    assert comment(raw) == comment(raw, ">") == "Milo at home"


def test_comments_in_other_scripts_and_those_of_nobody() -> None:
    assert comment(b"UNICODE\0" + "小狗在海边玩得很开心".encode("utf-16-be")) == "小狗在海边玩得很开心"
    for text in ("李奶奶在家", "ミロと公園", "Nora 🐶 am See", "妈妈和Nora", "할머니", "Бабушка", "ยายที่ทะเล"):
        for code in ("utf-16-le", "utf-16-be"):
            raw = b"UNICODE\0" + text.encode(code)
            assert comment(raw) == comment(raw, ">") == text, code
    assert comment(b"UNICODE\0Milo at home") == "Milo at home", "plain letters"
    assert comment(b"JIS\0\0\0\0\0" + "犬のミロ".encode("iso2022_jp")) == "犬のミロ"
    for nobody in (b"", b"ASCII\0\0\0" + b"\0" * 60, b"ASCII\0\0\0          ", b"ASCII\0\0\0Screenshot", b"UNICODE\0"):
        assert comment(nobody) == ""


def alternatives(*texts: tuple[str, str]) -> str:
    lines = "".join(f'<rdf:li xml:lang="{language}">{text}</rdf:li>' for language, text in texts)
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
        f"{lines}</rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    file = io.BytesIO()
    picture(1).save(file, "JPEG", xmp=packet.encode())
    return read_metadata(Image.open(file)).words


def test_of_several_languages_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    german, french = ("de-AT", "Rex am Fenster"), ("fr", "Rex à la fenêtre")
    assert alternatives(french, german, ("x-default", "Rex by the window")) == "Rex by the window"
    assert alternatives(french, ("en-GB", "Rex by the window")) == "Rex by the window"
    monkeypatch.setattr("locale.getlocale", lambda: ("de_DE", "UTF-8"))
    assert alternatives(french, ("en", "Rex by the window"), german) == "Rex am Fenster"
    assert alternatives(french) == "Rex à la fenêtre"
    assert alternatives(("x-default", " "), french) == "Rex à la fenêtre"


def test_the_folder_that_is_named_says_nothing_about_its_photos(tmp_path: Path) -> None:
    """Only folders in it do, and of these the nearest whose name says something."""
    root = tmp_path / "Lake Como"
    for path in ("IMG_1.png", "Boat trip/IMG_2.png", "Boat trip/100APPLE/IMG_3.png", "Photos from 2019/IMG_4.png"):
        save(root / path, 1)
    with open_source(root) as source:
        named = {item.name: item.named for item in source.items}
    assert named == {
        "IMG_1.png": "",
        "Boat trip/IMG_2.png": "Boat trip",
        "Boat trip/100APPLE/IMG_3.png": "Boat trip",
        "Photos from 2019/IMG_4.png": "",
    }


@pytest.mark.parametrize(
    "folder",
    [
        "Foto's uit 2009", "Zdjęcia z 2009", "Фотографии за 2009 год", "2009 年の写真", "2009년 사진",
        "Bilder från 2009",
        "Kuvat vuodelta 2009", "Archive", "Papierkorb", "Corbeille", "Sans titre", "Sin título", "Failed Videos",
        "Moments",
        "Recently Added", "My Photo Stream", "Unsorted", "Nov 2009", "Juillet 2009", "Day 1", "Eigene Aufnahmen",
    ],
)  # fmt: skip
def test_folders_that_programs_make_say_nothing(folder: str) -> None:
    assert words_of_name(folder) == ""


def described(kind: str = "JPEG", tags: dict[int, object] | None = None, **more: object) -> str:
    """The words of a picture with these tags of EXIF, and what else Pillow is told to write."""
    file, exif = io.BytesIO(), Image.Exif()
    exif.update(tags or {})
    picture(1).save(file, kind, exif=exif, **more)  # type: ignore[arg-type]
    return read_metadata(Image.open(file)).words


def of_png(key: str, text: str) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_itxt(key, text)
    return info


def test_words_are_read_wherever_programs_write_them() -> None:
    assert described(tags={0x9C9F: ("Milo at home" + chr(0)).encode("utf-16-le")}) == "Milo at home"
    assert described(tags={0x010E: "Milo &amp; Zo\u00eb".encode()}) == "Milo & Zo\u00eb"
    assert described(tags={0x010E: "Milo with Zo\u00eb".encode("cp1252")}) == "Milo with Zo\u00eb"
    assert described(comment=b"Milo at home") == "Milo at home"
    for key in ("Description", "Title", "Comment"):
        assert described("PNG", pnginfo=of_png(key, "犬のミロ")) == "犬のミロ"
    assert comment(b"ASCII\0\0\0" + "Milo with Zo\u00eb".encode("latin-1")) == "Milo with Zo\u00eb"
    assert comment(b"Milo at home with Ben") == "Milo at home with Ben"


def test_what_programs_write_there_and_codes_that_are_not_known_are_no_words() -> None:
    assert described(comment=b"CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90") == ""
    assert described("PNG", pnginfo=of_png("Comment", "Created with GIMP")) == ""
    assert described("PNG", pnginfo=of_png("Software", "gnome-screenshot")) == ""
    for text, code in (("Мило дома", "cp1251"), ("小狗在海边", "gbk")):
        assert described(tags={0x010E: text.encode(code)}) == ""
    for text in ("犬のミロ、海で", "祖母の庭"):  # read as Windows' code of the west they were noise
        assert described(tags={0x010E: text.encode("shift-jis")}) == text
