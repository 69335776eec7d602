"""What the user tells about the photo in view is kept at any time, said in one line, and taken back by undo."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.apppilot import (
    Alike,
    caption,
    cards,
    idle,
    look,
    notes,
    picture,
    replies,
    running,
    send,
    until,
)
from tests.support.plaintalk import Talk, talk  # noqa: F401 - a fixture
from ui import recall_strings, strings, telling_strings
from ui.input_parser import read
from ui.plain import plain_strings
from ui.widgets.chat_log import Composer

DAY = datetime(2025, 5, 12, 12, tzinfo=UTC)


@pytest.fixture
def leo(memory_file: Path, photos: Path) -> Episode:
    """The only memory, of Leo."""
    told = Episode(load_photo(picture(photos / "leo.png", "orange")), (Turn("user", "This is Leo, our cat."),), DAY)
    backend = Alike()
    with Memory(memory_file) as memory:
        memory.add(told, (backend.space, backend.embed(told.photo)))
    return told


def sure() -> Alike:
    """A model to which all photos are the same."""
    backend = Alike(["It is Leo.", "A tiger, Rajah.", "Again.", "Once more."])
    backend.threshold = 0.0
    return backend


def kept(file: Path) -> tuple[list[str], list[tuple[str, bool]]]:
    """The words of the memories, the oldest first, and the answers about pairs of photos."""
    with Memory(file) as memory:
        assert memory.verify() == []
        return sorted(e.words for e in memory.episodes()), [(v.other, v.same) for v in memory.verdicts()]


async def test_a_correction_is_kept_with_its_no_and_undone_with_it(
    memory_file: Path, photos: Path, leo: Episode
) -> None:
    """After an answer, too. The next caption has the new memory, and no longer the wrong one."""
    backend = sure()
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await until(lambda: cards(app) and idle(app), "the wrong memory")
        await send(app, pilot, "That's not Leo, it's Rajah, the tiger.")
        await until(lambda: caption(app) == "A tiger, Rajah." and idle(app), "the caption by the new memory")
        assert [card.episode.words for card in cards(app)] == ["It's Rajah, the tiger."]
        assert leo.photo not in backend.calls[-1][1].parts
        line = next(note for note in notes(app, "done") if "Rajah" in note)
        assert "this is not Leo" in line and "/undo" in line
        assert kept(memory_file) == (["It's Rajah, the tiger.", leo.words], [(leo.photo.sha256, False)])
        assert not replies(app), "the model is asked nothing"
        await send(app, pilot, "/undo")
        await until(lambda: [card.episode.id for card in cards(app)] == [leo.id] and idle(app), "all as before")
    assert kept(memory_file) == ([leo.words], [])


async def test_all_photos_of_leo_go_with_one_no_and_come_back_with_one_undo(
    memory_file: Path, photos: Path, leo: Episode
) -> None:
    """Previously the next photo of Leo took the place of the denied one. Together they are one card."""
    backend = sure()
    with Memory(memory_file) as memory:
        for n, words in enumerate(["Leo in Rome", "This is Leo, our cat, with a mouse."]):
            photo = load_photo(picture(photos / f"leo{n}.png", ("green", "blue")[n]))
            memory.add(Episode(photo, (Turn("user", words),), DAY), (backend.space, backend.embed(photo)))
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await until(lambda: cards(app) and idle(app), "the wrong memory")
        (card,) = cards(app)
        assert recall_strings.ONE_OF.format(n=3) in card.text
        assert sum(part.count("Leo") for part in backend.calls[-1][1].parts if isinstance(part, str)) == 1
        await send(app, pilot, "That's not Leo")
        await until(lambda: not cards(app) and idle(app), "no card of Leo")
        await send(app, pilot, "/undo")
        await until(lambda: len(cards(app)) == 1 and idle(app), "Leo again")
    assert kept(memory_file)[1] == []


async def test_of_a_sure_recall_n_says_no_at_once_and_a_name_alone_is_the_answer(
    memory_file: Path, photos: Path, leo: Episode
) -> None:
    async with running(memory_file, sure()) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await until(lambda: cards(app) and idle(app), "the wrong memory")
        composer = app.query_one(Composer)
        assert str(composer.placeholder) == recall_strings.not_this(leo) and "this is not Leo" in composer.placeholder
        await pilot.press("n")
        await until(lambda: not cards(app) and idle(app), "its going")
        await until(lambda: str(composer.placeholder) == strings.TELL_ME_HERE, "the question who it is")
        await send(app, pilot, "rajah the tiger")
        await until(lambda: cards(app) and idle(app), "the memory")
    assert kept(memory_file) == ([leo.words, "rajah the tiger"], [(leo.photo.sha256, False)])


def test_a_yes_to_a_sure_recall_is_kept_in_plain_mode(
    talk: Talk,  # noqa: F811
    memory_file: Path,
    photos: Path,
    leo: Episode,
) -> None:
    """Before, "y" there was small talk: the user's confirmation was lost. Said twice it is kept once."""
    lines = talk(sure(), str(photos / "rex.png"), "y", "yes", "yes, that's him")
    said = strings.ANSWERED_YES.format(question=recall_strings.asked(leo))
    assert lines.count(f"Done: {said}") == 1
    assert kept(memory_file) == ([leo.words], [(leo.photo.sha256, True)])


