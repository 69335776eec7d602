"""What was told from a day on ("last Saturday"), in captions, answers and quotations: the day that it was stands
beside it, and no other day is claimed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from assistant.conversation.word_recall import by_words
from assistant.grounding.days_of_telling import dated, of_time_asked
from assistant.grounding.entailment.entailed import holds, verified
from assistant.grounding.quotes.quotation import Quotable, quoted
from memory.episode import Episode, Photo, Recall, Turn
from memory.relative_days import dated_words
from memory.store import Memory
from tests.support.encoded import named_by_bytes
from tests.support.grounded import check

TOLD = date(2026, 5, 12)
"""A Tuesday."""
BOLT = "This is Bolt. Last Saturday we took Bolt to the lake. Tomorrow he goes to the vet."
LAST_SATURDAY = "Last Saturday (9 May 2026) you took Bolt to the lake."
QUOTED = "You told me on 12 May 2026: “Last Saturday [9 May 2026] we took Bolt to the lake.”"


def episode(words: str, told: date | None = TOLD, day: date | None = None) -> Episode:
    """An episode told at noon, of an unknown day or of another one."""
    at = datetime(told.year, told.month, told.day, 12, tzinfo=UTC) if told else datetime(2026, 6, 1, tzinfo=UTC)
    when = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) if day else at
    return Episode(Photo(words, b"", 1, 1), (Turn("user", words),), when, day=day, told=told and at)


def shown(text: str, *told: Episode, question: str | None = None) -> str:
    """What is shown of a model's text about memories that recall is sure of."""
    recalls = [Recall(one, 0.9, "the same thing", "sure", by_sight=True) for one in told]
    return check(text, *recalls, question=question).shown.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Last Saturday you took Bolt to the lake.", LAST_SATURDAY),
        ("You took Bolt to the lake on Saturday.", "You took Bolt to the lake on Saturday (9 May 2026)."),
        ("You took Bolt to the lake on 9 May 2026.", "You took Bolt to the lake on 9 May 2026."),
        ("You took Bolt to the lake in May 2026.", "You took Bolt to the lake in May 2026."),
        # repeated from a caption or a quotation
        ("Last Saturday (9 May 2026) you took Bolt to the lake.", LAST_SATURDAY),
        ("Last Saturday [9 May 2026] you took Bolt to the lake.", LAST_SATURDAY),
    ],
)  # fmt: skip
def test_a_caption_says_which_day_it_was(text: str, expected: str) -> None:
    assert shown(text, episode(BOLT)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "You took Bolt to the lake on 10 May 2026.",
        "You took Bolt to the lake on 13 May 2026.",
        "You took Bolt to the lake on 12 May 2026.",
        "Today you took Bolt to the lake.",
        "Yesterday you took Bolt to the lake.",
    ],
)
def test_a_day_that_was_not_told_is_not_shown(text: str) -> None:
    assert shown(text, episode(BOLT)).startswith(
        "You told me on 12 May 2026: “This is Bolt. Last Saturday [9 May 2026]"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Last Saturday.", "Last Saturday (9 May 2026)."),
        ("On 9 May 2026.", "On 9 May 2026."),
        ("You took Bolt to the lake on 9 May 2026.", "You took Bolt to the lake on 9 May 2026."),
        ("On 16 May 2026.", QUOTED),
        ("On Saturday.", QUOTED),
        ("You did not tell me that.", QUOTED),
    ],
)
def test_a_question_for_the_time_gets_the_day(text: str, expected: str) -> None:
    assert shown(text, episode(BOLT), question="When did we take Bolt to the lake?") == expected


def test_what_lies_ahead_is_no_day_of_the_photo() -> None:
    assert shown("It was on 13 May 2026.", episode(BOLT), question="When was this?") == QUOTED
    vet = "You told me on 12 May 2026: “Tomorrow [13 May 2026] he goes to the vet.”"
    assert shown("You did not tell me that.", episode(BOLT), question="When does he go to the vet?") == vet


