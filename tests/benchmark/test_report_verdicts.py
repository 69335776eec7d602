"""What a report says of numbers: broken controls, shortcuts, headline, gain, the gate."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from benchmark.report import comparison, statistics, verdicts
from benchmark.report.tables import sections
from benchmark.runner import Result
from tests.support.reportrows import row, run_of


@pytest.mark.parametrize(
    ("condition", "score", "tone", "said"),
    [
        ("control/gold", {"acc_pos": (98, 100), "acc_neg": (1, 1)}, "good", "Holds"),
        (
            "control/gold",
            {"acc_pos": (97, 100), "acc_neg": (1, 1)},
            "bad",
            "BROKEN: .* Acc\\+ 97.0% with 1 in the photo",
        ),
        ("control/gold", {"acc_pos": (1, 1), "acc_neg": (9, 10)}, "bad", "Acc- 90.0%"),
        ("control/empty", {"acc_pos": (0, 9), "acc_neg": (9, 9)}, "good", "Holds"),
        ("control/empty", {"acc_pos": (1, 99999), "acc_neg": (9, 9)}, "bad", "BROKEN"),
        ("control/empty", {"acc_pos": (0, 9), "acc_neg": (99998, 99999)}, "bad", "BROKEN"),
    ],
)
def test_broken_controls_are_flagged(
    condition: str, score: dict[str, tuple[float, float]], tone: str, said: str, tmp_path: Path
) -> None:
    """One in 99,999 rounds to 0.0 %, and still breaks the control."""
    run = run_of(row("caption", 0, {"acc_pos": (1, 1)}), row(condition, 0, score))
    verdict = verdicts.controls(run)[condition == "control/empty"]
    assert (verdict.tone, bool(re.match(rf".*{said}", verdict.text))) == (tone, True)
    table = comparison.capeval([run])
    assert table and (tone == "bad") == any(c.tone == "bad" for r in table.rows for c in r)
    assert (tone == "bad") == any("BROKEN" in s.text for _, said in sections([run])["summary"] for s in said)


def test_a_control_that_fails_for_one_size_only_is_flagged() -> None:
    """The average over all numbers of things would pass."""
    good = [row("control/gold", i, {"acc_pos": (9, 9), "acc_neg": (9, 9)}) for i in range(40)]
    bad = row("control/gold", 41, {"acc_pos": (6, 9), "acc_neg": (9, 9)}, positives=4, episodes=12)
    assert [s.tone for s in verdicts.controls(run_of(*good, bad))] == ["bad", "unsure"]


def named(n: int, right: int, wrong: int, k: int = 1) -> list[Result]:
    """n captions, `right` of which name all k things in the photo and `wrong` of which name another."""
    scores = [{"name_recall": (k * (i < right), k), "misbinding": (float(i >= n - wrong), 1)} for i in range(n)]
    return [row("shortcut/blank", i, s, positives=k, episodes=3 * k) for i, s in enumerate(scores)]


@pytest.mark.parametrize(
    ("rows", "tone", "said"),
    [
        (named(400, 133, 267), "good", "at chance: no shortcut"),
        (named(400, 0, 0), "good", "at chance: no shortcut"),
        (named(400, 133, 267, 2), "good", "at chance: no shortcut"),
        (named(400, 240, 160), "bad", "SHORTCUT: names survive without photos"),
        (named(400, 240, 160, 2), "bad", "SHORTCUT: names survive without photos"),
        (named(12, 4, 8), "unsure", "none seen, but with so few samples up to .* points above chance are possible"),
        (named(400, 400, 400), "unsure", r"no shortcut: it names everybody \(a wrong name in 100.0%\)"),
    ],
)
def test_shortcut_verdicts(rows: list[Result], tone: str, said: str) -> None:
    """Chance is a third: one of three memories, or two of six."""
    assert statistics.chance(rows) == pytest.approx(1 / 3)
    verdict = verdicts.shortcut(rows, verdicts.SHORTCUTS["shortcut/blank"][1])
    assert verdict.tone == tone and re.fullmatch(said, verdict.text)
    cells = sections([run_of(*rows)])["shortcuts"].rows[0]
    assert (cells[1].text, cells[1].tone) == (verdict.text, tone)


def test_the_headline_counts_plain_samples_only() -> None:
    rows = [row("caption", i, {"name_recall": (1, 1)}) for i in range(2)]
    apart = [
        row("caption", 2, {"name_recall": (0, 1)}, mode="near"),
        row("caption", 3, {"name_recall": (0, 1)}, extra=5),
        row("caption", 4, {"name_recall": (0, 1)}, reminders=True),
    ]
    assert statistics.main_rows(run_of(*rows, *apart)) == rows
    assert statistics.main_rows(run_of(*apart)) == apart[:1], "no random ones: those there are"


def test_gain_is_of_the_samples_both_have() -> None:
    before = [row("a", i, {"acc_pos": (1, 4)}) for i in (0, 1, 2)]
    after = [row("b", 1, {"acc_pos": (2, 4)}), row("b", 2, {"acc_pos": (3, 4)}), row("b", 9, {"acc_pos": (0, 4)})]
    t = statistics.gain(before, after, "acc_pos")
    assert t and (t.value, t.samples) == (0.375, 2)
    assert statistics.gain(before, after, "f1") is None


def test_the_gate_curve_by_hand() -> None:
    """Three photos: a known thing recalled, a known thing with a better wrong memory, a stranger."""
    texts = [{"right": "0.9", "wrong": "0.2"}, {"right": "0.5", "wrong": "0.6"}, {"right": "", "wrong": "0.7"}]
    rows = [row("gate", i, {}, texts=t) for i, t in enumerate(texts)]
    gates, wrong, right = statistics.gate_curve(rows)
    assert gates.tolist() == [0.2, 0.5, 0.6, 0.7, 0.9, np.inf]
    assert wrong.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 1 / 3, 0, 0])
    assert right.tolist() == [0.5, 0.5, 0.5, 0.5, 0.5, 0]
    cells = sections([run_of(*rows)])["gate"].rows[0]
    assert [c.text for c in cells] == ["at most 1%", "0.900", "0.0%", "50.0%"]