async def test_a_yes_to_a_sure_recall_is_kept_in_the_app(memory_file: Path, photos: Path, leo: Episode) -> None:
    async with running(memory_file, sure()) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await until(lambda: cards(app) and idle(app), "the recall")
        await send(app, pilot, "yes")
        said = strings.ANSWERED_YES.format(question=recall_strings.asked(leo)) + telling_strings.TOLD_UNDO
        await until(lambda: said in notes(app, "done") and idle(app), "the yes")
    assert kept(memory_file) == ([leo.words], [(leo.photo.sha256, True)])


async def test_words_that_are_not_clear_are_asked_about_and_never_lost(memory_file: Path, photos: Path) -> None:
    backend = FakeBackend(["A dog.", "I do not know.", "A dog, Rex."])
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "MILO 1.JPG")
        await send(app, pilot, "This is Milo")
        await until(lambda: cards(app) and idle(app), "the first memory")
        await send(app, pilot, "the trip to rome")
        await until(lambda: app.composer.placeholder == telling_strings.SHALL_I_HERE, "the question")
        assert notes(app, "question") == [telling_strings.SHALL_I.format(words="the trip to rome")]
        await send(app, pilot, "what is it?")
        await until(lambda: replies(app) and idle(app), "an answer to another question")
        assert telling_strings.NOT_KEPT.format(words="the trip to rome") in notes(app, "info")
        await send(app, pilot, "the trip to rome")
        await until(lambda: app.composer.placeholder == telling_strings.SHALL_I_HERE, "the question")
        await pilot.press("y")
        await until(lambda: len(cards(app)) == 2 and idle(app), "the memory")
        await send(app, pilot, "this is boring")
        await until(lambda: telling_strings.small_talk("this is boring") in notes(app, "info"), "small talk")
    assert kept(memory_file)[0] == ["This is Milo", "the trip to rome"]


async def test_what_is_told_without_a_photo_is_answered_by_what_to_do(
    memory_file: Path,
    photos: Path,
    talk: Talk,  # noqa: F811
) -> None:
    """Before, "I took Leo to the vet yesterday" was a question to the model: "You did not tell me that."."""
    said = "I took Leo to the vet yesterday"
    note = telling_strings.NO_PHOTO_YET.format(words=said)
    backend = FakeBackend(["In Graz."])
    async with running(memory_file, backend) as (app, pilot):
        await send(app, pilot, said)
        await until(lambda: note in notes(app, "warning") and idle(app), "the note")
        assert not backend.calls
    assert f"Note: {note}" in talk(backend, said) and not backend.calls


async def test_a_line_that_tells_and_asks_does_both_and_in_private_nothing_is_kept(
    memory_file: Path, photos: Path
) -> None:
    backend = FakeBackend(["A dog.", "Rex.", "Yes."])
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "MILO 1.JPG")
        await send(app, pilot, "This is Milo. Isn't he cute?")
        await until(lambda: replies(app) and replies(app)[0].text == "Yes." and idle(app), "the answer")
        assert backend.calls[-1][-1].parts == ("Isn't he cute?",)
        await send(app, pilot, "/private")
        await until(lambda: app.main_view.private, "the privacy")
        await look(app, pilot, photos / "rex.png")
        await send(app, pilot, "This is Max.")
        await until(lambda: strings.PRIVATE_NO in notes(app, "warning"), "the refusal")
    assert kept(memory_file)[0] == ["This is Milo."]


def test_in_plain_mode_too(talk: Talk, memory_file: Path, photos: Path, leo: Episode) -> None:  # noqa: F811
    photo = str(photos / "rex.png")
    lines = talk(sure(), photo, "That's not Leo, it's Rajah.", "/undo", photo, "n", "rajah", "thanks", "roma", "y")
    assert lines.count(f"Note: {telling_strings.PLAIN_NOT_THIS}") >= 2
    assert any("remembered" in line and "this is not Leo" in line for line in lines)
    assert f"{plain_strings.NOTE}: You are welcome." in lines
    assert any(telling_strings.PLAIN_SHALL_I in line for line in lines)
    assert kept(memory_file) == ([leo.words, "rajah", "roma"], [(leo.photo.sha256, False)])


