"""The gate of moved blocks: that it measures nothing where nothing differs, something where blocks do, and its bars.

On a tiny random Qwen3-VL: whether a trained model passes is what the command says, not a test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tinyqwen

from assistant import loading
from assistant.backend import Options
from assistant.catalogue import Spec
from benchmark import __main__ as shell
from benchmark import blocks
from benchmark.blocks import CONTROL, ORDERS, TRUTH
from benchmark.result import Result, ask
from benchmark.sample import Sample, build
from benchmark.sample import Spec as Drawn
from memory.errors import KeepsakeError

ALL = 10**6


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Spec:
    return tinyqwen.exported(tmp_path_factory.mktemp("tinyqwen"))


@pytest.fixture(scope="module")
def rows(tiny: Spec) -> Iterator[list[Result]]:
    """One sample, in every way, memories in order and backwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "OPTIONS", Options(max_new_tokens=6))
        readers = blocks.Readers(tiny, 1)
        drawn = build(Drawn("test", 7, 0))
        small: Sample = replace(drawn, context=tuple(replace(e, turns=e.turns[:2]) for e in drawn.context))
        ways = [(kind, order) for order in ORDERS for kind in (TRUTH, CONTROL, 0, ALL)]
        yield [ask(readers.condition(*way), small) for way in ways]
        readers.close()


def test_where_everything_is_read_again_nothing_differs(rows: list[Result]) -> None:
    """So the control and the whole of every episode pass, in both orders, and moved blocks are further away."""
    assert [row.error for row in rows] == [None] * 8
    found = {(line["way"], line["order"]): line for line in blocks.gate(rows)}
    for order in ORDERS:
        control, moved, again = (found[way, order] for way in (CONTROL, "blocks, 0 again", f"blocks, {ALL} again"))
        assert control["nats"]["value"] < 1e-3 and again["nats"]["value"] < 1e-3 < moved["nats"]["value"]
        assert control["passed"] is None and again["passed"] is True
        assert again["same_first"]["value"] == again["same_caption"]["value"] == 1
        assert {t["value"] for t in again["gains"].values()} == {0.0}
        assert "passed" not in found[TRUTH, order] and "nats" not in found[TRUTH, order]
    asked = next(row for row in rows if "nats" in row.score).score["nats"][1]
    assert asked > 3, "the distributions are compared at every token of the caption"
    told = blocks.table({"model": "tiny", "split": "test", "gate": blocks.gate(rows), "clock": []})
    assert f"| blocks, {ALL} again, backwards | 1 | 100.0% |" in told and told.count("| pass |") >= 2


def test_every_bar_of_the_gate_counts() -> None:
    """Also a model that fails on a sample: what could not be measured has not passed."""

    def line(same: float = 0.99, nats: float = 0.0099, lost: float = -0.01) -> dict[str, Any]:
        gains = {"acc_pos": {"value": lost}}
        return {"same_first": {"value": same}, "nats": {"value": nats}, "gains": gains}

    assert blocks.passes(line())
    assert not blocks.passes(line(same=0.98))
    assert not blocks.passes(line(nats=0.01))
    assert not blocks.passes(line(lost=-0.02))


def test_blocks_are_quicker_to_the_first_word_of_a_new_order(tiny: Spec) -> None:
    """Told by what is read, which no other process changes; and the new photos and words are read by all."""
    found = {(t["way"], t["step"]): t for t in blocks.clock(tiny, 1, episodes=3, repeats=1, agains=[0])}
    assert set(found) == {
        (way, step) for way in ("everything read", "photos known", "blocks, 0 again") for step in ("new", "backwards")
    }
    left = {key: t["prompt_tokens"] - t["cached_tokens"] for key, t in found.items()}
    assert (
        left["blocks, 0 again", "backwards"] < left["photos known", "backwards"] < left["everything read", "backwards"]
    )
    assert left["blocks, 0 again", "new"] == left["everything read", "new"]
    assert all(0 < t["cpu_least"] <= t["cpu"] for t in found.values())


def test_only_the_timing_may_be_asked_for(
    tiny: Spec, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a random model nothing else is told."""
    monkeypatch.setattr(blocks.colossus, "load", lambda _: tiny)
    assert shell.main(["blocks", "--n", "0", "--repeats", "1", "--episodes", "2", "--again", "0"]) == 0
    told = capsys.readouterr().out
    assert "seconds to the first word" in told and "| blocks, 0 again | backwards | 1 |" in told and "Acc+" not in told


def test_what_cannot_be_measured_is_one_line(
    tiny: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong in (
        ["--n", "-1"],
        ["--n", "0", "--repeats", "0"],
        ["--episodes", "1"],
        ["--again", "-1"],
        ["--threads", "0"],
        ["--model", "nobody"],
    ):
        assert shell.main(["blocks", *wrong]) == 1
        assert capsys.readouterr().err.startswith("error: ")
    monkeypatch.setattr(blocks.colossus, "load", lambda _: replace(tiny, engine="mlx"))
    assert shell.main(["blocks"]) == 1
    assert "only llama.cpp can move blocks" in capsys.readouterr().err
    right = loading.open_context
    monkeypatch.setattr(loading, "open_context", lambda *a, exact: right(*a, exact=True))  # values lie transposed
    with pytest.raises(KeepsakeError, match="blocks cannot be moved here"):
        blocks.Readers(tiny, 1)
    with pytest.raises(KeepsakeError, match="blocks cannot be moved here"):  # never timed as if they had been
        blocks.clock(tiny, 1, episodes=2, repeats=1, agains=[0])
