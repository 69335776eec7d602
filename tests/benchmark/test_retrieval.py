"""The recall benchmark: exact answers are exact, every system is scored by them, runs go on; and the calibration."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant import opening
from assistant.backends.fake import FakeBackend
from assistant.models import local
from benchmark.__main__ import main
from benchmark.retrieval import baselines, calibrate, compare, synthetic
from benchmark.retrieval.calibrate import Trial
from memory.search import ranking, vector_index
from memory.search.sightings import NewPhoto
from memory.store import Memory
from tests.support.realthings import ColourEncoder

WORLD = synthetic.World(250, tokens=5, dim=96)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of 100, and an index from 64 photos on."""
    monkeypatch.setattr(synthetic, "CHUNK", 100)
    monkeypatch.setattr(vector_index, "EXACT_VALUES", 0)


def fill(path: Path, world: synthetic.World = WORLD) -> Memory:
    memory = Memory(path)
    synthetic.fill(memory, world, lambda line: None)
    return memory


def test_a_filling_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    with fill(tmp_path / "a.db", synthetic.World(100, WORLD.tokens, WORLD.dim)) as memory:
        pass
    with fill(tmp_path / "a.db", synthetic.World(200, WORLD.tokens, WORLD.dim)) as memory:
        assert memory.stats()["photos"] == 200 and memory.photos_without_vectors(synthetic.SPACE) == []
        synthetic.fill(memory, WORLD, lambda line: None)
        wrong = [line for line in memory.verify() if not line.startswith("photo ")]  # drawn vectors have no pictures
        assert memory.stats()["photos"] == 250 and wrong == []


def test_exact_answers_are_those_of_an_exact_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both use the product's formula: the benchmark chunk by chunk, the memory over all photos at once."""
    monkeypatch.setattr(vector_index, "EXACT_VALUES", 10**9)
    queries = WORLD.queries(6)
    with fill(tmp_path / "a.db") as memory:
        for query, right in zip(queries, synthetic.exact_answers(WORLD, queries, lambda line: None), strict=True):
            found = [r.episode.photo.sha256 for r in memory.recall(NewPhoto(synthetic.SPACE, query), k=synthetic.K)]
            assert found == [synthetic.photo_name(i) for i in right]


class Backwards:
    """A store that finds the farthest vectors."""

    name = "backwards"

    def __init__(self, dim: int) -> None:
        self.stored = np.empty((0, dim))

    def add(self, first: int, vectors: np.ndarray) -> None:
        assert first == len(self.stored)
        self.stored = np.concatenate([self.stored, vectors])

    def nearest(self, vector: np.ndarray, k: int) -> list[int]:
        return np.argsort(self.stored @ vector)[:k].tolist()


def two(folder: Path, dim: int) -> Iterator[baselines.VectorStore | str]:
    """A store that is installed, and one that is not."""
    return iter([Backwards(dim), "Other: nothing is not installed"])


def test_all_are_asked_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "installed_stores", two)
    (tmp_path / "scratch").mkdir()
    rows = {r["system"]: r for r in compare.at_scale(WORLD, 8, tmp_path, tmp_path / "scratch")}
    ours = rows["keepsake"]
    assert ours["recall_at_10"] >= 0.98 and rows["backwards"]["recall_at_10"] < 0.5
    assert ours["photos"] == 250 and 0 < ours["p50_ms"] <= ours["p95_ms"] and ours["bytes"] > 250 * 5 * 96 * 2
    assert ours["open_s"] < 30 and ours["resident_mb"] > 0 and ours["add"]["p95_ms"] > 0
    assert rows["Other: nothing is not installed"] == {"system": "Other: nothing is not installed"}
    with Memory(tmp_path / "memory-250-5-96-0.db") as memory:
        assert memory.stats()["photos"] == 250, "what was added to measure it is not kept"


