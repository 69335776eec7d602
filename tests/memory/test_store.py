"""The store: what is stored comes back, what is forgotten is gone, and trouble with the file is one clear line."""

from __future__ import annotations

import hashlib
import stat
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError, UnknownEpisode
from memory.search.sightings import NewPhoto
from memory.store import Memory
from tests.support.encoded import encoded
from tests.support.episodes import DAY, episode, memory, path, photo, raw

__all__ = ["memory", "path"]


def test_an_episode_comes_back_as_it_was(memory: Memory, path: Path) -> None:
    first = Episode(photo(), (Turn("user", "a\nb"), Turn("assistant", "c"), Turn("user", "")), DAY, None)
    bare = Episode(Photo("ab" * 32, encoded("bare", 1, 2), 1, 2), (), DAY - timedelta(days=400 * 365), "x")
    for one in (first, bare):
        assert memory.add(one) == one.id
    with Memory(path) as again:
        assert again.get(first.id) == first
        assert again.get(bare.id) == bare
        assert again.verify() == []


def test_adding_twice_is_adding_once(memory: Memory) -> None:
    memory.add(episode())
    before = memory.stats()
    assert memory.add(episode()) == episode().id
    assert memory.stats() == before
    assert before["episodes"] == before["photos"] == 1
    assert len(memory.search("Milo")) == 1


def test_two_episodes_share_one_photo(memory: Memory) -> None:
    memory.add(episode("first"))
    memory.add(episode("second"))
    assert {k: memory.stats()[k] for k in ("episodes", "photos")} == {"episodes": 2, "photos": 1}


def test_all_or_none_are_added(memory: Memory) -> None:
    def two_and_a_half() -> Iterator[Episode]:
        yield episode("one", 1)
        yield episode("two", 2)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        memory.add_all(two_and_a_half())
    assert memory.stats()["episodes"] == memory.stats()["photos"] == 0
    assert memory.add_all([episode("one", 1), episode("two", 2), episode("one", 1)]) == 2


def test_newest_first_and_in_pages(memory: Memory) -> None:
    for day in (3, 1, 2, 0):
        memory.add(episode(f"day {day}", day, day))
    assert [e.words for e in memory.episodes()] == ["day 3", "day 2", "day 1", "day 0"]
    assert [e.words for e in memory.episodes(limit=2, offset=1)] == ["day 2", "day 1"]
    assert memory.ids() == [e.id for e in memory.episodes()]


def test_an_id_may_be_shortened_while_it_is_clear(memory: Memory) -> None:
    ids = [memory.add(episode(f"text {n}", n)) for n in range(40)]  # more than hex digits: some begin alike
    first = next(i for i in ids if sum(j[0] == i[0] for j in ids) > 1)
    for id in ids:
        unique = next(id[:n] for n in range(1, 17) if sum(j.startswith(id[:n]) for j in ids) == 1)
        assert memory.get(unique).id == memory.get(unique.upper()).id == id
    with pytest.raises(UnknownEpisode, match=f"begins with '{first[0]}'"):
        memory.get(first[0])
    for wrong in ("", "nope", "0" * 17, "%", "' OR 1=1", "\udc80"):
        with pytest.raises(UnknownEpisode, match="no memory has the id"):
            memory.get(wrong)
        with pytest.raises(UnknownEpisode):
            memory.forget_all([wrong])


@settings(max_examples=60)
@example('"quoted" AND (NEAR* OR NOT) -x:y ^z {a b} + "', "'; DROP TABLE said; --")
@example("nul\0nul", "\0")
@example("👩‍👩‍👧 🐕", "cafe\u0301 \u202e \x02\x03 हिन्दी")
@example("words:", "rowid * \\ said MATCH")
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.text(max_size=40))
def test_any_text_is_kept_and_never_syntax(text: str, query: str) -> None:
    """Quotes, NUL, emoji, FTS operators: stored unchanged; searching never fails, not even for lone surrogates."""
    with tempfile.TemporaryDirectory() as folder, Memory(Path(folder) / "m.db") as memory:
        told = episode(f"{text} lighthouse", place=text or None)
        assert memory.get(memory.add(told)) == told
        for words in (text, query, f"{text} {query}"):
            memory.search(words)
        assert [r.episode for r in memory.search(f"{query} lighthouse")] == [told]
        assert memory.verify() == []


def test_a_lone_surrogate_is_refused_in_one_line(memory: Memory) -> None:
    """Bytes of a command line that are no UTF-8 arrive as lone surrogates, which SQLite and the id cannot hold."""
    with pytest.raises(KeepsakeError, match="not text"):
        memory.add(episode("caf\udce9"))
    assert memory.stats()["photos"] == 0


