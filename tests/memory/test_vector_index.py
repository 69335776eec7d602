"""The vector index finds what an exact search finds, after any changes, also by other processes, and forgets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.db import rows
from memory.forget import deletion
from memory.search import ranking, vector_codes, vector_index, vectors
from memory.search.sightings import NewPhoto
from memory.store import Memory
from tests.support.scenes import DIM, episode, scene


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the index for more than eight photos, and let it return eight."""
    monkeypatch.setattr(vector_index, "EXACT_VALUES", 0)
    monkeypatch.setattr(vector_index, "SHORTEST", 8)
    monkeypatch.setattr(vector_codes, "NEAREST", 24)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "m.db") as opened:
        yield opened


def learn(memory: Memory, numbers: range, things: int = 10**6) -> list[str]:
    """Store an episode for each number; photo n shows thing n % `things` and one of its own. Returns the hashes."""
    memory.add_all(episode(n) for n in numbers)
    hashes = [episode(n).photo.sha256 for n in numbers]
    seen = ((name, scene([n % things, n + 1000], n)) for name, n in zip(hashes, numbers, strict=True))
    assert memory.put_all_vectors("s", seen) == len(numbers)
    return hashes


def first(memory: Memory, things: list[int], k: int = 1) -> list[str]:
    return [r.episode.photo.sha256 for r in memory.recall(NewPhoto("s", scene(things, 4242)), k=k)]


def rows_of(memory: Memory) -> tuple[int, int]:
    with memory.transaction() as db:
        (directions,) = db.execute("SELECT count(*) FROM directions").fetchone()
        (blocks,) = db.execute("SELECT count(*) FROM codes").fetchone()
    return directions, blocks


def test_exact_search_is_what_it_was_to_the_bit(memory: Memory) -> None:
    """The gate was calibrated on these scores, so they stay; computed here without the index."""
    learn(memory, range(40))
    query = ranking.unit(scene([3, 7], 1))
    with memory.transaction() as db:
        found = db.execute("SELECT photo, tokens, pooled, scales, codes FROM vectors ORDER BY photo").fetchall()
        scores = vectors.by_sight(db, "s", scene([3, 7], 1))
    pooled = np.frombuffer(b"".join(f[2] for f in found), "<f2").astype(np.float32).reshape(40, -1)
    scales = np.frombuffer(b"".join(f[3] for f in found), "<f2").astype(np.float32)
    tokens = np.frombuffer(b"".join(f[4] for f in found), np.int8).reshape(-1, DIM) * scales[:, None]
    counts = np.array([f[1] for f in found])
    before = ranking.sight_scores(tokens, counts, pooled, query)
    assert [sight.score for sight in scores.values()] == [float(s) for s in before]
    assert rows_of(memory) == (0, 0), "no index while all are scored"


def test_scores_through_the_index_are_those_of_an_exact_search(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a gate that was calibrated in a small memory would be wrong in a large one."""
    learn(memory, range(60))
    exact = {r.episode.id: r.score for r in memory.recall(NewPhoto("s", scene([5, 9], 1)), k=60)}
    monkeypatch.setattr(vector_index, "EXACT_VALUES", 0)
    monkeypatch.setattr(vector_index, "SHORTEST", 8)
    found = memory.recall(NewPhoto("s", scene([5, 9], 1)), k=60)
    assert len(found) == 8 < len(exact)
    assert [r.episode.id for r in found[:2]] == list(exact)[:2]
    assert all(abs(r.score - exact[r.episode.id]) < 1e-5 for r in found)


def test_each_of_several_things_is_found_among_many(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compared with the exact answer, with more photos than a block holds; one vector for four things finds less."""
    learn(memory, range(1200))
    asked = [[start, start + 11, start + 22, start + 33] for start in range(0, 1100, 30)]
    exact = [set(first(memory, things, 4)) for things in asked]
    monkeypatch.setattr(vector_index, "EXACT_VALUES", 0)
    monkeypatch.setattr(vector_codes, "NEAREST", 100)

    def found() -> float:
        return sum(len(set(first(memory, things, 4)) & right) / 4 for things, right in zip(asked, exact, strict=True))

    whole = ranking.parts
    assert found() >= 0.98 * len(asked)
    monkeypatch.setattr(ranking, "parts", lambda query, background, most=6: whole(query, background, 1))
    assert found() < 0.9 * len(asked)
    assert memory.verify() == []


def test_parts_of_a_query_are_its_things() -> None:
    things = ranking.unit(np.random.default_rng(0).standard_normal((3, 64)))
    wall = ranking.unit(np.ones((1, 64)))
    query = ranking.unit(np.concatenate([np.repeat(wall, 9, axis=0), *(np.repeat(t[None], 2, axis=0) for t in things)]))
    parts = ranking.parts(query, wall[0])
    assert len(parts) == 4, "the whole, and each; the wall is nothing to look for"
    assert np.all((parts[1:] @ things.T).max(axis=0) > 0.9)
    assert len(ranking.parts(wall, wall[0])) == 2, "where all is wall, the wall is"
    assert len(ranking.parts(ranking.unit(np.eye(64)), wall[0])) == 6, "however much there is"


def test_codes_are_the_signs() -> None:
    vectors = np.array([[1.0] * 65, [-1.0] * 65])
    code = ranking.code(vectors)
    assert code.shape == (2, 2) and code.dtype == np.uint64, "65 numbers take two words"
    assert np.bitwise_count(code).sum(axis=1).tolist() == [65, 0]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from("+-r"), st.integers(0, 29)), max_size=40), st.integers(0, 3))
