"""Stored conversations: found by words, never recalled, deleted with the episodes they used (app: test_tui_history)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assistant.__main__ import main as assistant
from assistant.photo import from_image, load_photo
from memory import conversations
from memory.db.stored_conversation import Line, Part, StoredConversation
from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError
from memory.search.sightings import NewPhoto
from memory.store import Memory
from tests.support.encoded import noise_photo

DAY = datetime(2025, 5, 12, 10, tzinfo=UTC)
TOKENS = np.random.default_rng(0).standard_normal((4, 8)).astype(np.float32)  # (T, D)


def photo(n: int) -> Photo:
    return noise_photo(n, 48, 32)


def episode(n: int, text: str) -> Episode:
    return Episode(photo(n), (Turn("user", text),), DAY)


def part(n: int, *lines: Line, shown: int | None = None, told: tuple[str, ...] = (), day: int = 0) -> Part:
    when = DAY + timedelta(days=day)
    return Part(n, when, None if shown is None else photo(shown), lines, told)


QUESTION, ANSWER = Line("question", "Who is this?"), Line("answer", "Zanzibarine with quokkabread.", "cancelled")


def test_what_was_kept_comes_back_as_it_was(path: Path) -> None:
    first = part(0, Line("caption", "A dog."), QUESTION, shown=1, told=("ab" * 8,))
    second = part(1, ANSWER)
    with Memory(path) as memory:
        assert conversations.keep(memory, "aa01", replace(first, lines=()), new=True)
        assert conversations.keep(memory, "aa01", first, new=False)
        assert conversations.keep(memory, "aa01", second, new=True)
        memory.add(episode(2, "Known"))
        assert conversations.keep(memory, "aa02", part(0, shown=2), new=True)
        for id in ("aa01", "AA01 "):
            assert conversations.get(memory, id) == StoredConversation("aa01", (first, second))
        assert conversations.get(memory, "aa02").parts[0].photo == photo(2)
        with memory.transaction() as db:
            assert db.execute("SELECT sha256 FROM shown").fetchall() == [(photo(1).sha256,)], "known ones are kept once"
        for wrong, why in (("aa", "2 conversations have"), ("ff", "no conversation has"), ("", "no conversation has")):
            with pytest.raises(KeepsakeError, match=why):
                conversations.get(memory, wrong)
        assert memory.verify() == []


def test_titles_tell_apart_conversations_that_begin_alike(path: Path) -> None:
    told, asked = Line("remembered", "This is Rex."), Line("question", "Where was he?")
    with Memory(path) as memory:
        for n, lines in enumerate(([Line("caption", "Zuri.")], [Line("caption", "A dog."), told], [asked, ANSWER])):
            conversations.keep(memory, f"t{n}", part(0, QUESTION, *lines, shown=n, day=n), new=True)
        assert [title.text for title in conversations.titles(memory)] == [
            "Who is this?  ·  Where was he?",
            "Who is this?  ·  This is Rex.",
            "Who is this?  ·  Zuri.",
        ]


def test_a_long_title_ends_after_a_word(path: Path) -> None:
    """Before, in the middle of one, and nothing said that there is more."""
    with Memory(path) as memory:
        asked = [Line("question", f"How many minutes does it lose in {n} days?") for n in range(9)]
        conversations.keep(memory, "t1", part(0, QUESTION, *asked, shown=1, day=1), new=True)
        (title,) = conversations.titles(memory)
        assert len(title.text) <= 202 and title.text.endswith(" …")
        assert title.text.removesuffix(" …").split()[-1] in "How many minutes does it lose in 3 days?".split()


def test_titles_newest_first_and_by_words(path: Path) -> None:
    with Memory(path) as memory:
        for n in range(4):
            lines = (Line("caption", f"caption {n}"), Line("question", f"Was  Zoë\nthere, {n}?"), Line("answer", "Ja."))
            conversations.keep(memory, f"t{n}", part(0, *lines[: n + 1], shown=n, day=n), new=True)
        assert [(t.id, t.text) for t in conversations.titles(memory)] == [
            ("t3", "Was Zoë there, 3?  ·  caption 3"), ("t2", "Was Zoë there, 2?  ·  caption 2"),
            ("t1", "Was Zoë there, 1?  ·  caption 1"), ("t0", "caption 0"),
        ]  # fmt: skip
        assert [t.id for t in conversations.titles(memory, "ZOE caption")] == ["t3", "t2", "t1"]
        assert [t.id for t in conversations.titles(memory, "ja zoë")] == ["t3", "t2"]
        assert [t.id for t in conversations.titles(memory, limit=2)] == ["t3", "t2"]
        assert conversations.titles(memory, "nowhere") == [] and conversations.titles(memory)[0].photos == 1


def test_nothing_of_it_is_ever_recalled(path: Path) -> None:
    """What a model wrote must not come back as a memory: not by words, by sight, in counts or in an export."""
    with Memory(path) as memory:
        memory.add(episode(1, "This is Milo."))
        before = (memory.ids(), {k: v for k, v in memory.stats().items() if k != "bytes"})
        conversations.keep(memory, "t", part(0, QUESTION, ANSWER, Line("caption", "Milo sings."), shown=2), new=True)
        assert (memory.ids(), {k: v for k, v in memory.stats().items() if k != "bytes"}) == before
        assert memory.search("zanzibarine quokkabread sings") == [] == memory.mentioning("sings")
        assert memory.photos_without_vectors("s") == [photo(1).sha256]
        assert memory.showing(photo(2).sha256) == [] and not memory.put_vectors(photo(2).sha256, "s", TOKENS)
        assert memory.recall(NewPhoto("s", TOKENS)) == []


def residue(path: Path, *needles: bytes) -> set[bytes]:
    blobs = [f.read_bytes() for f in path.parent.rglob("*") if f.is_file()]
    return {needle for needle in needles if any(needle in blob for blob in blobs)}


WRITTEN = (b"Zanzibarine", b"quokkabread", photo(1).data[100:140], photo(1).sha256.encode())


@pytest.fixture
def planted(path: Path) -> Path:
    """A memory with a conversation about a photo that no episode has, a cache file of it, a snapshot, and others."""
    vision = path.parent / "cache" / "vision"
    vision.mkdir(parents=True)
    (vision / f"{photo(1).sha256}.nano.npy").write_bytes(photo(1).data)
    (vision / f"{photo(5).sha256}.nano.npy").write_bytes(b"another photo's")
    with Memory(path) as memory:
        memory.add(episode(5, "Another"))
        for n in range(30):
            conversations.keep(memory, f"b{n:02}", part(0, Line("question", f"words {n} " * 40), shown=9), new=True)
        conversations.keep(memory, "aa", part(0, QUESTION, ANSWER, shown=1), new=True)
    Memory(path).close()  # takes a snapshot
    assert residue(path, *WRITTEN) == set(WRITTEN)
    return path


def test_a_deleted_conversation_leaves_no_byte(planted: Path) -> None:
    with Memory(planted) as memory:
        receipt = memory.forget_conversation("aa")
        assert residue(planted, *WRITTEN) == set()
        assert (receipt.parts, receipt.conversations, receipt.photos) == (1, 1, (photo(1).sha256,))
        assert receipt.lines()[0] == "1 part of 1 kept conversation deleted: photos, questions, captions, answers"
        assert receipt.bytes > 3000 and receipt.files == 1 and receipt.snapshots_made == 1
        assert len(conversations.titles(memory)) == 30 and memory.verify() == []
        assert conversations.get(memory, "b00").parts[0].photo == photo(9), "others show their photo still"
        with pytest.raises(KeepsakeError, match="no conversation"):
            memory.forget_conversation("aa")
    assert (planted.parent / "cache" / "vision" / f"{photo(5).sha256}.nano.npy").exists()


def test_a_forgotten_memory_takes_the_parts_that_tell_of_it_and_no_others(path: Path) -> None:
    with Memory(path) as memory:
        secret = memory.add(episode(1, "This is Zanzibarine with quokkabread"))
        kept = {
            "photo": part(0, Line("caption", "Zanzibarine!"), shown=1),
            "told": part(1, ANSWER, shown=2, told=("00" * 8, secret)),
            "other": part(2, Line("question", "Is Zanzibarine here?"), shown=3, told=("00" * 8,)),
        }
        for one in kept.values():
            conversations.keep(memory, "aa", one, new=True)
        conversations.keep(memory, "bb", part(0, Line("answer", "Zanzibarines, many."), shown=2), new=True)
        receipt = memory.forget_all([secret])
        assert conversations.get(memory, "aa").parts == (kept["other"],)
        assert (receipt.parts, receipt.conversations) == (2, 1)
        assert receipt.conversations_remain == ("aa",), "a whole word, as the user said it"
        assert "kept conversations that may say the same name: aa" in receipt.lines()
        assert residue(path, b"quokkabread", photo(1).sha256.encode(), photo(1).data[9:60]) == set()
        assert not conversations.keep(memory, "aa", kept["told"], new=False), (
            "it is not brought back by who had it open"
        )
        assert len(conversations.get(memory, "aa").parts) == 1 and memory.verify() == []


def test_a_photo_that_other_memories_show_stays_in_conversations(path: Path) -> None:
    with Memory(path) as memory:
        first, _ = memory.add(episode(1, "One")), memory.add(episode(1, "Two"))
        conversations.keep(memory, "aa", part(0, QUESTION, shown=1), new=True)
        assert memory.forget_all([first]).parts == 0
        assert conversations.get(memory, "aa").parts[0].photo == photo(1)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE talks SET lines = 'x'", "part 0 has changed since it was stored"),
        ('UPDATE talks SET lines = \'[["song", "la", ""]]\'', "part 0 has changed since it was stored"),
        ("UPDATE talks SET episodes = '7'", "part 0 has changed since it was stored"),
        ("DELETE FROM shown", "the photo of part 0 is missing"),
    ],
)
def test_verify_finds(path: Path, statement: str, problem: str) -> None:
    with Memory(path) as memory:
        conversations.keep(memory, "aa", part(0, QUESTION, shown=1), new=True)
        assert memory.verify() == []
        with memory.transaction("IMMEDIATE") as db:
            db.execute(statement)
        assert problem in "; ".join(memory.verify())


def test_where_a_part_ended() -> None:
    said = [Line("caption", "One."), QUESTION, ANSWER, Line("correction", "Two."), QUESTION, ANSWER]
    assert part(0, *said, QUESTION).state() == ("Two.", [(QUESTION.text, ANSWER.text)])
    assert part(0, QUESTION).state() == (None, [])
    owned = [part(0, *said[:n]).caption_by_user for n in range(5)]
    assert owned == [False, False, False, False, True] and not part(0, *said, Line("caption", "Anew.")).caption_by_user


def test_a_photo_only_shown_can_be_forgotten_too(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "red.png"
    Image.new("RGB", (8, 8), "red").save(file)
    shown = from_image(Image.new("RGB", (8, 8), "red"))
    assert load_photo(file).sha256 == shown.sha256
    with Memory(path) as memory:
        conversations.keep(memory, "aa", Part(0, DAY, shown, (QUESTION,)), new=True)
    assert assistant(["forget", str(file)]) == 1
    assert "these would be forgotten for good (1 kept conversation part): add --yes" in capsys.readouterr().err
    assert assistant(["forget", str(file), "--yes"]) == 0
    assert "Deleted from 1 kept conversation: photos" in capsys.readouterr().out
    with Memory(path) as memory:
        assert conversations.titles(memory) == []


def test_what_a_part_recalled_comes_back_but_what_was_denied_or_is_gone(path: Path) -> None:
    """Milo stays; "this is not Rex" took Rex out of the photo, in this part and not in one about another photo."""
    milo, rex = episode(1, "This is Milo."), episode(2, "This is Rex.")
    with Memory(path) as memory:
        ids = (memory.add(milo), memory.add(rex), "f" * 16)
        memory.answer(photo(3).sha256, rex.photo.sha256, "colours", 0.5, same=False)
        assert conversations.recalled(memory, part(0, shown=3, told=ids)) == [milo]
        assert conversations.recalled(memory, part(0, shown=4, told=ids)) == [milo, rex]
        assert conversations.recalled(memory, part(0, told=ids)) == [milo, rex]
