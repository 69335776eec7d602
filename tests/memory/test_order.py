"""Of episodes of one photo, which all have the photo's date, the one stored later counts as later, everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from assistant import prompt
from assistant.backend import Chunk, Message, Options
from assistant.backends.fake import FakeBackend
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Recalled, Shortened
from assistant.encoder.encoder import BackendEncoder
from assistant.sight import remember
from memory import browse
from memory.browse import Duplicate
from memory.episode import Episode, Photo, Turn
from memory.errors import PromptTooLong
from memory.maintenance.archive import export_archive, import_archive
from memory.reminders import standing
from memory.search import vectors
from memory.search.sightings import NewPhoto
from memory.store import Memory
from tests.support.encoded import encoded
from ui.runtime.undo import UndoStack

TAKEN = datetime(2026, 5, 1, 12, tzinfo=UTC)
PHOTO = Photo("ab" * 32, encoded("order"), 4, 4, TAKEN)
NAMES = ("Rex", "Milo", "Max", "Anna")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "m.db") as opened:
        yield opened
        assert opened.verify() == []


def said(name: str, place: str | None = None) -> Episode:
    return Episode(
        PHOTO, (Turn("user", f"His name is {name}. When you see him, remind me to feed {name}."),), TAKEN, place
    )


def told(memory: Memory, *names: str) -> list[str]:
    """Store an episode of the one photo for each name, in this order; returns their ids."""
    return [remember(memory, BackendEncoder(FakeBackend()), PHOTO, said(name).words).id for name in names]


def names(memory: Memory) -> list[str]:
    """The names in the memory, in the order of storing."""
    return [episode.words.split()[3].strip(".") for episode in reversed(memory.episodes())]


@pytest.mark.parametrize("order", list(permutations(NAMES[:3])))
def test_the_last_told_comes_first_everywhere(memory: Memory, order: tuple[str, ...]) -> None:
    """For each order of names, so that no order of hashes passes by chance."""
    newest = told(memory, *order)[::-1]
    tokens = FakeBackend().embed(PHOTO)
    lists: dict[str, Callable[[], list[str]]] = {
        "ids": memory.ids,
        "episodes": lambda: [e.id for e in memory.episodes()],
        "a page": lambda: [e.id for n in range(3) for e in memory.episodes(1, n)],
        "recall": lambda: [r.episode.id for r in memory.recall(NewPhoto("fake", tokens))],
        "words": lambda: [r.episode.id for r in memory.search("name")],
        "the last time": lambda: [r.episode.id for r in memory.search("the last time")],
        "the first time": lambda: [r.episode.id for r in memory.search("the first time")][::-1],
        "a time": lambda: [r.episode.id for r in memory.search("before 2026-06-01")],
        "what was said": lambda: memory.mentioning("name"),
        "days": lambda: memory.between(TAKEN.date(), None),
        "photo": lambda: memory.showing(PHOTO.sha256),
        "about": lambda: [e.id for e in memory.about(PHOTO.sha256)],
        "timeline": lambda: [mark.id for mark in browse.timeline(memory)],
        "reminders": lambda: [reminder.episode for reminder in standing(memory)],
    }
    assert {what: found() for what, found in lists.items()} == dict.fromkeys(lists, newest)


@pytest.mark.parametrize("order", [NAMES, NAMES[::-1]])
def test_of_a_photo_a_prompt_has_what_was_told_last_first(memory: Memory, order: tuple[str, ...]) -> None:
    """When there are more episodes than fit a prompt, the one stored first is left out."""
    told(memory, *order)
    backend = FakeBackend()
    talk = Conversation(backend, memory, BackendEncoder(backend))
    (recalled,) = (e for e in talk.look(PHOTO) if isinstance(e, Recalled))
    text = "".join(part for part in backend.calls[0][1].parts if isinstance(part, str))
    at = [text.find(f"His name is {name}") for name in order]
    assert at[0] == -1 and 0 < at[3] < at[2] < at[1]
    assert len({prompt.caption_messages(p, PHOTO) for p in permutations([r.episode for r in recalled.recalls])}) == 1


class Small(FakeBackend):
    """A model whose context has room for two episodes."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        if sum(isinstance(part, Photo) for message in messages for part in message.parts) > 3:
            raise PromptTooLong("too long")
        yield from super().stream(messages, options)


@pytest.mark.parametrize("order", [NAMES[:3], NAMES[2::-1]])
def test_where_there_is_little_room_what_was_told_first_goes(memory: Memory, order: tuple[str, ...]) -> None:
    ids = told(memory, *order)
    talk = Conversation(Small(), memory, BackendEncoder(FakeBackend()))
    (left,) = (event for event in talk.look(PHOTO) if isinstance(event, Shortened))
    assert [recall.episode.id for recall in left.recalls] == ids[:1]
    assert [recall.episode.id for recall in talk.recalls] == [ids[2], ids[1]]


@pytest.mark.parametrize("order", [NAMES[:3], NAMES[2::-1]])
def test_an_edit_and_its_undo_leave_the_order(memory: Memory, order: tuple[str, ...]) -> None:
    """Editing what was said first does not make it what was said last."""
    first, *_ = told(memory, *order)
    changes = UndoStack(lambda: memory)
    changes.edit(first, replace(memory.get(first), turns=(Turn("user", "His name is Otto."),)))
    assert names(memory) == ["Otto", *order[1:]] and memory.search("Otto")[0].episode.words == "His name is Otto."
    changes.undo()
    assert names(memory) == list(order) and memory.search("Otto") == []


