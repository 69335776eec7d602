"""Chats as telephones of more countries, older telephones and browsers write them; what stays a person's word."""

from __future__ import annotations

from datetime import datetime

import pytest

from assistant.importing.chats import whatsapp
from assistant.importing.chats.chat_source import source

NEW_YEAR = datetime(2023, 12, 31, 21, 15)
HEAD = "31/12/2023, 21:15 - "


@pytest.mark.parametrize(
    "start",
    [
        "31/12/23 a las 21:15 - ", "31/12/2023 alle ore 21:15 - ", "31.12.23 г., 21:15 ч. - ",
        "31/12/23 21:15:00: ", "12/31/23, 9:15:00 PM: ", "31.12.23 um 21:15:00: ",
        "2023-12-31, 21 h 15 - ", "[2023-12-31, 21 h 15 min 00 s] ", "31/12/2023 21h15 - ",
        "[21:15, 31/12/2023] ", "[9:15 PM, 12/31/2023] ", "[9:15 pm, 31/12/2023] ", "[21:15, 2023-12-31] ",
        "2023년 12월 31일 오후 9:15 - ", "2023년 12월 31일 오후 9:15, ", "2023 年 12 月 31 日 21:15 - ",
        "2023/12/31(日) 21:15 - ", "31/12/23, 9:15 попладне - ", "31/12/23, பிற்பகல் 9:15 - ", "31.12.23, 9:15 abends - ",
        "३१/१२/२३, ९:१५ PM - ", "৩১/১২/২৩, ৯:১৫ অপরাহ্ণ - ",
    ],
)  # fmt: skip
def test_beginnings_of_more_telephones(start: str) -> None:
    (message,) = whatsapp.parse(f"{start}Anna: hi").messages
    assert (message.when, message.sender, message.text) == (NEW_YEAR, "Anna", "hi")


@pytest.mark.parametrize(
    "notice",
    [
        "Anna changed the group name to ‘Trip: Rome’", "Anna changed the subject from 'Trip: Rome' to 'Trip: Paris'",
        "Anna zmieniła temat z „Wyjazd: Rzym” na „Wyjazd: Paryż”",
        "Annaさんがグループ名を「旅行：ローマ」に変更しました",
        'Anna grup adını "Gezi: Roma" olarak değiştirdi', "Anna: SONDAGE :\nOù ?\nOPTION : Rome (1 vote)",
        "Anna: Llamada de grupo perdida", "Anna: Appel vidéo, 5 min", "Anna: Videoanruf, 5 Min. 3 Sek.",
        "Anna: Chiamata vocale, Nessuna risposta", "Anna: Голосовой звонок, 5 мин", "Anna: 语音通话，5分钟",
        "Anna: Sesli arama, 3 dk", "Anna: Verpasster Gruppen-Videoanruf", "Anna: Missed video call at 21:15",
        "Anna: You received a message but your version of WhatsApp doesn't support it.",
        "Anna: This message can't be displayed here. Please open WhatsApp on your phone to view the message.",
        "Anna: Your security code with Ben changed. Tap to learn more.", "Anna: You're now an admin",
        "Anna: Ihre Sicherheitsnummer für Ben hat sich geändert. Tippe, um mehr zu erfahren.",
        "Anna: Venter på denne meldingen. Dette kan ta litt tid.", "Anna: Mensagem apagada pelo admin Ben",
        "Anna: Eliminou esta mensagem", "Anna: 你已收回此訊息", "Anna: Viesti poistettiin", "Anna: Live location ended",
        "Anna: https://waze.com/ul?ll=45.98765,9.25432&navigate=yes",
        "Anna: https://www.openstreetmap.org/?mlat=45.98765&mlon=9.25432",
        "Anna: Café Roma (Via Po 3): https://foursquare.com/v/4b5ef1c5f964a520",
        "Anna: billede udeladt", "Anna: bild utelämnad", "Anna: obrázek vynechán", "Anna: εικόνα παραλείφθηκε",
        "Anna: зображення пропущено", "Anna: kép kihagyva", "Anna: kuva jätetty pois", "Anna: תמונה הושמטה",
        "Anna: تم استبعاد الصورة", "Anna: imagine omisă", "Anna: Mensaje eliminado", "Anna: 您撤回了一条消息",
        "Anna: आपने इस मैसेज को डिलीट किया", "Anna: מחקת את ההודעה הזו",
        "Anna: Diese Nachricht wurde von Admin Ben gelöscht.", "Anna: Appel manqué", "Anna: Gemiste groepsoproep",
        "Anna: Пропущенный групповой звонок", "Anna: שיחה שלא נענתה", "Anna: figurinha omitida",
        "Anna: görüntü dahil edilmedi", "Anna: 画像は省略されました", "Anna: 图像已省略", "Anna: صورة غير مدرجة",
    ],
)  # fmt: skip
def test_more_notices_are_nobodys_words(notice: str) -> None:
    messages = whatsapp.parse(f"{HEAD}{notice}\n31/12/2023, 21:17 - Anna: This is Milo").messages
    assert [m.text for m in messages if m.text] == ["This is Milo"]


