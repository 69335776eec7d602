"""The clocks of telephones in two hundred languages, from a table: each is read rightly, or refused in one line."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from assistant.importing.chats import whatsapp
from memory.errors import KeepsakeError

TABLE = Path(__file__).parents[2] / "data" / "clocks.tsv"
ROWS = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
MORNING, EVENING = datetime(2023, 12, 31, 9, 15), datetime(2023, 12, 31, 21, 15)
TODAY = date(2024, 6, 1)


def chat(telephone: str, *times: str) -> list[datetime]:
    """The times of messages that are written so."""
    heads = [f"[{at}] " if telephone == "iPhone" else f"{at} - " for at in times]
    return [m.when for m in whatsapp.parse("\n".join(f"{head}Ben: hello" for head in heads), today=TODAY).messages]


@pytest.mark.parametrize("telephone", ["iPhone", "Android"])
def test_no_evening_is_a_morning_in_any_language(telephone: str) -> None:
    wrong = {}
    rows = [row for row in ROWS if row[1] == telephone]
    for right, _, morning, evening, languages in rows:
        try:
            found = [at.replace(second=0) for at in chat(telephone, morning, evening)]
            what = "read" if found == [MORNING, EVENING] else str(found)
        except KeepsakeError as error:
            what = "refused" if "\n" not in str(error) else str(error)
        if what != right:
            wrong[languages] = (morning, evening, what)
    assert len(rows) > 150 and not wrong


@pytest.mark.parametrize(
    ("times", "hours"),
    [
        (
            ("2023/12/30 午後1:00:00", "2023/12/31 午後0:05:03", "2023/12/31 午前0:05:03"),
            [13, 12, 0],
        ),  # noon in Japan is 0
        (("31.12.23, 9:15 e paradites", "31.12.23, 9:15 e pasdites"), [9, 21]),  # as telephones wrote it until 2022
        (("31.12.23. 9:15 пре подне", "31.12.23. 9:15 по подне"), [9, 21]),
        (("31.12.23. 9:15 pre podne", "31.12.23. 9:15 popodne"), [9, 21]),
        (("31/12/23، 9:15 قبل دوپہر", "31/12/23، 9:15 بعد دوپہر"), [9, 21]),
        (("9:15 SA 31/12/23", "9:15 CH, 31/12/23"), [9, 21]),
        (("31.12.23 г., 9:15 ч.", "31.12.23 г., 21:15 ч."), [9, 21]),
    ],
)
def test_clocks_that_are_written_otherwise(times: tuple[str, ...], hours: list[int]) -> None:
    assert [at.hour for at in chat("iPhone", *times)] == hours


@pytest.mark.parametrize(
    ("head", "late", "name", "attached", "left_out"),
    [
        ("31.12.23, 9:15 p.d. - ", "31.12.23, 9:15 m.d. - ", "Agim", "skedar i bashkëngjitur", "Media u hoq"),
        ("31.12.23 г., 9:15 ч. - ", "31.12.23 г., 21:15 ч. - ", "Иван", "прикачен файл", "Мултимедията е пропусната"),
        ("9:15 SA, 31/12/23 - ", "9:15 CH, 31/12/23 - ", "Hương", "tệp đính kèm", "Đã bỏ qua tệp phương tiện"),
        ("31/12/23, முற்பகல் 9:15 - ", "31/12/23, பிற்பகல் 9:15 - ", "கமலா", "கோப்பு இணைக்கப்பட்டுள்ளது", "மீடியா விடப்பட்டது"),
        ("۲۰۲۳/۱۲/۳۱،\u200f ۹:۱۵ ق.ظ. - ", "۲۰۲۳/۱۲/۳۱،\u200f ۹:۱۵ ب.ظ. - ", "زهرا", "فایل پیوست شد", "رسانه حذف شد"),
        ("၃၁/၁၂/၂၃ နံနက် ၉:၁၅ - ", "၃၁/၁၂/၂၃ ညနေ ၉:၁၅ - ", "အေးအေး", "ဖိုင် ပူးတွဲပါ", "မီဒီယာ ချန်ထားသည်"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mark", ["", "\u200e"])
def test_photos_words_and_what_was_left_out_in_languages_less_tried(
    head: str, late: str, name: str, attached: str, left_out: str, mark: str
) -> None:
    """What was left out was not counted where it has WhatsApp's mark, and a word in a language that is not known."""
    photo = f"{head}{name}: {mark}IMG-20231231-WA0001.jpg ({attached})\nMilo\n"
    text = f"{photo}{head}{name}: {mark}<{left_out}>\n{late}Ben: {name} – 9:15?"
    messages = whatsapp.parse(text, today=TODAY).messages
    assert [(m.when, m.sender, m.text, m.file, m.omitted) for m in messages] == [
        (MORNING, name, "Milo", "IMG-20231231-WA0001.jpg", False),
        (MORNING, name, "", None, True),
        (EVENING, "Ben", f"{name} – 9:15?", None, False),
    ]


def test_the_seconds_of_canada_are_kept() -> None:
    assert chat("iPhone", "2023-12-31 09 h 15 min 03 s") == [MORNING.replace(second=3)]


def test_an_hour_of_zero_makes_no_word_known() -> None:
    """The word was taken for one of a clock of 24 hours, and 9:15 in the evening for the morning."""
    with pytest.raises(KeepsakeError, match="its clock says 'anw'"):
        chat("Android", "31/12/23, 0:05 ANW", "31/12/23, 9:15 ANW")


def test_an_hour_of_24_begins_the_day_beside_it() -> None:
    """Clocks that count from 1 to 24; the message was taken for lines of the one before."""
    assert chat("Android", "31/12/23, 9:15", "31/12/23, 24:05") == [MORNING, datetime(2023, 12, 31, 0, 5)]
    assert len(chat("Android", "31/12/23, 9:15", "31/12/23, 25:05")) == 1
