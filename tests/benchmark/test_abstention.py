"""Questions without an answer and pairs of photos: what is asked, and what each kind of answer scores."""

from __future__ import annotations

import hashlib

import pytest

from benchmark.judges.judge import Lexical
from benchmark.judges.score import question_scores
from benchmark.runner import CachedWriter
from benchmark.tasks import capeval
from benchmark.tasks.abstention import abstaining, declines, item_scores, items
from benchmark.tasks.pairs import one_pair, pair_scores, pair_task, pairs_of, said
from benchmark.world.content_words import canonical_words
from benchmark.world.question import UNKNOWN
from benchmark.world.sample import UNTOLD, Sample, Spec, build
from tests.support.seer import SeeingBackend, averages, rows

UNTOLDS = [build(Spec("test", 5, i, untold=True)) for i in range(6)]
STRANGERS = [build(Spec("test", 5, i, 1, "stranger", untold=True)) for i in range(4)]
ORDINARY = [build(Spec("test", 5, i)) for i in range(2)]


def positive(sample: Sample) -> int:
    return sample.positives[0]


def test_one_fact_of_each_thing_was_never_told_and_is_asked_for() -> None:
    for sample in UNTOLDS + STRANGERS:
        for facts, episode, questions in zip(sample.facts, sample.context, sample.questions, strict=True):
            (missing,) = [key for key in UNTOLD if not getattr(facts, key)]
            assert [(q.key, q.answer) for q in questions if q.answer == "D"] == [(missing, "D")]
            (asked,) = [q for q in questions if q.answer == "D"]
            assert len(questions) == 4 and asked.right == UNKNOWN and len(set(asked.options)) == 3
            told = canonical_words(episode.words)
            assert not any(canonical_words(option) <= told for option in asked.options), "no option is true of it"
    mine = [(s, q) for s in UNTOLDS for q in s.questions[positive(s)] if q.answer == "D"]
    lured = [bool({getattr(f, q.key) for f in s.facts} & set(q.options)) for s, q in mine]
    assert sum(lured) >= 4, "as a rule one option is true of another thing"


def test_ordinary_samples_are_as_they_were() -> None:
    """The hashes of their questions were written down before facts could be untold."""
    plain, near = Spec("test", 7, 0), Spec("test", 7, 1, 2, "near")
    for spec, expected in ((plain, "8a800717b00fc11d"), (near, "97893c762176ac23")):
        asked = [(q.text, q.options, q.answer) for questions in build(spec).questions for q in questions]
        assert hashlib.sha256(repr(asked).encode()).hexdigest()[:16] == expected
    assert all(q.answer != "D" for s in ORDINARY for questions in s.questions for q in questions)


def test_captions_are_scored_by_hand() -> None:
    """4 questions about the thing (3 told, 1 untold) and 8 about two others (all to be left open)."""
    sample = UNTOLDS[0]
    score = {m: tuple(map(int, p)) for m, p in question_scores(capeval.gold(sample), sample, Lexical()).items()}
    assert score["acc_pos"] == (3, 3) and score["acc_neg"] == (8, 8) and score["absent_fact"] == (1, 1)
    assert score["true_abstention"] == (9, 9) and score["calibration"] == (12, 12)
    silent = question_scores("", sample, Lexical())
    assert silent["true_abstention"] == (9, 9) and silent["calibration"] == (9, 12) and silent["acc_pos"] == (0, 3)
    asked = next(q for q in sample.questions[positive(sample)] if q.answer == "D")
    invented = f"{capeval.gold(sample)} {sample.facts[positive(sample)].name} {asked.options[0]}."
    found = question_scores(invented, sample, Lexical())
    assert found["absent_fact"] == (0, 1) and found["true_abstention"] == (8, 9) and found["acc_pos"] == (3, 3)
    ordinary = question_scores(capeval.gold(ORDINARY[0]), ORDINARY[0], Lexical())
    assert ordinary["absent_fact"] == (0, 0) and ordinary["true_abstention"] == ordinary["acc_neg"]


