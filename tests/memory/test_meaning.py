"""Vectors of words in the memory: found by, fused with words, forgotten, encrypted, replaced, checked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assistant.photo import from_image
from memory import browse
from memory.episode import Episode, Turn
from memory.errors import ModelError
from memory.maintenance import word_vectors
from memory.maintenance.archive import export_archive, import_archive
from memory.maintenance.encryption import Passphrases, convert
from memory.search import meaning
from memory.search.text_search import BY_MEANING
from memory.store import Memory
from tests.support.oldmemory import version_4

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUBJECTS = (("dog barks puppy hound Milo", 0), ("wedding hitched married Rome", 1), ("boat sail yacht harbour", 2))


class Subjects:
    """An embedder whose numbers are subjects: so a test says what means the same."""

    space = "subjects"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, text: str) -> np.ndarray:
        self.asked.append(text)
        vector = np.full(4, 0.05, np.float32)
        for words, n in SUBJECTS:
            vector[n] += sum(word.strip(".,?!") in words.split() for word in text.split())
        return vector / np.linalg.norm(vector)


class Broken(Subjects):
    def embed(self, text: str) -> np.ndarray:
        raise ModelError("no network")


TOLD = ("Milo at the lake", "We married in May, it rained.", "Our boat. Paid 300 euros.", "A dull table")


def episode(n: int, words: str, place: str | None = None) -> Episode:
    photo = from_image(Image.new("RGB", (8, 6), (20 * n, 100, 0)))
    return Episode(photo, (Turn("user", words),), NOW - timedelta(days=100 * n), place)


def embed(memory: Memory, embedder: Subjects) -> int:
    found = word_vectors.missing(memory, embedder.space)
    for id, words, place in found:
        word_vectors.put(memory, id, embedder.space, np.stack([embedder.embed(f"{words} {place or ''}")]))
    return len(found)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    memory = Memory(tmp_path / "memory.db")
    memory.add_all([episode(n, words) for n, words in enumerate(TOLD)])
    memory.embedder = Subjects()
    assert embed(memory, memory.embedder) == len(TOLD)
    return memory


def found(memory: Memory, words: str) -> list[str]:
    return [memory.get(one.id).words for one in browse.search(memory, words, NOW).entries]


def stored(memory: Memory) -> int:
    with memory.transaction() as db:
        return int(db.execute("SELECT count(*) FROM meanings").fetchone()[0])


def test_other_words_find_and_say_why(memory: Memory) -> None:
    [first, *_] = browse.search(memory, "when did we get hitched?", NOW).entries
    assert memory.get(first.id).words == TOLD[1] and first.why == BY_MEANING and first.score == 1
    assert found(memory, "the one who barks")[0] == TOLD[0]
    memory.embedder = None
    assert found(memory, "when did we get hitched?") == []


def test_bare_words_stay_as_they_are(memory: Memory) -> None:
    assert found(memory, "boat") == [TOLD[2]] and found(memory, "bota") == [TOLD[2]]
    assert isinstance(memory.embedder, Subjects)
    memory.embedder.asked.clear()
    found(memory, "boat")
    assert memory.embedder.asked == [], "one word that is there needs no vector"
    assert found(memory, "boat euros") == [TOLD[2]], "those that have all words, alone"


def test_in_a_sentence_stray_words_come_behind_what_is_meant(memory: Memory) -> None:
    assert found(memory, "that table where we got hitched")[:2] == [TOLD[1], TOLD[3]]
    scores = [one.score for one in browse.search(memory, "that table where we got hitched", NOW).entries]
    assert scores == sorted(scores, reverse=True) and scores[0] == 1


def test_without_vectors_or_embedder_words_find_as_before(memory: Memory) -> None:
    for id in memory.ids():
        with memory.transaction("IMMEDIATE") as db:
            meaning.drop(db, id)
    assert found(memory, "the lake and a yacht") == [TOLD[0]]
    memory.embedder = Broken()
    assert found(memory, "the lake and a yacht") == [TOLD[0]]


def test_new_and_edited_memories_are_missing_until_they_are_embedded(memory: Memory) -> None:
    assert isinstance(memory.embedder, Subjects)
    memory.add(episode(7, "A hound by the sea"))
    memory.add(episode(8, ""))
    edited = memory.ids()[0]
    memory.replace({edited: episode(0, "Milo and his yacht")})
    assert [one.words for one in word_vectors.missing(memory, "subjects")] == [
        "Milo and his yacht",
        "A hound by the sea",
    ]
    assert stored(memory) == len(TOLD) - 1, "the vectors of the words before the edit are gone"
    assert embed(memory, memory.embedder) == 2 and embed(memory, memory.embedder) == 0
    assert not word_vectors.put(memory, edited, "subjects", np.ones((1, 4))), "forgotten meanwhile: nothing is stored"


def test_another_embedder_replaces_the_vectors(memory: Memory) -> None:
    other = Subjects()
    other.space = "other"
    assert embed(memory, other) == len(TOLD) and stored(memory) == len(TOLD)
    assert found(memory, "when did we get hitched?") == [], "vectors of two spaces are never compared"


def test_forget_takes_the_vectors_byte_for_byte(memory: Memory) -> None:
    marked = np.frombuffer(b"WORDVECTOR-TO-BE-FORGOTTEN......", np.int8).astype(np.float32)[None]
    marked = np.concatenate([marked, [[127.0]]], axis=1)  # so that the largest number keeps all as they are
    id = memory.ids()[0]
    assert word_vectors.put(memory, id, "bytes", marked)
    assert b"WORDVECTOR" in memory.path.read_bytes() + memory.path.with_name("memory.db-wal").read_bytes()
    before = memory.forget_all([id])
    assert before.bytes > 33 and stored(memory) == len(TOLD) - 1
    left = [file for file in memory.path.parent.rglob("*") if file.is_file()]
    assert all(b"WORDVECTOR" not in file.read_bytes() for file in left)
    assert memory.verify() == []


def test_verify_finds_empty_and_mixed_vectors(memory: Memory) -> None:
    first, second, *_ = memory.ids()
    with memory.transaction("IMMEDIATE") as db:
        db.execute("UPDATE meanings SET codes = zeroblob(4) WHERE episode = ?", (first,))
        db.execute("UPDATE meanings SET dim = 2 WHERE episode = ?", (second,))
    assert memory.verify() == [
        f"episode {first}: its vectors of words for subjects are empty",
        "vectors of words for subjects have 2 different widths",
    ]


def test_an_archive_leaves_vectors_out_and_an_old_file_gets_the_table(memory: Memory, tmp_path: Path) -> None:
    export_archive(memory, tmp_path / "all.zip")
    with Memory(tmp_path / "new" / "memory.db") as new:
        import_archive(new, tmp_path / "all.zip")
        assert len(word_vectors.missing(new, "subjects")) == len(TOLD) and stored(new) == 0
    version_4(tmp_path / "old" / "memory.db", [episode(n, words) for n, words in enumerate(TOLD)])
    with Memory(tmp_path / "old" / "memory.db") as old:
        old.embedder = Subjects()
        assert found(old, "the one who barks") == []
        embed(old, old.embedder)
        assert found(old, "the one who barks")[0] == TOLD[0] and old.verify() == []


def test_vectors_are_encrypted_with_the_memory(memory: Memory) -> None:
    pytest.importorskip("sqlcipher3")
    marked = np.concatenate([np.frombuffer(b"WORDVECTOR-IN-SECRET", np.int8).astype(np.float32)[None], [[127]]], axis=1)
    word_vectors.put(memory, memory.ids()[0], "bytes", marked)
    path = memory.path
    memory.close()
    convert(path, "encrypt", Passphrases(new=lambda: "a long pass phrase", keychain=False))
    assert all(b"WORDVECTOR" not in file.read_bytes() for file in path.parent.rglob("*") if file.is_file())
    with Memory(path, ask=lambda _: "a long pass phrase") as secret:
        secret.embedder = Subjects()
        assert stored(secret) == len(TOLD) and found(secret, "when did we get hitched?")[0] == TOLD[1]
