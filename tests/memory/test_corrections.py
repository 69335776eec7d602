"""Corrections: the hash in them is stored, and neither people nor models read it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from assistant import prompt
from assistant.__main__ import main as assistant
from assistant.photo import load_photo
from memory import corrections
from memory.__main__ import main as memory_command
from memory.episode import Episode, Photo, Turn
from memory.store import Memory
from tests.support.apppilot import picture

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HASH = re.compile("[0-9a-f]{8}")


def photo(name: str) -> Photo:
    return Photo(name.encode().hex().ljust(64, "0"), b"data", 8, 8)


def said(name: str, *words: str) -> Episode:
    return Episode(photo(name), tuple(Turn("user", one) for one in words), NOW)


REX = said("rex", "This is Rex, the neighbour's dog. He barks.")


def test_people_and_models_read_no_hash() -> None:
    """Nor do they read the name of the other episode: a model would take it for the new photo's."""
    stranger = said("stranger", corrections.not_same_as(REX), corrections.same_as(REX))
    assert HASH.search(stranger.words)
    read = corrections.to_read(stranger)
    assert [turn.text for turn in read.turns] == [
        "This is not the one in my photo of 1 March 2026.",
        "This is the one in my photo of 1 March 2026: This is Rex, the neighbour's dog.",
    ]
    [_, asked] = prompt.caption_messages([said("stranger", corrections.not_same_as(REX))], photo("new"))
    text = "".join(part for part in asked.parts if isinstance(part, str))
    assert "I said: This is not the one in my photo of 1 March 2026." in text and "Rex" not in text


@pytest.mark.parametrize(
    "words",
    [
        "This is Rex.",
        "the one in my photo 12345678",
        "the one in my photo 1234567 of 3 May 2025",
        "My photo 1a2b3c4d of 3 May 2025 is blurred.",
        "This is not the one in my photo of 3 May 2025.",
    ],
)
def test_other_words_are_read_as_they_are(words: str) -> None:
    assert corrections.readable(words) == words
    assert corrections.to_store(said("a", words), said("a", "what it was before")).words == words


def test_an_edit_of_what_is_read_keeps_what_it_means() -> None:
    """Also for two corrections about photos of one day; a deleted sentence stays deleted, a new one gets no hash."""
    ann, rex = said("ann", "This is Ann."), corrections.not_same_as(REX)
    before = said("stranger", f"{corrections.not_same_as(ann)} {rex}", "A cat.")
    read = corrections.to_read(before)
    assert corrections.to_store(read, before) == before and corrections.to_store(read, before).id == before.id
    more = said("stranger", f"Certain: {read.turns[0].text}", "A black cat.")
    assert corrections.to_store(more, before).words == f"Certain: {before.turns[0].text}\nA black cat."
    assert corrections.to_store(said("stranger", "A cat."), before).words == "A cat."
    thrice = corrections.to_store(said("stranger", *[corrections.readable(rex)] * 3), before)
    assert len(HASH.findall(thrice.words)) == 2


def test_the_commands_show_none(capsys: pytest.CaptureFixture[str], tmp_path, own_home) -> None:  # type: ignore[no-untyped-def]
    seen = load_photo(picture(tmp_path / "a.png", "red"))
    with Memory(own_home / "memory.db") as memory:
        id = memory.add(Episode(seen, (Turn("user", corrections.not_same_as(REX)),), NOW))
    for command in (["list"], ["show", id], ["search", "photo"]):
        assert memory_command(command) == 0
        assert "not the one in my photo of 1 March 2026." in capsys.readouterr().out
    assert assistant(["recall", str(tmp_path / "a.png"), "--model", "fake"]) == 0
    assert "not the one in my photo of 1 March 2026." in capsys.readouterr().out