def test_what_is_not_installed_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refusing(name: str, *more: Any, **named: Any) -> Any:
        if name in ("sqlite_vec", "chromadb"):
            raise ModuleNotFoundError(name, name=name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", refusing)
    assert list(baselines.installed_stores(tmp_path, 8)) == [
        "SqliteVec: sqlite_vec is not installed",
        "Chroma: chromadb is not installed",
    ]


def test_photos_of_the_same_thing_are_alike() -> None:
    """The synthetic photos are clustered, and share enough background that whole vectors are not enough."""
    [tokens] = [t for _, t in synthetic.World(100, 5, 96).chunks()]
    assert tokens.shape == (100, 5, 96) and np.allclose(np.linalg.norm(tokens, axis=2), 1, atol=2e-3)
    assert np.array_equal(tokens, next(synthetic.World(100, 5, 96).chunks())[1]), "the same each time"
    whole = ranking.unit(tokens.mean(axis=1))
    assert np.median(whole @ whole.T) > 0.3, "walls"


def test_scenes_with_the_nano(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baselines, "installed_stores", two)
    command = ["recall", "--scenes", "146", "--queries", "8", "--folder", str(tmp_path), "--model", "nano"]
    assert main(command) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    ways = {row["way"]: row for row in rows if "n" in row}
    assert [row for row in rows if "n" not in row] == [{"way": "Other: nothing is not installed"}]
    vector = "whole-image vector"
    assert set(ways) == {"keepsake", vector, f"{vector}, backwards", "words only"}
    assert ways[f"{vector}, backwards"]["several_things"] < ways[vector]["several_things"] - 0.2
    assert all(set(row["recall_at_5"]) == {f"things_{n}" for n in (1, 2, 3, 4)} for row in ways.values())
    assert ways["keepsake"]["several_things"] > 0.4, "by chance 5 of 146"


def test_scenes_with_chosen_encoders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several encoders see the same scenes in one memory, and each row names its encoder."""
    monkeypatch.setattr(baselines, "installed_stores", lambda folder, dim: iter([]))
    encoders = {"one": ColourEncoder(), "other": ColourEncoder()}
    encoders["other"].name, encoders["other"].space = "again", "colours-2"
    monkeypatch.setattr(opening, "open_encoder", encoders.__getitem__)
    command = ["recall", "--scenes", "146", "--queries", "4", "--folder", str(tmp_path)]
    assert main([*command, "--encoder", "one", "--encoder", "other"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    by_sight = [row for row in rows if row["way"] == "keepsake"]
    assert [row["encoder"] for row in by_sight] == ["colours", "again"]
    assert by_sight[0]["recall_at_5"] == by_sight[1]["recall_at_5"]


@pytest.mark.parametrize("wrong", [["--photos", "0"], ["--scenes", "10"], ["--queries", "-1"]])
def test_wrong_numbers_are_one_line(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recall", *wrong]) == 1
    assert capsys.readouterr().err.count("\n") == 1


# -- the recall threshold -----------------------------------------------------------------------------------------


def test_the_threshold_stops_nine_strangers_of_ten() -> None:
    strangers = [Trial("stranger", None, i / 10) for i in range(11)]
    asked = [Trial("one", 0.95, 0.2), Trial("one", 0.91, 0.99), Trial("two", 0.5, 0.1), Trial("twin", None, 0.92)]
    rates = calibrate.calibrate([*strangers, *asked])
    assert rates == {
        "threshold": 0.9,
        "recalled_one": 1.0,
        "first_one": 0.5,
        "recalled_two": 0.0,
        "stranger_recalls": round(2 / 11, 4),
        "twin_recalls": 1.0,
        "n": 15,
    }


def test_calibrate_saves_the_threshold_in_the_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command saves what it prints, and keeps the rest of the manifest."""
    manifest = tmp_path / "manifest.json"
    manifest.write_text('{"name": "größer", "threshold": 0.1}', encoding="utf-8")
    monkeypatch.setattr(calibrate, "SIZES", (2,))
    monkeypatch.setattr(local, "find", lambda name: tmp_path)
    monkeypatch.setattr("assistant.worker.open_backend.open_backend", lambda *_: FakeBackend())
    assert main(["calibrate", "--split", "test"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["n"] == 160 and json.loads(manifest.read_text(encoding="utf-8"))["threshold"] == 0.1
    assert main(["calibrate", "--split", "test", "--save"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out) == printed and shown.err == f"saved in {manifest}\n"
    saved = {"name": "größer", "threshold": printed["threshold"], "recall": printed}
    assert json.loads(manifest.read_text(encoding="utf-8")) == saved