def test_undo_of_an_edit_that_made_it_equal_to_another_leaves_the_other(memory: Memory) -> None:
    first, second = told(memory, *NAMES[:2])
    changes = UndoStack(lambda: memory)
    changes.edit(first, memory.get(second))
    assert memory.ids() == [second]
    changes.undo()
    assert names(memory) == list(NAMES[:2])


@pytest.mark.parametrize("order", [NAMES[:3], NAMES[2::-1]])
def test_what_comes_back_stands_where_it_was_told(memory: Memory, order: tuple[str, ...]) -> None:
    ids = told(memory, *order)
    changes = UndoStack(lambda: memory)
    changes.forget(ids[1:])
    changes.undo()
    assert names(memory) == list(order)
    held = memory.hold(ids[2:])
    memory.forget_all(ids[2:])
    told(memory, "Anna")  # gets the number of what was forgotten
    memory.put_back(held)
    assert names(memory) == [*order, "Anna"]


@pytest.mark.parametrize("order", list(permutations(("Milo", "MILO", "milo"))))
def test_of_twins_the_first_told_stays(memory: Memory, order: tuple[str, ...]) -> None:
    first, *others = told(memory, *order)
    assert browse.duplicates(memory) == [Duplicate(first, tuple(others))]


def test_a_merge_and_its_undo_leave_the_order(memory: Memory) -> None:
    memory.add_all([said("Milo"), said("Rex"), said("Milo", "Porto")])
    changes = UndoStack(lambda: memory)
    before = memory.ids()
    changes.merge(browse.duplicates(memory))
    assert names(memory) == ["Rex", "Milo"]
    changes.undo()
    assert memory.ids() == before


@pytest.mark.parametrize("order", list(permutations(NAMES[:3])))
def test_an_archive_keeps_the_order(memory: Memory, tmp_path: Path, order: tuple[str, ...]) -> None:
    """Into an empty memory, and into one where some were forgotten and others were added since: they go in between."""
    ids = told(memory, *order)
    export_archive(memory, tmp_path / "a.zip")
    with Memory(tmp_path / "other.db") as other:
        assert import_archive(other, tmp_path / "a.zip").added == 3
        assert other.ids() == memory.ids()
    for n in range(3):
        memory.forget_all(ids[n : n + 1])
        (last,) = told(memory, "Anna")
        assert import_archive(memory, tmp_path / "a.zip") == (1, 2, 0)
        # After the last it knows nothing: what is told here since may be later or earlier.
        assert names(memory) == ([*order, "Anna"] if n < 2 else [*order[:2], "Anna", order[2]])
        memory.forget_all([last])
        assert names(memory) == list(order)


def test_no_list_is_sorted_as_a_whole_for_its_first_page(memory: Memory) -> None:
    """The index by time gives the order; only episodes of one second are sorted (of a million: 0.4 ms, not 400)."""
    told(memory, *NAMES)
    asked: list[str] = []
    memory._file.db.set_trace_callback(asked.append)
    memory.episodes(2)
    memory.search("the last time")
    memory.search("the first time")
    memory.search("before 2026-06-01")
    memory._file.db.set_trace_callback(None)
    pages = [query for query in asked if "FROM episodes" in query and "ORDER BY when_utc" in query and "LIMIT" in query]
    assert len(pages) == 4
    for query in pages:
        plan = [line for *_, line in memory._file.db.execute(f"EXPLAIN QUERY PLAN {query}")]
        assert "episodes_by_time" in plan[0] and "USE TEMP B-TREE FOR ORDER BY" not in plan, (query, plan)


def test_moved_words_leave_no_bytes(memory: Memory) -> None:
    """An episode that gives its place to another has its words in the index twice for a moment."""
    first, *_ = told(memory, "Mylozqx", "Rex")
    memory.replace({first: said("Milo")})
    memory.put_back(held := memory.hold(memory.ids()))
    memory.forget_all([episode.id for episode in held.episodes])
    kept = b"".join(file.read_bytes() for file in memory.path.parent.rglob("*") if file.is_file())
    assert b"mylozqx" not in kept.lower() and b"feed milo" not in kept.lower()


def test_others_changes_are_noticed(memory: Memory) -> None:
    """Only changes by others, and each of them once."""
    assert not memory.changed()
    memory.add(said("Rex"))
    assert not memory.changed()
    with Memory(memory.path) as other:
        assert not memory.changed()
        other.add(said("Milo"))
        assert memory.changed() and not memory.changed()
        assert not other.changed()
        memory.forget_all(memory.ids())
        assert other.changed() and other.stats()["episodes"] == 0


def test_what_was_seen_comes_with_what_was_said_or_not_at_all(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(vectors, "put", full)
        with pytest.raises(ZeroDivisionError):
            memory.add(said("Rex"), ("s", np.eye(3)))
    assert memory.ids() == [] and memory.stats()["photos"] == 0
    memory.add(said("Rex"), ("s", np.eye(3)))
    assert memory.photos_without_vectors("s") == []
