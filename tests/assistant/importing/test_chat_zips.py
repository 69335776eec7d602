"""ZIPs of chats as other programs and other people make them: what is read, and what costs one line."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from assistant.importing.sources import open_source
from memory.errors import KeepsakeError
from tests.support.albums import save

TEXT = "31/12/2023, 21:15 - Anna: IMG-20231231-WA0001.jpg (file attached)\nThis is Zoë\n31/12/2023, 21:16 - Ben: Nice\n"
SAID = ("This is Zoë", "Ben wrote: Nice")
CHAT, PHOTO = "WhatsApp Chat with Ben.txt", "IMG-20231231-WA0001.jpg"


def zipped(folder: Path, text: bytes = TEXT.encode(), inside: str = "", more: tuple[str, ...] = ()) -> Path:
    photo = save(folder / "photo.jpg", 1).read_bytes()
    target = folder / "chat.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for name in more:
            archive.writestr(name, b"\0\5\x16\7")
        archive.writestr(inside + CHAT, text)
        archive.writestr(inside + PHOTO, photo)
    return target


def said(path: Path) -> tuple[str, ...]:
    with open_source(path) as source:
        (item,) = source.items
        assert item.read().startswith(b"\xff\xd8")
        return item.said


@pytest.mark.parametrize("inside", ["", "Chat/", "Chat\\", "Export\\Chat\\"])
def test_folders_in_a_zip_with_either_slash(tmp_path: Path, inside: str) -> None:
    assert said(zipped(tmp_path, inside=inside)) == SAID


def test_what_a_finder_adds_is_nothing_of_the_chat(tmp_path: Path) -> None:
    more = ("__MACOSX/Chat/._" + CHAT, "__MACOSX/Chat/._" + PHOTO, "Chat/.DS_Store")
    assert said(zipped(tmp_path, inside="Chat/", more=more)) == SAID


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_text_that_an_editor_saved_again(tmp_path: Path, encoding: str) -> None:
    """As "ANSI", each letter with a mark became a question mark and was kept so; as "Unicode", there was no message."""
    assert said(zipped(tmp_path, TEXT.encode(encoding))) == SAID


def test_a_damaged_letter_does_not_make_a_text_of_windows(tmp_path: Path) -> None:
    text = (TEXT + "31/12/2023, 21:17 - Ben: B!ar, Zoë\n").encode().replace(b"!", b"\xe4")
    assert said(zipped(tmp_path, text)) == (*SAID, "Ben wrote: B\N{REPLACEMENT CHARACTER}ar, Zoë")


@pytest.mark.parametrize("cut", [30, 400])
def test_half_a_zip_is_said_to_be_one(tmp_path: Path, cut: int) -> None:
    path = zipped(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(KeepsakeError, match=r"chat\.zip: it is no whole ZIP, but cut short or damaged; copy it again"):
        said(path)


def test_what_is_wrong_is_said_of_the_zip(tmp_path: Path) -> None:
    """It was said of the last photo in it."""
    path, wrong = zipped(tmp_path), r"/chat\.zip: WhatsApp Chat with Ben\.txt: nobody is called 'Zed'"
    with pytest.raises(KeepsakeError, match=wrong), open_source(path, me="Zed"):
        pass


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name(tmp_path: Path) -> None:
    assert said(zipped(tmp_path, more=("sticker.webp", "sticker.webp"))) == SAID


def test_a_zip_with_a_password(tmp_path: Path) -> None:
    path = zipped(tmp_path)
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = -1
        while (start := data.find(mark, start + 1)) >= 0:
            data[start + at] |= 1
    path.write_bytes(data)
    with pytest.raises(KeepsakeError, match="is locked with a password: zip it without one") as caught:
        said(path)
    assert "ZipInfo" not in str(caught.value)


@pytest.mark.parametrize("name", ["chat.7z", "chat.rar", "chat.tar.gz", "chat.tar"])
def test_other_packed_files_are_to_be_unpacked(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"7z\xbc\xaf'\x1c" + bytes(100))
    with pytest.raises(KeepsakeError, match="only ZIPs are opened; unpack it, then name the folder"):
        said(tmp_path / name)