def test_a_small_correction_is_one_line_and_the_rest_is_there_for_who_asks(
    talk: Talk,  # noqa: F811
    memory_file: Path,
    photos: Path,
) -> None:
    lines = talk(FakeBackend(), str(photos / "rex.png"), "Rex in 2020", "it was 2021, not 2020", "/details", "/undo")
    changed = lines.index(f"Done: {telling_strings.CORRECTED.format(words='Rex in 2021')}")
    details = lines[changed + 1 :]
    assert not details[0].startswith(("Done", "Note")) and any("old words" in line for line in details)
    assert kept(memory_file)[0] == ["Rex in 2020"]


def test_what_the_user_says_of_themselves_is_no_question_when_it_is_not_kept(
    talk: Talk,  # noqa: F811
    memory_file: Path,
    photos: Path,
) -> None:
    backend = FakeBackend(["A dog.", "You did not tell me that."])
    lines = talk(backend, str(photos / "rex.png"), "its my birthday on thursday", "n")
    assert any(telling_strings.PLAIN_SHALL_I in line for line in lines) and len(backend.calls) == 1
    assert kept(memory_file)[0] == []


def test_a_correction_whose_words_are_not_found_is_kept_whole(
    talk: Talk,  # noqa: F811
    memory_file: Path,
    photos: Path,
) -> None:
    """Before, "not cotton" was lost, as if somebody called cotton were not in the photo."""
    lines = talk(
        FakeBackend(),
        str(photos / "rex.png"),
        "my cotton cap",
        "it was wool, not cotton",
        "no its not cotton its silk",
        "y",
    )
    assert kept(memory_file)[0] == ["It was wool, not cotton", "No its not cotton its silk", "my cotton cap"]
    assert any(telling_strings.small_talk("y") in line for line in lines) and "/undo" in telling_strings.small_talk("y")


async def test_a_telling_about_another_known_thing_is_asked_about(
    memory_file: Path, photos: Path, leo: Episode
) -> None:
    backend = FakeBackend(["A clock.", "A clock again.", "I do not know."])
    asked = telling_strings.ABOUT_THIS.format(words="Leo died last week")
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await send(app, pilot, "This is my clock")
        await until(lambda: cards(app) and idle(app), "the clock's memory")
        await send(app, pilot, "Leo died last week")
        await until(lambda: app.composer.placeholder == telling_strings.SHALL_I_HERE, "the question")
        assert notes(app, "question") == [asked]
        await pilot.press("n")
        not_kept = telling_strings.NOT_ABOUT_THIS.format(words="Leo died last week")
        await until(lambda: not_kept in notes(app, "info") and idle(app), "that nothing is kept")
        await send(app, pilot, "This is Leo at the lake")
        await until(lambda: any("at the lake" in line for line in notes(app, "done")), "it, unasked")
        await until(lambda: idle(app), "the caption")
        await send(app, pilot, "Leo died last week")
        await until(lambda: any("last week" in line for line in notes(app, "done")), "it, as Leo is in the photo now")
    assert kept(memory_file)[0] == sorted(
        [leo.words, "This is my clock", "This is Leo at the lake", "Leo died last week"]
    )


def test_a_telling_about_another_known_thing_is_asked_about_in_plain_mode(
    talk: Talk,  # noqa: F811
    memory_file: Path,
    photos: Path,
    leo: Episode,
) -> None:
    backend = FakeBackend(["A clock."] * 8)
    photo = str(photos / "rex.png")
    lines = talk(backend, photo, "This is my clock", "Leo died last week", "n", "Leo died in May", "y")
    assert sum(telling_strings.PLAIN_ABOUT_THIS in line for line in lines) == 2
    assert any(telling_strings.NOT_ABOUT_THIS.format(words="Leo died last week") in line for line in lines)
    assert kept(memory_file)[0] == sorted([leo.words, "This is my clock", "Leo died in May"])


@pytest.mark.parametrize("line", ["'{}' who is this?", '"{}" who is this?', "{escaped} who is this?"])
def test_a_quoted_or_escaped_path_may_have_a_question_after_it(tmp_path: Path, line: str) -> None:
    photo = picture(tmp_path / "my photo.jpg", "red")
    typed = read(line.format(photo, escaped=str(photo).replace(" ", "\\ ")))
    assert typed.photos == [photo] and typed.question == "who is this?" and not typed.command
    assert read("'my photo' is what I call it").photos == []
    assert read('"Look!" he said').question == '"Look!" he said'


def test_a_web_address_is_refused_in_one_line(talk: Talk) -> None:  # noqa: F811
    lines = talk(backend := FakeBackend(), "https://example.org/cat.jpg", "www.example.org what is this?")
    assert lines.count(f"{plain_strings.NOTE}: {telling_strings.NO_WEB}") == 2 and not backend.calls
