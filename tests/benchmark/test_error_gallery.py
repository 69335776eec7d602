"""The gallery picks the worst captions, says what is wrong, and does without photos that it cannot get."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from benchmark.datasets.corpus_writer import CorpusWriter
from benchmark.report import error_gallery
from benchmark.world import dialogue
from benchmark.world.dialogue import ABSTENTION
from tests.support.reportrows import SAMPLES, STRANGERS, caption_of, row, run_of, scored


def sentences_of(card: error_gallery.Card) -> str:
    return " ".join(card.wrong)


def test_the_gallery_picks_the_errors() -> None:
    """Right captions are left out; the kinds of errors take turns, the worst caption of each first."""
    one, two, three, four = SAMPLES[:4]
    right = scored(one, caption_of(one, 0))
    wrong, silent = scored(two, caption_of(two, 1)), scored(three, ABSTENTION)
    [p] = four.positives
    other = four.facts[p - 1]
    leaked = scored(four, f"This is {four.facts[p].name}. You were {other.event}.")
    missed = scored(
        SAMPLES[4], dialogue.caption([(SAMPLES[4].facts[i], SAMPLES[4].context[i]) for i in [SAMPLES[4].positives[0]]])
    )
    stranger = scored(STRANGERS[0], ABSTENTION)
    betrayed = scored(STRANGERS[1], f"This is {STRANGERS[1].facts[0].name}.")
    run = run_of(right, leaked, silent, wrong, missed, stranger, betrayed)
    assert [error_gallery.kind(r) for r in run.rows] == ["", "leaked", "silent", "wrong", "missed", "", "wrong"]
    assert {r.sample for r in error_gallery.worst(run, 4)} == {r.sample for r in (silent, missed, leaked)} | {
        error_gallery.worst(run, 1)[0].sample
    }
    cards = {c.kind: c for c in error_gallery.cards([run])}
    assert len(error_gallery.cards([run])) == 5
    assert f"In the photo, but not named: {three.facts[three.positives[0]].name}." in sentences_of(
        cards["Says it knows nobody, but should"]
    )
    assert f"Tells facts of {other.name}: {other.event}." in sentences_of(cards["Tells facts of another thing"])
    assert SAMPLES[4].facts[SAMPLES[4].positives[1]].name in sentences_of(cards["Known thing missed"])


def test_the_worst_come_first() -> None:
    """Badness decides, then the id, so that the same rows make the same page."""
    rows = [
        row("caption", i, {"misbinding": (1, 1), "name_recall": (1 - lost, 1), "facts_kept": (8 - lost, 8)})
        for i, lost in enumerate((0, 1, 0, 1))
    ]
    assert [int(r.sample, 16) for r in error_gallery.worst(run_of(*rows))] == [1, 3, 0, 2]
    assert [int(r.sample, 16) for r in error_gallery.worst(run_of(*reversed(rows)), 3)] == [1, 3, 0]


def test_a_card_shows_photos_and_marks_names() -> None:
    """The memory of the thing in the photo comes first, the one that the caption leaks second."""
    sample = SAMPLES[1]
    [card] = error_gallery.cards([run_of(scored(sample, caption_of(sample, 1)))])
    other = next(i for i in range(3) if i not in sample.positives)
    names = {p.text: p.tone for p in card.caption if p.tone}
    assert names == {sample.facts[sample.positives[0]].name: "right", sample.facts[other].name: "wrong"}
    assert "".join(p.text for p in card.caption) == caption_of(sample, 1)
    assert [(s.positive, s.leaked) for s in card.memories] == [(True, False), (False, True), (False, False)]
    said = ["".join(p.text for p in said) for _, said in card.memories[0].turns]
    assert said == [t.text for t in sample.context[sample.positives[0]].turns]
    assert card.query.startswith("data:image/webp;base64,") and card.missing == ""


def test_a_card_without_photos_says_why(tmp_path: Path) -> None:
    """Because the split's pictures are missing, the sample has changed, its spec is unknown, or it was not drawn."""
    wrong = scored(SAMPLES[1], caption_of(SAMPLES[1], 1))
    assert wrong.spec
    away = replace(wrong, spec={**wrong.spec, "split": "train"})
    changed = replace(wrong, spec={**wrong.spec, "seed": 8})
    newer = replace(wrong, spec={**wrong.spec, "later": 1})
    given = replace(wrong, spec=None)
    reasons = [error_gallery.cards([run_of(r)])[0].missing for r in (away, changed, newer, given)]
    assert "bring the whole set with: python -m benchmark fetch" in reasons[0]
    assert "have changed since" in reasons[1] and "later" in reasons[2] and "--data" in reasons[3]
    sample = replace(SAMPLES[1], spec=None)
    CorpusWriter(tmp_path / "corpus").accept("0", sample)
    [card] = error_gallery.cards([run_of(given)], tmp_path / "corpus")
    assert card.missing == "" and len(card.memories) == 3


def test_given_data_without_facts_is_judged_by_its_questions(tmp_path: Path) -> None:
    """The authors' data has no facts: errors come from the scores, names from the questions."""
    sample = replace(SAMPLES[1], spec=None, facts=(), looks=(), shown=())
    judged = replace(scored(SAMPLES[1], "x"), spec=None, score={"acc_pos": [1, 3], "acc_neg": [6, 6]})
    assert sample.id == judged.sample
    CorpusWriter(tmp_path / "corpus").accept("0", sample)
    [card] = error_gallery.cards([run_of(judged)], tmp_path / "corpus")
    assert card.kind == "Known thing missed"
    assert card.wrong == ("2 of 3 questions about things in the photo answered wrong.",)
    marked = {p.text for s in card.memories for _, said in s.turns for p in said if p.tone}
    assert marked <= {f.name for f in SAMPLES[1].facts} and SAMPLES[1].facts[SAMPLES[1].positives[0]].name in marked


def test_a_page_never_grows_too_big(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [scored(s, caption_of(s, 1)) for s in SAMPLES[:3]]
    sizes = [c.size for c in error_gallery.cards([run_of(*rows)])]
    monkeypatch.setattr(error_gallery, "BUDGET", sizes[0] + sizes[1])
    cards = error_gallery.cards([run_of(*rows)])
    assert [bool(c.query) for c in cards] == [True, True, False]
    assert "too big" in cards[2].missing and not any(s.src for s in cards[2].memories)
    image = Image.open(io.BytesIO(base64.b64decode(cards[0].query.split(",")[1])))
    assert max(image.size) == error_gallery.QUERY