def test_vague_times_get_the_day_of_their_telling() -> None:
    pond = episode("This is Bruno. The other day Emma dropped Bruno in the pond.")
    assert shown("The other day Emma dropped Bruno in the pond.", pond) == (
        "The other day (told on 12 May 2026) Emma dropped Bruno in the pond."
    )
    quote = quoted(Quotable(pond, None, "sure"), "The other day Emma dropped Bruno in the pond.").text
    assert quote == "You told me on 12 May 2026: “The other day Emma dropped Bruno in the pond.”"


def test_two_memories_that_mean_different_days_are_quoted() -> None:
    words = "This is Bolt. Yesterday we took Bolt to the lake."
    twice = [episode(words), episode(words, TOLD + timedelta(days=7))]
    assert dated("Yesterday you took Bolt to the lake.", [Quotable(one, None, "sure") for one in twice]) is None
    assert shown("Yesterday you took Bolt to the lake.", *twice).startswith("You told me on 12 May 2026: “")
    assert shown("Yesterday you took Bolt to the lake.", twice[1]) == (
        "Yesterday (18 May 2026) you took Bolt to the lake."
    )


def test_where_nobody_knows_when_it_was_told_the_words_stay() -> None:
    untold = episode(BOLT, None)
    text = "Last Saturday you took Bolt to the lake."
    assert shown(text, untold) == text
    assert "[" not in quoted(Quotable(untold, None, "sure"), BOLT).text


def test_a_question_for_another_time_is_not_answered_by_it() -> None:
    asked = date.today()
    told = asked - timedelta(days=3)
    lake, park = episode("We took Bolt to the lake yesterday.", told), episode("Yesterday we were in the park.", asked)
    day = told - timedelta(days=1)
    then = f"What did we do on {day.day} {day:%B %Y}?"
    for text in ("You took Bolt to the lake.", "You did not tell me that."):
        assert shown(text, lake, question="What did we do yesterday?") == "You did not tell me that."
        assert "Bolt to the lake" in shown(text, lake, question=then)
    answer = shown("You did not tell me that.", lake, park, question="what did we do yesterday")
    assert "Yesterday" in answer and "park" in answer and "lake" not in answer


def test_of_the_time_asked() -> None:
    yesterday = date.today() - timedelta(days=1)
    assert of_time_asked("What did we do yesterday?", "This morning we swam.", yesterday) is True
    assert of_time_asked("What did we do yesterday?", "Yesterday we swam.", yesterday) is False
    assert of_time_asked("What did we do yesterday?", "Last month we swam.", yesterday) in (False, None)
    assert of_time_asked("What did we do yesterday?", "We swam.", yesterday) is None
    assert of_time_asked("What did we do?", "Yesterday we swam.", yesterday) is None
    assert of_time_asked("What did we do yesterday?", "Yesterday we swam.", None) is None


class Sure:
    """A verifier that finds that everything follows, and remembers from what."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def logit(self, claim: str, told: str) -> float:
        self.told.append(told)
        return 9.0


def test_the_verifier_reads_the_day_that_it_was() -> None:
    verifier, one = Sure(), Quotable(episode(BOLT), None, "sure")
    assert verified("Bolt saw the lake on 9 May 2026.", "", [one], verifier).kind == "told"
    assert verifier.told == [dated_words(one.episode)]
    assert verified("Bolt saw the lake on 12 May 2026.", "", [one], verifier).kind == "unsupported"
    assert not holds("On 12 May 2026.", dated_words(episode("The other day we met."), only_known=True))


def test_beside_a_photo_in_view_a_question_for_a_time_alone_brings_what_was_told_of_it(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory.db")
    now = datetime.now(UTC)
    for n, words in enumerate(("Yesterday Emma ate a whole melon.", "This is Zuri in the park.")):
        told = now if n == 0 else now - timedelta(days=40)
        memory.add(Episode(named_by_bytes(n), (Turn("user", words),), told, day=None, told=told))
    in_view = [Recall(memory.about(named_by_bytes(1).sha256)[0], 0.9, "the same thing", by_sight=True)]
    found = by_words(memory, "what did we do yesterday?", 4, in_view, in_view[0].episode.photo)
    assert [one.episode.words for one in found] == ["Yesterday Emma ate a whole melon."]
    assert by_words(memory, "what did we do three months ago?", 4, in_view, in_view[0].episode.photo) == []
