"""Exports as they lie on people's disks: zipped by Windows, copied twice, a folder too deep, in several parts."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from assistant.__main__ import main
from assistant.importing.file_metadata import words_of_name
from assistant.importing.import_photos import import_all
from assistant.importing.import_source import Choices
from assistant.importing.sources import open_source
from tests.support.albums import run_import, save, stored_episodes

IPHONE = "[13.05.24, 18:30:03] Ben: \u200e<attached: a.jpg>\n[13.05.24, 18:30:40] Ben: This is Milo\n"
TELEGRAM = {
    "name": "Ben",
    "type": "personal_chat",
    "messages": [
        {"type": "message", "date": "2024-05-13T18:30:00", "from": "Ben", "text": "This is Milo", "photo": "a.jpg"}
    ],
}


def told(path: Path) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """The words of each photo that an import would keep, by the file's name, and the notes."""
    with open_source(path) as source:
        outcomes = [*import_all(None, None, source.items, Choices(without_words=True))]
        kept = {Path(o.name).name: tuple(t.text for t in o.episode.turns) for o in outcomes if o.episode}
        return kept, source.notes


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("cp437", "Zoë am Müggelsee.jpg"),
        ("cp850", "Ærø ved kysten.jpg"),
        ("cp852", "Łódź wieczorem.jpg"),
        ("cp866", "Мило на даче.jpg"),
        ("cp932", "海のミロ.jpg"),
        ("gbk", "我们的小狗.jpg"),
        ("cp949", "강아지와 바다.jpg"),
        ("cp1252", "Núñez à Évora.jpg"),
        ("cp857", "Şirin İstanbul.jpg"),
        ("utf-8", "Zoë en été.jpg"),
    ],
)
def test_names_in_a_zip_of_windows(tmp_path: Path, code: str, name: str) -> None:
    path, raw = tmp_path / "WhatsApp Chat with Ben.zip", name.encode(code)
    text = f"13/05/2024, 18:30 - Ben: {name} (file attached)\n13/05/2024, 18:31 - Ben: This is Milo\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("WhatsApp Chat with Ben.txt", text)
        archive.writestr("x" * len(raw), save(tmp_path / "a.jpg", 1).read_bytes())
    path.write_bytes(path.read_bytes().replace(b"x" * len(raw), raw))
    assert told(path)[0] == {name: ("Ben wrote: This is Milo",)}


@pytest.mark.parametrize("name", ["_chat.txt", "_chat 2.txt", "_chat (1).txt", "_chat(1).txt", "_chat copy.txt"])
@pytest.mark.parametrize(
    ("text", "code"), [(IPHONE, "utf-8"), (IPHONE, "utf-16-le"), (IPHONE.replace("\n", "\r"), "utf-8")]
)
def test_a_second_copy_of_a_chat_and_other_codes(tmp_path: Path, name: str, text: str, code: str) -> None:
    save(tmp_path / "a.jpg", 1)
    (tmp_path / name).write_bytes(text.encode(code))
    assert told(tmp_path)[0] == told(tmp_path / name)[0] == {"a.jpg": ("Ben wrote: This is Milo",)}


def test_a_second_copy_of_an_export_of_telegram(tmp_path: Path) -> None:
    save(tmp_path / "a.jpg", 1)
    (tmp_path / "result (1).json").write_text(json.dumps(TELEGRAM))
    assert told(tmp_path)[0] == told(tmp_path / "result (1).json")[0] == {"a.jpg": ("Ben wrote: This is Milo",)}


def test_the_folder_above_a_chat(tmp_path: Path) -> None:
    """Where nothing else lies in it the chat is meant; else the folder is one of photos, and the chats are named."""
    chat = tmp_path / "exports" / "WhatsApp Chat - Ben"
    save(chat / "a.jpg", 1)
    (chat / "_chat.txt").write_text(IPHONE, encoding="utf-8")
    (tmp_path / "exports" / ".DS_Store").write_bytes(b"x")
    assert told(tmp_path / "exports")[0] == {"a.jpg": ("Ben wrote: This is Milo",)}
    other = tmp_path / "exports" / "ChatExport_2024-05-13"
    save(other / "b.jpg", 2)
    (other / "result.json").write_text(json.dumps(TELEGRAM))
    kept, notes = told(tmp_path / "exports")
    assert kept == {"a.jpg": (), "b.jpg": ()}, "the names of exports are nobody's words"
    assert "ChatExport_2024-05-13/result.json, WhatsApp Chat - Ben/_chat.txt: if this is a chat" in notes[-1]