def test_files_are_for_the_owner_only(memory: Memory, path: Path) -> None:
    memory.add(episode())
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"memory.db": 0o600, "memory.db-wal": 0o600, "memory.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    memory.close()
    path.chmod(0o644)
    with Memory(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def residue(folder: Path, *canaries: bytes) -> list[str]:
    """Files of the folder with any of the canaries, in any letter case, since the index stores lower-case stems."""
    return [
        f.name for f in folder.rglob("*") if f.is_file() and any(c.lower() in f.read_bytes().lower() for c in canaries)
    ]


@pytest.mark.parametrize("neighbours", [0, 3, 60])
def test_what_is_forgotten_leaves_no_bytes(memory: Memory, path: Path, neighbours: int) -> None:
    """Words, place, pixels and visual tokens are gone from database and log while the memory is still open."""
    pixels = b"\xff\xd8" + b"CANARYPIXELS" * 2000
    secret = Episode(
        Photo(hashlib.sha256(pixels).hexdigest(), pixels, 9, 9),
        (Turn("user", "Zanzibarine likes quokkabread"), Turn("assistant", "So Zanzibarine it is.")),
        DAY,
        "Xylotown",
    )
    canaries = (b"canarypixels", b"zanzibarin", b"quokkabread", b"xylotown", secret.id.encode())
    tokens = np.random.default_rng(0).standard_normal((7, 64)).astype(np.float32)
    for n in range(neighbours // 2):
        memory.add(episode(f"neighbour {n}", n, n))
    memory.add(secret)
    memory.put_vectors(secret.photo.sha256, "s", tokens)
    for n in range(neighbours // 2, neighbours):
        memory.add(episode(f"neighbour {n}", n, n))
    pooled, scales, codes = memory._file.db.execute("SELECT pooled, scales, codes FROM vectors").fetchone()
    canaries += (pooled, scales, codes[:40], codes[-40:], secret.photo.sha256.encode())
    assert residue(path.parent, *canaries), "the scan finds nothing at all"

    receipt = memory.forget_all([secret.id]).lines()

    assert residue(path.parent, *canaries) == []
    assert memory.stats()["episodes"] == neighbours
    assert memory.search("quokkabread") == []
    assert memory.verify() == []
    assert "log emptied" in receipt[2]
    assert "1 set of visual tokens" in receipt[1]
    assert secret.id in receipt[0] and "2 turns" in receipt[0]
    assert "Zanzibarine" not in "".join(receipt), "a receipt holds ids, no content"


def test_a_shared_photo_stays_until_its_last_episode_goes(memory: Memory) -> None:
    first, second = memory.add(episode("first")), memory.add(episode("second"))
    memory.put_vectors(photo().sha256, "s", np.ones((1, 4)))
    assert "1 photo kept" in memory.forget_all([first]).lines()[1]
    assert memory.get(second).photo == photo()
    assert memory.photos_without_vectors("s") == []
    memory.forget_all([second])
    assert memory.stats()["photos"] == 0
    assert memory.recall(NewPhoto("s", np.ones((1, 4)))) == []


def test_forgetting_says_when_another_reader_keeps_the_log(path: Path) -> None:
    """The log cannot be emptied while a program reads an older state: the receipt must not claim it was."""
    with Memory(path, timeout=0.05) as memory, raw(path) as reader:
        memory.add(episode())
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM photos").fetchall()
        assert "still in use" in memory.forget_all([episode().id]).lines()[2]
        reader.execute("COMMIT")
    assert residue(path.parent, b"milo") == []


def test_photos_without_vectors_come_newest_first(memory: Memory) -> None:
    """By their newest episode: what was seen last is wanted first."""
    days = [datetime(2025, 8, day, tzinfo=UTC) for day in (3, 9, 6, 12)]
    stored = [Episode(photo(n), (Turn("user", f"{day:%d}"),), day) for n, day in zip((1, 2, 3, 1), days, strict=True)]
    memory.add_all(stored)
    assert memory.photos_without_vectors("s") == [photo(n).sha256 for n in (1, 2, 3)]


def test_vectors_are_asked_for_once_a_space(memory: Memory) -> None:
    memory.add_all([episode("one", 1), episode("two", 2)])
    assert set(memory.photos_without_vectors("a")) == {photo(1).sha256, photo(2).sha256}
    assert memory.put_vectors(photo(1).sha256, "a", np.ones((3, 4)))
    assert memory.photos_without_vectors("a") == [photo(2).sha256]
    assert len(memory.photos_without_vectors("b")) == 2
    assert memory.put_vectors(photo(1).sha256, "a", np.ones((5, 4))), "newer tokens replace older ones"
    assert not memory.put_vectors("ff" * 32, "a", np.ones((1, 4))), "a photo that is not here keeps no tokens"
    assert memory.verify() == []
    for wrong in (np.ones(4), np.ones((0, 4)), np.array([[1.0, np.nan]])):
        with pytest.raises(ValueError, match="visual tokens"):
            memory.put_vectors(photo(1).sha256, "a", wrong)


def test_photos_are_encoded_while_another_program_forgets_some(path: Path) -> None:
    """What is forgotten meanwhile is passed over and leaves no tokens; of the rest each gets its own."""
    with Memory(path) as memory, Memory(path) as other:
        ids = [memory.add(episode(f"text {n}", n)) for n in range(30)]
        missing = memory.photos_without_vectors("s")
        forgetting = threading.Thread(target=lambda: [other.forget_all([id]) for id in ids[::3]])
        forgetting.start()
        for sha256 in missing:
            photos = [told.photo for told in memory.about(sha256)]
            if photos:
                memory.put_vectors(sha256, "s", np.eye(3, 8) + len(photos[0].data))
        forgetting.join(timeout=60)
        assert memory.photos_without_vectors("s") == [] and memory.stats()["photos"] == 20
        assert memory.verify() == other.verify() == []
