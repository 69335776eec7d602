"""A model is let near recall only where it knows better than the gate: measured on pairs, on things not fitted to."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from assistant.models import local
from benchmark.__main__ import main
from benchmark.retrieval import pair_check
from benchmark.retrieval.pair_check import Pairs
from memory.search.gate import Gate

GATE = Gate((0.3, 0.0), (0.5, 0.0))  # sure from 0.7, maybe from 0.5


def drawn(n: int = 400) -> tuple[np.random.Generator, np.ndarray, np.ndarray, np.ndarray]:
    """Things, which pairs are the same, and scores that leave half of the known things "maybe"."""
    rng = np.random.default_rng(5)
    same = np.arange(2 * n) < n
    score = np.where(same, rng.uniform(0.5, 0.9, 2 * n), rng.uniform(0.2, 0.6, 2 * n))
    return rng, rng.integers(0, 10, 2 * n), same, score


def test_a_model_that_knows_makes_maybe_sure_and_drops_strangers() -> None:
    rng, thing, same, score = drawn()
    likely = np.where(same, rng.uniform(0.7, 1.0, len(same)), rng.uniform(0.0, 0.3, len(same)))
    found = pair_check.rates(Pairs(thing, same, score, likely), GATE, 6)
    assert found.auc_of_model == 1.0 and found.gains
    assert found.gate["known sure"] < 0.6 and found.checked["known sure"] > 0.95
    assert found.checked["strangers told"] < 0.02 < found.gate["strangers told"]
    assert 0.25 < found.verification.sure <= 0.75 and found.verification.nobody <= found.verification.sure


def test_a_model_that_guesses_does_not_gain() -> None:
    rng, thing, same, score = drawn()
    found = pair_check.rates(Pairs(thing, same, score, rng.uniform(0, 1, len(same))), GATE, 6)
    assert not found.gains and found.auc_of_model == pytest.approx(0.5, abs=0.06)
    assert "it stays off" in pair_check.table(found, "guess")
    assert json.loads(json.dumps(pair_check.as_record(found, "guess")))["gains"] is False


def test_equal_answers_count_half() -> None:
    _, thing, same, score = drawn()
    found = pair_check.rates(Pairs(thing, same, score, np.full(len(same), 0.5)), GATE, 6)
    assert found.auc_of_model == 0.5 and not found.gains


def test_verify_needs_photos(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--verify"]) == 1
    assert "--photos FOLDER" in capsys.readouterr().err


def test_the_manifest_says_whether_a_model_is_asked(tmp_path: Path) -> None:
    nano_folder = local.find("nano")

    manifest = json.loads((nano_folder / "manifest.json").read_text())
    assert local.load(str(nano_folder)).verification is None and "verification" not in manifest
    for file in nano_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    manifest["verification"] = {"sure": 0.9, "nobody": 0.1, "photos": 2}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    verification = local.load(str(tmp_path)).verification
    assert verification and (verification.sure, verification.nobody, verification.photos) == (0.9, 0.1, 2)
