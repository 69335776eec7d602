"""Chats in the languages of WhatsApp's users: the clock is read or refused, WhatsApp's own words are nobody's."""

from __future__ import annotations

import io
import re
import tomllib
import unicodedata
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from assistant.importing.chats import whatsapp, whatsapp_words
from assistant.importing.sources import open_source
from memory.errors import KeepsakeError
from tests.support.pictures import noise

PHOTO = "00000002-PHOTO-2023-12-31-21-15-03.jpg"


def clock_of(when: str) -> datetime:
    """The time of a message of an iPhone whose date and time are written so."""
    (message,) = whatsapp.parse(f"[{when}] Ben: hello").messages
    return message.when


@pytest.mark.parametrize(
    ("when", "hour"),
    [
        ("2023. 12. 31. 오후 12:59:03", 12),
        ("2023. 12. 31. 오후 1:00:10", 13),
        ("2023. 12. 31. 오전 12:05:10", 0),
        ("2023/12/31 下午9:15:03", 21),
        ("2023/12/31 凌晨1:15:03", 1),
        ("2023/12/31 中午12:15:03", 12),
        ("2023年12月31日 晚上9:15:03", 21),
        ("2023/12/31 午後9:15:03", 21),
        ("31.12.2023 ÖS 9:15:03", 21),
        ("31.12.2023 9:15:03 ÖÖ", 9),
        ("2023. 12. 31. du. 9:15:03", 21),
        ("31/12/2023 9:15:03 μ.μ.", 21),
        ("٣١/١٢/٢٠٢٣، ٩:١٥:٠٣ م", 21),
        ("31/12/23, 9:15:03 p. m.", 21),
        ("31/12/23, 9:15:03\u202fPM", 21),
        ("\u200e31/12/\u200e23, 21:15:03", 21),
        ("31.12.23 um 21:15:03", 21),
        ("31.12.23 kl. 21.15.03", 21),
        ("21:15:03, 31/12/2023", 21),
        ("31/12/2566 21:15:03", 21),
        ("31/12/66 21:15:03", 21),
    ],
)
def test_the_half_of_the_day_in_every_language(when: str, hour: int) -> None:
    """The word before the time was passed over, so an afternoon in Seoul was a morning."""
    assert clock_of(when).hour == hour and clock_of(when).date().isoformat() == "2023-12-31"


def test_a_clock_that_is_not_known_is_refused_and_never_taken_for_the_morning() -> None:
    with pytest.raises(KeepsakeError, match="its clock says 'qwer' beside the time, which is not read"):
        clock_of("31.12.2023 qwer 9:15:03")
    late = whatsapp.parse("[31.12.2023 qwer 21:15:03] Ben: a\n[31.12.2023 qwer 9:15:03] Ben: b")
    assert [m.when.hour for m in late.messages] == [21, 9], "hours after twelve show a clock of 24"


NOTICES = (
    "Diese Nachricht wurde gelöscht.", "Du hast diese Nachricht gelöscht.", "This message was deleted by admin Carla",
    "Eliminaste este mensaje.", "Ce message a été supprimé", "Hai eliminato questo messaggio.",
    "Você apagou esta mensagem",
    "Dit bericht is verwijderd", "Bu mesaj silindi", "Usunięto tę wiadomość", "Данное сообщение удалено",
    "Pesan ini telah dihapus", "このメッセージは削除されました", "삭제된 메시지입니다", "此消息已删除",
    "تم حذف هذه الرسالة", "הודעה זו נמחקה",
    "यह संदेश हटा दिया गया", "Waiting for this message. This may take a while.", "Missed voice call, Tap to call back",
    "Verpasster Sprachanruf um 21:15", "Llamada perdida", "Appel vocal manqué", "Cevapsız sesli arama",
    "부재중 음성통화",
    "Messages and calls are end-to-end encrypted. No one outside of this chat can read them.",
    "Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt.", "消息和通话已进行端到端加密。",
    "POLL:\nWhere to?\nOPTION: Rome (1 vote)", "UMFRAGE:\nWohin?\nOPTION: Rom (1 Stimme)",
    "location: https://maps.google.com/?q=45.98765,9.25432", "Standort: https://maps.google.com/?q=45.98765,9.25432",
    "Anna changed this group's icon", "Anna hat das Gruppenbild geändert",
    "Tämä viesti poistettiin", "Vastaamaton äänipuhelu", "Detta meddelande har raderats", "Missat röstsamtal",
    "Denne meldingen ble slettet", "Ubesvart taleanrop", "Denne besked blev slettet", "Ubesvaret taleopkald",
    "Tato zpráva byla odstraněna", "Zmeškaný hlasový hovor", "Táto správa bola odstránená",
    "Ezt az üzenetet törölték", "Nem fogadott hanghívás", "Acest mesaj a fost șters", "Apel vocal nepreluat",
    "Αυτό το μήνυμα διαγράφηκε", "Αναπάντητη φωνητική κλήση", "Це повідомлення було видалено",
    "Пропущений аудіодзвінок", "Това съобщение беше изтрито", "Poruka je izbrisana", "S'ha suprimit aquest missatge",
    "Mesej ini telah dipadamkan", "Tin nhắn này đã bị xóa", "ข้อความนี้ถูกลบแล้ว", "این پیام حذف شد", "मिस्ड वॉइस कॉल",
    "یہ پیغام حذف کر دیا گیا تھا", "ANKETA:\nKam?\nMOŽNOST: Řím (1 hlas)", "You deleted this message as admin",
    "Live location shared", "View once voice message omitted",
    "You received a view once message. For added privacy, you can only open it on your phone.",
)  # fmt: skip