def test_items_are_of_three_kinds() -> None:
    for sample in UNTOLDS:
        assert [i.kind for i in items(sample)] == ["told", "absent fact"] and items(sample) == items(sample)
        told, absent = items(sample)
        assert told.fact and told.fact in told.answer and not declines(told.answer)
        assert not absent.fact and declines(absent.answer)
    assert [[i.kind for i in items(s)] for s in STRANGERS] == [["absent thing"]] * 4
    assert [[i.kind for i in items(s)] for s in ORDINARY] == [["told"]] * 2
    assert items(build(Spec("test", 5, 0, 2))) == [], "'it' would be either of two"
    assert items(Sample((), ORDINARY[0].query, ())) == []


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (
            ("right", "declined"),
            {"answered": 1, "attempted": 1, "true_abstention": 1, "calibration": 1},
        ),
        (
            ("right", "invented"),
            {"answered": 1, "attempted": 1, "true_abstention": 0, "calibration": 0.5},
        ),
        (("declined", "declined"), {"answered": 0, "attempted": 0, "absent_fact": 1, "calibration": 0.5}),
        (("wrong", "declined"), {"answered": 0, "attempted": 1, "absent_fact": 1, "calibration": 0.5}),
        (("both", "declined"), {"answered": 0, "attempted": 0, "calibration": 0.5}),
    ],
)
def test_answers_are_scored_as_the_authors_do(answers: tuple[str, str], expected: dict[str, float]) -> None:
    """Guarded: an answer that also declines is no right answer."""
    sample = UNTOLDS[1]
    told = items(sample)[0].answer
    texts = {"right": told, "declined": "You did not tell me that.", "wrong": "You were on the moon."}
    texts |= {"invented": "You were on the moon.", "both": f"I do not know. {told}"}
    score = item_scores(sample, [texts[a] for a in answers], Lexical())
    got = {m: right / asked for m, (right, asked) in score.items() if asked}
    assert {m: got[m] for m in expected} == expected and "absent_thing" not in got


def test_a_model_that_sees_answers_all_and_a_talkative_one_declines_nothing() -> None:
    seer = SeeingBackend([*UNTOLDS, *STRANGERS])
    for some in rows(abstaining(CachedWriter(seer), Lexical()), [*UNTOLDS, *STRANGERS]).values():
        assert averages(some) == dict.fromkeys(averages(some), 1.0) and len(averages(some)) == 6
    seer.reply = lambda messages: "You were on the moon."  # type: ignore[method-assign]
    for some in rows(abstaining(CachedWriter(seer), Lexical()), [*UNTOLDS, *STRANGERS]).values():
        measured = averages(some)
        assert (measured["attempted"], measured["true_abstention"], measured["calibration"]) == (1, 0, 0)


def test_pairs_are_one_of_the_same_and_one_of_others() -> None:
    for sample in ORDINARY:
        same, other = pairs_of(sample)
        assert same.same and same.known == sample.context[positive(sample)].photo and same.photo == sample.query
        assert not other.same and other.known != same.known
    assert [[p.same for p in pairs_of(s)] for s in STRANGERS] == [[False]] * 4
    some = [build(Spec("test", 5, i)) for i in range(12)]
    assert {one_pair(s).same for s in some} == {True, False} and one_pair(some[0]) == one_pair(some[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes.", True),
        ("no", False),
        ("Not yes but NO!", False),
        ("No. Well, yes.", True),
        ("Hm", None),
        ("", None),
    ],
)
def test_the_last_word_counts(text: str, expected: bool | None) -> None:
    assert said(text) is expected


def test_the_pair_task_scores_both_kinds() -> None:
    seer = SeeingBackend(ORDINARY)
    (some,) = rows([pair_task(CachedWriter(seer))], ORDINARY).values()
    assert averages(some) == {"same": 1, "other": 1, "pairs": 1, "unread": 0}
    always = pair_scores({"same": "Yes.", "other": "Yes."}, ORDINARY[0])
    assert always == {"same": (1, 1), "other": (0, 1), "pairs": (1, 2), "unread": (0, 2)}
    silent = pair_scores({"same": "Yes.", "other": "Hm."}, ORDINARY[0])
    assert silent["pairs"] == (1, 2) and silent["unread"] == (1, 2)