def test_media_that_were_sorted_into_folders(tmp_path: Path) -> None:
    save(tmp_path / "Media" / "2024" / "IMG-20240513-WA0001.jpg", 1)
    save(tmp_path / "Media" / "private.jpg", 2)
    text = "13/05/2024, 18:30 - Ben: IMG-20240513-WA0001.jpg (file attached)\nThis is Milo\n"
    (tmp_path / "WhatsApp Chat with Ben.txt").write_text(text)
    assert told(tmp_path)[0] == {"IMG-20240513-WA0001.jpg": ("Ben wrote: This is Milo",)}


def test_what_was_deleted_stays_out(tmp_path: Path) -> None:
    save(tmp_path / "Milo.jpg", 1)
    for n, folder in enumerate(("$RECYCLE.BIN", "#recycle", "System Volume Information", ".Trash-1000"), 2):
        save(tmp_path / folder / "gone.jpg", n)
    save(tmp_path / "Trash" / "IMG_1.jpg", 9)
    (tmp_path / "Trash" / "IMG_1.jpg.json").write_text('{"title": "IMG_1.jpg", "trashed": true}')
    with open_source(tmp_path) as source:
        found = {o.name: (o.outcome, o.detail) for o in import_all(None, None, source.items)}
        assert "4 hidden files or folders left alone" in source.notes
    assert found.pop("Milo.jpg")[0] == "new"
    assert found == {"Trash/IMG_1.jpg": ("unusable", "it was deleted in Google Photos, and lay in the trash there")}


def test_an_empty_name_is_not_this_folder(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["import", ""])
    assert end.value.code == 2 and "name a file or folder" in capsys.readouterr().err


def test_what_belongs_to_films_and_edits_is_not_named(tmp_path: Path) -> None:
    save(tmp_path / "IMG_E0001.JPG", 1)
    for name in ("IMG_0001.AAE", "IMG_O0001.AAE", "VID_1.mp4", "VID_1.mp4.supplemental-metadata.json", "gone.jpg.json"):
        (tmp_path / name).write_text("{}")
    with open_source(tmp_path) as source:
        assert source.others == ("VID_1.mp4", "gone.jpg.json")


def test_an_album_gives_its_words_to_photos_kept_without_any(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Google puts each photo of an album beside the others of its year once more: it is one memory, not two."""
    photo = save(tmp_path / "Photos from 2019" / "IMG_1.jpg", 1, "2019:07:01 12:00:00")
    save(tmp_path / "Photos from 2019" / "IMG_2.jpg", 2, "2019:07:02 12:00:00")
    (tmp_path / "Trip to Rome").mkdir()
    shutil.copy(photo, tmp_path / "Trip to Rome")
    summary = run_import(capsys, tmp_path)
    assert (summary["imported"], summary["told"], summary["known"]) == (2, 1, 0)
    kept = stored_episodes(own_home)
    assert {words: str(one.day) for words, one in kept.items()} == {"Trip to Rome": "2019-07-01", "": "2019-07-02"}
    assert run_import(capsys, tmp_path)["known"] == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Milo with a photo", "Milo with a photo"),
        ("Ben in the folder", "Ben in the folder"),
        ("Grandpa's last image", "Grandpa's last image"),
        ("Oma en de foto", "Oma en de foto"),
        ("Table for 2", "Table for 2"),
        ("Anna's album", "Anna's album"),
        ("Milo copy", "Milo"),
        ("Paris 2019 edit", "Paris 2019"),
        ("photo of the camera", ""),
        ("IMG_0001 of the", ""),
    ],
)
def test_a_name_is_not_cut_in_the_middle_of_what_it_says(name: str, words: str) -> None:
    assert words_of_name(name) == words