def test_whatever_comes_and_goes_the_index_is_right(steps: list[tuple[str, int]], seed: int) -> None:
    """Photos are added, replaced and dropped in any order, over block bounds: `wrong` compares the index with them."""
    with pytest.MonkeyPatch.context() as patch, closing(sqlite3.connect(":memory:")) as db:
        patch.setattr(vector_index, "EXACT_VALUES", 0)
        patch.setattr(vector_index, "SHORTEST", 5)
        patch.setattr(vector_codes, "BLOCK", 8)
        from memory.db.schema import migrate

        db.isolation_level = None
        migrate(db, Path("memory.db"))
        codes = vector_codes.Codes()
        here: set[int] = set()
        for what, n in [*(("+", n) for n in range(seed * 8)), *steps]:
            photo = episode(n).photo.sha256
            if what == "-":
                vectors.drop(db, photo, "s")
                here -= {n}
            else:
                rows.insert(db, episode(n))
                vectors.put(db, photo, "s", scene([n], n if what == "+" else n + 500))
                here |= {n}
            assert vector_index.ready(db, "s")
            assert len(vectors.by_sight(db, "s", scene([n], 1), codes)) >= min(len(here), 5)
            if n in here:
                best = vectors.by_sight(db, "s", scene([n], n), codes)
                assert max(best, key=lambda p: best[p].score) == photo
        assert vector_index.wrong(db) == []
        (left,) = db.execute("SELECT count(*) FROM spaces").fetchone()
        assert left == bool(here)


@pytest.mark.usefixtures("small")
def test_another_process_is_seen(memory: Memory) -> None:
    """A second connection, as of another process: it reads codes again only where they have changed."""
    hashes = learn(memory, range(600))
    with Memory(memory.path) as other:
        assert first(memory, [3]) == first(other, [3]) == [hashes[3]]
        new = learn(other, range(600, 603))
        assert first(memory, [601]) == [new[1]]
        memory.forget_all([first_id := memory.recall(NewPhoto("s", scene([3], 4242)), k=1)[0].episode.id])
        assert first_id not in {r.episode.id for r in other.recall(NewPhoto("s", scene([3], 4242)), k=8)}
        assert memory.verify() == other.verify() == []


