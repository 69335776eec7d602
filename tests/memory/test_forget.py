"""Forgetting: no byte is left under KEEPSAKE_HOME, the receipt has no content, and it lists what could still tell."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from memory.db import database_files, name_rows, snapshots, word_index
from memory.db.memory_file import MemoryFile
from memory.db.name_rows import NameDecision
from memory.episode import Episode, Photo, Turn
from memory.errors import MemoryFileError, UnknownEpisode
from memory.forget import cleaning
from memory.search import token_codes
from memory.store import Memory
from tests.support.encoded import encoded
from tests.support.secret_episode import ENCODED, SECRET, episode

PIXELS = random.Random(0).randbytes(48 * 48 * 3)
TOKENS = np.random.default_rng(0).standard_normal((16, 32)).astype(np.float32)  # (T, D)


ASKED = hashlib.sha256(b"a photo of which the user said that it is not the secret").hexdigest()


@pytest.fixture
def planted(path: Path) -> Path:
    """A memory with the secret among other episodes, in two snapshots and in caches, one of them a KV snapshot."""
    cache = path.parent / "cache"
    (cache / "vision").mkdir(parents=True)
    (cache / "vision" / f"{SECRET.photo.sha256}.nano.npy").write_bytes(TOKENS.tobytes() + PIXELS)
    (cache / "vision" / f"{episode(1, '').photo.sha256}.nano.npy").write_bytes(b"another photo's")
    unit = TOKENS / np.linalg.norm(TOKENS, axis=1, keepdims=True)
    words = f"{SECRET.words} {SECRET.place}".encode("utf-16-le")
    (cache / "nano.state").write_bytes(words + TOKENS.astype("<f2").tobytes() + unit.tobytes())
    with Memory(path) as memory:
        memory.add_all([episode(n, f"neighbour {n} said so", n) for n in range(1, 40)])
        memory.add(SECRET)
        memory.put_vectors(SECRET.photo.sha256, "nano", TOKENS)
        memory.answer(ASKED, SECRET.photo.sha256, "nano", 0.5, False)
        with memory.transaction("IMMEDIATE") as db:
            name_rows.put(db, NameDecision("zanzibarine", "Wombatissima"))
    for _ in range(2):  # opening takes one
        with Memory(path) as memory:
            memory.add(episode(90 + len(database_files.snapshots(path)), "later"))
        for kept in database_files.snapshots(path):
            kept.file.rename(
                kept.file.with_name((kept.taken - timedelta(days=2)).strftime(database_files.STAMP) + ".db")
            )
    assert len(database_files.snapshots(path)) == 2
    return path


def canaries(path: Path) -> dict[str, bytes]:
    """Bytes that must be in no file: words in three encodings, pixels encoded and raw, tokens in f32 and f16, ids."""
    unit = TOKENS / np.linalg.norm(TOKENS, axis=1, keepdims=True)
    found = {"encoded": ENCODED[100:148], "encoded's end": ENCODED[-48:], "raw pixels": PIXELS[1000:1048]}
    found |= {f"f32 of {name}": t[5].tobytes() for name, t in (("tokens", TOKENS), ("unit", unit))}
    found |= {"f16 of tokens": TOKENS[5].astype("<f2").tobytes(), "codes of unit": token_codes.encode(unit)[1][160:192]}
    for word in ("Zanzibarine", "quokkabread", "Xylotown"):
        found |= {word: word.encode(), f"{word} in UTF-16": word.encode("utf-16-le")}
    found |= {f"{word} as indexed": word.encode() for word in ("zanzibarin", "quokkabread", "xylotown")}
    found |= {"the name given": b"Wombatissima", "the name as it was said": b"zanzibarine"}
    return found | {"id": SECRET.id.encode(), "hash": SECRET.photo.sha256.encode(), "hash asked": ASKED.encode()}


def residue(path: Path) -> set[str]:
    """Which canaries are in any file under KEEPSAKE_HOME."""
    blobs = [f.read_bytes() for f in path.parent.rglob("*") if f.is_file()]
    return {what for what, canary in canaries(path).items() if any(canary in blob for blob in blobs)}


def test_no_byte_is_left_anywhere(planted: Path) -> None:
    other = planted.parent / "cache" / "vision" / f"{episode(1, '').photo.sha256}.nano.npy"
    assert residue(planted) == set(canaries(planted)), "all of it can be found"
    with Memory(planted) as memory:
        receipt = memory.forget_all([SECRET.id])
        assert residue(planted) == set(), "while the memory is open"
        assert memory.verify() == [] and memory.stats()["episodes"] == 41
    assert residue(planted) == set()
    assert other.exists(), "what was derived from other photos stays"
    assert (receipt.episodes, receipt.photos) == ((SECRET.id,), (SECRET.photo.sha256,))
    assert (receipt.turns, receipt.vectors, receipt.index_rows, receipt.answers) == (2, 1, 1, 1)
    assert (receipt.files, receipt.snapshots_deleted, receipt.snapshots_made) == (2, 3, 1), "opening took one more"
    assert receipt.bytes > len(ENCODED) + len(PIXELS) and receipt.log_emptied
    (kept,) = database_files.snapshots(planted)
    assert snapshots.problem(kept.file) is None


MEASURES: dict[str, Callable[[pytest.MonkeyPatch], object]] = {
    "the index is merged": lambda patch: patch.setattr(word_index, "merge", lambda db: None),
    "caches are cleared": lambda patch: patch.setattr(cleaning, "clear_cache", lambda cache, photos: (0, 0)),
    "snapshots are deleted": lambda patch: patch.setattr(snapshots, "remove_all", lambda path: 0),
    "the log is emptied": lambda patch: patch.setattr(MemoryFile, "empty_log", lambda self: True),
    "pages are rewritten": lambda patch: patch.setattr(MemoryFile, "rewrite", overwrite_nothing),
}


def overwrite_nothing(memory: Memory) -> None:
    """In place of `MemoryFile.rewrite`: does nothing."""


@pytest.mark.parametrize("measure", MEASURES)
def test_without_one_measure_something_is_found(planted: Path, monkeypatch: pytest.MonkeyPatch, measure: str) -> None:
    """The scan above can fail, and every measure is needed."""
    MEASURES[measure](monkeypatch)
    with Memory(planted) as memory:
        if measure == "pages are rewritten":
            memory._file.db.execute("PRAGMA secure_delete = OFF")
        memory.forget_all([SECRET.id])
        assert residue(planted)


def test_rows_that_were_moved_leave_no_copies(path: Path) -> None:
    """SQLite copies rows between pages and leaves the old bytes: without VACUUM one id of these can be read."""
    chance = random.Random(1)

    def told(n: int) -> Episode:
        side = chance.choice([4, 11, 22])
        data = encoded(n, side, side, "PNG")
        words = f"canary{n:05d} " * chance.choice([1, 20, 100])
        photo = Photo(hashlib.sha256(data).hexdigest(), data, side, side)
        when = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(10**6))
        return Episode(photo, (Turn("user", words), Turn("assistant", "x")), when, f"at{n:05d}")

    all_of_them = [told(n) for n in range(600)]
    gone = chance.sample(all_of_them, 300)
    with Memory(path) as memory:
        memory.add_all(all_of_them)
        for n in range(0, 300, 20):
            memory.forget_all([one.id for one in gone[n : n + 20]])
        found = b"".join(f.read_bytes() for f in path.parent.rglob("*") if f.is_file())
    for one in gone:
        canaries = (one.words[:11], one.place or "", one.id, one.photo.sha256)
        assert not any(canary.encode() in found for canary in canaries)


def test_a_forget_that_was_cut_off_is_finished_at_the_next_start(
    planted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(memory: Memory) -> None:
        raise MemoryFileError("the disk is full")

    with Memory(planted) as memory, monkeypatch.context() as patch:
        patch.setattr(MemoryFile, "rewrite", full)
        with pytest.raises(MemoryFileError, match="left until the next start: the disk is full"):
            memory.forget_all([SECRET.id])
        with pytest.raises(UnknownEpisode):
            memory.get(SECRET.id)
        assert residue(planted)
        with Memory(planted) as second:
            assert "disk is full" in second.trouble, "it is said, and the memory can be used"
    with Memory(planted) as memory:
        assert memory.trouble == "" and memory.verify() == []
        assert residue(planted) == set()


def test_nothing_is_forgotten_when_one_id_is_unknown(planted: Path) -> None:
    with Memory(planted) as memory:
        with pytest.raises(UnknownEpisode):
            memory.forget_all([SECRET.id, "0" * 16])
        assert memory.get(SECRET.id) == SECRET


def test_while_a_snapshot_is_taken_nothing_is_forgotten(path: Path) -> None:
    """Otherwise the snapshot would hold what the receipt says is gone."""
    with Memory(path, timeout=0.05) as memory:
        memory.add(SECRET)
        with database_files.locked(path, 0.0), pytest.raises(MemoryFileError, match="try again"):
            memory.forget_all([SECRET.id])
        assert memory.get(SECRET.id) == SECRET
        assert memory.forget_all([SECRET.id])


def test_threads_forget_and_remember_side_by_side(path: Path) -> None:
    with Memory(path) as memory, Memory(path) as second:
        memory.add_all(episode(n, f"first {n}") for n in range(8))
        adding = threading.Thread(target=lambda: [second.add(episode(n, f"second {n}")) for n in range(50, 70)])
        adding.start()
        for id in memory.ids()[:4]:
            memory.forget_all([id])
        adding.join(timeout=60)
        assert memory.stats()["episodes"] >= 24 and memory.verify() == []


# What remains


def test_what_remains_is_told_by_id(path: Path) -> None:
    with Memory(path) as memory:
        secret = memory.add(episode(1, "This is Milo at the lake"))
        named = memory.add(episode(2, "We saw Milo's brother"))
        like = memory.add(episode(3, "a red boat"))
        others = [memory.add(episode(n, f"number {n} of the lake", n)) for n in range(4, 30)]
        tokens = {1: TOKENS, 3: TOKENS + 0.02, 5: -TOKENS}
        for n, seen in tokens.items():
            memory.put_vectors(episode(n, "").photo.sha256, "nano", seen)
        receipt = memory.forget_all([secret])
        assert receipt.names_remain == (named,) and receipt.look_alikes == (like,)
        text = "\n".join(receipt.lines())
        assert named in text and like in text and "exports" in text
        assert "Milo" not in text and "boat" not in text and not any(id in text for id in others)
        told = "\n".join(receipt.summary())
        for line in (
            "Forgotten: the memory of 12 May 2025; its photo; what was computed from it.",
            "No byte of it is left in the memory file, its copies and its caches.",
            "Still there, and may say the same name: 1 memory, of 12 May 2025.",
            "Still there, with a photo that looks alike: 1 memory, of 12 May 2025.",
        ):
            assert line in told.splitlines(), told
        assert not any(id in told for id in (secret, named, like)) and "Milo" not in told and "token" not in told


def test_a_file_set_aside_is_named(planted: Path) -> None:
    snapshots.restore(planted)
    with Memory(planted) as memory:
        receipt = memory.forget_all([SECRET.id])
    (aside,) = database_files.set_aside(planted)
    assert receipt.set_aside == (aside.name,) and aside.name in "\n".join(receipt.lines())
    aside.unlink()
    for rest in planted.parent.glob(f"{aside.name}-*"):
        rest.unlink()
    assert residue(planted) == set()
