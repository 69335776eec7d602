"""Questions: one right option of three, anywhere among them; a wrong one is somebody else's truth; the rest is "D"."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.world import dialogue
from benchmark.world.content_words import canonical_words
from benchmark.world.dialogue import Facts, draw_facts
from benchmark.world.question import EACH, FORMS, LETTERS, UNKNOWN, Question, draw_questions
from tests.benchmark.test_score import undrawn

SIZES = {"train": 12, "dev": 6, "test": 12}
"""The largest context of a split."""


def drawn(seed: int, split: str = "test", n: int = 3) -> tuple[list[Facts], tuple[tuple[Question, ...], ...]]:
    facts = draw_facts(np.random.default_rng(seed), split, n, full=True)
    return facts, draw_questions(np.random.default_rng((seed, 1)), split, facts)


cases = st.sampled_from(sorted(SIZES)).flatmap(
    lambda split: st.tuples(st.integers(0, 10_000), st.just(split), st.integers(1, SIZES[split]))
)


@settings(max_examples=80)
@given(cases)
def test_every_question_is_about_a_fact_of_its_thing(case: tuple[int, str, int]) -> None:
    facts, asked = drawn(*case)
    assert len(asked) == len(facts) == case[2]
    for f, questions in zip(facts, asked, strict=True):
        assert len(questions) == EACH == len({q.key for q in questions}), "three different facts"
        for q in questions:
            assert q.about == f.name and f.name in q.text and "{" not in q.text
            assert q.text in {form.format(n=f.name) for form in FORMS[q.key]}
            assert q.answer in LETTERS and q.right == getattr(f, q.key)
            assert q.options.count(q.right) == 1 and len(set(q.options)) == 3 and UNKNOWN not in q.options


@settings(max_examples=80)
@given(cases)
def test_the_truth_never_tells_a_wrong_option(case: tuple[int, str, int]) -> None:
    """All four facts of a thing at once, in the judge's eyes. Previously "sorting old letters at the night market in
    Bern" told the wrong place "the old market in Bern"; and "in late June" may not stand beside "in June"."""
    facts, asked = drawn(*case)
    for f, questions in zip(facts, asked, strict=True):
        true = canonical_words(" ".join(str(getattr(f, key)) for key in FORMS))
        for q in questions:
            told = [canonical_words(o) <= true for o in q.options]
            assert told == [letter == q.answer for letter in LETTERS], (f, q)
            assert not any(canonical_words(q.right) <= canonical_words(o) for o in q.options if o != q.right)


def test_a_place_that_other_facts_make_up_is_no_option() -> None:
    """The case above, drawn many times: nobody else is there, so both wrong places come from the whole list."""
    f = Facts("Milo", "the night market in Bern", "in late June", "sorting old letters", "sits next to the piano")
    asked = [q for seed in range(1500) for q in draw_questions(np.random.default_rng(seed), "test", [f])[0]]
    places = Counter(o for q in asked if q.key == "place" for o in q.options)
    assert len(places) == 8 * 14 - 1 and places["the old market in Bern"] == 0


@pytest.mark.parametrize("key", FORMS)
def test_one_wrong_option_is_true_of_somebody_else(key: str) -> None:
    """Of exactly one other, or of two by chance; so a caption that ties a memory to the wrong thing is caught."""
    of_others = Counter(
        sum(o != q.right and o in {getattr(other, key) for other in facts} for o in q.options)
        for seed in range(300)
        for facts, asked in [drawn(seed)]
        for questions in asked
        for q in questions
        if q.key == key
    )
    total = sum(of_others.values())
    assert of_others[0] <= 0.05 * total, "only where others' facts would be told by the truth"
    assert of_others[1] >= 0.7 * total


def test_a_thing_alone_has_its_options_from_the_words_of_its_split() -> None:
    for seed in range(100):
        _, [asked] = drawn(seed, n=1)
        for q in asked:
            words = dialogue.words("test")
            places = {f"{spot} in {city}" for spot in words["spots"] for city in words["cities"]}
            assert set(q.options) <= (places if q.key == "place" else set(words[f"{q.key}s"]))


def test_right_answers_stand_anywhere() -> None:
    """About a third each, and in the options' order nothing tells which wrong one is somebody's truth."""
    asked = [(facts, q) for seed in range(300) for facts, all_ in [drawn(seed)] for qs in all_ for q in qs]
    letters = Counter(q.answer for _, q in asked)
    assert set(letters) == set(LETTERS) and max(letters.values()) - min(letters.values()) < 0.06 * len(asked)
    places: Counter[int] = Counter()
    for facts, q in asked:
        truths = {getattr(f, q.key) for f in facts}
        places.update(i for i, o in enumerate(o for o in q.options if o != q.right) if o in truths)
    assert abs(places[0] - places[1]) < 0.06 * len(asked)


def test_every_fact_is_asked_for_as_often_and_in_all_ways() -> None:
    asked = [q for seed in range(300) for qs in drawn(seed)[1] for q in qs]
    keys = Counter(q.key for q in asked)
    assert set(keys) == set(FORMS) and max(keys.values()) - min(keys.values()) < 0.05 * len(asked)
    assert {q.text.replace(q.about, "{n}") for q in asked} == {form for forms in FORMS.values() for form in forms}


def test_the_same_seed_asks_the_same() -> None:
    facts, asked = drawn(5)
    assert drawn(5) == (facts, asked) != drawn(6)
    assert draw_questions(np.random.default_rng(1), "test", facts) != asked


def test_two_memories_of_one_thing_do_not_mislead_each_other() -> None:
    """Met twice under one name: what is true of it another day is no wrong option "of somebody else"."""
    twice = [
        Facts("Milo", "the harbour in Bari", "in January", "baking bread", "wears a red ribbon"),
        Facts("Milo", "the old market in Como", "last autumn", "making candles", "wakes up at five"),
    ]
    hits = 0
    for seed in range(200):
        for f, questions in zip(twice, draw_questions(np.random.default_rng(seed), "test", twice), strict=True):
            other = twice[f is twice[0]]
            hits += sum(getattr(other, q.key) in q.options for q in questions)
    assert hits < 0.25 * 200 * 2 * EACH, "no more than chance"


def test_samples_ask_about_every_memory() -> None:
    for sample in undrawn(2, n=10):
        assert [{q.about for q in questions} for questions in sample.questions] == [{f.name} for f in sample.facts]


def test_a_question_is_a_value() -> None:
    q = Question("Where?", ("a", "b", "c"), "C")
    assert (q.right, q.about, q.key) == ("c", "", "") and q == Question("Where?", ("a", "b", "c"), "C")
    assert [f.name for f in fields(q)] == ["text", "options", "answer", "about", "key"]
    with pytest.raises(AttributeError):
        q.answer = "A"  # type: ignore[misc]