@pytest.mark.parametrize("notice", NOTICES)
def test_notices_are_nobodys_words(notice: str) -> None:
    messages = whatsapp.parse(f"31/12/2023, 21:16 - Anna: {notice}\n31/12/2023, 21:17 - Anna: This is Milo").messages
    assert [m.text for m in messages] == ["This is Milo"]


@pytest.mark.parametrize(
    "said",
    ["I deleted this message by mistake", "We missed the call", "The poll: nobody came", "Anna and I changed trains",
     "Our chat is encrypted, I think", "<3", "Detta meddelande är till Milo", "Anketa byla nuda",
     "View once and never again", "Tämä viesti poistettiin taulusta vahingossa"],
)  # fmt: skip
def test_what_people_say_of_such_things_stays(said: str) -> None:
    (message,) = whatsapp.parse(f"31/12/2023, 21:16 - Anna: {said}").messages
    assert message.text == said


def test_dates_of_a_calendar_that_is_not_read_are_said_and_no_empty_chat() -> None:
    with pytest.raises(KeepsakeError, match=r"none of its dates is read, as in .1402/10/10.*Gregorian"):
        whatsapp.parse("1402/10/10, 21:15 - Ben: a\n1402/10/10, 21:16 - Anna: b")


@pytest.mark.parametrize(
    "left_out", ["image omitted", "Bild weggelassen", "imagen omitida", "画像省略", "video note omitted"]
)
def test_what_was_left_out_is_nobodys_word_without_the_mark_too(left_out: str) -> None:
    """An export that went through another program has lost the marks."""
    (message,) = whatsapp.parse(f"31.12.23, 21:15 - Ben: {left_out}").messages
    assert message.omitted and not message.text


def test_a_subject_with_a_colon_makes_no_sender_and_remarks_and_coordinates_go() -> None:
    chat = whatsapp.parse(
        "31.12.23, 21:15 - Ben: Hallo\n"
        "31.12.23, 21:16 - Anna hat den Gruppennamen von „Reise: Rom“ zu „Reise: Paris“ geändert.\n"
        "31.12.23, 21:17 - Anna: Das ist Milo <Diese Nachricht wurde bearbeitet.>\n"
        "31.12.23, 21:18 - Ben: Komm her https://maps.google.com/?q=45.98765,9.25432 bitte"
    )
    assert [(m.sender, m.text) for m in chat.messages] == [
        ("Ben", "Hallo"),
        ("Anna", "Das ist Milo"),
        ("Ben", "Komm her … bitte"),
    ]


def test_a_full_width_colon_names_a_file() -> None:
    text = f"[2023/12/31 21:15:03] Ben: \u200e<附件：{PHOTO}>\n[2023/12/31 21:16:00] Anna：This is Milo"
    first, second = whatsapp.parse(text).messages
    assert (first.file, second.sender, second.text) == (PHOTO, "Anna", "This is Milo")


def jpeg() -> bytes:
    out = io.BytesIO()
    noise(40, 30).save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_in_a_zip_without_the_mark_of_utf8(tmp_path: Path, form: str) -> None:
    """Some programs write UTF-8 and do not say so; a Mac writes accents apart, and the text has them together."""
    path = tmp_path / "WhatsApp Chat with Zoë.zip"
    text = "31/12/2023, 21:15 - Anna: Grüße.JPG (file attached)\n31/12/2023, 21:16 - Anna: This is Milo\n"
    with zipfile.ZipFile(path, "w") as made:
        for name, data in (("WhatsApp Chat with Zoë.txt", text.encode()), ("Grüße.jpg", jpeg())):
            info = zipfile.ZipInfo(unicodedata.normalize(form, name))
            made.writestr(info, data)
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = -1
        while (start := data.find(mark, start + 1)) >= 0:
            data[start + at + 1] &= ~0x08
    path.write_bytes(data)
    with open_source(path) as source:
        (item,) = source.items
        assert item.said[0].endswith("This is Milo") and item.read() == jpeg()


@pytest.mark.parametrize("how", ["the directory", "a photo", "LZMA"])
def test_a_damaged_zip_of_a_chat_is_one_line_and_one_bad_photo_is_one(tmp_path: Path, how: str) -> None:
    path = tmp_path / "WhatsApp Chat with Ben.zip"
    text = f"[31.12.23, 21:15:03] Ben: \u200e<attached: {PHOTO}>\n[31.12.23, 21:16:00] Ben: This is Milo"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("_chat.txt", text)
        made.writestr(PHOTO, jpeg(), zipfile.ZIP_LZMA if how == "LZMA" else zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\1\2")
    if how == "the directory":
        data[directory + 4 : directory + 40] = b"\xff" * 36
    elif how == "a photo":
        middle = data.index(PHOTO.encode()) + 200
        data[middle : middle + 20] = b"\xff" * 20
    path.write_bytes(data)
    if how == "the directory":
        with pytest.raises(KeepsakeError, match="it is damaged") as caught, open_source(path):
            pass
        assert "\n" not in str(caught.value)
        return
    with open_source(path) as source:
        (item,) = source.items
        with pytest.raises(KeepsakeError, match="cannot be unpacked"):
            item.read()


def test_every_section_of_the_table_names_languages_and_is_used() -> None:
    """Each expression is one by itself: no bracket of one line closes in the next."""
    table = tomllib.loads(whatsapp_words.TABLE.read_text(encoding="utf-8"))
    source = Path(whatsapp_words.__file__).read_text(encoding="utf-8")
    assert all(f'"{section}"' in source or f"_any('{section}')" in source for section in table)
    for section, languages in table.items():
        for language, expressions in languages.items():
            assert section == "halves" or re.fullmatch("[a-z]{2}", language), (section, language)
            assert all(re.compile(expression) for expression in expressions)
            assert len(set(expressions)) == len(expressions) > 0, (section, language)
