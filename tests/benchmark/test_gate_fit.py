"""The gate's law: it finds a law that is there, never falls, is measured on other things, and lands in the manifest."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from assistant import opening
from assistant.encoder import open_encoder
from benchmark.__main__ import main
from benchmark.retrieval import gate_fit
from benchmark.retrieval.calibrate import Trial, by_gate
from benchmark.retrieval.gate_fit import Half, fit_gate
from memory.search.gate import Gate
from tests.support.realthings import ColourEncoder, things_folder


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The encoder that every command opens; returns its manifest."""
    monkeypatch.setattr(opening, "open_encoder", lambda name: ColourEncoder())
    folder = tmp_path / "encoder"
    folder.mkdir()
    monkeypatch.setattr(open_encoder, "SHIPPED", folder)
    monkeypatch.setattr(gate_fit, "MEMORIES", 6)
    monkeypatch.setattr(gate_fit, "SPLITS", 2)
    (folder / "manifest.json").write_text('{"name": "größer", "size": 8, "gate": null}', encoding="utf-8")
    return folder / "manifest.json"


def test_strangers_pass_as_often_as_aimed_for() -> None:
    """The best of n normal impostors; the fitted gate is asked about new strangers."""
    rng = np.random.default_rng(0)
    best = {n: (0.3 + 0.1 * rng.standard_normal((4000, n))).max(axis=1) for n in (2, 4, 8, 16, 32)}
    gate = fit_gate(best)
    for n in (3, 6, 12, 24):
        new = (0.3 + 0.1 * rng.standard_normal((4000, n))).max(axis=1)
        sure, maybe = gate.thresholds(n)
        assert 0.0 < (new >= sure).mean() < 0.02 and 0.03 < (new >= maybe).mean() < 0.08
    assert gate.sure[1] == gate.maybe[1] > 0


def test_a_threshold_never_falls() -> None:
    gate = fit_gate({2: np.linspace(0.5, 0.9, 50), 20: np.linspace(0.2, 0.4, 50)})
    assert gate.sure[1] == gate.maybe[1] == 0
    one = fit_gate({5: np.linspace(0, 1, 101)})
    assert one.thresholds(5) == pytest.approx((0.98, 0.95)), "one size says what it says there"


def test_sizes_leave_strangers() -> None:
    things = np.arange(7)
    assert Half(things, None).sizes((2, 4, 6, 7, 8)) == [2, 4, 6]
    assert Half(things, np.array([9])).sizes((2, 4, 6, 7, 8)) == [2, 4, 6, 7]


def test_calibrate_prints_the_law_and_saves_it(
    tmp_path: Path, encoder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = encoder.read_text(encoding="utf-8")
    folder = things_folder(tmp_path / "things", 8, photos=3)
    assert main(["calibrate", "--photos", str(folder), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert encoder.read_text(encoding="utf-8") == before, "without --save the manifest stays"
    assert (printed["things"], printed["photos"], set(printed["gate"])) == (8, 24, {"sure", "maybe"})
    assert printed["targets"] == {"sure": 0.02, "maybe": 0.1}
    assert set(printed["thresholds"]) == {"3", "6", "12", "25", "50", "100"}
    assert set(printed["reached"]) == {"3", "6"} and set(printed["held_out"]) == {"3"}, "halves have four things"
    held_out = printed["held_out"]["3"]["strangers"]["sure"]
    assert held_out["low"] <= held_out["mean"] <= held_out["high"]
    assert main(["calibrate", "--photos", str(folder), "--save"]) == 0
    shown = capsys.readouterr()
    assert "measured with the others" in shown.out and "saved in" in shown.err
    assert json.loads(encoder.read_text(encoding="utf-8")) == {"name": "größer", "size": 8, "gate": printed["gate"]}


def test_strangers_of_another_folder_let_all_things_be_remembered(
    tmp_path: Path, encoder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = things_folder(tmp_path / "things", 6, photos=3)
    other = things_folder(tmp_path / "other", 4, photos=2, first=20)
    assert main(["calibrate", "--photos", str(folder), "--strangers", str(other), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert set(printed["reached"]) == {"3", "6"} and set(printed["held_out"]) == {"3"}


@pytest.mark.parametrize("wrong", [["--photos", "{things}"], ["--encoder", "x", "--save"],
                                   ["--photos", "{things}", "--encoder", "model", "--save"]])  # fmt: skip
def test_what_cannot_be_calibrated_is_one_line(
    tmp_path: Path, encoder: Path, capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    folder = things_folder(tmp_path / "things", 3)
    assert main(["calibrate", *(word.format(things=folder) for word in wrong)]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")


def test_what_a_gate_says_of_drawn_photos() -> None:
    asked = [Trial("one", 0.95, 0.2, 6), Trial("one", 0.8, 0.1, 6), Trial("one", 0.95, 0.97, 6)]
    asked += [Trial("stranger", None, 0.8, 6), Trial("stranger", None, 0.1, 6), Trial("twin", None, 0.99, 6)]
    said = by_gate(asked, Gate((0.1, 0), (0.5, 0)))
    assert said == {
        "known_sure": 0.3333,
        "known_maybe": 0.3333,
        "strangers_sure": 0.0,
        "strangers_maybe": 0.5,
        "twins_sure": 1.0,
        "twins_maybe": 0.0,
    }
