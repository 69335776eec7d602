"""Chats of Telegram Desktop as pages, which is what it exports unless asked for JSON; and the clock of an export."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest

from assistant.importing.chats import telegram, telegram_pages
from assistant.importing.chats.chat import Message
from assistant.importing.sources import open_source
from memory.errors import KeepsakeError
from tests.support.albums import save
from tests.support.local_clock import in_zone


@pytest.fixture
def in_los_angeles(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from in_zone(monkeypatch, "America/Los_Angeles")


NOT_INCLUDED = '<div class="description">Not included, change data exporting settings to download.</div>'


def media(kind: str, title: str, href: str = "", more: str = "") -> str:
    """A file as a row: one that is not shown as a picture."""
    tag = (
        f'a class="media clearfix pull_left block_link {kind}" href="{href}"'
        if href
        else f'div class="media clearfix pull_left {kind}"'
    )
    body = f'<div class="body"><div class="title bold">{title}</div>{more}<div class="status details">1 KB</div></div>'
    return (
        f'<div class="media_wrap clearfix"><{tag}><div class="fill pull_left"></div>{body}</{tag[:3].split()[0]}></div>'
    )


def photo(path: str) -> str:
    img = f'<img class="photo" style="width: 260px; height: 195px" src="{path.replace(".jpg", "_thumb.jpg")}"/>'
    return f'<div class="media_wrap clearfix"><a class="photo_wrap clearfix pull_left" href="{path}">{img}</a></div>'


def message(
    n: int, at: str, sender: str | None = None, inside: str = "", text: str = "", date: str = "25.12.2023"
) -> str:
    """A message; `sender` None: it is joined to the one before."""
    name = (
        ""
        if sender is None
        else (
            '<div class="pull_left userpic_wrap"><div class="userpic userpic1"><div class="initials">AB</div></div>'
            "</div>"
        )
    )
    said = "" if sender is None else f'<div class="from_name">\n{sender} \n</div>'
    words = f'<div class="text">\n{text}\n</div>' if text else ""
    joined = " joined" if sender is None else ""
    return (
        f'<div class="message default clearfix{joined}" id="message{n}">{name}<div class="body">'
        f'<div class="pull_right date details" title="{date} {at} UTC+01:00">{at[:5]}</div>{said}{inside}{words}</div>'
        "</div>"
    )


def page(*messages: str, title: str = "Anna") -> bytes:
    head = f'<div class="page_header"><div class="content"><div class="text bold">\n{title}\n</div></div></div>'
    day = '<div class="message service" id="message-1"><div class="body details">25 December 2023</div></div>'
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"/><title>Exported Data</title><link href="css/style.css" '
        'rel="stylesheet"/><script src="js/script.js"></script></head><body>'
        f'<div class="page_wrap">{head}<div class="page_body chat_page"><div class="history">{day}{"".join(messages)}'
        "</div></div></div></body></html>"
    ).encode()


MILO = 'This is <strong>Milo</strong>, <a href="https://t.me/ben">@ben</a>&apos;s &quot;dog&quot;<br>at home'
FORWARDED = (
    '<div class="forwarded body"><div class="from_name">Zoo  <span class="date details" '
    'title="24.12.2023 08:00:00 UTC+01:00"> 24.12.2023 08:00:00</span></div>'
    f'{photo("photos/tiger.jpg")}<div class="text">From the zoo</div></div>'
)
REPLY = '<div class="reply_to details">In reply to <a href="#go_to_message2" onclick="GoTo(2)">this message</a></div>'
POLL = '<div class="media_wrap"><div class="media_poll"><div class="question bold">When?</div></div></div>'
FIRST = page(
    message(1, "18:30:00", "Ben  Berg", text="Look who is here"),
    message(2, "18:30:20", None, photo("photos/photo_1@25-12-2023_18-30-20.jpg"), MILO),
    message(3, "18:31:00", "Anna", text="He stole my sandwich. geo:48.2,16.3"),
    message(4, "18:31:10", "Ben Berg via @gif", text="BOT'S WORDS"),
    message(5, "18:40:00", "Anna", media("media_photo", "Sticker", "stickers/a.webp")),
    message(6, "18:41:00", None, media("media_photo", "Self-destructing photo"), "hush"),
    message(7, "19:00:00", "Ben Berg", media("media_photo", "Photo", more=NOT_INCLUDED), "the garden"),
    message(8, "20:00:00", "Anna", FORWARDED),
    message(9, "21:00:00", None, POLL),
    message(10, "21:10:00", None, media("media_location", "Location", "https://maps.google.com/maps?q=1,2")),
)  # fmt: skip
SECOND = page(
    message(11, "23:30:00", "Ben Berg", media("media_file", "lake.jpg", "files/lake.jpg"), "The lake", "31.12.2023"),
    message(12, "23:40:00", "Anna", REPLY, "His name is short for Milosz", "31.12.2023"),
    message(13, "23:50:00", "Deleted Account", photo("../../chats/chat_7/photos/old.jpg"), date="31.12.2023"),
)


def export(folder: Path) -> Path:
    for n, name in enumerate(
        ("photo_1@25-12-2023_18-30-20.jpg", "photo_1@25-12-2023_18-30-20_thumb.jpg", "tiger.jpg", "old.jpg")
    ):
        save(folder / "photos" / name, n)
    save(folder / "files" / "lake.jpg", 9)
    (folder / "messages.html").write_bytes(FIRST)
    (folder / "messages2.html").write_bytes(SECOND)
    return folder


def zipped(folder: Path) -> Path:
    target = folder.parent / "telegram.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(file, f"{folder.name}/{file.relative_to(folder).as_posix()}")
    return target


RIGHT = {
    "photo_1@25-12-2023_18-30-20.jpg": (
        ("Ben Berg wrote: Look who is here", "Ben Berg wrote: This is Milo, @ben's \"dog\"\nat home",
         "He stole my sandwich. …", "His name is short for Milosz"), "2023-12-25T18:30:20+01:00"),
    "tiger.jpg": (("Zoo wrote: From the zoo",), "2023-12-25T20:00:00+01:00"),
    "lake.jpg": (("Ben Berg wrote: The lake",), "2023-12-31T23:30:00+01:00"),
    "old.jpg": ((), "2023-12-31T23:50:00+01:00"),
}  # fmt: skip


@pytest.mark.parametrize("form", ["folder", "around", "page", "zip"])
def test_a_chat_as_pages_brings_its_photos_with_their_words(tmp_path: Path, form: str) -> None:
    folder = export(tmp_path / "x" / "ChatExport_2024-01-01")
    path = {"folder": folder, "around": tmp_path / "x", "page": folder / "messages.html", "zip": None}[form] or zipped(
        folder
    )
    with open_source(path, "Anna") as source:
        found = {item.name: (item.said, item.date.isoformat() if item.date else "") for item in source.items}
        assert source.kind == "chat" and all(item.read()[:2] for item in source.items)
        assert any("1 photo, film or sound left out" in note for note in source.notes)
        assert any("“Anna”; you are Anna in it" in note for note in source.notes)
    assert found == RIGHT


def parsed(*messages: str) -> list[Message]:
    return list(telegram_pages.parse([page(*messages, message(99, "23:00:00", "Zed", text="end"))])[0].messages[:-1])


@pytest.mark.parametrize(
    ("inside", "text", "right"),
    [
        ("", "a &amp; b &lt;3", ("Ben", "a & b <3", None, False)),
        ("", 'see <a href="https://x.y">the lake</a>', ("Ben", "see the lake", None, False)),
        ("", '<span class="spoiler hidden" onclick="ShowSpoiler(this)"><span aria-hidden="true">Milo</span></span>',
         ("Ben", "Milo", None, False)),
        ("", '<a href="" onclick="return ShowBotCommand(&quot;start&quot;)">/start</a>', None),
        (media("media_video", "Video file", "video_files/v.mp4"), "", ("Ben", "", "video_files/v.mp4", False)),
        (media("media_voice_message", "Voice message", more=NOT_INCLUDED), "", ("Ben", "", None, True)),
        (media("media_photo", "Photo", "photos/small.jpg"), "Milo", ("Ben", "Milo", "photos/small.jpg", False)),
        (photo("../../secret.jpg"), "", ("Ben", "", "secret.jpg", False)),
        (photo("photos/Zo&#xEB; &amp; I.jpg"), "", ("Ben", "", "photos/Zoë & I.jpg", False)),
        (media("media_venue", "Cafe", "https://maps.google.com/maps?q=1,2"), "", None),
        (media("media_call success", "Anna"), "", None),
        ('<div class="signature details">Carla</div>', "News", ("Carla", "News", None, False)),
    ],
)  # fmt: skip
def test_kinds_of_messages(inside: str, text: str, right: tuple[str, str, str | None, bool] | None) -> None:
    found = [(m.sender, m.text, m.file, m.omitted) for m in parsed(message(1, "10:00:00", "Ben", inside, text))]
    assert found == ([right] if right else [])


def test_a_joined_message_of_a_forwarded_row_is_its_authors() -> None:
    more = '<div class="forwarded body"><div class="text">and the lion</div></div>'
    said = [
        (m.sender, m.text)
        for m in parsed(message(1, "20:00:00", "Anna", FORWARDED), message(2, "20:00:01", None, more))
    ]
    assert said == [("Zoo", "From the zoo"), ("Zoo", "and the lion")]
    said = [
        (m.sender, m.text)
        for m in parsed(message(1, "20:00:00", "Anna via @gif", text="x"), message(2, "20:01:00", None, text="y"))
    ]
    assert said == []


@pytest.mark.parametrize(
    ("title", "right"),
    [
        ("25.12.2023 18:30:05 UTC+01:00", "2023-12-25T18:30:05+01:00"),
        ("25.12.2023 18:30:05 UTC-03:30", "2023-12-25T18:30:05-03:30"),
        ("25.12.2023 18:30:05 UTC+00:00", "2023-12-25T18:30:05+00:00"),
        ("25.12.2023 18:30:05", "2023-12-25T18:30:05-08:00"),  # older exports: this machine's clock
    ],
)
@pytest.mark.usefixtures("in_los_angeles")
def test_the_clock_of_a_page(title: str, right: str) -> None:
    one = message(1, "10:00:00", "Ben", text="hi").replace("25.12.2023 10:00:00 UTC+01:00", title)
    assert [m.moment.isoformat() for m in parsed(one)] == [right]


@pytest.mark.parametrize("title", ["31.02.2023 10:00:00 UTC+01:00", "12/25/2023", "", "01.01.1970 00:00:00 UTC+00:00"])
def test_a_message_without_a_time_is_left_out(title: str) -> None:
    assert (
        parsed(message(1, "10:00:00", "Ben", text="hi").replace("25.12.2023 10:00:00 UTC+01:00", escape(title))) == []
    )


@pytest.mark.parametrize(
    ("date", "seconds", "right"),
    [
        ("2023-12-31T23:30:00", 1704061800, "2023-12-31T23:30:00+01:00"),
        ("2023-12-31T23:30:00", "1704027600", "2023-12-31T23:30:00+10:30"),
        ("2023-12-31T23:30:00", "1704061801", "2023-12-31T23:30:00-08:00"),  # no offset is like this
        ("2023-12-31T23:30:00", None, "2023-12-31T23:30:00-08:00"),
        ("", "1704061800", "2023-12-31T14:30:00-08:00"),
    ],
)
@pytest.mark.usefixtures("in_los_angeles")
def test_the_clock_of_json(date: str, seconds: object, right: str) -> None:
    """The day is that on the clock where the chat was exported, and the moment the one at which it was sent."""
    raw = {"id": 1, "type": "message", "date": date, "date_unixtime": seconds, "from": "Ben", "text": "hi"}
    ((one,),) = (chat.messages for chat in telegram.parse({"type": "personal_chat", "messages": [raw]}))
    assert one.moment.isoformat() == right


def test_what_is_no_chat_as_pages(tmp_path: Path) -> None:
    with pytest.raises(KeepsakeError, match="no message of a person"):
        telegram_pages.parse([page()])
    with pytest.raises(KeepsakeError, match="a page is damaged: export the chat again"):
        telegram_pages.parse([page(message(1, "10:00:00", "Anna", "<![x", "hi"))])
    save(tmp_path / "lab" / "photo.jpg", 1)
    (tmp_path / "lab" / "messages.html").write_text("<html>")
    with open_source(tmp_path / "lab") as source:
        assert source.kind == "folder" and len(source.items) == 1


def entry(folder: str, kind: str) -> str:
    """A chat in the list of an account."""
    return (
        f'<a class="entry block_link clearfix" href="../chats/{folder}/messages.html#allow_back"><div class="pull_left '
        f'userpic_wrap"></div><div class="body"><div class="pull_right info details">\n{kind}\n</div>'
        '<div class="name bold">x</div></div></a>'
    )


@pytest.mark.parametrize("form", ["folder", "page", "zip"])
def test_an_account_as_pages_has_its_owner_and_no_channels(tmp_path: Path, form: str) -> None:
    account = tmp_path / "DataExport_2024-01-01"
    export(account / "chats" / "chat_7")
    for folder, sender, text in (
        ("chat_8", "News", "Buy!"),
        ("chat_9", "Helper", "/start"),
        ("chat_10", "Carla", "Rex"),
    ):
        save(account / "chats" / folder / "photos" / "photo_1.jpg", len(sender) + 20)
        shot = message(1, "10:00:00", sender, photo(f"../../chats/{folder}/photos/photo_1.jpg"), text)
        (account / "chats" / folder / "messages.html").write_bytes(page(shot, title=sender))
    (account / "lists").mkdir()
    kinds = (("chat_7", "private"), ("chat_8", "channel"), ("chat_9", "bot"), ("chat_10", "group"))
    (account / "lists" / "chats.html").write_text("".join(entry(*one) for one in kinds))
    row = '<div class="row"><div class="label details">\n{}\n</div><div class="value bold">\n{}\n</div></div>'
    names = row.format("First name", "Ben") + row.format("Last name", "Berg")
    (account / "export_results.html").write_text(
        f'<div class="personal_info"><div class="rows names">{names}</div></div>'
    )
    path = {"folder": account, "page": account / "export_results.html", "zip": None}[form] or zipped(account)
    with open_source(path) as source:
        found = {item.name: item.said for item in source.items}
        assert source.unusable == () and all(item.read()[:2] for item in source.items)
    assert list(found) == ["photo_1.jpg", *RIGHT]
    assert found["photo_1.jpg"] == ("Carla wrote: Rex",) and found["lake.jpg"] == ("The lake",)


def test_an_account_without_chats_is_a_folder_of_photos(tmp_path: Path) -> None:
    save(tmp_path / "DataExport" / "profile_pictures" / "photo_1.jpg", 1)
    (tmp_path / "DataExport" / "export_results.html").write_text("<html>")
    with open_source(tmp_path / "DataExport") as source:
        assert source.kind == "folder" and len(source.items) == 1


@pytest.mark.parametrize("mess", ["<b>" * 60_000, '<div class="x">' * 30_000 + "</p>" * 30_000, "</div>" * 9, "<!--"])
def test_a_damaged_page_is_read_at_once_as_far_as_it_goes(mess: str) -> None:
    """Each tag looked at all that are open, so a page of many open tags took minutes."""
    whole = page(message(1, "10:00:00", "Anna", text="before"), message(2, "10:01:00", "Ben", mess, "in it"))
    (chat,) = telegram_pages.parse([whole, page(message(3, "11:00:00", "Zed", text="after"))])
    assert [(m.sender, m.text) for m in chat.messages][:1] == [("Anna", "before")]
    assert [(m.sender, m.text) for m in chat.messages][-1:] == [("Zed", "after")]
