"""What the user says of a recalled memory counts for the photo in view, once; the app and plain mode agree."""

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
    cards,
    drawn,
    idle,
    look,
    notes,
    opened,
    picture,
    replies,
    running,
    sees,
    send,
    shown,
    until,
)
from tests.support.plaintalk import Talk, talk  # noqa: F401 - a fixture
from ui import recall_strings, strings, telling_strings
from ui.dialogs.episode_dialogs import EpisodeScreen
from ui.dialogs.memory_browser import BrowserScreen


@pytest.fixture
def leo(memory_file: Path, photos: Path) -> Episode:
    """The only memory, of Leo."""
    photo, day = load_photo(picture(photos / "leo.png", "orange")), datetime(2025, 5, 12, 12, tzinfo=UTC)
    told, backend = Episode(photo, (Turn("user", "This is Leo, our cat."),), day), Alike()
    with Memory(memory_file) as memory:
        memory.add(told, (backend.space, backend.embed(photo)))
    return told


def sure() -> Alike:
    """A model to which all photos are the same."""
    backend = Alike([f"Leo, {n}." for n in range(9)])
    backend.threshold = 0.0
    return backend


def kept(file: Path) -> tuple[list[str], list[bool]]:
    """The words of the memories, and the answers about pairs of photos."""
    with Memory(file) as memory:
        return sorted(e.words for e in memory.episodes()), [v.same for v in memory.verdicts()]


def test_a_yes_counts_for_each_photo_in_plain_mode(
    talk: Talk,  # noqa: F811
    memory_file: Path,
    photos: Path,
    leo: Episode,
) -> None:
    """Before, a memory that was confirmed once took no "yes" for a later photo: it was answered as small talk."""
    other = picture(photos / "other.png", "teal")
    lines = talk(sure(), str(photos / "rex.png"), "y", str(other), "y")
    said = strings.ANSWERED_YES.format(question=recall_strings.asked(leo))
    assert lines.count(f"Done: {said}") == 2
    assert kept(memory_file) == ([leo.words], [True, True])


async def test_a_name_after_the_yes_is_no_second_memory(
    memory_file: Path,
    photos: Path,
    leo: Episode,
    talk: Talk,  # noqa: F811
) -> None:
    """Before, the app kept "it's Leo" as the words of a new memory where "yes" had just said so; plain mode did not."""
    async with running(memory_file, sure()) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await until(lambda: cards(app) and idle(app), "the recall")
        await send(app, pilot, "yes")
        said = strings.ANSWERED_YES.format(question=recall_strings.asked(leo)) + telling_strings.TOLD_UNDO
        await until(lambda: said in notes(app, "done") and idle(app), "the yes")
        await send(app, pilot, "it's Leo")
        await until(lambda: telling_strings.small_talk("it's Leo") in notes(app, "info") and idle(app), "a short word")
        assert not replies(app)
    assert kept(memory_file) == ([leo.words], [True])
    talk(sure(), str(photos / "rex.png"), "y", "it's Leo")
    assert kept(memory_file)[0] == [leo.words]


async def test_once_it_is_told_who_it_is_no_further_name_is_awaited(
    memory_file: Path, photos: Path, leo: Episode
) -> None:
    """Before, after a "no" and the name, the app took whatever came next as one more name, without asking."""
    async with running(memory_file, sure()) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await until(lambda: cards(app) and idle(app), "the wrong memory")
        await pilot.press("n")
        await until(lambda: str(app.composer.placeholder) == strings.TELL_ME_HERE and idle(app), "who it is")
        await send(app, pilot, "rajah the tiger")
        await until(lambda: cards(app) and idle(app), "the memory")
        await send(app, pilot, "roma")
        await until(lambda: app.composer.placeholder == telling_strings.SHALL_I_HERE, "the question")
    assert kept(memory_file)[0] == [leo.words, "rajah the tiger"]


async def test_a_wish_to_forget_in_other_words_than_were_told_may_mean_what_is_in_view(
    memory_file: Path, photos: Path
) -> None:
    """Before, plain mode alone listed the teddy in view to "forget the bear"; the app, what was told of "beer"."""
    async with running(memory_file, FakeBackend()) as (app, pilot):
        for name, words in (("rex.png", "Tom spilled beer on it"), ("MILO 1.JPG", "old teddy from leo")):
            await look(app, pilot, photos / name)
            await send(app, pilot, f"/remember {words}")
            await until(lambda: len(kept(memory_file)[0]) and cards(app) and idle(app), "the memory")
        await send(app, pilot, "forget the bear")
        await opened(app, BrowserScreen)
        await sees(app.screen, "old teddy from leo", "1 of 2")
        await pilot.press("f")
        await opened(app, EpisodeScreen)
        await drawn(app)
        await pilot.press("y")
        await until(lambda: kept(memory_file)[0] == ["Tom spilled beer on it"], "the memory to go")
        await sees(app.screen, "1 of 1")  # before, the forgotten one stood there still, as "in view now"
        assert "in view now" not in shown(app.screen)
