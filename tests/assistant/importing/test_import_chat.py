"""`python -m assistant import` of a WhatsApp export: folder, text and ZIP, and what is no source at all."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.__main__ import main
from assistant.importing.sources import open_source
from memory.episode import Turn
from tests.support.albums import import_error, make_album, run_import, save, stored_episodes


@pytest.fixture
def album(tmp_path: Path) -> Path:
    return make_album(tmp_path / "DCIM")


CHAT = """31/12/2023, 21:14 - Messages and calls are end-to-end encrypted.
31/12/2023, 21:15 - Anna: Look
31/12/2023, 21:15 - Anna: \u200eIMG-20231231-WA0001.jpg (file attached)
This is Milo
31/12/2023, 21:16 - Ben: Sweet. \
When you see Milo, remind me to pay Ben.
31/12/2023, 22:00 - Ben: \u200eIMG-20231231-WA0002.JPG (file attached)
31/12/2023, 22:01 - Ben: At home
31/12/2023, 23:00 - Ben: \u200eSTK-20231231-WA0003.webp (file attached)
31/12/2023, 23:01 - Anna: \u200eVID-20231231-WA0004.mp4 (file attached)
31/12/2023, 23:02 - Anna: \u200eIMG-20231231-WA0005.jpg (file attached)
31/12/2023, 23:03 - Anna: <Media omitted>
31/12/2023, 23:04 - Anna: \u200eIMG-../../../etc/x.jpg (file attached)
31/12/2023, 23:30 - Anna: \u200eIMG-20231231-WA0006.jpg (file attached)
"""


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    for n, name in ((1, "WA0001.jpg"), (2, "WA0002.JPG"), (3, "WA0006.jpg")):
        save(folder / f"IMG-20231231-{name}", n)
    save(folder / "STK-20231231-WA0003.webp", 4)
    save(folder / "not in the chat.jpg", 5)
    (folder / "VID-20231231-WA0004.mp4").write_text("film")
    (folder / "WhatsApp Chat with Anna.txt").write_text(CHAT, encoding="utf-8")
    return folder


def zipped(folder: Path, name: str = "chat.zip") -> Path:
    target = folder.parent / name
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"Export/{file.name}")
    return target


ALL_SAID = ["", "Anna wrote: Look\nAnna wrote: This is Milo\nSweet. …", "At home"]


@pytest.mark.parametrize("form", ["folder", "text", "zip"])
def test_a_chat_comes_in(chat: Path, own_home: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    forms = {"folder": chat, "text": chat / "WhatsApp Chat with Anna.txt", "zip": zipped(chat)}
    assert main(["import", str(forms[form]), "--model", "fake", "--json", "--without-words"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert (found["kind"], found["photos"], found["imported"], found["dates"]) == ("chat", 3, 3, {"chat": 3})
    assert [one["file"] for one in found["unusable"]] == ["IMG-20231231-WA0005.jpg"]
    assert sorted(found["others"]) == ["STK-20231231-WA0003.webp", "VID-20231231-WA0004.mp4"]
    assert "you are Ben in it" in err and "1 photo, film or sound left out of the export" in err
    episodes = stored_episodes(own_home)
    assert sorted(episodes) == ALL_SAID
    first_episode = episodes[ALL_SAID[1]]
    written = [episodes[words].told_on for words in ALL_SAID]
    assert written == [None, *[datetime(2023, 12, 31).date()] * 2], "from then on counts what is said of yesterday"
    assert first_episode.when == datetime(2023, 12, 31, 21, 15).astimezone(UTC)
    assert first_episode.turns[-1] == Turn("user", "Sweet. …")


def test_who_you_are_in_a_chat(chat: Path, own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_import(capsys, chat, "--me", "Anna")
    assert "Look\nThis is Milo\nBen wrote: Sweet. …" in stored_episodes(own_home)
    assert "nobody is called 'Eve' in it; it has Anna, Ben" in import_error(capsys, chat, "--me", "Eve")
    (chat / "WhatsApp Chat with Anna.txt").rename(chat / "_chat.txt")
    assert main(["import", str(chat), "--dry-run"]) == 0
    assert "you are nobody in it\nsay who you are with --me: Anna, Ben\n" in capsys.readouterr().err


def test_days_of_a_chat_can_be_said(chat: Path, own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = CHAT.replace("31/12/2023", "01/02/2023").replace("20231231", "x")
    for file in chat.glob("IMG-*"):
        file.rename(chat / file.name.replace("20231231", "x"))
    (chat / "WhatsApp Chat with Anna.txt").write_text(text, encoding="utf-8")
    assert main(["import", str(chat), "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert "1 February 2023" in out and "could be read in more than one way: taken as dmy" in err
    assert main(["import", str(chat), "--dry-run", "--days", "mdy"]) == 0
    assert "2 January 2023" in capsys.readouterr().out


def test_a_chat_again_and_longer(chat: Path, own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_import(capsys, chat)
    text = chat / "WhatsApp Chat with Anna.txt"
    text.write_text(CHAT + "01/01/2024, 09:00 - Ben: \u200enew.png (file attached)\nNala\n", encoding="utf-8")
    save(chat / "new.png", 9)
    found = run_import(capsys, zipped(chat))
    assert (found["imported"], found["known"]) == (1, 3)
    assert sorted(stored_episodes(own_home)) == [*ALL_SAID, "Nala"]


def test_a_zip_with_damaged_photos_brings_the_others(
    chat: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = zipped(chat)
    whole = (chat / "IMG-20231231-WA0001.jpg").read_bytes()
    target.write_bytes(target.read_bytes().replace(whole, whole[:-30] + bytes(30)))
    found = run_import(capsys, target)
    assert found["imported"] == 2
    assert "cannot be unpacked (Bad CRC-32" in str(found["unusable"])


def test_what_is_no_source_costs_one_line(
    chat: Path, album: Path, tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "there is no such folder or file" in import_error(capsys, tmp_path / "none")
    assert "this is one photo; `python -m assistant remember" in import_error(capsys, album / "IMG_0001.JPG")
    assert "import a folder of photos, or the export" in import_error(capsys, album / "film.MOV")
    assert "begins like a message of WhatsApp" in import_error(capsys, album / "notes.txt")
    (tmp_path / "empty").mkdir()
    assert "there are no photos to import in it" in import_error(capsys, tmp_path / "empty")
    hint = "neither photos nor a chat of WhatsApp, Telegram or Signal are in it; unpack it"
    assert hint in import_error(capsys, zipped(tmp_path / "empty", "b.zip"))
    archive = tmp_path / "memories.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("episodes.jsonl", "")
    assert "`python -m memory import" in import_error(capsys, archive)
    (chat / "WhatsApp Chat with Ben.txt").write_text(CHAT, encoding="utf-8")
    assert "holds 2 chats; name one: " in import_error(capsys, chat)
    assert not (own_home / "memory.db").exists()


def test_nothing_beside_the_chat_is_read(chat: Path, tmp_path: Path, own_home: Path) -> None:
    """A name in the text is looked up among the export's files, never opened as a path."""
    save(tmp_path / "secret.jpg", 7)
    text = (
        CHAT + "01/01/2024, 09:00 - Ben: \u200e<attached: ..\\secret.jpg>\n01/01/2024, 09:00 - Ben: secret.jpg (file)\n"
    )
    (chat / "WhatsApp Chat with Anna.txt").write_text(text, encoding="utf-8")
    with open_source(chat) as found:
        assert [item.name for item in found.items] == [
            f"IMG-20231231-WA{name}" for name in ("0001.jpg", "0002.JPG", "0006.jpg")
        ]


def test_what_a_zip_claims_in_sum_is_bounded_before_anything_is_unpacked(
    chat: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each file is small enough; all together would unpack to 900 MB, from a ZIP of 1 MB."""
    target = zipped(chat)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for n in range(90):
            with made.open(f"IMG-{n}.jpg", "w") as entry:
                for _ in range(10):
                    entry.write(bytes(1_000_000))
    told = import_error(capsys, target)
    assert "claims to hold far more than its size allows" in told and told.count("\n") <= 1