@pytest.mark.usefixtures("small")
def test_only_changed_blocks_are_read(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    learn(memory, range(1100))
    read: list[int] = []
    block = vector_codes.read_block
    with Memory(memory.path) as reader:
        first(reader, [1])
        monkeypatch.setattr(vector_codes, "read_block", lambda db, b, w: read.append(b) or block(db, b, w))
        first(reader, [1])
        assert read == []
        learn(memory, range(1100, 1101))
        read.clear()
        first(reader, [1])
        assert len(read) == 1


@pytest.mark.usefixtures("small")
def test_what_is_rolled_back_was_never_there(memory: Memory) -> None:
    hashes = learn(memory, range(20))
    memory.add(episode(50))
    with pytest.raises(ZeroDivisionError), memory.transaction("IMMEDIATE") as db:
        vectors.put(db, episode(50).photo.sha256, "s", scene([50], 50))
        vectors.by_sight(db, "s", scene([50], 1), memory._codes)
        raise ZeroDivisionError
    learn(memory, range(51, 52))
    assert first(memory, [51]) == [episode(51).photo.sha256]
    assert first(memory, [3]) == [hashes[3]] and memory.verify() == []


@pytest.mark.usefixtures("small")
def test_a_file_from_before_the_index_gets_one(tmp_path: Path, memory: Memory) -> None:
    """A space as the migration leaves it has counts, but no sum and no codes: the first recall makes them."""
    hashes = learn(memory, range(30))
    with memory.transaction("IMMEDIATE") as db:
        vector_index._clear(db, "s")
        db.execute("UPDATE spaces SET total = NULL, version = 0, built = 0, centre = NULL")
    assert first(memory, [7]) == [hashes[7]]
    assert rows_of(memory) == (30, 1) and memory.verify() == []
    with memory.transaction("IMMEDIATE") as db:  # of another version of Keepsake
        db.execute("UPDATE spaces SET version = 99")
        db.execute("UPDATE codes SET bits = zeroblob(length(bits))")
    assert first(memory, [7]) == [hashes[7]] and memory.verify() == []


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE codes SET bits = zeroblob(length(bits)), stamp = 1",
        "DELETE FROM directions WHERE row = (SELECT max(row) FROM directions)",
        "UPDATE spaces SET photos = photos + 1",
        "UPDATE spaces SET total = zeroblob(length(total))",
        "DELETE FROM spaces",
    ],
)
def test_verify_finds_a_wrong_index_and_makes_it_anew(memory: Memory, damage: str) -> None:
    hashes = learn(memory, range(30))
    with closing(sqlite3.connect(memory.path)) as db:
        db.execute(damage)
        db.commit()
    (problem,) = memory.verify()
    assert "vector index" in problem and "made anew" in problem
    assert memory.verify() == [] and first(memory, [7]) == [hashes[7]]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("n", [9, 39])  # within, and the last: another's row moves into its place, or none
def test_no_byte_of_a_forgotten_photo_is_left_in_the_index(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    hashes = learn(memory, range(40))
    with memory.transaction() as db:
        query = "SELECT row, i8 FROM directions WHERE photo = ?"
        row, direction = db.execute(query, (hashes[n],)).fetchone()
        code = vector_codes.read_block(db, row // vector_codes.BLOCK, 1)[:, row % vector_codes.BLOCK].tobytes()

    def residue() -> list[bool]:
        everything = b"".join(f.read_bytes() for f in memory.path.parent.rglob("*") if f.is_file())
        return [canary in everything for canary in (direction, code, hashes[n].encode())]

    assert residue() == [True] * 3
    with monkeypatch.context() as patch:  # without the measure it is found
        patch.setattr(vector_index, "drop", lambda db, photo, space: None)
        with pytest.raises(ZeroDivisionError), memory.transaction("IMMEDIATE") as db:
            deletion.delete_episodes(db, [episode(n).id])
            assert code in db.execute("SELECT bits FROM codes").fetchone()[0]
            raise ZeroDivisionError
    memory.forget_all([episode(n).id])
    assert residue() == [False] * 3
    assert memory.verify() == []


def test_vectors_of_another_width_are_refused(memory: Memory) -> None:
    learn(memory, range(2))
    with pytest.raises(ValueError, match="have 48 numbers, not 3"):
        memory.put_vectors(episode(0).photo.sha256, "s", np.ones((2, 3)))
    assert memory.verify() == []


def test_a_photo_takes_25_kilobytes_at_most(memory: Memory) -> None:
    """With its episode, its vectors and the index, however many tokens an encoder makes: 250 MB for 10,000 photos."""
    rng = np.random.default_rng(0)
    space = "an-encoder-with-a-long-name-0123456789ab"

    def size(numbers: range) -> int:
        memory.add_all(episode(n) for n in numbers)
        tokens = ((episode(n).photo.sha256, rng.standard_normal((326, 256), np.float32)) for n in numbers)
        assert memory.put_all_vectors(space, tokens) == len(numbers)
        return memory.stats()["bytes"]

    few = size(range(120))
    assert rows_of(memory)[0] == 120, "there is an index"
    assert (size(range(120, 360)) - few) / 240 < 25_000
    assert memory.verify() == []
