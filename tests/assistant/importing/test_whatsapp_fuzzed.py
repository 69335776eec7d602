"""WhatsApp exports by chance: what was written is read, and any text is read or refused."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.importing.chats.chat import Message, photos_with_messages
from assistant.importing.chats.whatsapp import parse
from memory.errors import KeepsakeError

LRM = "\u200e"


WORDS = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="<>\u200e"), min_size=1, max_size=12
).filter(lambda word: word != "null")  # WhatsApp writes that itself, for media that it left out


FORMS = {
    "dmy": [
        "{d:02}/{m:02}/{y}, {H:02}:{M:02} - ",
        "{d}.{m}.{y2:02}, {H:02}:{M:02} - ",
        "[{d:02}/{m:02}/{y}, {H:02}:{M:02}:00] ",
    ],
    "mdy": ["{m}/{d}/{y2:02}, {h}:{M:02} {half} - ", "[{m}/{d}/{y2:02}, {h}:{M:02}:00\u202f{half}] "],
    "ymd": ["{y}-{m:02}-{d:02} {H:02}:{M:02} - ", "[{y}/{m:02}/{d:02}, {H:02}:{M:02}:00] "],
}


def written(form: str, when: datetime) -> str:
    return form.format(
        d=when.day,
        m=when.month,
        y=when.year,
        y2=when.year % 100,
        H=when.hour,
        M=when.minute,
        h=(when.hour - 1) % 12 + 1,
        half="AM" if when.hour < 12 else "PM",
    )


@settings(deadline=None)
@given(st.sampled_from(sorted(FORMS)), st.data())
def test_what_was_written_is_read(order: str, data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(FORMS[order]))
    minutes = st.datetimes(datetime(2010, 1, 1), datetime(2024, 12, 31)).map(
        lambda t: t.replace(second=0, microsecond=0)
    )
    whens = sorted(data.draw(st.lists(minutes, min_size=1, max_size=8)))
    said = [
        Message(
            when,
            data.draw(WORDS.filter(lambda w: not set(':："“”„«»「」『』~') & set(w))),
            "\n".join(data.draw(st.lists(WORDS, min_size=1, max_size=3))),
        )
        for when in whens
    ]
    text = "\n".join(f"{written(form, m.when)}{m.sender}: {m.text}" for m in said)
    assert parse(text, order).messages == tuple(said)  # type: ignore[arg-type]
    found = parse(text)
    if found.sure and len({m.when.date() for m in said}) > 1 and max(m.when.day for m in said) > 12:
        assert found.order == order and found.messages == tuple(said)


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=30),
            st.sampled_from(
                [
                    "31/12/2023, 21:15 - Anna: x",
                    "[1/2/23, 9:15:03 PM] B: ",
                    f"{LRM}<attached: a.jpg>",
                    "a.jpg (file attached)",
                    f"1/2/23, 9:15 - C: {LRM}image omitted",
                ]
            ),
        ),
        max_size=12,
    )
)
def test_any_text_is_read_or_refused(lines: list[str]) -> None:
    try:
        found = parse("\n".join(lines))
    except KeepsakeError:
        return
    for message in found.messages:
        assert message.sender and (message.text or message.file or message.omitted)
        assert not message.file or not set("/\\\n") & set(message.file)
        assert LRM not in message.text + message.sender
    shown = list(photos_with_messages(found.messages, lambda name: name.endswith(".jpg")))
    assert [m for m, _ in shown] == [m for m in found.messages if (m.file or "").endswith(".jpg")]
    assert all(a.when <= b.when for _, said in shown for a, b in pairwise(said))


@pytest.mark.timeout(30)
def test_a_long_text_takes_no_longer_than_its_length() -> None:
    """A message of many lines, and many beginnings that are none."""
    found = parse("31/12/2023, 21:15 - Anna: x\n" + "y" * 20 + "\n" * 200_000 + "31/12/2023, 21:15 - B" * 20_000)
    assert len(found.messages) == 1