@pytest.mark.parametrize(
    ("line", "sender", "text"),
    [
        ('Bob "Bobby" Lee: hi', 'Bob "Bobby" Lee', "hi"),
        ("Ana “Ani” Ruiz: hi", "Ana “Ani” Ruiz", "hi"),
        ('ד"ר כהן: hi', 'ד"ר כהן', "hi"),
        ("Ben 5'10\": hi", "Ben 5'10\"", "hi"),
        ("Rock 'n' Roll Ben: hi", "Rock 'n' Roll Ben", "hi"),
        ("Anna: video call, then dinner?", "Anna", "video call, then dinner?"),
        ("Anna: waiting for this message all day!", "Anna", "waiting for this message all day!"),
        ("Anna: You're now an admin of my heart", "Anna", "You're now an admin of my heart"),
        ("Anna: I use waze.com always", "Anna", "I use waze.com always"),
        ("Anna: here https://waze.com/ul?ll=45.98765,9.25432 come", "Anna", "here … come"),
        ("Anna: Sondage: qui vient?", "Anna", "Sondage: qui vient?"),
        ("Anna: Chiamata persa? richiamo io", "Anna", "Chiamata persa? richiamo io"),
        ("Anna: Mensaje eliminado? no lo vi", "Anna", "Mensaje eliminado? no lo vi"),
    ],
)
def test_people_keep_their_names_and_words(line: str, sender: str, text: str) -> None:
    """All that was said by a contact with quotation marks in the name was lost."""
    (message,) = whatsapp.parse(HEAD + line).messages
    assert (message.sender, message.text) == (sender, text)


@pytest.mark.parametrize(
    "remark",
    [
        "<Tato zpráva byla upravena>", "<Αυτό το μήνυμα τροποποιήθηκε>", "<Tätä viestiä muokattiin>",
        "<Acest mesaj a fost editat>", "<Tin nhắn này đã được chỉnh sửa>", "<Це повідомлення відредаговано>",
        "<S'ha editat aquest missatge>", "<Ez az üzenet szerkesztve lett>", "<ข้อความนี้ถูกแก้ไขแล้ว>",
        "<این پیام ویرایش شد>",
    ],
)  # fmt: skip
def test_the_remark_of_an_edit_goes(remark: str) -> None:
    (message,) = whatsapp.parse(f"{HEAD}Anna: This is Milo {remark}").messages
    assert message.text == "This is Milo"


def test_a_group_that_writes_without_a_mark_is_no_sender() -> None:
    people = "31/12/2023, 21:15 - Anna: hi\n31/12/2023, 21:16 - Ben: ho"
    for group in (
        "Trip to Rome: Anna created this group\n31/12/2023, 21:11 - Trip to Rome: You were added",
        "Romreise: Anna hat diese Gruppe erstellt\n31/12/2023, 21:11 - Romreise: Du wurdest hinzugefügt",
    ):
        found = whatsapp.parse(f"31/12/2023, 21:10 - {group}\n{people}").messages
        assert [m.sender for m in found] == ["Anna", "Ben"]
    said = "31/12/2023, 21:10 - Carl: we need salt\n31/12/2023, 21:11 - Carl: Ben added salt\n"
    assert [m.text for m in whatsapp.parse(said + people).messages][:2] == ["we need salt", "Ben added salt"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("IMG-20231231-WA0001.jpg", ""),
        ("\u200eIMG-20231231-WA0001.jpg", ""),
        ("IMG-20231231-WA0001.jpg (file attached) This is Milo", "This is Milo"),
    ],
)
def test_files_by_the_names_that_whatsapp_gives(body: str, text: str) -> None:
    (message,) = whatsapp.parse(f"{HEAD}Anna: {body}").messages
    assert (message.file, message.text) == ("IMG-20231231-WA0001.jpg", text)
    (other,) = whatsapp.parse(f"{HEAD}Anna: look at IMG-20231231-WA0001.jpg again").messages
    assert other.file is None


@pytest.mark.parametrize(
    ("title", "senders", "me"),
    [
        ("WhatsApp Chat with Anna", ("Ann", "Anna"), "Ann"),
        ("WhatsApp Chat with Ann", ("Ann", "Anna"), "Anna"),
        ("WhatsApp Chat with Ben Smith", ("Ben", "Ben Smith"), "Ben"),
        ("WhatsApp Chat with Zoe\u0308", ("Zo\u00eb", "Anna"), "Anna"),
        ("WhatsApp Chat with Ben _ Co(1)", ("Ben / Co", "Anna"), "Anna"),
        ("WhatsApp Chat with Ben", ("Ben", "App"), "App"),
        ("WhatsApp 与Ben的聊天", ("Ben", "Anna"), "Anna"),
        ("Chat de WhatsApp con 🐶", ("🐶", "Anna"), "Anna"),
        ("WhatsApp Chat with Ben and Anna", ("Ben", "Anna"), "nobody"),
        ("WhatsApp Chat with Family", ("Ben", "Anna"), "nobody"),
    ],
)
def test_who_the_user_is(title: str, senders: tuple[str, str], me: str) -> None:
    chat = whatsapp.parse("\n".join(f"{HEAD}{sender}: hi" for sender in senders))
    assert f"you are {me} in it" in source([chat], "chat.txt", title, {}, None).notes[0]
