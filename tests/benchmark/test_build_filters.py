"""Filters of a build: each rejects what only it can, and rejected samples are replaced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from benchmark.datasets import builder, corpus
from benchmark.datasets.builder import build
from benchmark.datasets.corpus import read, rejected
from benchmark.datasets.filters import stages
from benchmark.datasets.filters.tools import Tools
from benchmark.datasets.source import Draft, Unusable
from benchmark.judges.judge import Lexical, Verdict
from benchmark.world import sample as sampling
from benchmark.world.concepts import concepts
from benchmark.world.question import Question
from benchmark.world.sample import Sample, Spec
from benchmark.world.scene import Look
from memory.errors import KeepsakeError

CANDLE = next(c.code for c in concepts("test") if c.word == "candle")
SETTINGS = {"source": "world", "split": "test", "n": 2, "positives": [1], "seed": 5, "judge": "lexical"}


class Guesses(Lexical):
    """Knows one answer without any caption."""

    def choose(self, asked: Sequence[tuple[str, Question]]) -> list[Verdict]:
        return [Verdict(q.answer if q.text == "Guess?" else "D") for _, q in asked]


GOOD = sampling.build(Spec("test", 5, 0, 1, "near"))
P = GOOD.positives[0]


def asking(*questions: Question) -> Sample:
    """The good sample with these questions about its positive, and none about others."""
    return replace(GOOD, questions=tuple(questions if i == P else () for i in range(3)))


def other(i: int) -> Sample:
    return sampling.build(Spec("test", 5, i, 1, "near"))


FINE = GOOD.questions[P]
TOLD = GOOD.facts[P].place or ""
BAD = {
    "names_unique": replace(GOOD, facts=(GOOD.facts[0],) * 3),
    "dialogue_format": replace(GOOD, context=tuple(replace(e, turns=e.turns[:4]) for e in GOOD.context)),
    "near_duplicate": GOOD,
    "shows_claimed": replace(other(1), positives=tuple(i for i in range(3) if i not in other(1).positives)),
    "asks_enough": replace(other(2), questions=((), (), ())),
}
"""For each filter of samples one that only it rejects, after the good one was kept."""


BAD_QUESTIONS = {
    "fact_in_dialogue": Question("Told?", ("never said here", "x", "y"), "A"),
    "not_visible": Question("Seen?", ("a candle", "x", "y"), "A"),
    "needs_context": Question("Guess?", (TOLD, "x", "y"), "A"),
}


class Listed:
    """A source of given samples."""

    def __init__(self, samples: dict[str, Sample | Unusable]) -> None:
        self.samples = samples

    def drafts(self, positives: int) -> Iterator[Draft]:
        for key, sample in self.samples.items():
            yield Draft(key, partial(self._make, sample))

    def about(self) -> dict[str, str]:
        return {"Photos": "made up."}

    def _make(self, sample: Sample | Unusable) -> Sample:
        if isinstance(sample, Unusable):
            raise sample
        return sample


def candle() -> Sample:
    """A sample that shows a candle and whose user says so, with one question that each filter of questions rejects."""
    sample = other(3)
    p = sample.positives[0]
    shown = (Look(CANDLE),)
    looks = tuple(shown[0] if i == p else look for i, look in enumerate(sample.looks))
    turns = sample.context[p].turns
    said = (replace(turns[0], text=f"{turns[0].text} I held a candle. We were at {TOLD}."), *turns[1:])
    context = tuple(replace(e, turns=said) if i == p else e for i, e in enumerate(sample.context))
    questions = (*BAD_QUESTIONS.values(), sample.questions[p][0])
    return replace(
        sample,
        context=context,
        looks=looks,
        shown=shown,
        questions=tuple(questions if i == p else () for i in range(3)),
    )


def test_each_filter_rejects_what_only_it_can(tmp_path: Path) -> None:
    """Every one of them, switched off, would let one more sample or question through."""
    source = Listed(
        {"good": GOOD, **BAD, "candle": candle(), "lost": Unusable("photo_readable", "torn", {"photo": "a"})}
    )
    report = build(source, Tools(Guesses()), tmp_path / "data", [1], 99, SETTINGS)
    turned_away = list(rejected(tmp_path / "data"))
    assert {r.filter: r.key for r in turned_away if r.level == "sample"} == {name: name for name in BAD}
    assert {r.filter: r.item["question"]["text"] for r in turned_away if r.level == "question"} == {
        name: q.text for name, q in BAD_QUESTIONS.items()
    }
    assert [(r.key, r.filter, r.reason) for r in turned_away if r.level == "source"] == [
        ("lost", "photo_readable", "torn")
    ]
    assert {f.__name__ for f in (*stages.SAMPLE, *stages.QUESTION, *stages.LAST)} == set(BAD) | set(BAD_QUESTIONS)
    kept = list(read(tmp_path / "data"))
    assert [s.id for s in kept] == [GOOD.id, candle().id]
    assert kept[0] == GOOD
    assert kept[1].questions[candle().positives[0]] == (candle().questions[candle().positives[0]][3],)
    table = {f["filter"]: (f["seen"], f["kept"], f["rejected"]) for f in report["filters"]}
    assert table == {
        "photo_readable": (None, None, 1),
        "names_unique": (7, 6, 1),
        "dialogue_format": (6, 5, 1),
        "near_duplicate": (5, 4, 1),
        "shows_claimed": (4, 3, 1),
        "fact_in_dialogue": (13, 12, 1),  # nine of the good sample, four of the candle
        "not_visible": (12, 11, 1),
        "needs_context": (11, 10, 1),
        "asks_enough": (3, 2, 1),
    }
    assert report["samples"] == {"kept": 2, "rejected": 6, "questions": 10, "questions_rejected": 3}


def test_a_near_copy_is_known_after_a_restart(tmp_path: Path) -> None:
    """What filters remember comes back from the files."""
    build(Listed({"good": GOOD}), Tools(), tmp_path / "data", [1], 99, SETTINGS)
    build(Listed({"good": GOOD, "copy": GOOD}), Tools(), tmp_path / "data", [1], 99, SETTINGS)
    assert [(r.key, r.filter) for r in rejected(tmp_path / "data")] == [("copy", "near_duplicate")]


def test_rejected_samples_are_replaced_by_the_next(tmp_path: Path) -> None:
    source = Listed({"bad": BAD["names_unique"], "good": GOOD, "two": other(2), "three": other(3)})
    build(source, Tools(), tmp_path / "data", [1], 2, SETTINGS)
    assert [s.id for s in read(tmp_path / "data")] == [GOOD.id, other(2).id]


def test_a_build_that_gets_nowhere_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "PATIENCE", 3)
    source = Listed({str(i): BAD["names_unique"] for i in range(5)})
    with pytest.raises(KeepsakeError, match="3 drafts in a row were rejected, most by names_unique"):
        build(source, Tools(), tmp_path / "data", [1], 2, SETTINGS)
    assert not list(corpus.rows(tmp_path / "data"))


def test_the_card_gives_each_reason_and_no_cell_breaks_its_table(tmp_path: Path) -> None:
    source = Listed({"good": GOOD, "x|y": Unusable("photo_readable", "torn|in\ntwo \x1b[1m", {"photo": "a"})})
    build(source, Tools(), tmp_path / "data", [1], 9, SETTINGS)
    text = (tmp_path / "data" / "card.md").read_text(encoding="utf-8")
    assert "- `photo_readable`: torn\\|in two [1m (x\\|y)" in text
